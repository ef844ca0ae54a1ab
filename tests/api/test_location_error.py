import csv
import io
from typing import Any

from fastapi.testclient import TestClient

from geo_reports.house import House
from geo_reports.report import Audience

WITH = "/api/v1/aggregates?family=dump&location_error=true"


def test_expected_numbers_come_only_when_asked_for(client: TestClient, house: House, plant: Any, dump: dict[str, Any]):
    plant(house, **{**dump, "lon": -69.99, "accuracy_m": 40})
    plant(house, **dump)
    plain = client.get("/api/v1/aggregates?family=dump").json()["rows"]
    rows = client.get(WITH).json()["rows"]
    a, b = rows[0], rows[1]
    assert (a["location_expected"], a["location_low"], a["location_high"], a["n_without_accuracy"]) == (1.5, 1, 2, 1)
    assert (b["location_expected"], b["location_low"], b["location_high"], b["n_without_accuracy"]) == (0.5, 0, 1, 0)
    assert [{key: row[key] for key in plain[0]} for row in rows] == plain
    assert all(set(row) < set(a) for row in plain)


def test_csv_holds_the_same_rows(client: TestClient, house: House, plant: Any, dump: dict[str, Any]):
    plant(house, **{**dump, "accuracy_m": 300})
    table = list(csv.DictReader(io.StringIO(client.get(f"{WITH}&format=csv").text)))
    wanted = client.get(WITH).json()["rows"]
    assert [row["location_expected"] for row in table] == [str(row["location_expected"]) for row in wanted]


def test_security_has_none_for_anybody(client: TestClient, client_as: Any):
    for asking in (client, client_as(Audience.PLANNER)):
        answer = asking.get("/api/v1/aggregates?family=security&location_error=true")
        assert answer.status_code == 403
        assert "as points" in answer.json()["detail"]


def test_parts_have_none(anyone: TestClient):
    answer = anyone.get("/api/v1/aggregates/breakdown?family=dump&by=month&location_error=true")
    assert (answer.status_code, answer.json()["field"]) == (422, "location_error")
