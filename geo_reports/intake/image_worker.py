"""Turn one hostile file into pixels, in a process that can open nothing and may take little memory and time.

Started by path, not as a module of the package: it must import neither the package nor anything of its size. The
process loads the decoders once and then forks for each photo, so no photo is decoded in memory that held another one.
"""

import contextlib
import io
import json
import math
import os
import resource
import signal
import socket
import struct
import sys
import zlib
from typing import Any

import pillow_heif
from PIL import Image, ImageCms, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin
from pillow_heif.as_plugin import HeifImageFile

READERS: dict[str, type[ImageFile.ImageFile]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "HEIF": HeifImageFile,
}
"""Named one by one instead of ``Image.open``, so that no other of Pillow's forty readers is ever asked."""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each EXIF orientation (Exif 2.32, tag 0x0112)."""
ORIENTATION, GPS = 0x0112, 0x8825
QUALITY = 82
BLOCK_PX = 16
"""Side of the blocks in which a JPEG with halved colour codes its pixels: what lies in one colours all of it."""
COVER = (72, 72, 72)
LARGEST_PROFILE_BYTES = 1_000_000
DAMAGED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
    ImageCms.PyCMSError,
    Image.DecompressionBombError,
)
"""What the decoders raise for damaged files; some of it is by accident, none of it is a fault of this program."""


class Refused(Exception):
    """A photo is not decoded; the text is one word for the service."""


def pixels(data: bytes, ask: dict[str, Any]) -> tuple[bytes, tuple[float, float] | None]:
    """JPEG (sRGB, upright, at most ``longest_px`` along its longer side) of the photo's pixels only, and its place."""
    image = _opened(data, ask)
    turn, place = TURNS.get(_orientation(image)), position(image)
    if ask["kind"] == "JPEG":  # of HEIF, draft() would take the thumbnail, which may be another picture
        # libjpeg decodes at a half, a quarter or an eighth of the size for a third of the time; for 4032 pixels to
        # become 2016 of 2048 allowed, a little less than the most is enough
        width, height = _fitted(image.size, ask["longest_px"] * 7 // 8)
        image.draft(image.mode, (width, height))
    image.load()
    profile = image.info.get("icc_profile")
    size = _fitted(image.size, ask["longest_px"])
    whole = _opaque(image)
    if whole is not image:
        image.close()  # frees its pixels before more are made
    # as sharp as bicubic when shrinking, at a third of the cost of Lanczos
    small = whole.resize(size, Image.Resampling.HAMMING, reducing_gap=1.3)
    small = _srgb(small, profile)
    if turn is not None:
        small = small.transpose(turn)
    return _fresh(small), place


def covered(data: bytes, ask: dict[str, Any]) -> bytes:
    """JPEG of a picture with ``rectangles`` (x, y, width, height as shares of it) filled, then shrunk.

    In this order, since shrinking first would mix what is to be hidden into the pixels around it.
    """
    image = _opened(data, ask).convert("RGB")
    for rectangle in ask["rectangles"]:
        image.paste(COVER, _blocks(rectangle, image.size))
    size = _fitted(image.size, ask["longest_px"])
    return _fresh(image.resize(size, Image.Resampling.HAMMING, reducing_gap=1.3))


def _blocks(rectangle: list[float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the whole blocks that a rectangle touches."""
    low, high = [], []
    for start, length, pixels_ in zip(rectangle[:2], rectangle[2:], size, strict=True):
        low.append(math.floor(start * pixels_ / BLOCK_PX) * BLOCK_PX)
        high.append(min(pixels_, math.ceil((start + length) * pixels_ / BLOCK_PX) * BLOCK_PX))
    return low[0], low[1], high[0], high[1]


def _fresh(image: Image.Image) -> bytes:
    """JPEG of a picture's pixels and of nothing else."""
    # only a new picture is free of what Pillow carries along: a JPEG comment outlives convert() and resize()
    fresh = Image.new("RGB", image.size)
    fresh.paste(image)
    sink = io.BytesIO()
    fresh.save(sink, "JPEG", quality=QUALITY)
    return sink.getvalue()


def position(image: Image.Image) -> tuple[float, float] | None:
    """Longitude and latitude the camera wrote, in degrees; None where it wrote none that can be true."""
    with contextlib.suppress(*DAMAGED):  # a garbled EXIF block is no reason to refuse the picture
        return _position(image)
    return None


def _position(image: Image.Image) -> tuple[float, float] | None:
    found = image.getexif().get_ifd(GPS)
    lat, lon = _degrees(found.get(2)), _degrees(found.get(4))
    lat, lon = -lat if found.get(1) == "S" else lat, -lon if found.get(3) == "W" else lon
    # 0, 0 is what a camera without a fix writes; not-a-number fails the comparisons
    true = abs(lon) <= 180 and abs(lat) <= 90 and (lon, lat) != (0, 0)
    return (lon, lat) if true else None


def _opened(data: bytes, ask: dict[str, Any]) -> ImageFile.ImageFile:
    """Photo whose header was read and whose pixels were not."""
    image = READERS[ask["kind"]](io.BytesIO(data))
    width, height = image.size
    # libjpeg can decode at a reduced size, the others decode whole
    if width * height > (ask["max_pixels"] if ask["kind"] == "JPEG" else ask["max_pixels_whole"]):
        raise Refused("large")
    return image


def _orientation(image: Image.Image) -> int:
    with contextlib.suppress(*DAMAGED):  # a garbled EXIF block does not make the picture unreadable
        return int(image.getexif().get(ORIENTATION, 1))
    return 1


def _degrees(parts: Any) -> float:
    """Degrees, minutes and seconds as degrees."""
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600


def _fitted(size: tuple[int, int], longest_px: int) -> tuple[int, int]:
    scale = min(1.0, longest_px / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _opaque(image: Image.Image) -> Image.Image:
    """Picture in L, RGB or CMYK; what is transparent becomes white."""
    if image.mode.startswith("I"):  # 16 bits of grey, which convert() would clip to 255
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if "transparency" in image.info or image.mode in ("PA", "La", "RGBa"):
        image = image.convert("RGBA")
    if image.mode in ("RGBA", "LA"):
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image)
        return white
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Picture in sRGB; one whose colour profile cannot be used is taken as it is."""
    if profile and len(profile) <= LARGEST_PROFILE_BYTES:
        with contextlib.suppress(*DAMAGED):
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            made = ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if made is not None:
                return made
    return image.convert("RGB")


def answer(job: socket.socket) -> None:
    """Read a job (a line of JSON, then the file) and write its answer (a line of JSON, then the JPEG if any)."""
    with job.makefile("rwb") as stream:
        ask = json.loads(stream.readline())
        data, made = stream.read(ask["bytes"]), b""
        said: dict[str, Any]
        confine(ask)
        try:
            if ask["want"] == "covered":
                made = covered(data, ask)
                said = {"bytes": len(made)}
            else:
                made, place = pixels(data, ask)
                said = {"bytes": len(made), "position": place}
        except Refused as error:
            said = {"refused": str(error)}
        except MemoryError:
            said = {"refused": "large"}
        except DAMAGED:
            said = {"refused": "damaged"}
        stream.write(json.dumps(said).encode() + b"\n" + made)


def confine(ask: dict[str, Any]) -> None:
    """Give up everything decoding does not need; none of it can be taken back without the rights of root."""
    memory = _address_space_bytes() + ask["memory_bytes"]
    seconds = math.ceil(ask["cpu_s"])
    for limit, soft, hard in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
        # no descriptor can be made any more: no file, no socket, no pipe
        (resource.RLIMIT_NOFILE, 0, 0),
    ):
        resource.setrlimit(limit, (soft, hard))
    if ask["kind"] != "HEIF":  # its decoder works in a thread of its own, which counts as a process
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    # RLIMIT_CPU counts whole seconds; SIGPROF, whose default is to kill, comes in time
    signal.setitimer(signal.ITIMER_PROF, ask["cpu_s"])


def _address_space_bytes() -> int:
    """What this process has mapped already, most of which is never resident."""
    with open("/proc/self/statm") as file:  # noqa: PTH123 pathlib is not loaded for one line
        return int(file.read().split()[0]) * resource.getpagesize()


def serve(control: socket.socket) -> None:
    """Fork for each job that comes in and say how it ended, until the service closes the line."""
    control.sendall(b"ready\n")
    while True:
        _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not descriptors:
            return
        child = os.fork()
        if child == 0:
            _decode_and_exit(control, descriptors[0])
        os.close(descriptors[0])
        _, status, used = os.wait4(child, 0)
        end = {
            "status": os.waitstatus_to_exitcode(status),
            "peak_kb": used.ru_maxrss,
            "cpu_s": used.ru_utime + used.ru_stime,
        }
        control.sendall(json.dumps(end).encode() + b"\n")


def _decode_and_exit(control: socket.socket, descriptor: int) -> None:
    code = 1
    try:
        control.close()
        os.dup2(1, 2)  # the decoders' grumbling about a hostile file is nothing for the service's log
        with socket.socket(fileno=descriptor) as job:
            answer(job)
        code = 0
    finally:
        os._exit(code)  # whatever happened, the copy must never go on as if it were the server


def main() -> None:
    """Load what decoding needs, then serve."""
    pillow_heif.options.DECODE_THREADS = 1
    Image.MAX_IMAGE_PIXELS = None  # _opened has its own, stricter limit
    # a decoder that imports a module on first use would fail once no file can be opened
    picture = Image.new("RGB", (8, 8))
    for kind, reader in READERS.items():
        sink = io.BytesIO()
        if kind != "HEIF":
            picture.save(sink, kind, exif=Image.Exif())
            reader(io.BytesIO(sink.getvalue())).getexif().get_ifd(GPS)
    _srgb(picture, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # a service that was killed closes the line in the middle of a word
    with socket.socket(fileno=int(sys.argv[1])) as control, contextlib.suppress(ConnectionError):
        serve(control)


if __name__ == "__main__":
    main()
