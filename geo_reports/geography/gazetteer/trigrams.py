"""Spellings that share three-letter pieces with a name: the index that forgives typing errors.

The file keeps one list of spellings per trigram, as numbers of four bytes; numpy counts what they have in common.
"""

import math
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

POSTINGS = 40_000
"""Entries of the lists that one search may read: bounds its time, however common the letters are."""
OFFERED = 60
"""Spellings with the most in common whose letters are compared in full."""
SCHEMA = "CREATE TABLE trigram (trigram TEXT PRIMARY KEY, n INTEGER NOT NULL, spellings BLOB NOT NULL);"
Query = Callable[[str, Iterable[Any]], list[tuple[Any, ...]]]


def pieces(key: str) -> set[str]:
    """Trigrams of a key; the spaces around it let them mark where words begin and end."""
    text = f" {key} "
    return {text[at : at + 3] for at in range(len(text) - 2)}


def lists(keys: Iterable[tuple[int, str]]) -> Iterator[tuple[str, int, bytes]]:
    """Rows of the table ``trigram`` of (spelling, key)."""
    found: dict[str, array[int]] = defaultdict(lambda: array("i"))
    for spelling, key in keys:
        for trigram in pieces(key):
            found[trigram].append(spelling)
    return ((trigram, len(rows), rows.tobytes()) for trigram, rows in sorted(found.items()))


def alike(query: Query, key: str, spellings: int, limit: int, postings: int = POSTINGS) -> list[int]:
    """Numbers of up to twice ``limit`` spellings most alike a key, of ``spellings`` in all.

    Half are those that share the most telling trigrams, half those whose letters and words agree best, in whatever
    order the words stand.
    """
    chosen = _lists(query, key, spellings, postings)
    if not chosen:
        return []
    rows = np.concatenate([found for found, _ in chosen])
    weights = np.repeat([weight for _, weight in chosen], [len(found) for found, _ in chosen])
    shared = np.bincount(rows, weights)
    # two thirds have less than a third of what the best has; sorting them would take most of the time
    some = np.flatnonzero(shared >= shared.max() / 3)
    if len(some) > OFFERED:
        some = some[np.argpartition(shared[some], -OFFERED)[-OFFERED:]]
    best = some[np.lexsort((some, -shared[some]))].tolist()
    marks = ",".join("?" * len(best))
    names: dict[int, str] = dict(query(f"SELECT id, key FROM spelling WHERE id IN ({marks})", best))  # noqa: S608 only marks
    agree = process.extract(key, {row: names[row] for row in best if row in names}, scorer=fuzz.WRatio, limit=limit)
    return list(dict.fromkeys([*(row for row in best[:limit] if row in names), *(row for _, _, row in agree)]))


def _lists(query: Query, key: str, spellings: int, postings: int) -> list[tuple[NDArray[np.int32], float]]:
    """Lists of a key's trigrams, the rarest first, up to ``postings`` entries, and what each tells."""
    asked = sorted(pieces(key))
    marks = ",".join("?" * len(asked))
    counted = query(f"SELECT trigram, n FROM trigram WHERE trigram IN ({marks}) ORDER BY n, trigram", asked)  # noqa: S608
    chosen: dict[str, float] = {}
    spent = 0
    for trigram, n in counted:
        spent += n
        if chosen and spent > postings:
            break
        chosen[trigram] = math.log(1 + spellings / n)
    marks = ",".join("?" * len(chosen))
    found = query(f"SELECT trigram, spellings FROM trigram WHERE trigram IN ({marks})", list(chosen))  # noqa: S608
    return [(np.frombuffer(blob, np.int32), chosen[trigram]) for trigram, blob in found]
