"""Measure the geocoder: ``python benchmarks/geocode.py [DATA]`` (default: ``../shared/data`` beside the checkout).

Street points split by hash into gazetteer and test rows, an OpenStreetMap extract that must find its own addresses,
and the time of a lookup among 100,000 names.
"""

import hashlib
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from string import ascii_lowercase

import numpy as np
import pandas as pd

from geo_reports.geography import CONFIDENT, Candidate, Gazetteer
from geo_reports.geography.gazetteer import Source, build, read_osm
from geo_reports.geography.gazetteer.metres import metres

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
WRONG_M = 500
SPLITS = 8
NAMES, ASKED = 100_000, 1000
Asked = tuple[str, str, float, float]


def splits(table: pd.DataFrame, one_in: int) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Gazetteer and test rows, ``SPLITS`` times, one row in ``one_in`` a test row."""
    for salt in range(SPLITS):
        keys = [f"{salt} {row.street} {row.number} {row.lon} {n}" for n, row in enumerate(table.itertuples())]
        test = np.array([int(hashlib.sha256(key.encode()).hexdigest(), 16) % one_in == 0 for key in keys])
        yield table[~test], table[test]


def questions(table: pd.DataFrame, kept: pd.DataFrame, test: pd.DataFrame) -> Iterator[Asked]:
    """What can be asked of the test rows whose street is known: kind, text, and the true place."""
    known = set(kept.street)
    numbers = set(zip(kept.street, kept.number, strict=True))
    corners = defaultdict(set)
    for row in table[table.number == ""].itertuples():
        corners[row.lon, row.lat].add(row.street)
    for row in test[test.street.isin(known)].itertuples():
        if row.number:
            kind = "number known" if (row.street, row.number) in numbers else "number not known"
            yield kind, f"{row.street} {row.number}", row.lon, row.lat
            continue
        for other in sorted((corners[row.lon, row.lat] - {row.street}) & known):
            yield "intersection", f"{row.street} con {other}", row.lon, row.lat
        yield "street only", row.street, row.lon, row.lat


def answer(found: list[Candidate], lon: float, lat: float) -> tuple[float, float, bool]:
    """Error, promised accuracy and confidence of the first candidate; the error is nan where there is none."""
    if not found:
        return np.nan, np.nan, False
    return metres(lon, lat, found[0].lon, found[0].lat), found[0].accuracy_m, found[0].quality >= CONFIDENT


def streets(data: Path) -> None:
    """Print the table of the street points."""
    table = pd.read_csv(data / "maipu" / "streets.csv", dtype=str, keep_default_na=False)
    table = table[table.outlier != "True"].astype({"lon": float, "lat": float})
    print("| test rows | question | asked | found | median m | 90 % m | confident | and wrong | within accuracy |")
    print("|---|---|---|---|---|---|---|---|---|")
    for one_in in (5, 2):
        rows = []
        for kept, test in splits(table, one_in):
            gazetteer = Gazetteer.of(kept[["street", "number", "lon", "lat"]])
            for kind, text, lon, lat in questions(table, kept, test):
                rows.append((kind, *answer(gazetteer.geocode(text), lon, lat)))
        answers = pd.DataFrame(rows, columns=["kind", "error", "accuracy", "confident"])
        located = answers[answers.kind != "street only"]
        groups = [*answers.groupby("kind"), ("all but street only", located)]
        for kind, part in groups:
            error = part.error
            wrong = (part.confident & (part.error > WRONG_M)).mean()
            print(
                f"| 1 in {one_in} | {kind} | {len(part)} | {error.notna().mean():.1%} | {error.median():.0f} | "
                f"{error.quantile(0.9):.0f} | {part.confident.mean():.1%} | {wrong:.1%} | "
                f"{(part.error <= part.accuracy).mean():.0%} |"
            )


def slip(text: str, rng: random.Random) -> str:
    """Mistype one letter: left out, put in, replaced, or swapped with the next."""
    at = rng.choice([place for place, letter in enumerate(text) if letter.isalpha()])
    letter = rng.choice(ascii_lowercase)
    return rng.choice(
        [
            text[:at] + text[at + 1 :],
            text[:at] + letter + text[at:],
            text[:at] + letter + text[at + 1 :],
            text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :],
        ]
    )


def extract(data: Path) -> None:
    """Print how many of its own addresses an extract finds."""
    source = read_osm(data / "osm_sample" / "Helsinki.osm.pbf")
    gazetteer = Gazetteer(build(source))
    rng = random.Random(1)
    changes: dict[str, Callable[[str], str]] = {"as written": str, "one typing error": lambda text: slip(text, rng)}
    print("\n| address | asked | within 30 m | confident | confident and over 100 m off | median ms |")
    print("|---|---|---|---|---|---|")
    for name, change in changes.items():
        errors, sure, times = [], [], []
        for (street, number), points in source.streets.groupby(["street", "number"]):
            begin = time.perf_counter()
            found = gazetteer.geocode(f"{change(street)} {number}")
            times.append(time.perf_counter() - begin)
            places = zip(points.lon, points.lat, strict=True)
            errors.append(min(metres(x, y, found[0].lon, found[0].lat) for x, y in places) if found else np.inf)
            sure.append(bool(found) and found[0].quality >= CONFIDENT)
        error, confident = np.array(errors), np.array(sure)
        print(
            f"| {name} | {len(error)} | {(error <= 30).mean():.1%} | {confident.mean():.1%} | "
            f"{int((confident & (error > 100)).sum())} | {1000 * np.median(times):.1f} |"
        )


def made_up(rng: random.Random) -> list[str]:
    """``NAMES`` different street names of Spanish syllables."""
    heads = ["b", "c", "ch", "d", "f", "g", "l", "ll", "m", "n", "p", "pr", "qu", "r", "s", "t", "tr", "v", "z"]
    syllables = [head + tail for head in heads for tail in ("a", "e", "i", "o", "u", "an", "es", "or")]
    words = ["".join(rng.choices(syllables, k=rng.randint(2, 4))).capitalize() for _ in range(20_000)]
    kinds = ["Avenida", "Pasaje", "Calle", "Los", "Las", "El", "General", "Presidente", "San", "Santa"]
    names: set[str] = set()
    while len(names) < NAMES:
        names.add(" ".join([rng.choice(kinds), *rng.choices(words, k=rng.choice([1, 2, 2, 3]))]))
    return sorted(names)


def speed() -> None:
    """Print the time of a lookup among many names, in a file."""
    rng = random.Random(1)
    names = made_up(rng)
    lon, lat = np.random.default_rng(1).uniform((-70.9, -33.7), (-70.5, -33.3), (NAMES, 2)).T
    table = pd.DataFrame({"street": names, "number": "100", "lon": lon, "lat": lat})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gazetteer.sqlite"
        begin = time.perf_counter()
        gazetteer = Gazetteer(build(Source(table), path))
        built = time.perf_counter() - begin
        print(f"\n{NAMES} names: built in {built:.0f} s, {path.stat().st_size / 1e6:.0f} MB")
        print("\n| name | found | median ms | 95 % ms | 99 % ms | slowest ms | processor, 99 % ms |")
        print("|---|---|---|---|---|---|---|")
        changes: dict[str, Callable[[str], str]] = {"as written": str, "one typing error": lambda text: slip(text, rng)}
        for kind, change in changes.items():
            times, own_times, hits = [], [], []
            for row in rng.sample(range(NAMES), ASKED):
                text = f"{change(names[row])} 100"
                begin, own = time.perf_counter(), time.thread_time()
                found = gazetteer.geocode(text)
                times.append(1000 * (time.perf_counter() - begin))
                own_times.append(1000 * (time.thread_time() - own))
                hits.append(bool(found) and abs(found[0].lon - table.lon[row]) < 1e-9)
            spread = " | ".join(f"{value:.1f}" for value in np.quantile(times, [0.5, 0.95, 0.99, 1]))
            print(f"| {kind} | {np.mean(hits):.1%} | {spread} | {np.quantile(own_times, 0.99):.1f} |")


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    if not folder.is_dir():
        sys.exit(f"{folder}: there is no folder of real data; name it")
    streets(folder)
    extract(folder)
    speed()
