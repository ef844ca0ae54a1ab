"""What the product promises, held against everything that leaves it."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from geo_reports.app import Workshop, build, create_app
from geo_reports.city.maps import AreaCountsDef
from geo_reports.look import words
from geo_reports.mapping import Assets, render_page
from geo_reports.report import Audience, Channel, Family, NewReport
from geo_reports.settings import Settings

NOW = datetime(2026, 10, 15, 15, tzinfo=UTC)
INSIDE = st.floats(0.0021, 0.0179, allow_nan=False).map(lambda x: round(x, 6)).filter(lambda x: abs(x - 0.01) > 1e-4)
"""Beside the units' borders, which every map holds to five decimals."""
NumberText = re.compile(r"-?\d+\.\d{3,}")


@pytest.fixture
def workshop(repo: Path, tmp_path: Path) -> Workshop:
    tiny = repo / "tests" / "cities" / "tiny"
    given_ = {"city": tiny, "db": str(tmp_path / "reports.sqlite"), "key_dir": tmp_path / "keys"}
    return build(Settings(**given_, writes_per_hour=100_000), clock=lambda: NOW)


def _send(workshop: Workshop, family: str, category: str, lon: float, lat: float) -> None:
    new = NewReport(family=family, category=category, lon=lon, lat=lat, occurred_at="2026-08-03T10:00")
    workshop.house.intake.accept(new, channel=Channel.API)


def _shows(text: str, lon: float, lat: float) -> bool:
    """Whether a page holds both coordinates of a place, each to four decimals or finer."""
    numbers = [float(number) for number in NumberText.findall(text)]
    return all(any(abs(number - value) < 5.1e-5 for number in numbers) for value in (lon, lat))


def _rendered_files(workshop: Workshop) -> dict[str, str]:
    house = workshop.house
    return {
        name: render_page(
            definition,
            house.view(definition.audience),
            words("es"),
            assets=Assets.inline(),
            nonce="",
            now=NOW,
            name=name,
        ).html
        for name, definition in house.city.maps.items()
    }


def _pages(workshop: Workshop, role: Audience | None) -> dict[str, str]:
    client = TestClient(create_app(workshop.house), base_url="http://testserver")
    if role is not None:
        token = workshop.house.accounts.sign_in(role, workshop.house.accounts.add(role, role))
        client.cookies.set("session", token)
    paths = ["/", "/mapas/residents", "/mapas/crews", "/mapas/planners", "/personal", "/api/v1/reports?limit=1000"]
    paths += ["/api/v1/aggregates?family=security", "/api/v1/aggregates?family=security&format=csv"]
    return {path: client.get(path, follow_redirects=False).text for path in paths}


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dx=INSIDE, dy=INSIDE)
def test_no_rendered_file_of_any_audience_holds_a_security_point(workshop: Workshop, dx: float, dy: float) -> None:
    lon, lat = round(-70 + dx, 6), round(-33 + dy, 6)
    for _ in range(6):
        _send(workshop, "security", "street_robbery", lon, lat)
    # a dump nearby keeps the files from being clean only because they are empty
    _send(workshop, "dump", "rubble", -69.99123, -32.99123)
    files = _rendered_files(workshop)
    assert any(_shows(text, -69.99123, -32.99123) for text in files.values())
    assert [name for name, text in files.items() if _shows(text, lon, lat)] == []


@pytest.mark.parametrize("role", [None, Audience.CREW, Audience.PLANNER, Audience.MODERATOR, Audience.ADMIN])
def test_no_page_of_any_role_holds_a_security_point(workshop: Workshop, role: Audience | None) -> None:
    lon, lat = -69.98765, -32.98765
    for _ in range(8):
        _send(workshop, "security", "street_robbery", lon, lat)
    pages = _pages(workshop, role)
    assert [path for path, text in pages.items() if _shows(text, lon, lat)] == []


def test_intake_is_the_sum_of_what_is_shown(workshop: Workshop) -> None:
    places = [(-69.995, -32.995), (-69.985, -32.995), (-69.995, -32.985), (-69.985, -32.985)]
    for number, place in enumerate(places * 5):
        _send(workshop, "dump", ("household", "rubble")[number % 2], *place)
    view = workshop.house.view(Audience.PUBLIC)
    for layer in ("barrios", "sectors"):
        figures = view.aggregates(layer, family=Family.DUMP)
        assert figures["count"].sum() + figures.withdrawn.sum() == 20
    parts = [view.breakdown(by, family=Family.DUMP).n.sum() for by in ("category", "status", "month")]
    assert parts == [20, 20, 20]


def test_public_counts_hide_whether_anything_happened(workshop: Workshop) -> None:
    definition = AreaCountsDef(kind="area_counts", name={"es": "x", "en": "x"}, family=Family.SECURITY, months=3)
    before = workshop.house.view(Audience.PUBLIC).area_counts(definition).cells
    for _ in range(4):
        _send(workshop, "security", "street_robbery", -69.995, -32.995)
    after = workshop.house.view(Audience.PUBLIC).area_counts(definition).cells
    assert before.equals(after)


def test_no_code_contact_or_address_is_kept_in_the_clear(workshop: Workshop, tmp_path: Path) -> None:
    client = TestClient(create_app(workshop.house), client=("203.0.113.77", 40000))
    sent = {
        "family": "security",
        "category": "street_robbery",
        "lon": -69.995,
        "lat": -32.995,
        "contact": "ana@example.cl",
    }
    key = "a-key-nobody-guesses"
    answer = client.post(
        "/api/v1/reports",
        json=sent,
        headers={"Idempotency-Key": key, "User-Agent": "Known/1.0"},
    )
    code = answer.json()["code"]
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    secrets = [code, code.replace("-", ""), "ana@example.cl", key, "203.0.113.77", "203.0.113", "Known/1.0"]
    assert [secret for secret in secrets if secret.encode() in kept] == []
