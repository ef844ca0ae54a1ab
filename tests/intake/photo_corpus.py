"""Photos no honest camera makes, and a few it does; each made here, byte by byte where Pillow would refuse.

Every secret planted in a file contains ``MARK``, in the encodings of the places it is planted in.
"""

import base64
import io
import struct
import zipfile
import zlib
from functools import cache

import pillow_heif
from PIL import Image, ImageCms, PngImagePlugin

MARK = "PLANTED-Pasaje-3"
TRACES = [MARK.encode(), MARK.encode("utf-16-le"), MARK.encode("utf-16-be")]
ORIENTATION, GPS, USER_COMMENT = 0x0112, 0x8825, 0x9286
RED, GREEN, BLUE, YELLOW = (230, 20, 20), (20, 200, 20), (20, 20, 230), (230, 220, 20)
XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>{MARK}</rdf:RDF></x:xmpmeta>'.encode()
PDF = b"%PDF-1.4\n1 0 obj<</Title(" + MARK.encode() + b")>>endobj\n%%EOF\n"
HTML = b"<html><script>alert('" + MARK.encode() + b"')</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script><desc>%b</desc></svg>'


def corners(width: int = 64, height: int = 48) -> Image.Image:
    """Picture with a red, a green, a blue and a yellow quarter, from the upper left like a clock."""
    image = Image.new("RGB", (width, height), RED)
    half_w, half_h = width // 2, height // 2
    image.paste(GREEN, (half_w, 0, width, half_h))
    image.paste(BLUE, (half_w, half_h, width, height))
    image.paste(YELLOW, (0, half_h, half_w, height))
    return image


def saved(image: Image.Image, kind: str, **options) -> bytes:
    sink = io.BytesIO()
    image.save(sink, kind, **options)
    return sink.getvalue()


def exif(orientation: int = 1, gps: bool = True) -> bytes:
    """EXIF block with a marker in its texts and the position -70.7575, -33.51."""
    block = Image.Exif()
    block[ORIENTATION] = orientation
    block[0x010E] = block[0x013B] = MARK
    block.get_ifd(0x8769)[USER_COMMENT] = b"UNICODE\0" + MARK.encode("utf-16-le")
    if gps:
        block.get_ifd(GPS).update({1: "S", 2: (33.0, 30.0, 36.0), 3: "W", 4: (70.0, 45.0, 27.0), 27: MARK})
    return block.tobytes()


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int, *extra: bytes, bits: int = 8, colour: int = 2, rows: int | None = None) -> bytes:
    """PNG written by hand: all black, so that any size is small."""
    row = b"\0" * (1 + width * {0: 1, 2: 3, 6: 4}[colour] * bits // 8)
    packer, body = zlib.compressobj(1), b""
    for _ in range(height if rows is None else rows):
        body += packer.compress(row)
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", head), *extra, chunk(b"IDAT", body + packer.flush()), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@cache
def jpeg() -> bytes:
    return saved(corners(), "JPEG", quality=95)


@cache
def png() -> bytes:
    return saved(corners(), "PNG")


@cache
def heic(orientation: int = 1) -> bytes:
    sink = io.BytesIO()
    made = pillow_heif.from_pillow(corners(256, 192))
    made.save(sink, quality=90, exif=exif(orientation), xmp=XMP)
    return sink.getvalue()


@cache
def webp() -> bytes:
    return saved(corners(), "WEBP", quality=90, exif=exif(), xmp=XMP)


def claimed(jpeg_: bytes, width: int, height: int, frame: bytes = b"\xff\xc0") -> bytes:
    """JPEG whose frame claims another size."""
    at = jpeg_.index(frame) + 5
    return jpeg_[:at] + struct.pack(">HH", height, width) + jpeg_[at + 4 :]


def zipped() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(f"{MARK}.txt", MARK)
    return sink.getvalue()


def profile(name: str = "sRGB") -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()


def swapped_profile() -> bytes:
    """Matrix profile of sRGB with the colorants of red and blue exchanged."""
    data = bytearray(profile())
    tags = {data[at : at + 4].hex(): at for at in range(132, 132 + 12 * struct.unpack(">I", data[128:132])[0], 12)}
    red, blue = tags[b"rXYZ".hex()], tags[b"bXYZ".hex()]
    data[red + 4 : red + 12], data[blue + 4 : blue + 12] = data[blue + 4 : blue + 12], data[red + 4 : red + 12]
    return bytes(data)


def png_texts() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", MARK)
    texts.add_text("Comment", MARK, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode(), "", "")
    return saved(corners(), "PNG", pnginfo=texts, exif=exif())


def frames(kind: str, count: int) -> bytes:
    """Moving picture: Pillow writes few frames, the rest are copies made by hand."""
    two = [Image.new("RGB", (16, 16), colour) for colour in (RED, BLUE)]
    if kind != "GIF":
        return saved(two[0], kind, save_all=True, append_images=two[1:], duration=10)
    whole = saved(two[0], kind, save_all=True, append_images=two[1:], duration=10)
    last = whole.rindex(b"\x21\xf9")
    return whole[:last] + whole[last:-1] * (count - 1) + b";"


def apng(count: int) -> bytes:
    """APNG of many frames, each one black pixel."""
    control = lambda at: chunk(b"fcTL", struct.pack(">IIIIIHHBB", at, 8, 8, 0, 0, 1, 100, 0, 0))  # noqa: E731
    row = zlib.compress((b"\0" + b"\0" * 24) * 8)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    parts = [head, chunk(b"acTL", struct.pack(">II", count, 0)), control(0), chunk(b"IDAT", row)]
    for number in range(1, count):
        parts += [control(2 * number - 1), chunk(b"fdAT", struct.pack(">I", 2 * number) + row)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def webp_frames(count: int) -> bytes:
    """Animated WebP of many copies of one frame."""
    whole = frames("WEBP", 2)
    first = whole.index(b"ANMF")
    length = 8 + struct.unpack("<I", whole[first + 4 : first + 8])[0]
    body = whole[12:first] + whole[first : first + length] * count
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def mpo() -> bytes:
    second = Image.new("RGB", (64, 48), GREEN)
    second.info["comment"] = MARK.encode()
    return saved(corners(), "MPO", save_all=True, append_images=[second], exif=exif())


def motion_photo() -> bytes:
    film = b"\0\0\0\x18ftypmp42" + MARK.encode() + b"\0" * 500
    app1 = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)
    return with_segments(jpeg(), app1) + b"MotionPhoto_Data" + film


def iptc() -> bytes:
    record = b"\x1c\x02\x78" + struct.pack(">H", len(MARK)) + MARK.encode()
    body = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(record)) + record
    return with_segments(jpeg(), segment(0xED, body))


def huge_icc(size: int) -> bytes:
    """JPEG whose colour profile is as long as 255 segments allow, and says nothing."""
    body = (MARK.encode() + b"\0" * 65_000)[:65_000]
    count = min(255, size // 65_000)
    parts = [segment(0xE2, b"ICC_PROFILE\0" + bytes((n, count)) + body) for n in range(1, count + 1)]
    return with_segments(jpeg(), *parts)


def looping_exif() -> bytes:
    """EXIF whose directory points at itself, with a rational of 1/0 for the latitude."""
    directory = struct.pack("<H", 2) + struct.pack("<HHII", GPS, 4, 1, 8) + struct.pack("<HHII", 2, 5, 3, 8)
    body = b"Exif\0\0II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 8)
    return with_segments(jpeg(), segment(0xE1, body))


def depth_map() -> bytes:
    """JPEG with a second picture and a depth map in extended XMP, as phones of some makers write them."""
    inner = base64.b64encode(with_segments(jpeg(), segment(0xFE, MARK.encode()))).decode()
    head = b"http://ns.adobe.com/xap/1.0/\0" + XMP.replace(b"</rdf", b'<r xmpNote:HasExtendedXMP="0123"/></rdf')
    said = f'<r GDepth:Format="RangeInverse" GDepth:Data="{inner}" GImage:Data="{inner}">{MARK}</r>'.encode()
    more = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + struct.pack(">II", len(said), 0) + said
    return with_segments(jpeg(), segment(0xE1, head), segment(0xE1, more))


def huge_exif() -> bytes:
    """PNG whose EXIF block has 8 MB, an entry of 8 million bytes that begins with the marker."""
    text = MARK.encode() + b"x" * 8_000_000
    block = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 0x010E, 2, len(text), 26, 0) + text
    return png_of(10, 10, chunk(b"eXIf", block))


def many_exif_segments() -> bytes:
    """JPEG with 60 full EXIF segments."""
    full = b"Exif\0\0" + (exif() + MARK.encode() * 4_000)[:65_000]
    return with_segments(jpeg(), *[segment(0xE1, full)] * 60)


def broken_markers() -> dict[str, bytes]:
    """JPEGs whose segments are not what they say."""
    mark = MARK.encode()
    return {
        "segment longer than the file": with_segments(jpeg(), b"\xff\xee\xff\xff" + mark),
        "segment of length 0": with_segments(jpeg(), b"\xff\xee\0\0" + mark),
        "bytes between segments": with_segments(jpeg(), mark + b"\xff\xff\xff"),
        "a second beginning": jpeg()[:2] + with_segments(jpeg(), segment(0xFE, mark)),
        "two frames": jpeg().replace(b"\xff\xda", claimed(jpeg(), 60_000, 60_000)[20:300] + b"\xff\xda", 1),
        "end in the middle": jpeg()[:600] + b"\xff\xd9" + mark + jpeg()[600:],
    }


def cut() -> dict[str, bytes]:
    """Beginnings of photos, of every length there is a reason for and some more."""
    whole = {"jpeg": readable_gps(), "png": png_texts(), "webp": webp(), "heic": heic()}
    shares = (0.01, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.99)
    return {
        f"{kind} cut at {share}": data[: int(len(data) * share)] for kind, data in whole.items() for share in shares
    }


def readable_gps() -> bytes:
    return saved(corners(), "JPEG", exif=exif(), comment=MARK)


def nested(depth: int) -> bytes:
    """Zeros, packed again and again."""
    data = b"\0" * 40_000_000
    for _ in range(depth):
        data = zlib.compress(data, 1)
    return data


def tiff_claiming(side: int) -> bytes:
    """TIFF of a few bytes that says it is a large square."""
    entries = [(256, 3, 1, side), (257, 3, 1, side), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8), (279, 4, 1, 1)]
    rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + rows + bytes(4)


def progressive_bomb(scans: int) -> bytes:
    """Progressive JPEG of 24 megapixels, whose last scan comes again and again, each a pass over the whole picture."""
    whole = saved(Image.new("L", (6000, 4000), 90), "JPEG", progressive=True, quality=50)
    starts = [at for at in range(len(whole) - 1) if whole[at : at + 2] == b"\xff\xda"]
    tail = whole.rindex(b"\xff\xc4", 0, starts[-1])
    return whole[:-2] + whole[tail:-2] * scans + whole[-2:]


@cache
def heavy() -> dict[str, bytes]:
    """Files within the limits of their headers that cost as much as possible."""
    small = saved(corners(), "JPEG", progressive=True, subsampling=0)
    return {
        "progressive jpeg of 400 scans": progressive_bomb(400),
        "progressive jpeg claiming 49 megapixels": claimed(small, 7_000, 7_000, b"\xff\xc2"),
        "transparent png of 24.9 megapixels": png_of(4_990, 4_990, colour=6),
        "webp claiming 268 megapixels": webp_claiming(16_384),
        "apng of 10000 frames": apng(10_000),
        "webp of 10000 frames": webp_frames(10_000),
        "1 by 50000": png_of(1, 50_000),
        "png with a profile of 60 MB": png_of(10, 10, chunk(b"iCCP", b"a\0\0" + _zeros(60_000_000))),
        **swollen(),
    }


@cache
def swollen() -> dict[str, bytes]:
    """Readable photos that hold far more than pixels."""
    return {
        "png texts packed twice": png_of(10, 10, chunk(b"zTXt", b"a\0\0" + nested(2))),
        "exif of 8 MB": huge_exif(),
        "60 exif segments": many_exif_segments(),
    }


def webp_claiming(side: int) -> bytes:
    """Extended WebP whose canvas claims to be a large square."""
    data = webp()
    at = data.index(b"VP8X") + 12
    edge = struct.pack("<I", side - 1)[:3]
    return data[:at] + edge + edge + data[at + 6 :]


def lying_heic() -> bytes:
    """HEIC that says it is 20000 by 20000 pixels."""
    data = heic()
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", 20_000, 20_000) + data[at + 8 :]


@cache
def readable() -> dict[str, bytes]:
    """Photos to be kept, most of them with secrets to be lost."""
    plain, whole = corners(), exif()
    rgba = plain.convert("RGBA")
    rgba.putalpha(Image.linear_gradient("L").resize(plain.size))
    comment = segment(0xFE, MARK.encode())
    secret = segment(0xE1, b"Exif\0\0" + zipped())
    turned = {f"orientation {n}": saved(plain, "JPEG", exif=exif(n), quality=95) for n in range(1, 9)}
    return turned | {
        "gps and texts": readable_gps(),
        "depth map": depth_map(),
        **swollen(),
        "xmp": with_segments(jpeg(), segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)),
        "iptc": iptc(),
        "comment": with_segments(jpeg(), comment),
        "comment behind the tables": jpeg().replace(b"\xff\xda", comment + b"\xff\xda", 1),
        "unknown application segment": with_segments(jpeg(), segment(0xEB, MARK.encode())),
        "icc": saved(plain, "JPEG", icc_profile=profile()),
        "wrong icc": saved(plain, "JPEG", icc_profile=profile("LAB")),
        "garbage icc": saved(plain, "JPEG", icc_profile=MARK.encode() * 50),
        "huge icc": huge_icc(10_000_000),
        "zip in exif": with_segments(jpeg(), secret),
        "looping exif": looping_exif(),
        "png texts": png_texts(),
        "webp exif xmp": webp(),
        "heic exif xmp": heic(),
        "mpo": mpo(),
        "motion photo": motion_photo(),
        "jpeg and html": jpeg() + HTML,
        "html in a comment": with_segments(jpeg(), segment(0xFE, b"*/" + HTML)),
        "jpeg and zip": jpeg() + zipped(),
        "jpeg and pdf": jpeg() + PDF,
        "png and zip": png() + zipped(),
        "webp and html": webp() + HTML,
        "apng of 10000 frames": apng(10_000),
        "webp of 10000 frames": webp_frames(10_000),
        "cmyk": saved(plain.convert("CMYK"), "JPEG", comment=MARK),
        "grey": saved(plain.convert("L"), "JPEG", comment=MARK),
        "16 bit png": saved(Image.new("I;16", (40, 30), 0x8000), "PNG"),
        "16 bit colour png": png_of(40, 30, bits=16),
        "one bit png": saved(plain.convert("1"), "PNG"),
        "palette with transparency": saved(plain.quantize(8), "PNG", transparency=0),
        "transparent": saved(rgba, "PNG", exif=whole),
        "grey with transparency": saved(rgba.convert("LA"), "PNG"),
        "one pixel": saved(Image.new("RGB", (1, 1), RED), "PNG"),
        "1 by 50000": png_of(1, 50_000),
        "50000 by 1": saved(Image.new("RGB", (50_000, 1), RED), "JPEG"),
        "progressive": saved(corners(640, 480), "JPEG", progressive=True),
        "exif thumbnail": with_segments(jpeg(), segment(0xE1, whole + jpeg())),
        "49 megapixels": saved(Image.new("L", (7000, 7000), 128), "JPEG"),
    }


@cache
def unreadable() -> dict[str, bytes]:
    """Files that are refused as no photo or a broken one."""
    whole = saved(corners(600, 400), "JPEG", quality=90)
    return {
        "nothing": b"",
        "one byte": b"\xff",
        "words": MARK.encode(),
        "svg": SVG % MARK.encode(),
        "svg after a comment": b"<?xml version='1.0'?><!-- \xff\xd8\xff -->" + SVG % MARK.encode(),
        "html": b"<!doctype html>" + HTML,
        "pdf and jpeg": PDF + jpeg(),
        "html and jpeg": HTML + jpeg(),
        "gif and script": b"GIF89a/*" + frames("GIF", 2)[8:] + b"*/=1;alert('" + MARK.encode() + b"');",
        "gzip in gzip": nested(3),
        "tiff claiming 4 gigapixels": tiff_claiming(65_000),
        "pdf": PDF,
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n",
        "fits": b"SIMPLE  =                    T".ljust(2880),
        "tiff": saved(corners(), "TIFF"),
        "bmp": saved(corners(), "BMP"),
        "ico": saved(corners(), "ICO"),
        "avif": saved(corners(), "AVIF"),
        "jpeg 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 100,
        "gif of 10000 frames": frames("GIF", 10_000),
        "film": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 100,
        "zip": zipped(),
        "truncated jpeg": whole[: len(whole) // 2],
        "jpeg without a picture": whole[:200],
        "only a beginning": b"\xff\xd8\xff\xe0",
        "truncated png": png()[:-40],
        "truncated heic": heic()[:-500],
        "empty heic": heic()[:32],
        "truncated webp": webp()[:60],
        "two png texts of 80 MB": png_of(10, 10, *[chunk(b"zTXt", b"a\0\0" + _zeros(80_000_000))] * 2),
    }


@cache
def too_large() -> dict[str, bytes]:
    """Files that would take too much to decode, by what they say themselves."""
    return {
        "png of 20000 by 20000": png_of(20_000, 20_000, bits=1, colour=0),
        "png of 30000 by 30000": png_of(30_000, 30_000, bits=1, colour=0),
        "jpeg claiming 65500 by 65500": claimed(jpeg(), 65_500, 65_500),
        "jpeg of 51 megapixels": claimed(jpeg(), 7_200, 7_100),
        "png claiming 2 gigapixels": png_of(50_000, 40_000, rows=1),
        "heic claiming 400 megapixels": lying_heic(),
        "16 MB": jpeg() + b"\0" * 16_000_000,
    }


@cache
def _zeros(length: int) -> bytes:
    return zlib.compress(b"\0" * length, 1)
