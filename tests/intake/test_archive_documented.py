"""The guide to imports names every key of a profile, and none that does not exist."""

import re
from pathlib import Path

import pytest

from geo_reports.intake.archive.profile import Profile, TimeColumns

SECTIONS = {"Profile": Profile, "[occurred] and [closed]": TimeColumns}


def section(repo: Path, title: str) -> str:
    text = (repo / "docs" / "import.md").read_text(encoding="utf-8")
    parts = re.split(r"^### (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[title]


@pytest.mark.parametrize("title", SECTIONS)
def test_the_guide_names_exactly_the_keys(repo, title):
    assert set(re.findall(r"^\| `(\w+)` \|", section(repo, title), re.MULTILINE)) == set(SECTIONS[title].model_fields)


@pytest.mark.parametrize("title", SECTIONS)
def test_the_guide_says_required_where_there_is_no_default(repo, title):
    required = set(re.findall(r"^\| `(\w+)` \|[^|]*\| required \|", section(repo, title), re.MULTILINE))
    assert required == {name for name, field in SECTIONS[title].model_fields.items() if field.is_required()}
