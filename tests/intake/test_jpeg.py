"""The last look before a photo is kept: it must find whatever is not a pixel."""

import pytest

from geo_reports.intake.jpeg import NotOnlyPixels, size_of_plain
from tests.intake import photo_corpus as corpus

PLAIN = corpus.jpeg()


def test_a_plain_jpeg_passes_with_its_size():
    assert size_of_plain(PLAIN) == (64, 48)


@pytest.mark.parametrize("marker", [0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xEE, 0xFE, 0xF0, 0xDC])
def test_any_other_segment_is_found_wherever_it_is(marker: int):
    extra = corpus.segment(marker, corpus.MARK.encode())
    for place in (b"\xff\xdb", b"\xff\xc0", b"\xff\xda", b"\xff\xd9"):
        at = PLAIN.rindex(place) if place == b"\xff\xd9" else PLAIN.index(place)
        with pytest.raises(NotOnlyPixels, match=f"0x{marker:02X}"):
            size_of_plain(PLAIN[:at] + extra + PLAIN[at:])


def test_a_thumbnail_in_the_header_is_found():
    # JFIF 1.02: the last two bytes are the thumbnail's size, its pixels follow
    thumbnail = corpus.segment(0xE0, PLAIN[6:18] + b"\x01\x01" + b"abc")
    with pytest.raises(NotOnlyPixels, match="0xE0"):
        size_of_plain(PLAIN[:2] + thumbnail + PLAIN[20:])


@pytest.mark.parametrize("sent", [b"", b"GIF89a", PLAIN[:2], PLAIN[:-2], PLAIN[:400], PLAIN[:2] + PLAIN[-2:]])
def test_what_is_not_whole_is_found(sent: bytes):
    with pytest.raises(NotOnlyPixels):
        size_of_plain(sent)


@pytest.mark.parametrize("tail", [b"\0", PLAIN, corpus.HTML, corpus.zipped()])
def test_what_follows_the_picture_is_found(tail: bytes):
    with pytest.raises(NotOnlyPixels, match="something follows"):
        size_of_plain(PLAIN + tail)


def test_progressive_and_multiple_scans_are_not_what_the_service_writes():
    progressive = corpus.saved(corpus.corners(), "JPEG", progressive=True)
    with pytest.raises(NotOnlyPixels, match="0xC2"):
        size_of_plain(progressive)
