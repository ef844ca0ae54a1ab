"""Whatever is sent as a photo: what is kept holds its pixels only, what is refused is refused cheaply and politely."""

import dataclasses
import io
import time

import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from geo_reports.errors import BadPhoto, PhotoTooLarge
from geo_reports.intake.image_pool import Pool
from geo_reports.intake.images import LIMITS, Image, kind_of, reencode, shared_pool
from geo_reports.intake.jpeg import size_of_plain
from tests.intake import photo_corpus as corpus

READABLE = corpus.readable()
UNREADABLE = corpus.unreadable()
TOO_LARGE = corpus.too_large()
HEAVY = corpus.heavy()
DOUBTFUL = corpus.cut() | corpus.broken_markers()
MOST_MEMORY = 300_000_000
MOST_SECONDS_OF_PROCESSOR = 2.0
SHAPES = {"1 by 50000": (1, 2048), "50000 by 1": (2048, 1), "one pixel": (1, 1)}


@pytest.fixture(scope="module")
def pool():
    with Pool(1) as workers:
        yield workers


def colours(image: Image):
    """Colours of the four quarters, from the upper left like a clock."""
    picture = Pillow.open(io.BytesIO(image.jpeg))
    width, height = picture.size
    places = [(1, 1), (3, 1), (3, 3), (1, 3)]
    return [picture.getpixel((width * x // 4, height * y // 4)) for x, y in places]


def near(found, wanted, tolerance: int = 25):
    return all(
        abs(a - b) <= tolerance for one, two in zip(found, wanted, strict=True) for a, b in zip(one, two, strict=True)
    )


def test_the_corpus_is_as_large_as_it_should_be():
    assert len(READABLE) + len(UNREADABLE) + len(TOO_LARGE) + len(HEAVY) >= 80
    assert len(DOUBTFUL) >= 40


def test_secrets_are_really_planted():
    planted = [name for name, data in READABLE.items() if any(trace in data for trace in corpus.TRACES)]
    assert len(planted) >= 25
    assert corpus.MARK.encode() not in READABLE["png texts"].replace(corpus.MARK.encode(), b"", 1)[:60]


@pytest.mark.parametrize("name", READABLE)
def test_only_pixels_are_kept(pool: Pool, name: str):
    made = reencode(READABLE[name], pool=pool)
    assert [trace for trace in corpus.TRACES if trace in made.jpeg] == []
    assert size_of_plain(made.jpeg) == (made.width, made.height)
    assert max(made.width, made.height) <= 2048
    kept = Pillow.open(io.BytesIO(made.jpeg))
    kept.load()
    assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert (kept.mode, dict(kept.getexif())) == ("RGB", {})
    assert SHAPES.get(name, kept.size) == (made.width, made.height)


@pytest.mark.parametrize("name", DOUBTFUL)
def test_damaged_photos_are_refused_or_made_clean(pool: Pool, name: str):
    try:
        made = reencode(DOUBTFUL[name], pool=pool)
    except BadPhoto:
        return
    assert [trace for trace in corpus.TRACES if trace in made.jpeg] == []
    assert size_of_plain(made.jpeg) == (made.width, made.height)


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_photo_is_refused(pool: Pool, name: str):
    with pytest.raises(BadPhoto, match=r"without (a photo|one)\.$") as refused:
        reencode(UNREADABLE[name], pool=pool)
    assert (type(refused.value), refused.value.field) == (BadPhoto, "photo")


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_is_too_large_is_refused(pool: Pool, name: str):
    with pytest.raises(PhotoTooLarge, match=r"Send a smaller one, or go on without a photo\.$"):
        reencode(TOO_LARGE[name], pool=pool)


@pytest.mark.parametrize("name", HEAVY | {name: data for name, data in TOO_LARGE.items() if kind_of(data)})
def test_bombs_cost_little(pool: Pool, name: str):
    """The worker's own account: wall time on a busy machine is not the bomb's doing."""
    data = (HEAVY | TOO_LARGE)[name]
    ask = dataclasses.asdict(LIMITS) | {"want": "pixels", "kind": kind_of(data)}
    answer = pool.run(ask, data, LIMITS.wall_s)
    assert answer.peak_bytes < MOST_MEMORY
    assert answer.cpu_s < MOST_SECONDS_OF_PROCESSOR
    if name != "16 MB":
        assert ("refused" in answer.said) != (name in ("transparent png of 24.9 megapixels", *READABLE))


def test_a_bomb_of_time_is_cut_off_and_the_next_photo_is_taken(pool: Pool):
    strict = dataclasses.replace(LIMITS, cpu_s=0.2)
    begun = time.monotonic()
    with pytest.raises(BadPhoto, match=r"^We could not read that photo\."):
        reencode(HEAVY["progressive jpeg of 400 scans"], limits=strict, pool=pool)
    assert time.monotonic() - begun < LIMITS.wall_s
    assert reencode(corpus.jpeg(), pool=pool).width == 64


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_kept_upright(pool: Pool, orientation: int):
    r, g, b, y = corpus.RED, corpus.GREEN, corpus.BLUE, corpus.YELLOW
    # the quarters after what Exif 2.32 says about where the first row and the first column of the picture belong
    upright = [
        (r, g, b, y),
        (g, r, y, b),
        (b, y, r, g),
        (y, b, g, r),
        (r, y, b, g),
        (y, r, g, b),
        (b, g, r, y),
        (g, b, y, r),
    ]
    made = reencode(READABLE[f"orientation {orientation}"], pool=pool)
    assert near(colours(made), upright[orientation - 1])
    assert (made.width, made.height) == ((64, 48) if orientation <= 4 else (48, 64))


def test_heic_is_turned_once(pool: Pool):
    made = reencode(corpus.heic(6), pool=pool)
    assert near(colours(made), (corpus.YELLOW, corpus.RED, corpus.GREEN, corpus.BLUE))


@pytest.mark.parametrize("name", ["icc", "wrong icc", "garbage icc", "cmyk", "webp exif xmp", "heic exif xmp", "mpo"])
def test_colours_are_right(pool: Pool, name: str):
    made = reencode(READABLE[name], pool=pool)
    assert near(colours(made), (corpus.RED, corpus.GREEN, corpus.BLUE, corpus.YELLOW), tolerance=40)


def test_colours_of_another_space_become_srgb(pool: Pool):
    """A profile that swaps red and blue: whoever ignores it shows the wrong colour."""
    swapped = corpus.swapped_profile()
    assert ImageCms.ImageCmsProfile(io.BytesIO(swapped)).profile.xcolor_space == "RGB "
    sent = corpus.saved(Pillow.new("RGB", (32, 32), (250, 5, 5)), "JPEG", icc_profile=swapped, quality=95)
    red, _, blue = colours(reencode(sent, pool=pool))[0]
    assert blue > 200 > 60 > red


def test_transparency_becomes_white_and_16_bits_are_scaled(pool: Pool):
    clear = corpus.saved(Pillow.new("RGBA", (8, 8), (0, 0, 0, 0)), "PNG")
    assert near(colours(reencode(clear, pool=pool)), [(255, 255, 255)] * 4, tolerance=3)
    assert near(colours(reencode(READABLE["16 bit png"], pool=pool)), [(128, 128, 128)] * 4, tolerance=3)


def test_large_photos_become_2048_pixels_and_small_ones_keep_their_size(pool: Pool):
    large = reencode(corpus.saved(Pillow.new("RGB", (3000, 1500), corpus.RED), "PNG"), pool=pool)
    assert (large.width, large.height) == (2048, 1024)
    # libjpeg halves it while decoding: 2016 of 2048 allowed, without another resampling
    camera = reencode(corpus.saved(Pillow.new("RGB", (4032, 1512), corpus.RED), "JPEG"), pool=pool)
    assert (camera.width, camera.height) == (2016, 756)
    assert reencode(corpus.png(), pool=pool).width == 64


def test_kind_is_told_by_content():
    assert [kind_of(data) for data in (corpus.jpeg(), corpus.png(), corpus.webp(), corpus.heic())] == [
        "JPEG",
        "PNG",
        "WEBP",
        "HEIF",
    ]
    assert [
        name for name, data in UNREADABLE.items() if kind_of(data) and name.split()[0] in {"svg", "avif", "film"}
    ] == []


@pytest.mark.parametrize(
    "name", ["gps and texts", "png texts", "webp exif xmp", "heic exif xmp", "mpo", "orientation 6"]
)
def test_position_the_camera_wrote(pool: Pool, name: str):
    assert reencode(READABLE[name], pool=pool).place == pytest.approx((-70.7575, -33.51))


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ((91.0, 0.0, 0.0), (70.0, 0.0, 0.0)),
        ((33.0, 0.0, 0.0), (181.0, 0.0, 0.0)),
        ((33.0, 30.0), (70.0, 45.0)),
        (None, (70.0, 45.0, 27.0)),
    ],
)
def test_position_that_cannot_be_true_is_none(pool: Pool, lat, lon):
    block = Pillow.Exif()
    block.get_ifd(corpus.GPS).update({1: "S", 3: "W", 4: lon} | ({2: lat} if lat else {}))
    assert reencode(corpus.saved(corpus.corners(), "JPEG", exif=block.tobytes()), pool=pool).place is None


def test_no_position_is_none(pool: Pool):
    names = ["looping exif", "zip in exif", "grey"]
    assert [reencode(READABLE[name], pool=pool).place for name in names] == [None] * 3


def test_without_a_pool_the_shared_one_works():
    assert reencode(corpus.jpeg()).width == 64
    assert shared_pool() is shared_pool()
    shared_pool().close()
    assert reencode(corpus.jpeg()).width == 64
    shared_pool().close()
