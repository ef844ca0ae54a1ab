"""One body for all errors, and nothing about the inside in any of them."""

import logging
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException

from geo_reports import errors
from geo_reports.api import install_errors
from geo_reports.api.models import ErrorBody
from geo_reports.app import build, create_app
from geo_reports.house import House
from geo_reports.settings import Settings

RAISED = [
    (errors.CityError([]), 500, "internal_error"),
    (errors.InputError("Bad.", "lon"), 422, "input_error"),
    (errors.UnknownCategory("Bad.", "category"), 422, "unknown_category"),
    (errors.OutsideCity("Bad."), 422, "outside_city"),
    (errors.AddressNotFound("Bad.", ["Calle 1"]), 422, "address_not_found"),
    (errors.TooFewReports("Bad."), 422, "too_few_reports"),
    (errors.ReusedKey("Bad."), 422, "reused_key"),
    (errors.SameReport("Bad."), 409, "same_report"),
    (errors.InProgress("Bad."), 409, "in_progress"),
    (errors.BadPhoto("Bad."), 422, "bad_photo"),
    (errors.PhotoTooLarge("Bad."), 413, "photo_too_large"),
    (errors.PhotoDamaged("Bad."), 503, "unavailable"),
    (errors.LayerRefused([errors.Problem("a.geojson", "file", "is empty", "draw it")]), 422, "layer_refused"),
    (errors.StoreFull("Bad."), 507, "store_full"),
    (errors.SchemaTooOld("version 1"), 503, "unavailable"),
    (errors.ImportProblem("Bad."), 422, "import_problem"),
    (errors.NotSignedIn("Bad."), 401, "not_signed_in"),
    (errors.NotAllowed("Bad."), 403, "not_allowed"),
    (errors.NotFound("Bad."), 404, "not_found"),
    (errors.IllegalTransition("Bad."), 409, "illegal_transition"),
    (errors.TooManyRequests("Bad.", 7), 429, "too_many_requests"),
    (errors.ProofNeeded("Bad.", 7), 429, "proof_needed"),
    (errors.MissingExtra("analysis", "This"), 501, "missing_extra"),
    (errors.StoreError("/secret/reports.sqlite is gone"), 503, "unavailable"),
    (errors.StoreBusy("Bad."), 503, "store_busy"),
    (errors.LayersChanged("Bad."), 503, "unavailable"),
    (errors.SchemaTooNew("version 9"), 503, "unavailable"),
    (errors.KeyProblem("/secret/key is gone"), 503, "unavailable"),
    (HTTPException(404), 404, "not_found"),
    (HTTPException(418, "Tea."), 418, "http_error"),
    (ZeroDivisionError("/secret/inside"), 500, "internal_error"),
]


def failing(error: Exception, path: str = "/api/fail/{code}", html: Any = None) -> TestClient:
    app = FastAPI()
    install_errors(app, html)

    def fail(code: str) -> None:
        raise error

    app.add_api_route(path, fail)
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(("error", "status", "name"), RAISED, ids=lambda value: type(value).__name__)
def test_every_error_has_the_body(error: Exception, status: int, name: str):
    answer = failing(error).get("/api/fail/1")
    assert answer.status_code == status
    body = ErrorBody.model_validate(answer.json())
    assert body.error == name
    assert body.detail
    assert "secret" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "field" in answer.json()
    assert ("candidates" in answer.json()) == isinstance(error, errors.AddressNotFound)


def test_every_class_of_error_is_tried():
    def below(cls: type) -> set[type]:
        return {cls}.union(*(below(sub) for sub in cls.__subclasses__()))

    assert below(errors.GeoReportsError) - {errors.GeoReportsError} == {
        type(error) for error, _, _ in RAISED if isinstance(error, errors.GeoReportsError)
    }


@pytest.mark.parametrize(
    ("error", "wait_s"),
    [(errors.TooManyRequests("Bad.", 7), "7"), (errors.StoreBusy("Bad."), "5"), (errors.NotFound("Bad."), None)],
)
def test_retry_after_where_waiting_helps(error: Exception, wait_s: str | None):
    assert failing(error).get("/api/fail/1").headers.get("retry-after") == wait_s


def test_unexpected_errors_are_logged_without_what_was_asked(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.ERROR, "geo_reports.api.errors"):
        failing(ZeroDivisionError("inside")).get("/api/fail/THE-SECRET-CODE?q=asked")
    (record,) = [record for record in caplog.records if record.name == "geo_reports.api.errors"]
    assert record.getMessage() == "GET /api/fail/{code} failed with 500"
    assert record.exc_info is not None
    assert "SECRET" not in caplog.text
    assert "asked" not in caplog.text


def test_pages_get_their_own_errors():
    def page(request: Request, status: int, error: Exception) -> Response:
        return Response(f"page {status} {type(error).__name__}", status)

    api = failing(errors.NotFound("Bad."), html=page)
    assert api.get("/api/fail/1").json()["error"] == "not_found"
    assert api.get("/healthz").json()["error"] == "not_found"
    assert api.get("/nowhere").text == "page 404 HTTPException"
    assert failing(ZeroDivisionError(), "/apiary/{code}", page).get("/apiary/1").text == "page 500 ZeroDivisionError"


def test_no_route_and_no_method(anyone: TestClient):
    lost = anyone.get("/api/v1/nowhere")
    assert (lost.status_code, lost.json()["error"]) == (404, "not_found")
    wrong = anyone.delete("/api/v1/layers")
    assert (wrong.status_code, wrong.json()["error"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["allow"]


def test_probes(anyone: TestClient):
    assert anyone.get("/healthz").json() == {"status": "ok"}
    ready = anyone.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["checks"] == {"store": True, "post": True, "witness": True}


def test_not_ready_names_what_is_missing(house: House):
    lame = replace(house, ready=lambda: {"store": False, "city": True})
    answer = TestClient(create_app(lame)).get("/readyz")
    assert (answer.status_code, answer.json()["detail"]) == (503, "Not ready: store.")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_not_ready_once_the_witness_has_ended_by_itself(repo: Path, tmp_path: Path):
    def clock() -> datetime:
        if threading.current_thread().name == "witness":
            raise ZeroDivisionError
        return datetime(2026, 10, 15, 15, tzinfo=UTC)

    settings = Settings(
        city=repo / "tests" / "cities" / "tiny", db=str(tmp_path / "reports.sqlite"), key_dir=tmp_path / "keys"
    )
    house = build(settings, clock).house
    client = TestClient(create_app(house))
    assert client.get("/readyz").json()["checks"]["witness"]
    assert house.witness is not None
    house.witness.start()
    ends = time.monotonic() + 20
    while house.witness.alive and time.monotonic() < ends:
        time.sleep(0.01)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["detail"]) == (503, "Not ready: witness.")
