"""Link the data of the example cities: ``python tests/cities/link_data.py [FOLDER]``.

The cities beside this script are kept without their data. FOLDER holds one folder per city (default:
``../shared/data`` beside the checkout); each of its files is linked below ``layers/data/`` of the city.
"""

import sys
from pathlib import Path

CITIES = Path(__file__).resolve().parent
DEFAULT = CITIES.parents[1].parent / "shared" / "data"
NAMES = ("toronto", "west_yorkshire", "santiago")


def link(source: Path, cities: Path = CITIES) -> list[Path]:
    """Link every file of ``source/CITY`` into ``cities/CITY/layers/data``; return the links, sorted.

    The folder is real and only its files are links, so that the city's digest covers them. Links made
    before are replaced; a city whose data ``source`` does not hold is left alone.
    """
    made = []
    for name in NAMES:
        for file in sorted((source / name).glob("*")):
            target = cities / name / "layers" / "data" / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.symlink_to(file.resolve())
            made.append(target)
    return made


def main() -> int:
    """Link the data and say what was linked."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    made = link(source)
    for target in made:
        print(target.relative_to(CITIES))
    if not made:
        print(f"{source}: holds no data of {', '.join(NAMES)}; name the folder that does", file=sys.stderr)
    return 0 if made else 1


if __name__ == "__main__":
    sys.exit(main())
