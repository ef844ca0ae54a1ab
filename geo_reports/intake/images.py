"""Take a photo in: whatever file was sent, what is kept is a new JPEG that holds its pixels and nothing else."""

import atexit
from dataclasses import dataclass
from functools import cache
from typing import Any

from geo_reports.errors import BadPhoto, PhotoTooLarge
from geo_reports.intake.image_pool import Answer, Pool, WorkerLost
from geo_reports.intake.jpeg import NotOnlyPixels, size_of_plain

UNREADABLE = "We could not read that photo. Try another one, or go on without a photo."
NOT_A_PHOTO = "That file is not a photo we can read. Send a JPEG, PNG, WebP or HEIC one, or go on without a photo."
TOO_LARGE = "That photo is too large. Send a smaller one, or go on without a photo."

HEIF_STILLS = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
"""Brands of still pictures (ISO/IEC 23008-12, annex B); AVIF carries mif1 too and has its own brand besides."""


@dataclass(frozen=True)
class Limits:
    """What one photo may cost. Memory is what decoding may take on top of the warm worker's own 40 MB."""

    max_bytes: int = 15_000_000
    max_pixels: int = 50_000_000
    """Of a JPEG, which is decoded at a reduced size."""
    max_pixels_whole: int = 25_000_000
    """Of the other formats, which are decoded whole: 4 bytes a pixel, and twice that while transparency is removed."""
    longest_px: int = 2048
    memory_bytes: int = 245_000_000
    cpu_s: float = 1.8
    wall_s: float = 8.0
    """Longer than the processor time, because a busy machine is not the photo's fault."""


LIMITS = Limits()


@dataclass(frozen=True)
class Image:
    """A photo as it may be kept: upright, sRGB, without metadata of any kind.

    ``place`` is the longitude and latitude (WGS 84) that the camera wrote, to be offered to the sender, never kept.
    """

    jpeg: bytes
    width: int
    height: int
    place: tuple[float, float] | None = None


def reencode(data: bytes, *, limits: Limits = LIMITS, pool: Pool | None = None) -> Image:
    """Photo as a fresh JPEG of at most ``limits.longest_px`` along its longer side.

    Raises ``BadPhoto`` for what is no readable photo, ``PhotoTooLarge``, or ``TooManyRequests`` when the workers are
    busy. Of a moving picture the first frame is taken.
    """
    answer = ask({"want": "pixels"}, data, limits, pool)
    width, height = measured(answer.jpeg)
    return Image(answer.jpeg, width, height, _place(answer.said.get("position")))


def measured(jpeg: bytes) -> tuple[int, int]:
    """Width and height of what a worker made; ``BadPhoto`` where it holds anything but pixels."""
    try:
        return size_of_plain(jpeg)
    except NotOnlyPixels as error:
        raise BadPhoto(UNREADABLE) from error


def _place(found: object) -> tuple[float, float] | None:
    """Longitude and latitude of a worker's answer, believed only where they can be true."""
    if not (isinstance(found, list) and len(found) == 2 and all(isinstance(value, float) for value in found)):
        return None
    lon, lat = found
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 and (lon, lat) != (0, 0) else None


def kind_of(data: bytes) -> str | None:
    """Format of a file by its first bytes (JPEG, PNG, WEBP or HEIF); None for all others, whatever their name."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        box = data[8 : min(int.from_bytes(data[:4], "big"), 256)]
        brands = {box[:4], *(box[at : at + 4] for at in range(8, len(box), 4))}
        return "HEIF" if brands & HEIF_STILLS and b"avif" not in brands else None
    return None


def ask(what: dict[str, Any], data: bytes, limits: Limits, pool: Pool | None) -> Answer:
    """Have a worker do ``what`` with a file; errors as of ``reencode``."""
    if len(data) > limits.max_bytes:
        raise PhotoTooLarge(TOO_LARGE)
    kind = kind_of(data)
    if kind is None:
        raise BadPhoto(NOT_A_PHOTO)
    job: dict[str, Any] = {
        **what,
        "kind": kind,
        "max_pixels": limits.max_pixels,
        "max_pixels_whole": limits.max_pixels_whole,
        "longest_px": limits.longest_px,
        "memory_bytes": limits.memory_bytes,
        "cpu_s": limits.cpu_s,
    }
    try:
        answer = (pool or shared_pool()).run(job, data, limits.wall_s)
    except WorkerLost as error:
        raise BadPhoto(UNREADABLE) from error
    if answer.said.get("refused") == "large":
        raise PhotoTooLarge(TOO_LARGE)
    if "refused" in answer.said:
        raise BadPhoto(UNREADABLE)
    return answer


@cache
def shared_pool() -> Pool:
    """Workers of this process, ended with it."""
    pool = Pool()
    atexit.register(pool.close)
    return pool
