"""A unit is found by whatever a person calls it, and nothing is guessed."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from geo_reports import city
from geo_reports.city.check import check
from geo_reports.city.unit_names import UnitNames, resolve
from geo_reports.errors import InputError, NotFound

TABLE = pd.DataFrame(
    [
        ("2010-01-01", "n", "Old Mill"),
        ("2010-01-01", "x", "El Mirador"),
        ("2020-01-01", "n", "Barrio Norte"),
        ("2020-01-01", "s", "El Bosque"),
        ("2020-01-01", "t", "Los Bosques"),
        ("2020-01-01", "u", "La Bosques"),
        ("2020-01-01", "p-3", "Parque Tres Poniente"),
        ("2020-01-01", "o", "O'Higgins – Ñuñoa"),
        ("2020-01-01", "m", "Old Mill"),
    ],
    columns=["version", "unit", "name"],
)
NAMES = UnitNames("wards", TABLE, {"s": ["Bosquecillo"], "n": ["S"]})


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("n", "n"),
        ("N", "n"),
        ("barrio norte", "n"),
        ("el Barrio  NORTE", "n"),
        ("p 3", "p-3"),
        ("parque 3 poniente", "p-3"),
        ("Pque. 3 Pte.", "p-3"),
        ("ohiggins nunoa", "o"),
        ("O’Higgins-Nuñoa", "o"),
        ("the bosquecillo", "s"),
        ("los bosques", "t"),
        ("mirador", "x"),
        ("old mill", "m"),
        ("s", "s"),
    ],
)
def test_spelling_does_not_matter(text: str, unit: str) -> None:
    assert NAMES.resolve(text) == unit


def test_what_several_units_are_called_is_refused_with_their_ids() -> None:
    with pytest.raises(InputError, match=re.escape("t (Los Bosques) or u (La Bosques)")) as refused:
        NAMES.resolve("bosques")
    assert refused.value.field == "unit"


def test_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotFound, match=re.escape("Did you mean n (Barrio Norte)")):
        NAMES.resolve("bario norte")


@pytest.mark.parametrize("text", ["", "\x00", "...", "zzzzzz", "x" * 5000])
def test_noise_is_unknown_without_an_offer(text: str) -> None:
    with pytest.raises(NotFound, match=r"in the layer wards\.$"):
        NAMES.resolve(text)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Las Industrias", "industrial"),
        ("los heroes", "los-heroes"),
        ("Tres Poniente", "parque-tres-poniente"),
        ("Los Pajaritos Sur", "pajaritos-sur"),
        ("ESQUINA BLANCA CUATRO ALAMOS", "esquina-blanca-cuatro-alamos"),
    ],
)
def test_reference_city_is_understood(repo: Path, text: str, unit: str) -> None:
    assert resolve(city.load(repo).primary, text) == unit


@pytest.fixture
def folder(repo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(repo / "tests" / "cities" / "tiny", tmp_path / "tiny"))


def with_aliases(folder: Path, text: str) -> list[tuple[str, str]]:
    toml = folder / "layers" / "city.toml"
    begin = 'name = { es = "Barrios", en = "Neighborhoods" }\n'
    assert begin in toml.read_text()
    toml.write_text(toml.read_text().replace(begin, f"{begin}\n[layers.aliases]\n{text}\n"))
    return [(found.where, found.wrong) for found in check(folder)[0]]


def test_sound_aliases_are_no_problem(folder: Path) -> None:
    assert with_aliases(folder, 'A = ["La Loma", "Villa A"]\nB = ["El Bajo"]') == []
    assert resolve(city.load(folder).primary, "loma") == "A"


@pytest.mark.parametrize(
    ("text", "where", "wrong"),
    [
        ('A = ["Barrio B"]', "A", "'Barrio B' also means B (Barrio B)"),
        ('A = ["los barrio-b"]', "A", "'los barrio-b' also means B (Barrio B)"),
        ('A = ["b"]', "A", "'b' also means B (Barrio B)"),
        ('A = ["La Loma"]\nB = ["loma"]', "A", "'La Loma' also means B (Barrio B)"),
        ('Z = ["La Loma"]', "Z", "names no unit of barrios: 'Z'"),
        ('A = ["--"]', "A", "'--' holds no letter or digit"),
    ],
)
def test_alias_that_leads_astray_is_a_problem(folder: Path, text: str, where: str, wrong: str) -> None:
    assert (f"layers[barrios].aliases.{where}", wrong) in with_aliases(folder, text)


def test_plan_with_a_name_for_an_id_is_told_the_id(folder: Path) -> None:
    plans = folder / "layers" / "plans.toml"
    plans.write_text(plans.read_text().replace('"B"', '"Barrio B"'))
    (problem,) = check(folder)[0]
    assert problem.wrong == "names no unit of barrios: 'Barrio B'"
    assert problem.remedy.startswith("use an id of the layer: B (Barrio B)")
