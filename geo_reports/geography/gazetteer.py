"""Names with places: find where an address or a landmark is, without asking anyone outside."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

CONFIDENT = 0.85
"""Quality from which a candidate may be taken without asking the person."""
PLAUSIBLE = 0.5
"""Quality below which a candidate is not worth offering."""

_ABBREVIATIONS = {"av": "avenida", "avda": "avenida", "pje": "pasaje", "psje": "pasaje", "gral": "general"}
_ABBREVIATIONS |= {"sta": "santa", "sto": "santo", "pdte": "presidente", "cam": "camino", "n": "", "no": ""}
_ABBREVIATIONS |= {
    word: str(n)
    for n, word in enumerate(["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"], 1)
}
_GENERIC = {"avenida", "calle", "pasaje", "camino", "de", "del", "la", "las", "los", "el", ""}


@dataclass(frozen=True)
class Candidate:
    """A place an address may mean. WGS 84 degrees; quality runs from 0 to 1."""

    lon: float
    lat: float
    label: str
    accuracy_m: float
    quality: float
    parts: dict[str, str]


def normal(text: str) -> str:
    """Lower case without accents or punctuation, abbreviations written out, generic words dropped."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = [_ABBREVIATIONS.get(word, word) for word in re.findall(r"[a-z0-9]+", plain)]
    kept = [word for word in words if word not in _GENERIC]
    return " ".join(kept or words)


class Gazetteer:
    """Searches street points (``street``, ``number``, ``lon``, ``lat``) and named places.

    Parameters
    ----------
    streets : DataFrame
        Address points; ``number`` is text and may be empty.
    places : iterable of (name, lon, lat)
    """

    def __init__(self, streets: pd.DataFrame, places: Iterable[tuple[str, float, float]] = ()) -> None:
        self._streets = streets.assign(
            key=[normal(name) for name in streets.street],
            no=pd.to_numeric(streets.number.astype(str).str.extract(r"(\d+)")[0], errors="coerce"),
        )
        self._places = [(normal(name), name, lon, lat) for name, lon, lat in places]
        self._keys = list(self._streets.key.unique())

    def geocode(self, text: str, limit: int = 5) -> list[Candidate]:
        """Ranked candidates for an address ("5 de Abril 409") or a place name, best first."""
        if not normal(text):
            return []
        street, number = _split(text)
        asked = normal(street)
        found = [
            self._on_street(key, _quality(asked, key, score), number)
            for key, score, _ in process.extract(asked, self._keys, scorer=fuzz.token_sort_ratio, limit=limit)
        ]
        asked = normal(text)
        names = [place[0] for place in self._places]
        for key, score, row in process.extract(asked, names, scorer=fuzz.token_sort_ratio, limit=limit):
            _, name, lon, lat = self._places[row]
            found.append(Candidate(lon, lat, name, 50.0, _quality(asked, key, score), {"place": name}))
        plausible = [candidate for candidate in found if candidate.quality >= PLAUSIBLE]
        return sorted(plausible, key=lambda candidate: -candidate.quality)[:limit]

    def _on_street(self, key: str, quality: float, number: int | None) -> Candidate:
        points = self._streets[self._streets.key == key]
        name = str(points.street.iloc[0]).title()
        numbered = points[points.no.notna()]
        if number is None or numbered.empty:
            lon, lat = float(points.lon.median()), float(points.lat.median())
            # the street's middle says little about an address on it: never a confident answer
            return Candidate(lon, lat, name, _spread_m(points), min(quality, 0.6), {"street": name})
        gap = (numbered.no - number).abs()
        near = numbered.loc[gap.idxmin()]
        # house numbers in Chile run about 1 per metre of street, 100 to the block
        accuracy = float(max(30.0, gap.min()))
        quality *= 1.0 if gap.min() <= 200 else 0.8
        parts = {"street": name, "number": str(number)}
        return Candidate(float(near.lon), float(near.lat), f"{name} {number}", accuracy, quality, parts)


def _quality(asked: str, key: str, score: float) -> float:
    """Likeness from 0 to 1; never confident where a number or a letter of a name differs ("3 Poniente")."""
    same = _short_words(asked) == _short_words(key)
    return score / 100 if same else min(score / 100, 0.8)


def _short_words(text: str) -> set[str]:
    return {word for word in text.split() if len(word) == 1 or word.isdigit()}


def _split(text: str) -> tuple[str, int | None]:
    """Street and house number of an address; a leading number belongs to the name ("3 Poniente")."""
    match = re.match(r"^(.*\D)\s*#?\s*(\d{1,6})\b(?![\w ]*[A-Za-z]{3})", text.strip())
    return (match.group(1), int(match.group(2))) if match else (text, None)


def _spread_m(points: pd.DataFrame) -> float:
    """Half the extent of points in metres, roughly, at least 100."""
    width = (points.lon.max() - points.lon.min()) * 111_320 * np.cos(np.radians(points.lat.mean()))
    height = (points.lat.max() - points.lat.min()) * 111_320
    return float(max(100.0, np.hypot(width, height) / 2))
