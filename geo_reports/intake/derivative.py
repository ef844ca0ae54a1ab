"""Make of a kept photo what everybody may see: smaller, and with what a moderator marked covered for good."""

import math
from collections.abc import Sequence
from dataclasses import replace

from geo_reports.errors import InputError
from geo_reports.intake.image_pool import Pool
from geo_reports.intake.images import LIMITS, ask, measured

LONGEST_PX = 1280
MOST_RECTANGLES = 50
PUBLIC = replace(LIMITS, longest_px=LONGEST_PX)

Rectangle = tuple[float, float, float, float]
"""Left, top, width and height as shares (0 to 1) of the picture's sides."""


def derive(jpeg: bytes, rectangles: Sequence[Rectangle] = (), *, pool: Pool | None = None) -> bytes:
    """JPEG of at most ``LONGEST_PX`` along its longer side, each rectangle filled with one colour.

    Filled, not blurred: what a blur or a mosaic leaves can be read again. A rectangle grows outward to whole blocks of
    16 pixels of the kept photo. Made in the confined worker that decodes photos. Raises ``InputError`` for rectangles
    that lie outside the picture, else as ``reencode``.
    """
    job = {"want": "covered", "rectangles": checked(rectangles)}
    made = ask(job, jpeg, PUBLIC, pool).jpeg
    measured(made)
    return made


def checked(rectangles: Sequence[Rectangle]) -> list[Rectangle]:
    """Rectangles cut off at the picture's edge; ``InputError`` for any that is none."""
    if len(rectangles) > MOST_RECTANGLES:
        raise InputError(f"Mark at most {MOST_RECTANGLES} places of a photo.", field="rectangles")
    return [_inside(rectangle) for rectangle in rectangles]


def _inside(rectangle: Rectangle) -> Rectangle:
    x, y, width, height = rectangle
    right, bottom = min(x + width, 1.0), min(y + height, 1.0)
    left, top = max(x, 0.0), max(y, 0.0)
    # not-a-number fails every comparison
    if not (all(map(math.isfinite, rectangle)) and left < right and top < bottom):
        raise InputError("A marked place has no area, or lies outside the photo; mark it again.", field="rectangles")
    return left, top, right - left, bottom - top


def size_of_derivative(width: int, height: int) -> tuple[int, int]:
    """Width and height of what is made of a photo of this size."""
    scale = min(1.0, LONGEST_PX / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
