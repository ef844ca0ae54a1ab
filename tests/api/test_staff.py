from typing import Any

import pytest
from fastapi.testclient import TestClient

from geo_reports.api.given import session_cookie
from geo_reports.house import House
from geo_reports.report import Audience


def test_a_crew_closes_a_dump(client: TestClient, client_as: Any, house: House, dump: dict[str, Any]):
    receipt = client.post("/api/v1/reports", json=dump).json()
    crew = client_as(Audience.CREW)
    done = crew.patch(f"/api/v1/reports/{receipt['public_id']}/status", json={"status": "cleaned", "note": "Listo"})
    assert (done.status_code, done.json()) == (200, {"public_id": receipt["public_id"], "status": "cleaned"})
    story = client.get(receipt["url"]).json()
    assert (story["status"], story["events"][-1]["note"]) == ("cleaned", "Listo")


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"status": "received"}, 409, "illegal_transition"),
        ({"status": "closed_without_solution"}, 422, "input_error"),
        ({"status": "cleaned", "reason": "other"}, 422, "input_error"),
        ({"status": "vanished"}, 422, "input_error"),
        ({"status": "cleaned", "actor": "boss"}, 422, "input_error"),
        ({}, 422, "input_error"),
    ],
)
def test_bad_steps(client_as: Any, house: House, plant: Any, dump: dict[str, Any], body: Any, status: int, error: str):
    answer = client_as(Audience.CREW).patch(f"/api/v1/reports/{plant(house, **dump)}/status", json=body)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_status_needs_a_session_its_token_and_a_role(
    client: TestClient, client_as: Any, house: House, plant: Any, dump: dict[str, Any], theft: dict[str, Any]
):
    step = {"status": "acknowledged"}
    path = f"/api/v1/reports/{plant(house, **dump)}/status"
    assert client.patch(path, json=step).status_code == 401
    client.cookies.set(session_cookie(house), "made-up")
    assert client.patch(path, json=step).status_code == 401
    planner, crew = client_as(Audience.PLANNER), client_as(Audience.CREW)
    assert planner.patch(path, json=step).status_code == 403
    assert crew.patch(f"/api/v1/reports/{plant(house, **theft)}/status", json=step).status_code == 403
    assert crew.patch("/api/v1/reports/nothing/status", json=step).status_code == 404
    crew.headers["X-CSRF-Token"] = "made-up"
    assert crew.patch(path, json=step).status_code == 403
    del crew.headers["X-CSRF-Token"]
    assert crew.patch(path, json=step).status_code == 403


@pytest.mark.parametrize(
    ("role", "status"),
    [(Audience.CREW, 403), (Audience.PLANNER, 403), (Audience.MODERATOR, 200), (Audience.ADMIN, 200)],
)
def test_a_security_report_opens_to_few(
    client_as: Any, house: House, plant: Any, theft: dict[str, Any], role: Audience, status: int
):
    path = f"/api/v1/staff/reports/{plant(house, **theft)}/open"
    before = house.view(Audience.ADMIN).revision()
    answer = client_as(role).post(path, json={"reason": "Llamado de la vecina"})
    assert answer.status_code == status, answer.text
    # the log is the chain of events, whose length is part of the revision
    assert (house.view(Audience.ADMIN).revision() != before) == (status == 200)
    if status == 200:
        assert answer.json()["lon"] == theft["lon"]
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "   "}, {"reason": "x" * 501}])
def test_opening_needs_a_reason(client_as: Any, house: House, plant: Any, theft: dict[str, Any], body: Any):
    answer = client_as(Audience.ADMIN).post(f"/api/v1/staff/reports/{plant(house, **theft)}/open", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, "reason")


def test_opening_needs_an_account(client: TestClient, house: House, plant: Any, theft: dict[str, Any]):
    answer = client.post(f"/api/v1/staff/reports/{plant(house, **theft)}/open", json={"reason": "because"})
    assert (answer.status_code, answer.json()["error"]) == (401, "not_signed_in")


def test_a_contact_is_read_by_few_and_that_is_recorded(
    client: TestClient, client_as: Any, house: House, dump: dict[str, Any]
):
    public_id = client.post("/api/v1/reports", json=dump | {"contact": "ana@example.cl"}).json()["public_id"]
    path, why = f"/api/v1/staff/reports/{public_id}/contact", {"reason": "Preguntar por el acceso"}
    assert client.post(path, json=why).status_code == 401
    for role in (Audience.CREW, Audience.PLANNER):
        assert client_as(role).post(path, json=why).status_code == 403
    before = house.view(Audience.ADMIN).revision()
    moderator = client_as(Audience.MODERATOR)
    assert moderator.post(path, json={}).status_code == 422
    assert moderator.post(path, json=why).json() == {"public_id": public_id, "contact": "ana@example.cl"}
    assert house.view(Audience.ADMIN).revision() != before


def test_where_no_contact_was_left_there_is_none(client_as: Any, house: House, plant: Any, dump: dict[str, Any]):
    path = f"/api/v1/staff/reports/{plant(house, **dump)}/contact"
    assert client_as(Audience.ADMIN).post(path, json={"reason": "why not"}).status_code == 404


def test_a_code_opens_no_security_point(client: TestClient, theft: dict[str, Any], dump: dict[str, Any]):
    for sent, lon in ((theft, None), (dump, dump["lon"])):
        code = client.post("/api/v1/reports", json=sent).json()["code"]
        assert client.get(f"/api/v1/reports/{code}").json()["lon"] == lon


def test_a_rejection_has_a_reason_of_its_own(client_as: Any, house: House, plant: Any, dump: dict[str, Any]):
    path, moderator = f"/api/v1/reports/{plant(house, **dump)}/status", client_as(Audience.MODERATOR)
    for reason in ({}, {"reason": "private_land"}):
        assert moderator.patch(path, json={"status": "rejected", **reason}).status_code == 422
    assert moderator.patch(path, json={"status": "rejected", "reason": "not_ours"}).json()["status"] == "rejected"


@pytest.mark.parametrize(("role", "verified"), [(Audience.CREW, 403), (Audience.MODERATOR, 200), (Audience.ADMIN, 200)])
def test_nobody_takes_a_report_back_for_its_sender(
    client_as: Any, house: House, plant: Any, dump: dict[str, Any], role: Audience, verified: int
):
    path, person = f"/api/v1/reports/{plant(house, **dump)}/status", client_as(role)
    assert person.patch(path, json={"status": "retracted"}).status_code == 403
    assert person.patch(path, json={"status": "cleaned"}).status_code == 200
    assert person.patch(path, json={"status": "verified"}).status_code == verified
