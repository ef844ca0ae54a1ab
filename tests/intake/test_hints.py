"""Hints: what they find in a corpus of sentences, and what they leave alone."""

import re
import time

import pytest

from geo_reports.intake import Hint, HintKind, find_hints
from geo_reports.intake.hints import check_digit
from tests.intake.hint_corpus import SENTENCES

MARK = re.compile(r"⟦(\w+):([^⟧]*)⟧")
PRECISION, RECALL = 0.95, 0.95
"""What docs/method-hints.md promises at least."""


def labelled():
    """Sentence without marks, and its labels as (kind, start, end)."""
    for line in SENTENCES.strip().splitlines():
        text, labels, at = "", [], 0
        for mark in MARK.finditer(line):
            text += line[at : mark.start()]
            labels.append((mark[1], len(text), len(text) + len(mark[2])))
            text, at = text + mark[2], mark.end()
        yield text + line[at:], labels


def score():
    """Hints that touch a label of their kind, hints that touch none, and labels that no hint touches."""
    right, wrong, missed = [], [], []
    for text, labels in labelled():
        hints = find_hints(text)
        for kind, start, end in labels:
            found = any(hint.kind == kind and hint.start < end and start < hint.end for hint in hints)
            (right if found else missed).append((kind, text))
        for hint in hints:
            if not any(hint.kind == kind and hint.start < end and start < hint.end for kind, start, end in labels):
                wrong.append((hint, text))
    return right, wrong, missed


def test_precision_and_recall_are_as_documented(repo):
    right, wrong, missed = score()
    n_sentences = sum(1 for _ in labelled())
    assert n_sentences >= 120
    precision, recall = len(right) / (len(right) + len(wrong)), len(right) / (len(right) + len(missed))
    assert (precision >= PRECISION, recall >= RECALL) == (True, True), (wrong, missed)
    said = (repo / "docs" / "method-hints.md").read_text("utf-8")
    assert f"{n_sentences} sentences" in said
    assert f"precision {precision:.2f}, recall {recall:.2f}" in said


@pytest.mark.parametrize("kind", HintKind)
def test_every_kind_has_examples_and_is_found(kind):
    right, _, missed = score()
    assert len([1 for one, _ in right if one == kind]) >= 5
    assert len([1 for one, _ in missed if one == kind]) <= 1


@pytest.mark.parametrize(
    ("digits", "digit"), [("12345678", "5"), ("11111111", "1"), ("10000013", "K"), ("7654321", "6"), ("76543210", "3")]
)
def test_check_digit(digits, digit):
    assert check_digit(digits) == digit


def test_hints_are_pieces_of_the_text_in_its_order():
    text = "Fono ９８７６５４３２１, patente BBCL–34, vive en pasaje Uno 12"
    found = find_hints(text)
    assert [hint.kind for hint in found] == ["phone", "plate", "address"]
    assert all(text[hint.start : hint.end] == hint.text for hint in found)
    assert find_hints("987654321") == [Hint(HintKind.PHONE, 0, 9, "987654321")]


def test_text_of_others_costs_no_time():
    hostile = [
        "vive en Los " * 330,
        "9 " * 2000,
        "Aa " * 1300,
        "1." * 2000,
        "a.b" * 1300,
        "casa de la " * 360,
        "_" * 4000,
    ]
    begun = time.process_time()
    for text in hostile:
        find_hints(text)
    assert time.process_time() - begun < 2.0
