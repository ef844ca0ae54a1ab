import csv
import io
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from geo_reports.analysis.frames import to_csv
from geo_reports.house import House
from geo_reports.report import Audience


def test_dumps_are_counted_exactly(client: TestClient, house: House, plant: Any, dump: dict[str, Any]):
    for _ in range(2):
        plant(house, **dump)
    body = client.get("/api/v1/aggregates?family=dump").json()
    assert (body["layer"], body["family"]) == ("barrios", "dump")
    rows = {row["unit"]: row for row in body["rows"]}
    assert list(rows) == ["A", "B", "C", "D", ""]
    assert (rows["A"]["count"], rows["A"]["open"], rows["A"]["per_1000"]) == (2, 2, 2.0)
    assert (rows["D"]["population"], rows["D"]["per_1000"], rows["D"]["median_days_to_close"]) == (None, None, None)


def test_months_and_categories_narrow(client: TestClient, house: House, plant: Any, dump: dict[str, Any]):
    plant(house, **dump)
    for query, count in {
        "from=2026-09&to=2026-09": 1,
        "from=2026-10": 0,
        "to=2026-08": 0,
        "category=rubble": 1,
        "category=household": 0,
        "category=rubble&category=household": 1,
    }.items():
        rows = client.get(f"/api/v1/aggregates?family=dump&{query}").json()["rows"]
        assert rows[0]["count"] == count, query


def test_security_is_a_range_for_the_public_and_a_number_for_planners(
    client: TestClient, client_as: Any, house: House, plant: Any, theft: dict[str, Any]
):
    plant(house, **{**theft, "occurred_at": "2026-08-10"})
    rows = client.get("/api/v1/aggregates?family=security&from=2026-08&to=2026-08").json()["rows"]
    assert {row["unit"]: (row["low"], row["high"]) for row in rows} == dict.fromkeys("ABCD", (0, 4))
    assert all(row["shown"] for row in rows)
    exact = client_as(Audience.PLANNER).get("/api/v1/aggregates?family=security").json()["rows"]
    assert {row["unit"]: row["count"] for row in exact} == {"A": 0, "B": 1, "C": 0, "D": 0, "": 0}


def test_csv_holds_the_same_rows(client: TestClient, house: House, plant: Any, dump: dict[str, Any]):
    plant(house, **dump)
    for family in ("dump", "security"):
        wanted = client.get(f"/api/v1/aggregates?family={family}").json()["rows"]
        answer = client.get(f"/api/v1/aggregates?family={family}&format=csv")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert "etag" in answer.headers
        table = list(csv.DictReader(io.StringIO(answer.text)))
        assert [{key: "" if value is None else str(value) for key, value in row.items()} for row in wanted] == [
            dict(row) for row in table
        ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\tx", "\rx"])
def test_csv_runs_no_formula(text: str):
    frame = pd.DataFrame({"name": [text], "n": [-1], "rate": [float("nan")]})
    row = next(csv.DictReader(io.StringIO(to_csv(frame), newline="")))
    assert row == {"name": "'" + text, "n": "-1", "rate": ""}


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("", 422, "family"),
        ("family=noise", 422, "family"),
        ("family=dump&layer=noise", 404, None),
        ("family=dump&from=2026", 422, "from"),
        ("family=dump&from=2026-13", 422, "from"),
        ("family=dump&from=٢٠٢٦-09", 422, "from"),
        ("family=dump&from=2026-09&to=2026-08", 422, "to"),
        ("family=dump&category=noise", 422, "category"),
        ("family=dump&category=street_robbery", 422, "category"),
        ("family=dump&format=xml", 422, "format"),
        ("family=dump&audience=planner", 422, "audience"),
        ("family=security&category=street_robbery", 403, None),
        ("family=security&layer=sectors", 403, None),
        ("family=security&from=2026-10", 422, "from"),
    ],
)
def test_bad_questions(anyone: TestClient, query: str, status: int, field: str | None):
    answer = anyone.get(f"/api/v1/aggregates?{query}")
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text


def test_plans_count_what_they_track(
    client: TestClient, client_as: Any, house: House, plant: Any, dump: dict[str, Any], theft: dict[str, Any]
):
    plant(house, **dump)
    plant(house, **theft)
    (plan,) = client.get("/api/v1/plans").json()["plans"]
    assert (plan["plan"], plan["name"]["en"], plan["count"]) == ("south", "Neighborhood plan South", 1)
    assert plan["population"] == 3000
    (exact,) = client_as(Audience.PLANNER).get("/api/v1/plans").json()["plans"]
    assert exact["count"] == 2
    assert client.get("/api/v1/plans?from=2026-08&to=2026-08").json()["plans"][0]["count"] == 0
    assert client.get("/api/v1/plans?to=soon").json()["field"] == "to"


def test_parts_add_up_to_the_whole(client: TestClient, house: House):
    for barrio, (lon, kind) in enumerate(((-69.9951, "rubble"), (-69.9951, "household"), (-69.9851, "rubble"))):
        sent = {"family": "dump", "category": kind, "lon": lon, "lat": -32.9951, "occurred_at": f"2026-0{barrio + 6}"}
        assert client.post("/api/v1/reports", json=sent).status_code == 201
    whole = client.get("/api/v1/aggregates?family=dump").json()["rows"]
    for by, keys in (("category", 2), ("status", 1), ("month", 3)):
        parts = client.get(f"/api/v1/aggregates/breakdown?family=dump&by={by}").json()["rows"]
        assert len({part["key"] for part in parts}) == keys
        for row in whole:
            assert sum(part["low"] for part in parts if part["id"] == row["unit"]) == row["count"]
            assert all(part["low"] == part["high"] for part in parts)


def test_plan_parts_add_up_to_the_plan(client: TestClient, dump: dict[str, Any]):
    client.post("/api/v1/reports", json=dump)
    plans = {plan["plan"]: plan["count"] for plan in client.get("/api/v1/plans").json()["plans"]}
    assert sum(plans.values()) > 0
    for by in ("category", "status", "month"):
        parts = client.get(f"/api/v1/plans/breakdown?by={by}").json()["rows"]
        assert {plan: sum(p["low"] for p in parts if p["id"] == plan) for plan in plans} == plans


@pytest.mark.parametrize("by", ["category", "status"])
def test_suppressed_counts_are_divided_by_month_only(anyone: TestClient, by: str):
    assert anyone.get(f"/api/v1/aggregates/breakdown?family=security&by={by}").status_code == 403
    rows = anyone.get("/api/v1/aggregates/breakdown?family=security&by=month").json()["rows"]
    assert {(row["low"], row["high"]) for row in rows} == {(0, 4)}
