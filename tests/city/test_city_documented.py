"""The guides name every key of the city folder's models, and none that does not exist."""

import re
from pathlib import Path

import pytest

from geo_reports.city import maps, model

SECTIONS = {
    "The city": model.CitySpec,
    "[families.dump] and [families.security]": model.FamilySpec,
    "[[categories]]": model.CategorySpec,
    "[[emergency]]": model.EmergencySpec,
    "[[questions]]": model.QuestionSpec,
    "[[questions.options]]": model.OptionSpec,
    "[children]": model.ChildrenSpec,
    "[evidence]": model.EvidenceSpec,
    "[quick_exit]": model.QuickExitSpec,
    "[[layers]]": model.LayerSpec,
    "[[layers.versions]]": model.VersionSpec,
    "population": model.PopulationSpec,
    "[[places]]": model.PlacesSpec,
    "[[streets]]": model.StreetsSpec,
    "The file": model.PlansSpec,
    "[[plans]]": model.PlanSpec,
    "The map": maps.MapSpec,
    'kind = "points"': maps.PointsDef,
    'kind = "area_counts"': maps.AreaCountsDef,
    'kind = "choropleth"': maps.ChoroplethDef,
    'kind = "hotspots"': maps.HotspotsDef,
    'kind = "places"': maps.PlacesDef,
}


def sections(text: str) -> dict[str, str]:
    parts = re.split(r"^### (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def models() -> set[type[model.Strict]]:
    """Every model of both modules that stands for a table of a TOML file."""
    found = {thing for module in (model, maps) for thing in vars(module).values() if isinstance(thing, type)}
    return {thing for thing in found if issubclass(thing, model.Strict) and thing.model_fields} - {maps._LayerDef}


def test_every_model_has_a_section():
    assert models() == set(SECTIONS.values())


def test_guide_has_no_section_without_a_model(repo: Path):
    assert set(sections((repo / "docs" / "city-folder.md").read_text(encoding="utf-8"))) == set(SECTIONS)


@pytest.mark.parametrize("title", SECTIONS)
def test_guide_names_exactly_the_keys_of_the_model(repo: Path, title: str):
    text = sections((repo / "docs" / "city-folder.md").read_text(encoding="utf-8"))[title]
    assert re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE) != []
    assert set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE)) == set(SECTIONS[title].model_fields)


@pytest.mark.parametrize("title", SECTIONS)
def test_guide_says_required_where_there_is_no_default(repo: Path, title: str):
    text = sections((repo / "docs" / "city-folder.md").read_text(encoding="utf-8"))[title]
    required = set(re.findall(r"^\| `(\w+)` \|[^|]*\| required \|", text, flags=re.MULTILINE))
    assert required == {name for name, field in SECTIONS[title].model_fields.items() if field.is_required()}


@pytest.mark.parametrize("title", [title for title in SECTIONS if title.startswith("kind")])
def test_maps_readme_names_exactly_the_keys_of_each_kind(repo: Path, title: str):
    text = (repo / "maps" / "README.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| `{title}` \|(.+)\|$", text, flags=re.MULTILINE)
    assert row is not None
    assert set(re.findall(r"`(\w+)`", row.group(1))) == set(SECTIONS[title].model_fields)


def test_maps_readme_begins_by_saying_that_they_are_definitions(repo: Path):
    lines = (repo / "maps" / "README.md").read_text(encoding="utf-8").splitlines()
    assert "definitions, not rendered maps" in lines[0]
    row = next(line for line in lines if line.startswith("| the file |"))
    assert set(re.findall(r"`(\w+)`", row)) == set(maps.MapSpec.model_fields)


def test_layers_readme_names_every_data_file(repo: Path):
    text = (repo / "layers" / "README.md").read_text(encoding="utf-8")
    files = [
        p.relative_to(repo / "layers").as_posix()
        for p in (repo / "layers").rglob("*")
        if p.suffix in (".csv", ".geojson")
    ]
    assert files
    assert [name for name in files if f"`{name}`" not in text] == []
