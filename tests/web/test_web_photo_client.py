"""Photos on the phone: small copies without what the camera wrote, and a place that is asked about, never taken."""

import io
import re

import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import expect

from geo_reports.app import create_app
from geo_reports.privacy import Filters
from geo_reports.report import Audience
from tests.browser import serve
from tests.intake import photo_corpus
from tests.web.wire import Ear

LON, LAT = -69.985, -32.995
"""In the tiny city, some way from its streets."""
GPS = {1: "S", 2: (32.0, 59.0, 42.0), 3: "W", 4: (69.0, 59.0, 6.0), 27: photo_corpus.MARK}
SUBMIT = "button[name=step][value=check]"


def exif(orientation: int = 1) -> bytes:
    """EXIF block of a photo taken at ``LON``, ``LAT``."""
    block = Image.Exif()
    block[photo_corpus.ORIENTATION] = orientation
    block[0x010E] = photo_corpus.MARK
    block.get_ifd(photo_corpus.GPS).update(GPS)
    return block.tobytes()


@pytest.fixture(scope="module")
def house(house_at):
    return house_at()


@pytest.fixture(scope="module")
def service(house):
    """Ear at a running service, and its base URL; one for all tests of this file."""
    ear = Ear(create_app(house))
    with serve(ear) as base_url:
        yield ear, base_url


@pytest.fixture
def ear(service):
    service[0].heard.clear()
    return service[0]


@pytest.fixture
def form(page_at, service):
    page = page_at(390, 844)
    page.goto(f"{service[1]}/reportar")
    return page


def chosen(name: str, data: bytes, kind: str = "image/jpeg"):
    return {"name": name, "mimeType": kind, "buffer": data}


def uploads(ear: Ear) -> list[bytes]:
    """Bodies of the photos that were sent with the form."""
    parts = [part for path, body in ear.heard if path == "/reportar" for part in body.split(b"\r\n--")]
    return [part.split(b"\r\n\r\n", 1)[1] for part in parts if b'name="photo"' in part]


def test_a_photo_offers_its_place_and_is_sent_without_it(form, ear, house):
    large = photo_corpus.saved(photo_corpus.corners(2400, 1200), "JPEG", exif=exif(orientation=6))
    form.locator("#photo").set_input_files(chosen("con lugar.jpg", large))
    asks = form.get_by_role("group", name="¿El problema está donde se tomó la foto?")
    expect(asks).to_be_visible()
    expect(form.locator("input[name=lon]")).to_have_value("")  # not before a yes
    asks.get_by_role("button", name="Sí").click()
    expect(form.locator("input[name=lon]")).to_have_value(f"{LON:.6f}")
    expect(form.locator("input[name=lat]")).to_have_value(f"{LAT:.6f}")
    expect(form.locator("[data-place-says]")).to_contain_text("Barrio B")
    form.get_by_label("¿Qué viste?").select_option("rubble")
    form.locator(SUBMIT).click()
    form.locator("button[name=step][value=send]").click()
    expect(form).to_have_url(re.compile("nuevo=1"))
    (sent,) = uploads(ear)
    assert [trace for trace in photo_corpus.TRACES if trace in sent] == []
    copy = Image.open(io.BytesIO(sent))
    assert (copy.format, copy.size, dict(copy.getexif())) == ("JPEG", (800, 1600), {})
    red, green = copy.getpixel((790, 10)), copy.getpixel((790, 1590))  # turned as the camera was held
    assert (max(red) == red[0], max(green) == green[1]) == (True, True)
    row = house.view(Audience.CREW).reports(Filters()).rows.iloc[0]
    assert (row.lon, row.lat) == (LON, LAT)


def test_no_leaves_the_place_to_be_chosen(form):
    form.locator("#photo").set_input_files(
        chosen("a.jpg", photo_corpus.saved(photo_corpus.corners(), "JPEG", exif=exif()))
    )
    asks = form.get_by_role("group", name="¿El problema está donde se tomó la foto?")
    asks.get_by_role("button", name="No").click()
    expect(asks).to_have_count(0)
    expect(form.locator("input[name=lon]")).to_have_value("")


def test_heic_goes_as_it_is_and_its_place_is_read(form, ear):
    heic = io.BytesIO()
    pillow_heif.from_pillow(photo_corpus.corners(256, 192)).save(heic, exif=exif())
    form.locator("#photo").set_input_files(chosen("a.heic", heic.getvalue(), "image/heic"))
    expect(form.get_by_role("group", name="¿El problema está donde se tomó la foto?")).to_be_visible()
    expect(form.locator(".no-thumb")).to_have_text("Foto 1")
    form.get_by_label("¿Qué viste?").select_option("rubble")
    form.get_by_label("¿Dónde está?").fill("Los Aromos 100")
    form.locator(SUBMIT).click()
    expect(form.locator("button[name=step][value=send]")).to_be_visible()
    assert uploads(ear) == [heic.getvalue()]


def test_photos_are_listed_removed_and_limited(form):
    six = [chosen(f"{number}.jpg", photo_corpus.jpeg()) for number in range(6)]
    form.locator("#photo").set_input_files(six)
    rows = form.locator(".photos > li")
    expect(rows).to_have_count(5)
    expect(form.get_by_text("caben hasta 5 fotos", exact=False).first).to_be_visible()
    form.get_by_role("button", name="Quitar la foto 2").click()
    expect(rows).to_have_count(4)
    expect(form.get_by_role("img", name="Foto 4")).to_be_visible()
    assert form.locator("#photo").get_attribute("capture") is None


def test_photos_are_uploaded_once_for_all_steps(form, ear):
    form.locator("#photo").set_input_files(chosen("a.jpg", photo_corpus.jpeg()))
    form.get_by_label("¿Qué viste?").select_option("rubble")
    form.locator(SUBMIT).click()
    expect(form.locator(".error-summary")).to_be_focused()  # no place yet
    expect(form.locator(".photos canvas")).to_have_count(1)
    form.get_by_label("¿Dónde está?").fill("Los Aromos 100")
    form.locator(SUBMIT).click()
    form.locator("button[name=step][value=edit]").click()
    expect(form.locator(".photos canvas")).to_have_count(1)
    form.locator("#photo").set_input_files(chosen("b.png", photo_corpus.png(), "image/png"))
    expect(form.locator(".photos canvas")).to_have_count(2)
    form.locator(SUBMIT).click()
    form.locator("button[name=step][value=send]").click()
    expect(form).to_have_url(re.compile("nuevo=1"))
    assert len(uploads(ear)) == 2


BROKEN = {
    "cut": exif()[:40],
    "loop": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x25\x88\x04\0\x01\0\0\0\x08\0\0\0",
    "zeros": b"Exif\0\0MM\0*\0\0\0\x08\0\0",
    "nothing": b"",
}


def test_blocks_that_lie_give_no_place(form):
    for name, block in BROKEN.items():
        data = photo_corpus.with_segments(photo_corpus.jpeg(), photo_corpus.segment(0xE1, block))
        read = form.evaluate("(bytes) => geoPhotoPlace(new Uint8Array(bytes).buffer)", list(data))
        assert (name, read) == (name, None)
