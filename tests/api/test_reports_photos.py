"""Reports that come with photos."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from geo_reports.house import House
from geo_reports.intake import MOST_PHOTO_BYTES, MOST_PHOTOS
from geo_reports.report import Audience
from tests.intake import photo_corpus

URL = "/api/v1/reports"
KEY = {"Idempotency-Key": "a-random-key-of-a-phone-01"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "photos"


@pytest.fixture
def phone(house_at: Callable[..., House], asking: Any, folder: Path) -> TestClient:
    return asking(house_at(photo_dir=folder), None)


def parts(report: Any, *photos: bytes) -> dict[str, Any]:
    files = [("photo", (f"../../{number}.php", photo, "image/jpeg")) for number, photo in enumerate(photos)]
    return {"data": {"report": json.dumps(report)}, "files": files or [("other", ("", b""))][:0]}


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_photos_are_kept_under_their_digests_and_shown_to_nobody(phone: TestClient, dump: dict[str, Any], folder: Path):
    answer = phone.post(URL, **parts(dump, photo_corpus.jpeg(), photo_corpus.png()))
    assert answer.status_code == 201, answer.text
    assert len(kept(folder)) == 2
    assert all(len(path.stem) == 64 and path.suffix == ".jpg" for path in kept(folder))
    mine, everybody = phone.get(answer.json()["url"]), phone.get(URL)
    assert mine.json()["photos"] == [{"n": 0, "state": "held"}, {"n": 1, "state": "held"}]
    digests = [path.stem for path in kept(folder)]
    assert [digest for digest in digests if digest in mine.text + everybody.text] == []
    assert everybody.json()["features"][0]["properties"].get("photos", []) == []
    assert phone.get(f"/fotos/{answer.json()['public_id']}/0.jpg").status_code == 404


def test_a_retry_with_the_same_files_gets_its_receipt(phone: TestClient, dump: dict[str, Any], folder: Path):
    sent = [phone.post(URL, headers=KEY, **parts(dump, photo_corpus.jpeg())) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 200]
    assert sent[0].json() == sent[1].json()
    assert len(kept(folder)) == 1
    other = phone.post(URL, headers=KEY, **parts(dump, photo_corpus.png()))
    assert (other.status_code, other.json()["error"]) == (422, "reused_key")


def test_a_bad_photo_stores_nothing(phone: TestClient, dump: dict[str, Any], folder: Path):
    answer = phone.post(URL, **parts(dump, b"<html>no photo</html>"))
    assert (answer.status_code, answer.json()["error"], answer.json()["field"]) == (422, "bad_photo", "photo")
    assert kept(folder) == []
    assert phone.get(URL).json()["numberReturned"] == 0


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (lambda dump: parts(dump, *[photo_corpus.jpeg()] * (MOST_PHOTOS + 1)), 422, "photo"),
        (lambda dump: parts({**dump, "lon": 181}, photo_corpus.jpeg()), 422, "lon"),
        (lambda dump: {"files": [("photo", ("a.jpg", photo_corpus.jpeg()))]}, 422, "report"),
        (lambda dump: {"data": {"report": "{"}, "files": [("photo", ("a.jpg", b"x"))]}, 400, None),
        (lambda dump: {**parts(dump, b"x"), "data": {"report": json.dumps(dump), "reprot": "x"}}, 422, "reprot"),
        (lambda dump: {"data": {"report": json.dumps(dump), "photo": "x"}, "files": [("x", ("a", b"x"))]}, 422, "x"),
        (lambda dump: {"files": [("report", ("r.json", b" " * 70_000))]}, 413, None),
    ],
)
def test_what_is_wrong_is_named(
    phone: TestClient, dump: dict[str, Any], folder: Path, body: Any, status: int, field: str | None
):
    answer = phone.post(URL, **body(dump))
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
    assert kept(folder) == []


def test_the_report_may_be_a_file_too(phone: TestClient, dump: dict[str, Any]):
    files = [("report", ("r.json", json.dumps(dump).encode(), "application/json"))]
    assert phone.post(URL, files=files).status_code == 201


def test_too_many_bytes_are_refused_before_they_are_read(phone: TestClient, dump: dict[str, Any]):
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(MOST_PHOTO_BYTES + 1)}
    assert phone.post(URL, content=b"--b--", headers=headers).status_code == 413


def test_a_broken_form_is_refused(phone: TestClient):
    headers = {"Content-Type": "multipart/form-data"}
    assert phone.post(URL, content=b"--b\r\n", headers=headers).status_code == 400


def test_a_full_disk_refuses_photos_before_they_are_read(
    house_at: Callable[..., House], asking: Any, dump: dict[str, Any], folder: Path
):
    client = asking(house_at(photo_dir=folder, min_free_mb=10**9), None)
    for body in (parts(dump, photo_corpus.jpeg()), {"json": dump}):
        answer = client.post(URL, **body)
        assert (answer.status_code, answer.json()["error"]) == (507, "store_full")
        assert answer.headers["retry-after"] == "300"
    assert client.get(URL).status_code == 200
    assert kept(folder) == []
    assert asking(house_at(), Audience.CREW).get(URL).status_code == 200
