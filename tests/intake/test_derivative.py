"""What everybody may see of a photo: small, nothing but pixels, and nothing left of what was marked."""

import io
import math

import pytest
from PIL import Image as Pillow

from geo_reports.errors import BadPhoto, InputError
from geo_reports.intake.derivative import LONGEST_PX, MOST_RECTANGLES, derive, size_of_derivative
from geo_reports.intake.image_pool import Pool
from geo_reports.intake.jpeg import size_of_plain
from tests.intake import photo_corpus as corpus

COVER = (72, 72, 72)


@pytest.fixture(scope="module")
def pool():
    with Pool(1) as workers:
        yield workers


def picture(jpeg: bytes) -> Pillow.Image:
    made = Pillow.open(io.BytesIO(jpeg))
    made.load()
    return made


def noise(width: int, height: int, seed_of_inside: int = 0) -> bytes:
    """Grey picture whose middle, from a quarter to three quarters, is a chequerboard that begins black or white."""
    image = Pillow.new("RGB", (width, height), (128, 128, 128))
    for x in range(width // 4, width * 3 // 4):
        for y in range(height // 4, height * 3 // 4):
            white = (x + y + seed_of_inside) % 2 == 0
            image.putpixel((x, y), (255, 255, 255) if white else (0, 0, 0))
    return corpus.saved(image, "JPEG", quality=95)


def test_what_is_marked_becomes_one_colour_and_the_rest_stays(pool: Pool):
    made = picture(derive(corpus.saved(corpus.corners(160, 160), "JPEG", quality=95), [(0.5, 0, 0.5, 0.5)], pool=pool))
    inside = {made.getpixel((x, y)) for x in range(82, 158) for y in range(2, 78)}
    assert all(abs(value - 72) <= 2 for colour in inside for value in colour)
    assert all(abs(a - b) <= 12 for a, b in zip(made.getpixel((40, 40)), corpus.RED, strict=True))


def test_nothing_is_left_of_what_was_marked(pool: Pool):
    """Two pictures that differ only where they are covered become the same bytes."""
    sent = [noise(128, 128, seed) for seed in (0, 1)]
    assert sent[0] != sent[1]
    first, second = (derive(one, [(0.25, 0.25, 0.5, 0.5)], pool=pool) for one in sent)
    assert first == second
    assert derive(sent[0], pool=pool) != derive(sent[1], pool=pool)


def test_rectangles_grow_to_whole_blocks(pool: Pool):
    white = corpus.saved(Pillow.new("RGB", (64, 64), "white"), "JPEG", quality=95)
    made = picture(derive(white, [(17 / 64, 20 / 64, 1 / 64, 20 / 64)], pool=pool)).convert("L")
    dark = {(x // 16, y // 16) for x in range(64) for y in range(64) if made.getpixel((x, y)) < 160}
    assert dark == {(1, 1), (1, 2)}


def test_it_is_shrunk_and_holds_nothing_but_pixels(pool: Pool):
    made = derive(corpus.saved(Pillow.new("RGB", (2048, 1000), corpus.RED), "JPEG"), pool=pool)
    assert size_of_plain(made) == (LONGEST_PX, 625) == size_of_derivative(2048, 1000)
    marked = corpus.saved(corpus.corners(), "JPEG", exif=corpus.exif(), comment=corpus.MARK)
    small = derive(marked, pool=pool)
    assert size_of_plain(small) == (64, 48) == size_of_derivative(64, 48)
    assert [trace for trace in corpus.TRACES if trace in small] == []


def test_the_same_marks_make_the_same_bytes(pool: Pool):
    marks = [(0.1, 0.1, 0.2, 0.2)]
    assert derive(corpus.jpeg(), marks, pool=pool) == derive(corpus.jpeg(), marks, pool=pool)


@pytest.mark.parametrize(
    "rectangle",
    [
        (0.5, 0.5, 0.0, 0.1),
        (0.5, 0.5, -0.2, 0.1),
        (1.1, 0.0, 0.1, 0.1),
        (math.nan, 0.0, 0.1, 0.1),
        (0.0, 0.0, math.inf, 0.1),
    ],
)
def test_marks_without_area_are_refused(pool: Pool, rectangle):
    with pytest.raises(InputError) as refused:
        derive(corpus.jpeg(), [rectangle], pool=pool)
    assert refused.value.field == "rectangles"


def test_marks_are_cut_off_at_the_edge_and_limited_in_number(pool: Pool):
    whole = picture(derive(corpus.jpeg(), [(-1, -1, 3, 3)], pool=pool))
    assert whole.getextrema() == ((72, 72),) * 3
    with pytest.raises(InputError, match=str(MOST_RECTANGLES)):
        derive(corpus.jpeg(), [(0, 0, 1, 1)] * (MOST_RECTANGLES + 1), pool=pool)


def test_what_is_no_photo_is_refused_here_too(pool: Pool):
    with pytest.raises(BadPhoto):
        derive(corpus.PDF, pool=pool)
