"""Photos for the guides' pictures, drawn here: no real place or person, and a position written in as phones do."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

GPS = 0x8825
SKY, WALL, GROUND = (176, 205, 224), (201, 164, 132), (150, 142, 128)
RUBBLE = [(122, 116, 108), (168, 158, 146), (152, 92, 70), (98, 94, 90), (190, 182, 170)]
BAGS = [(36, 40, 46), (58, 64, 60), (40, 62, 96), (92, 100, 104)]


def photo(lon: float | None = None, lat: float | None = None, *, kind: str = "rubble", seed: int = 1) -> bytes:
    """JPEG of a drawn street with a heap of rubble or bags, 1200 x 900; with a position, also in its EXIF block."""
    image = _street(np.random.default_rng(seed), kind)
    exif = Image.Exif()
    if lon is not None and lat is not None:
        sides = {1: "S" if lat < 0 else "N", 2: _sexagesimal(lat), 3: "W" if lon < 0 else "E", 4: _sexagesimal(lon)}
        exif.get_ifd(GPS).update(sides)
    sink = io.BytesIO()
    image.save(sink, "JPEG", quality=88, exif=exif)
    return sink.getvalue()


def _sexagesimal(degrees: float) -> tuple[float, float, float]:
    whole, rest = divmod(abs(degrees) * 3600, 3600)
    minutes, seconds = divmod(rest, 60)
    return float(whole), float(minutes), round(seconds, 3)


def _street(random: np.random.Generator, kind: str) -> Image.Image:
    image = Image.new("RGB", (1200, 900), SKY)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 250, 1200, 560), WALL)
    for row in range(6):
        for x in range(-(row % 2) * 60, 1200, 120):
            pen.rectangle((x, 250 + row * 52, x + 120, 302 + row * 52), outline=(178, 140, 110), width=3)
    pen.rectangle((0, 540, 1200, 900), GROUND)
    pen.polygon(((0, 790), (1200, 730), (1200, 900), (0, 900)), (84, 86, 90))
    _plate(pen)
    for _ in range(260):
        _piece(pen, random, kind)
    return image.filter(ImageFilter.GaussianBlur(1.2))


def _piece(pen: ImageDraw.ImageDraw, random: np.random.Generator, kind: str) -> None:
    """One stone or bag of the heap, the higher the rarer."""
    high = random.random() ** 1.8
    x = 470 + random.normal(0, 170 * (1 - 0.75 * high))
    y = 720 - 250 * high + random.normal(0, 12)
    size = random.uniform(26, 60) if kind == "rubble" else random.uniform(50, 90)
    angles = np.sort(random.uniform(0, 2 * np.pi, 6 if kind == "rubble" else 14))
    shape = [(x + size * np.cos(a) * random.uniform(0.7, 1), y + 0.75 * size * np.sin(a)) for a in angles]
    colour = (RUBBLE if kind == "rubble" else BAGS)[int(random.integers(4))]
    pen.polygon(shape, colour, outline=tuple(max(0, c - 34) for c in colour))


def _plate(pen: ImageDraw.ImageDraw) -> None:
    """A parked car's back with a plate of a letter nobody has: what a moderator covers."""
    pen.rounded_rectangle((880, 430, 1190, 700), 40, (122, 30, 34))
    pen.rounded_rectangle((920, 450, 1150, 545), 24, (52, 66, 78))
    pen.ellipse((900, 650, 980, 740), (30, 30, 32))
    pen.ellipse((1090, 650, 1170, 740), (30, 30, 32))
    pen.rectangle((965, 590, 1105, 640), (240, 240, 236), outline=(30, 30, 32), width=3)
    pen.text((985, 598), "XX·00", (30, 30, 32), font_size=34)
