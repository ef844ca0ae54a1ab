"""The moderators' queue over HTTP: what is listed, and what comes after a decision."""

import re

from tests.web.conftest import DUMP, THEFT, hidden
from tests.web.moderators import LIGHT, RUT, child, moderator, send, trail_at, waiting, with_photo

__all__ = ["child", "moderator", "with_photo"]


def test_what_waits_is_listed_with_what_it_may_tell(moderator, put, child, house):
    told, robbed, first = put(**DUMP, description=RUT), put(**THEFT, description=RUT), child()
    page = moderator.client.get("/personal/moderacion").text
    order = re.findall(r'name="chosen" value="([^"]+)"', page)
    assert order == [first.public_id, told.public_id]
    assert "12.345.678-5" in page  # of a dump the beginning is shown
    assert robbed.public_id not in page  # its text is never shown to anybody
    assert re.search(r'hint-badge">RUT<', page)
    assert waiting(house, kind="text") == [("text", told.public_id)]
    assert moderator.client.get("/personal/moderacion?tipo=nada").status_code == 422
    assert moderator.client.get("/personal/moderacion?marca=nada").status_code == 422
    assert moderator.client.get("/personal/moderacion?barrio=nada").status_code == 404


def test_no_text_of_a_security_report_is_in_the_queue(moderator, put):
    put(**LIGHT, description=f"Poste apagado frente a mi casa. {RUT}")
    page = moderator.client.get("/personal/moderacion").text
    assert "Poste" not in page
    assert re.search(r'hint-badge">RUT<', page)


def test_filters_and_pages(moderator, put, house):
    sent = [put(**DUMP, description=f"texto {i}", size="car") for i in range(53)]
    page = moderator.client.get("/personal/moderacion?tipo=text&barrio=A").text
    assert page.count('name="chosen"') == 50
    older = re.search(r'href="([^"]+)" rel="next"', page)[1].replace("&amp;", "&")
    assert "tipo=text" in older
    assert "barrio=A" in older
    assert moderator.client.get(older).text.count('name="chosen"') == len(sent) - 50
    assert moderator.client.get("/personal/moderacion?tipo=photo").text.count('name="chosen"') == 0
    assert moderator.client.get("/personal/moderacion?barrio=B").text.count('name="chosen"') == 0


def test_after_a_decision_comes_the_next_of_the_same_queue(moderator, put, house):
    one, two, three = (put(**DUMP, description=f"texto {i}") for i in range(3))
    form = {"text": "x", "desde": trail_at(house, one, tipo="text", barrio="A")}
    answer = send(moderator, f"/personal/reportes/{one.public_id}/texto", **form)
    assert answer.headers["location"].startswith(f"/personal/reportes/{two.public_id}?desde=")
    page = moderator.client.get(answer.headers["location"]).text
    assert "Este es el siguiente" in page
    form = {"text": "x", "desde": hidden(page, "desde").replace("&amp;", "&")}
    answer = send(moderator, f"/personal/reportes/{two.public_id}/texto", **form)
    assert answer.headers["location"].startswith(f"/personal/reportes/{three.public_id}?")
    page = moderator.client.get(answer.headers["location"]).text
    form["desde"] = hidden(page, "desde").replace("&amp;", "&")
    answer = send(moderator, f"/personal/reportes/{three.public_id}/texto", **form)
    assert answer.headers["location"] == "/personal/moderacion?tipo=text&barrio=A&hecho=1"


def test_a_report_of_which_more_waits_stays_open(moderator, with_photo, put, house):
    both, other = with_photo("red", description="x"), put(**DUMP, description="y")
    for narrowed, stays in (({}, True), ({"tipo": "text"}, False)):
        desde = trail_at(house, both, **narrowed)
        answer = send(moderator, f"/personal/reportes/{both.public_id}/texto", text="x", desde=desde)
        assert (both.public_id in answer.headers["location"].partition("?")[0]) is stays
        assert (other.public_id in answer.headers["location"].partition("?")[0]) is not stays


def test_the_next_photo_comes_before_the_next_report(moderator, with_photo, put, house):
    report, other = with_photo("red", "blue"), put(**DUMP, description="x")
    desde = trail_at(house, report, tipo="photo")
    address = f"/personal/reportes/{report.public_id}/foto"
    here = send(moderator, f"{address}/0", accion="publicar", desde=desde)
    assert here.headers["location"].startswith(f"/personal/reportes/{report.public_id}?")
    on = send(moderator, f"{address}/1", accion="retirar", desde=trail_at(house, report))
    assert on.headers["location"].startswith(f"/personal/reportes/{other.public_id}?")
    assert send(moderator, f"{address}/9", accion="publicar").status_code == 404
