"""A child's report is seen by nobody outside before an adult approved it: no public answer changes by a byte."""

import re

import pytest

from geo_reports.accounts import Actor
from geo_reports.app import build
from geo_reports.privacy import Filters
from geo_reports.report import Audience, Channel, CloseReason, Family, NewReport, Status
from geo_reports.settings import Settings
from tests.web.conftest import DUMP, NOW, THEFT, client_of
from tests.web.routes import api, pages

ADMIN = Actor("eva.soto", Audience.ADMIN)
GIVEN = {
    "/fotos/{public_id}/{n}.jpg": ["/fotos/{dump}/1.jpg"],
    "/icono-{size}.png": ["/icono-192.png"],
    "/mapas/{name}": ["/mapas/residents", "/mapas/residents?lang=en"],
    "/mapas/{name}/incrustar": ["/mapas/residents/incrustar"],
    "/barrios/{unit}": ["/barrios/a"],
    "/barrios/{unit}/avisos.atom": ["/barrios/a/avisos.atom"],
    "/reportes/{public_id}": ["/reportes/{dump}"],
    "/seguimiento/{code}": ["/seguimiento/{code}", "/seguimiento/XXXX-XXXX-XXXX-XXXX"],
    "/seguimiento/{code}/datos.json": ["/seguimiento/{code}/datos.json"],
    "/seguimiento/{code}/qr.svg": ["/seguimiento/{code}/qr.svg"],
    "/static/{name:path}": ["/static/look.css"],
    "/suscripcion/{token}": ["/suscripcion/none"],
    "/suscripcion/{token}/baja": ["/suscripcion/none/baja"],
    "/api/v1/aggregates": [
        "/api/v1/aggregates?family=dump",
        "/api/v1/aggregates?family=security",
        "/api/v1/aggregates?family=dump&format=csv",
    ],
    "/api/v1/aggregates/breakdown": ["/api/v1/aggregates/breakdown?by=status&family=dump"],
    "/api/v1/plans/breakdown": ["/api/v1/plans/breakdown?by=status"],
    "/api/v1/geocode": ["/api/v1/geocode?q=Los%20Aromos%20100"],
    "/api/v1/locate": ["/api/v1/locate?lon=-69.9951&lat=-32.9951"],
    "/api/v1/reverse": ["/api/v1/reverse?lon=-69.9951&lat=-32.9951"],
    "/api/v1/layers/{layer_id}": ["/api/v1/layers/barrios"],
    "/api/v1/maps/{name}": ["/api/v1/maps/residents"],
    "/api/v1/reports": ["/api/v1/reports", "/api/v1/reports?status=held", "/api/v1/reports?limit=1000"],
    "/api/v1/reports/{code}": ["/api/v1/reports/{code}"],
    "/ogc/collections/{layer_id}": ["/ogc/collections/barrios"],
    "/ogc/collections/{layer_id}/items": ["/ogc/collections/barrios/items"],
    "/ogc/collections/{layer_id}/items/{unit}": ["/ogc/collections/barrios/items/a"],
    "/api/v1/ogc/collections/{layer_id}": ["/api/v1/ogc/collections/barrios"],
    "/api/v1/ogc/collections/{layer_id}/items": ["/api/v1/ogc/collections/barrios/items"],
    "/api/v1/ogc/collections/{layer_id}/items/{unit}": ["/api/v1/ogc/collections/barrios/items/a"],
}
"""Addresses of the routes that need something in theirs."""
NEW_EACH_TIME = {"/api/v1/challenge"}
"""Answers that are never the same twice."""
DRAWN = re.compile(rb"nonce-?=?\"?[A-Za-z0-9_-]{24}|name=\"(key|entry|ticket)\" value=\"[^\"]*\"")


@pytest.fixture
def known(put, house):
    """A published dump and a security report, which pages are made of before any child sends one."""
    dump = put(**DUMP)
    for _ in range(6):
        put(**THEFT)
    return {"dump": dump.public_id, "code": dump.code}


def addresses(house, known):
    routes = pages(house) | api(house)
    assert set(GIVEN) & routes, "the routes are not found any more"
    for route in sorted(routes - NEW_EACH_TIME):
        if route.startswith("/personal"):
            continue
        for address in GIVEN.get(route, [route]):
            yield address.format(**known)


def answers(house, known):
    """Status and body of every public answer, without what is drawn anew each time."""
    reader = client_of(house)
    found = {}
    for address in addresses(house, known):
        assert "{" not in address, f"give {address} a value in GIVEN"
        reader.cookies.clear()
        answer = reader.get(address)
        found[address] = answer.status_code, DRAWN.sub(b"", answer.content)
    return found


def told(before, after):
    """Addresses that answer something else."""
    return [address for address in before if before[address] != after[address]]


def send(house, body, n):
    """Send reports in the children's mode, one beside the other; gives their public ids."""
    made = []
    for i in range(n):
        new = NewReport(**body | {"lon": round(body["lon"] + i / 1e5, 6)})
        made.append(house.intake.accept(new, channel=Channel.CHILDREN, status=Status.HELD).public_id)
    return made


def test_what_is_held_or_rejected_changes_no_public_answer(house, known):
    before = answers(house, known)
    assert not [address for address, (status, _) in before.items() if status >= 500]
    held = [*send(house, DUMP, 5), *send(house, THEFT, 5)]
    assert told(before, answers(house, known)) == []
    for public_id in held:
        house.fieldwork.set_status(public_id, Status.REJECTED, reason=CloseReason.TEST, note=None, actor=ADMIN)
    assert told(before, answers(house, known)) == []


def test_what_is_approved_is_public_like_any_other(house, known):
    before = answers(house, known)
    (public_id,) = send(house, DUMP, 1)
    house.fieldwork.set_status(public_id, Status.RECEIVED, reason=None, note=None, actor=ADMIN)
    changed = set(told(before, answers(house, known)))
    assert {"/", "/mapas/residents", "/api/v1/reports", "/api/v1/aggregates?family=dump"} <= changed


@pytest.mark.parametrize("role", [None, Audience.CREW, Audience.PLANNER])
def test_held_reports_are_in_nobodys_figures_before(house, known, role, staff):
    held = send(house, DUMP, 3)
    view = house.view(role or Audience.PUBLIC)
    if role is not Audience.PLANNER:
        assert not set(held) & set(view.reports(Filters()).rows.public_id)
    assert int(view.breakdown("status", family=Family.DUMP).n.sum()) == 1
    client = staff(role).client if role else client_of(house)
    for address in ("/personal", "/mapas/crews", "/mapas/planners", "/api/v1/reports?limit=1000"):
        assert not [public_id for public_id in held if public_id in client.get(address).text]


def test_the_child_follows_it_with_the_code(house, visitor):
    new = NewReport(**DUMP)
    made = house.intake.accept(new, channel=Channel.CHILDREN, status=Status.HELD)
    page = visitor.get(f"/seguimiento/{made.code}")
    assert page.status_code == 200
    assert NOW.strftime("%d-%m-%Y") in page.text
    assert visitor.get(f"/reportes/{made.public_id}").status_code == 404


def test_the_counters_agree_with_a_recount_after_every_way_a_held_report_may_go(repo, tmp_path):
    db = str(tmp_path / "r.sqlite")
    settings = Settings(city=repo / "tests" / "cities" / "tiny", db=db, key_dir=tmp_path / "k")
    workshop = build(settings, lambda: NOW)
    house = workshop.house
    approved, rejected, late, left = send(house, DUMP, 4)
    for public_id, status, reason in (
        (approved, Status.RECEIVED, None),
        (rejected, Status.REJECTED, CloseReason.TEST),
        (late, Status.RECEIVED, None),
        (late, Status.REJECTED, CloseReason.TEST),
    ):
        house.fieldwork.set_status(public_id, status, reason=reason, note=None, actor=ADMIN)
    assert left
    figures = house.view(Audience.ADMIN).breakdown("status", family=Family.DUMP)
    assert {row.status: row.n for row in figures.itertuples() if row.n} == {"received": 1}
    assert [finding for finding in workshop.doctor.examine() if not finding.well] == []
