"""Photos over HTTP: to everybody what is published, to staff what is kept, an original as a file and for a reason."""

import hashlib
import io
import os
import shutil
import sqlite3
import time
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from geo_reports.app import build, create_app
from geo_reports.intake.images import reencode
from geo_reports.report import Audience, Channel, NewReport, Status
from geo_reports.settings import Settings
from geo_reports.store import Query
from tests.intake import photo_corpus as corpus
from tests.web.conftest import DUMP, NOW, THEFT, Staff, client_of

LIGHT = {**THEFT, "category": "street_light"}
EVIDENCE = "\n[evidence]\ndays = 90\n"
MODERATOR, ADMIN, CREW, PLANNER = Audience.MODERATOR, Audience.ADMIN, Audience.CREW, Audience.PLANNER


@pytest.fixture(scope="module")
def evidence_city(repo, tmp_path_factory):
    """The tiny city with evidence mode."""
    folder = shutil.copytree(repo / "tests" / "cities" / "tiny", tmp_path_factory.mktemp("city") / "tiny")
    spec = folder / "layers" / "city.toml"
    text = spec.read_text()
    assert "[evidence]" not in text
    at = text.index("\n[families.dump]")
    spec.write_text(text[:at] + EVIDENCE + text[at:])
    return folder


@pytest.fixture(scope="module")
def house(house_at, evidence_city, tmp_path_factory):
    """One house for all tests: each brings its own report."""
    return house_at(photo_dir=tmp_path_factory.mktemp("photos"), city=evidence_city)


@pytest.fixture(scope="module")
def app(house):
    return create_app(house)


@pytest.fixture(scope="module")
def visitor(app):
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture(scope="module")
def staff(app, house):
    """Somebody of each role, signed in."""
    people = {}
    for role in (MODERATOR, ADMIN, CREW, PLANNER):
        token = house.accounts.sign_in(str(role), house.accounts.add(str(role), role))
        client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
        client.cookies.set("session", token)
        people[role] = Staff(client, house.accounts.csrf(token))
    return people.__getitem__


@pytest.fixture(scope="module")
def plant(house):
    """Store a report with one photo; returns its public id."""

    def put(body=DUMP, data=None):
        held = house.intake.photos.hold(io.BytesIO(data or corpus.readable_gps()))
        return house.intake.accept(NewReport(**body), channel=Channel.WEB, photos=[held]).public_id

    return put


def public(public_id, n=0):
    return f"/fotos/{public_id}/{n}.jpg"


def inside(public_id, n=0):
    return f"/personal/reportes/{public_id}/fotos/{n}.jpg"


def publish(house, staff, public_id, *rectangles):
    house.photo_desk.publish(public_id, 0, rectangles, house.accounts.actor(staff.client.cookies["session"]))


def test_only_what_is_published_is_shown(visitor, house, plant, staff):
    name, moderator = plant(), staff(MODERATOR)
    assert visitor.get(public(name)).status_code == 404
    publish(house, moderator, name, (0, 0, 0.5, 0.5))
    answer = visitor.get(public(name))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert [trace for trace in corpus.TRACES if trace in answer.content] == []
    assert answer.content != moderator.client.get(inside(name)).content
    again = visitor.get(public(name), headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_withholding_works_at_once_also_for_who_kept_a_copy(visitor, house, plant, staff):
    name, moderator = plant(), staff(MODERATOR)
    publish(house, moderator, name)
    mark = visitor.get(public(name)).headers["etag"]
    actor = house.accounts.actor(moderator.client.cookies["session"])
    house.photo_desk.withhold(name, 0, actor, "")
    assert visitor.get(public(name), headers={"If-None-Match": mark}).status_code == 404
    publish(house, moderator, name, (0, 0, 1, 1))
    changed = visitor.get(public(name), headers={"If-None-Match": mark})
    assert (changed.status_code, changed.headers["etag"] == mark) == (200, False)


def test_what_is_not_public_as_a_point_shows_no_photo(visitor, house, plant, staff):
    moderator = staff(ADMIN)
    light = plant(LIGHT)
    publish(house, moderator, light)
    assert visitor.get(public(light)).status_code == 200
    assert [one.n for one in house.view(Audience.PUBLIC).photos(light)] == [0]
    actor = house.accounts.actor(moderator.client.cookies["session"])
    house.fieldwork.set_status(light, Status.DUPLICATE, reason=None, note=None, actor=actor)
    assert visitor.get(public(light)).status_code == 404
    assert house.view(Audience.PUBLIC).photos(light) == []
    theft = plant(THEFT)
    with sqlite3.connect(house_file(house)) as connection:  # even if its photo were published behind our back
        shown = "state = 'published', public_sha256 = sha256, public_n_bytes = n_bytes"
        connection.execute(f"UPDATE photo SET {shown} WHERE report_id = (SELECT max(id) FROM report)")
    assert visitor.get(public(theft)).status_code == 404


def house_file(house):
    with house.intake._store.reading() as connection:
        return connection.engine.url.database


def history(house, public_id):
    store = house.intake._store
    return store.events_of(int(store.find(Query(public_id=public_id)).id.iloc[0]))


def test_photos_that_are_not_there(visitor, house, plant, staff):
    name = plant()
    publish(house, staff(MODERATOR), name)
    numbers = ["1", "-1", "99999", "9" * 30, "x", "0%00", "٣"]
    assert [visitor.get(public(name, n)).status_code for n in numbers] == [404] * len(numbers)
    assert visitor.get(public("nobody")).status_code == 404
    assert visitor.get(public("..%2f..%2fetc%2fpasswd")).status_code == 404


def test_staff_see_what_is_kept_as_far_as_their_role_goes(visitor, plant, staff):
    dump, theft = plant(), plant(THEFT)
    assert visitor.get(inside(dump)).status_code in (303, 401)
    crew, planner, moderator = (staff(role) for role in (CREW, PLANNER, MODERATOR))
    answer = crew.client.get(inside(dump))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert (answer.headers["cache-control"], answer.headers["x-robots-tag"]) == ("no-store", "noindex")
    assert answer.content == reencode(corpus.readable_gps()).jpeg
    assert [planner.client.get(inside(dump)).status_code, crew.client.get(inside(theft)).status_code] == [403, 403]
    assert moderator.client.get(inside(theft)).status_code == 403
    opened = moderator.client.post(
        f"/personal/reportes/{theft}/abrir", data={"csrf": moderator.csrf, "reason": "case 12"}
    )
    assert opened.status_code == 200
    assert moderator.client.get(inside(theft)).status_code == 200


def ask(who, name, **change):
    data = {"csrf": who.csrf, "reason": "case 12"} | change
    return who.client.post(f"/personal/reportes/{name}/fotos/0/original", data=data)


def test_an_original_is_a_file_to_keep_and_never_a_page(plant, staff):
    sent = corpus.jpeg() + corpus.HTML
    name = plant(data=sent)
    answer = ask(staff(MODERATOR), name)
    assert (answer.status_code, answer.content) == (200, sent)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}-0.bin"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].endswith(", sandbox; default-src 'none'")
    assert (answer.headers["cache-control"], answer.headers["x-robots-tag"]) == ("no-store", "noindex")


def test_who_gets_an_original(visitor, house, plant, staff):
    name = plant()
    events = history(house, name)
    admin = staff(ADMIN)
    assert ask(admin, name, reason=" ").status_code == 422
    assert ask(admin, name, csrf="x").status_code == 403
    for role in (CREW, PLANNER):
        assert ask(staff(role), name).status_code == 403
    assert visitor.post(f"/personal/reportes/{name}/fotos/0/original", data={"reason": "x"}).status_code in (303, 401)
    assert admin.client.get(f"/personal/reportes/{name}/fotos/0/original").status_code == 405
    assert history(house, name) == events
    assert ask(admin, name).status_code == 200
    last = history(house, name)[-1]
    assert (last["kind"], last["actor"], last["note"]) == ("evidence", "admin", "0 case 12")


def test_without_evidence_mode_there_is_no_original(house_at, tmp_path):
    house = house_at(photo_dir=tmp_path / "photos")
    held = house.intake.photos.hold(io.BytesIO(corpus.jpeg()))
    name = house.intake.accept(NewReport(**DUMP), channel=Channel.WEB, photos=[held]).public_id
    client = client_of(house)
    token = house.accounts.sign_in("eva", house.accounts.add("eva", ADMIN))
    client.cookies.set("session", token)
    data = {"csrf": house.accounts.csrf(token), "reason": "case 12"}
    assert client.post(f"/personal/reportes/{name}/fotos/0/original", data=data).status_code == 404
    assert [path.suffix for path in (tmp_path / "photos").rglob("*") if path.is_file()] == [".jpg"]


def test_originals_go_while_the_service_runs(evidence_city, tmp_path):
    now = [NOW]
    given = {"city": evidence_city, "db": str(tmp_path / "r.sqlite"), "key_dir": tmp_path / "k"}
    house = build(Settings(**given, photo_dir=tmp_path / "photos"), lambda: now[0]).house
    held = house.intake.photos.hold(io.BytesIO(corpus.jpeg()))
    house.intake.accept(NewReport(**DUMP), channel=Channel.WEB, photos=[held])
    for path in (tmp_path / "photos").rglob("*"):
        os.utime(path, (0, 0))
    sealed = tmp_path / "photos" / "evidence"
    with TestClient(create_app(house, tidy_every_s=0.05)):
        assert len(list(sealed.glob("*/*.sealed"))) == 1
        now[0] = NOW + timedelta(days=91)
        deadline = time.monotonic() + 20
        while list(sealed.glob("*/*.sealed")) and time.monotonic() < deadline:
            time.sleep(0.02)
    assert list(sealed.glob("*/*.sealed")) == []
    assert len(list((tmp_path / "photos").glob("??/*.jpg"))) == 1
