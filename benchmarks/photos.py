"""What one photo costs: time, processor time and memory of decoding it in the confined worker.

``python benchmarks/photos.py`` makes noisy pictures of 12 and 24 megapixels (noise makes files larger and slower to
decode than a camera's), sends each in turn, round after round, and prints the shortest times: whatever else the machine
does only adds to a time. "inside" is Pillow doing the same in the program itself, unconfined: the price of the worker
is the difference.
"""

import argparse
import io
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image, ImageOps

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from geo_reports.intake.image_pool import Pool  # noqa: E402 the checkout, not an installed package
from geo_reports.intake.images import LIMITS, kind_of  # noqa: E402

SIZES = {"12 MP": (4032, 3024), "24 MP": (5712, 4284)}


def noisy(width: int, height: int) -> Image.Image:
    """Smooth colours with a camera's grain."""
    rng = np.random.default_rng(1)
    smooth = Image.fromarray(rng.integers(0, 255, (height // 40, width // 40, 3), dtype=np.uint8))
    grain = rng.normal(0, 6, (height, width, 1)).astype(np.int16)
    grained = np.asarray(smooth.resize((width, height), Image.Resampling.BICUBIC)).astype(np.int16) + grain
    return Image.fromarray(grained.clip(0, 255).astype(np.uint8))


def files() -> dict[str, bytes]:
    """One JPEG and one HEIC of each size."""
    made = {}
    for name, size in SIZES.items():
        picture = noisy(*size)
        for kind, quality in (("JPEG", 90), ("HEIF", 60)):
            sink = io.BytesIO()
            picture.save(sink, kind, quality=quality)
            made[f"{name} {kind}"] = sink.getvalue()
    return made


def inside(data: bytes) -> None:
    """Decode, turn, shrink and save with Pillow, in this process."""
    image = Image.open(io.BytesIO(data))
    image.draft("RGB", (1792, 1792))
    upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((LIMITS.longest_px, LIMITS.longest_px), Image.Resampling.HAMMING)
    upright.save(io.BytesIO(), "JPEG", quality=82)


def best(act: Callable[[], object], times: list[float]) -> object:
    """Result of one more round; its time joins the others."""
    begun = time.perf_counter()
    result = act()
    times.append(time.perf_counter() - begun)
    return result


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    pillow_heif.register_heif_opener()
    pillow_heif.options.DECODE_THREADS = 1
    photos = files()
    # a busy machine must not end the measurement
    limits = asdict(replace(LIMITS, cpu_s=60.0)) | {"want": "pixels"}
    ours: dict[str, list[float]] = {name: [] for name in photos}
    theirs: dict[str, list[float]] = {name: [] for name in photos}
    costs: dict[str, tuple[float, float]] = {}
    with Pool(1) as pool:
        for _ in range(rounds):
            for name, data in photos.items():
                answer = best(lambda d=data: pool.run(limits | {"kind": kind_of(d)}, d, 60.0), ours[name])
                best(lambda d=data: inside(d), theirs[name])
                least = min(answer.cpu_s, costs.get(name, (60.0, 0.0))[0])
                costs[name] = (least, answer.peak_bytes / 1e6)
    print(f"{'photo':<12}{'file MB':>9}{'worker s':>10}{'inside s':>10}{'ratio':>7}{'cpu s':>8}{'peak MB':>9}")
    for name, data in photos.items():
        a, b, (cpu_s, peak_mb) = min(ours[name]), min(theirs[name]), costs[name]
        print(f"{name:<12}{len(data) / 1e6:>9.1f}{a:>10.3f}{b:>10.3f}{a / b:>7.2f}{cpu_s:>8.2f}{peak_mb:>9.0f}")


if __name__ == "__main__":
    main()
