import sqlite3

import pytest

from geo_reports.geography.gazetteer import trigrams

NAMES = ["los cipreses", "los aromos", "arturo prat", "arturo prat chacon", "general baquedano", "los cipreces"]


@pytest.fixture
def query():
    link = sqlite3.connect(":memory:")
    link.execute("CREATE TABLE spelling (id INTEGER PRIMARY KEY, key TEXT)")
    link.executemany("INSERT INTO spelling VALUES (?, ?)", enumerate(NAMES))
    link.executescript(trigrams.SCHEMA)
    link.executemany("INSERT INTO trigram VALUES (?, ?, ?)", trigrams.lists(enumerate(NAMES)))
    read = []

    def rows(text, values):
        read.append(found := link.execute(text, tuple(values)).fetchall())
        return found

    rows.read = read
    yield rows
    link.close()


def test_pieces_mark_where_words_begin_and_end():
    assert trigrams.pieces("la") == {" la", "la "}
    assert trigrams.pieces("") == set()


@pytest.mark.parametrize(
    ("key", "first"),
    [("los cipress", 0), ("aturo prat", 2), ("prat chacon arturo", 3), ("gral baquedano", 4), ("aromos", 1)],
)
def test_the_most_alike_come_first(query, key, first):
    assert first in trigrams.alike(query, key, len(NAMES), 2)[:2]


@pytest.mark.parametrize("key", ["", "x", "zzz", "'\" OR"])
def test_nothing_is_alike_nothing(query, key):
    assert trigrams.alike(query, key, len(NAMES), 2) == []


def test_few_lists_are_read_where_letters_are_common(query):
    trigrams.alike(query, "los cipreses", len(NAMES), 2, postings=1)
    lists = query.read[1]
    assert len(lists) == 1  # the rarest only
