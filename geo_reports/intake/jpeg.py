"""Prove that a JPEG holds pixels and nothing else, by reading its segments (ITU-T T.81, annex B)."""

import re
import struct

START, END, SCAN, APP0 = 0xD8, 0xD9, 0xDA, 0xE0
FRAME = 0xC0
"""Baseline: the only kind of frame the service writes."""
PLAIN = {FRAME, 0xC4, 0xDB, SCAN}
"""Frame, Huffman tables, quantisation tables, scan."""
JFIF = re.compile(rb"JFIF\0\x01[\x01\x02][\x00-\x02]....\0\0", re.DOTALL)
"""The whole of an APP0 segment without a thumbnail: version, units, density, thumbnail of 0 by 0."""
AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7]")
"""In a scan, 0xFF is followed by zero or by a restart marker; anything else ends it."""


class NotOnlyPixels(Exception):
    """A JPEG holds something besides its pixels, or is no JPEG."""


def size_of_plain(jpeg: bytes) -> tuple[int, int]:
    """Width and height in pixels of a JPEG that is nothing but pixels; raises ``NotOnlyPixels`` for any other."""
    if jpeg[:2] != bytes((0xFF, START)):
        raise NotOnlyPixels("it does not begin as a JPEG")
    at, size, scanned = 2, None, False
    while True:
        marker, body, after = _segment(jpeg, at)
        if marker == END:
            break
        if scanned or (marker not in PLAIN and not (marker == APP0 and JFIF.fullmatch(body))):
            raise NotOnlyPixels(f"it has a segment of kind 0x{marker:02X}")
        if marker == FRAME:
            height, width = struct.unpack_from(">HH", body, 1)
            size = (width, height)
        elif marker == SCAN:
            found = AFTER_SCAN.search(jpeg, after)
            after, scanned = (found.start() if found else len(jpeg)), True
        at = after
    if size is None or not scanned or after != len(jpeg):
        raise NotOnlyPixels("it lacks a picture, or something follows it")
    return size


def _segment(jpeg: bytes, at: int) -> tuple[int, bytes, int]:
    """Kind of the segment at a place, its body, and where the next one begins."""
    if at + 2 > len(jpeg) or jpeg[at] != 0xFF:
        raise NotOnlyPixels("it ends too early")
    marker = jpeg[at + 1]
    if marker == END:
        return marker, b"", at + 2
    length = int.from_bytes(jpeg[at + 2 : at + 4], "big")
    body = jpeg[at + 4 : at + 2 + length]
    if length < 2 or len(body) != length - 2:
        raise NotOnlyPixels("it ends within a segment")
    return marker, body, at + 2 + length
