"""Pages and feeds of neighborhoods, maps in frames, and subscriptions, as a browser without scripts gets them."""

import re
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from geo_reports.accounts import Actor
from geo_reports.app import build
from geo_reports.report import Audience, Channel, CloseReason, NewReport, Status
from geo_reports.settings import Settings
from tests.post.mailbox import open_mailbox
from tests.web.conftest import DUMP, NOW, THEFT, client_of

ATOM = "{http://www.w3.org/2005/Atom}"
ANA = "ana@example.cl"


class Town:
    """A house whose time moves, with a mail server where one is given."""

    def __init__(self, repo, folder, **settings):
        self.now = NOW
        given = {"city": repo / "tests" / "cities" / "tiny", "db": str(folder / "r.sqlite"), "key_dir": folder / "k"}
        self.house = build(Settings(**{**given, "writes_per_hour": 1000, **settings}), lambda: self.now).house
        self.client = client_of(self.house)

    def put(self, **change):
        return self.house.intake.accept(NewReport(**{**DUMP, **change}), channel=Channel.WEB)

    def get(self, path, **headers):
        return self.client.get(path, headers=headers)


@pytest.fixture
def town(repo, tmp_path):
    return Town(repo, tmp_path)


@pytest.fixture
def mailbox():
    with open_mailbox() as mailbox:
        yield mailbox


@pytest.fixture
def mailed(repo, tmp_path, mailbox):
    given = {"smtp_host": "127.0.0.1", "smtp_port": mailbox.port, "smtp_security": "none"}
    town = Town(repo, tmp_path, **given, mail_from="a@city.example", public_url="https://city.example/")
    town.mailbox = mailbox
    return town


def link(town):
    town.house.post.send_due()
    return re.search(r"https://city\.example(/suscripcion/[0-9a-f]{40})\s", town.mailbox.letters[-1].get_content())[1]


# pages ---------------------------------------------------------------------------------------


def test_the_list_leads_to_every_neighborhood(town):
    town.put()
    page = town.get("/barrios")
    assert page.status_code == 200
    for unit in "ABCD":
        assert f'href="/barrios/{unit}"' in page.text
        assert town.get(f"/barrios/{unit}").status_code == 200
    assert "entre 0 y 48" in page.text


def test_a_page_tells_of_its_dumps_and_leads_to_each(town):
    receipt = town.put(size="car")
    town.house.intake.accept(NewReport(**THEFT), channel=Channel.WEB)
    page = town.get("/barrios/A").text
    assert f'href="/reportes/{receipt.public_id}"' in page
    assert re.findall(r'class="figure">([^<]*)', page) == ["1", "0", "0"]
    assert 'href="/barrios/A/avisos.atom"' in page
    assert "-69.9" not in page
    assert receipt.code not in page
    assert "/suscribir" not in page


def test_closed_and_cleaned_are_other_words_and_other_counts(town):
    actor = Actor("ana", Audience.ADMIN)
    for status, reason in ((Status.CLEANED, None), (Status.CLOSED_WITHOUT_SOLUTION, CloseReason.NOT_FOUND)):
        for _ in range(2 if reason is None else 1):
            receipt = town.put()
            town.house.fieldwork.set_status(receipt.public_id, status, reason=reason, note=None, actor=actor)
    page = town.get("/barrios/A").text
    found = re.findall(r'<h3 class="lead" id="\w+">([^<]*)</h3><p class="figure">([^<]*)', page)
    assert found == [("Abiertos", "0"), ("Limpiados", "2"), ("Cerrados sin solución", "1")]


@pytest.mark.parametrize(
    "path", ["/barrios/X", "/barrios/X/avisos.atom", "/barrios/%3Cscript%3E", "/mapas/x/incrustar"]
)
def test_what_is_not_there_is_not_found(town, path):
    answer = town.get(path)
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text
    assert answer.headers["x-frame-options"] == "DENY"


# feeds ---------------------------------------------------------------------------------------


def test_a_new_report_changes_no_feed_before_its_day_is_over(town):
    empty = town.get("/barrios/A/avisos.atom")
    receipt = town.put()
    same = town.get("/barrios/A/avisos.atom")
    assert (same.content, same.headers["etag"]) == (empty.content, empty.headers["etag"])
    town.now += timedelta(days=1)
    feed = ET.fromstring(town.get("/barrios/A/avisos.atom").content)
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.find(f"{ATOM}link").get("href") == f"http://testserver/reportes/{receipt.public_id}"
    assert entry.find(f"{ATOM}id").text == f"tag:testserver,2026-10-15:reportes/{receipt.public_id}"
    assert entry.find(f"{ATOM}updated").text == "2026-10-16T00:00:00-03:00"
    assert ET.fromstring(town.get("/barrios/B/avisos.atom").content).findall(f"{ATOM}entry") == []
    whole = ET.fromstring(town.get("/barrios/avisos.atom").content)
    assert [one.find(f"{ATOM}id").text for one in whole.findall(f"{ATOM}entry")] == [entry.find(f"{ATOM}id").text]


def test_a_reader_who_has_the_feed_is_not_sent_it_again(town):
    town.put()
    town.now += timedelta(days=1)
    first = town.get("/barrios/A/avisos.atom")
    assert first.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert first.headers["last-modified"] == "Fri, 16 Oct 2026 03:00:00 GMT"
    mark = first.headers["etag"]
    for same in ({"If-None-Match": mark}, {"If-None-Match": f'"other", W/{mark}'}):
        again = town.get("/barrios/A/avisos.atom", **same)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", mark)
    assert (
        town.get("/barrios/A/avisos.atom", **{"If-Modified-Since": first.headers["last-modified"]}).status_code == 304
    )
    for other in (
        {"If-None-Match": '"x"', "If-Modified-Since": first.headers["last-modified"]},
        {"If-Modified-Since": "Thu, 15 Oct 2026 03:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
        {"If-Modified-Since": "Fri, 16 Oct 2026 03:00:00"},
    ):
        assert town.get("/barrios/A/avisos.atom", **other).status_code == 200


def test_hostile_words_of_a_report_are_text_in_the_feed_and_on_the_page(town):
    evil = "<script>alert(1)</script>]]>&\x0b\"'"
    receipt = town.put(description="x")
    town.house.moderation.publish_text(
        receipt.public_id, evil.replace("\x0b", ""), actor=Actor("m", Audience.MODERATOR)
    )
    town.now += timedelta(days=1)
    feed = ET.fromstring(town.get("/barrios/A/avisos.atom").content)
    content = feed.find(f"{ATOM}entry/{ATOM}content")
    assert "<script>alert(1)</script>]]>&\"'" in content.text
    assert list(content) == []


def test_links_come_from_the_settings_not_from_who_asks(mailed):
    mailed.put()
    mailed.now += timedelta(days=1)
    text = mailed.get("/barrios/A/avisos.atom", host="evil.example").text
    assert "evil" not in text
    assert "https://city.example/reportes/" in text


def test_a_kept_map_never_shows_the_host_another_visitor_named(town):
    assert "https" not in town.get("/mapas/residents", host="evil.example").headers
    assert "evil.example" not in town.get("/mapas/residents").text
    assert "http://testserver/mapas/residents/incrustar" in town.get("/mapas/residents").text
    hostile = town.get("/mapas/residents", host='x"><script>alert(1)</script>').text
    assert "<script>alert(1)" not in hostile


# frames --------------------------------------------------------------------------------------


def test_only_a_public_map_may_be_framed(town):
    framed = town.get("/mapas/residents/incrustar")
    assert framed.status_code == 200
    assert "x-frame-options" not in framed.headers
    assert "frame-ancestors *" in framed.headers["content-security-policy"]
    assert framed.headers["cross-origin-resource-policy"] == "cross-origin"
    for path in (
        "/",
        "/barrios",
        "/barrios/A",
        "/mapas/residents",
        "/mapas/crews/incrustar",
        "/reportar",
        "/mapas/x/incrustar",
    ):
        answer = town.get(path)
        assert answer.headers["x-frame-options"] == "DENY", path
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path


def test_a_framed_map_keeps_nothing_of_its_visitor(town):
    token = town.house.accounts.sign_in("ana", town.house.accounts.add("ana", Audience.ADMIN))
    plain = town.get("/mapas/residents/incrustar?lang=en&theme=dark")
    town.client.cookies.set("session", token)
    signed = town.get("/mapas/residents/incrustar?lang=en&theme=dark")
    assert "set-cookie" not in plain.headers
    without = [re.sub(r'nonce="[^"]*"', "", one.text) for one in (plain, signed)]
    assert without[0] == without[1]
    assert not re.search(r"<nav|<form|localStorage|/entrar|/personal", plain.text)
    assert town.get("/mapas/crews/incrustar").status_code == 404


def test_a_framed_map_is_not_sent_again_and_may_stay_framed(town):
    mark = town.get("/mapas/residents/incrustar").headers["etag"]
    again = town.get("/mapas/residents/incrustar", **{"If-None-Match": mark})
    assert (again.status_code, "x-frame-options" in again.headers) == (304, False)
    assert town.get("/mapas/residents/incrustar?barrio=A").headers["etag"] != mark


def test_a_framed_map_can_be_narrowed_to_a_neighborhood(town):
    mine, other = town.put(), town.put(lon=-69.9849)
    narrow, whole = town.get("/mapas/residents/incrustar?barrio=A").text, town.get("/mapas/residents/incrustar").text
    assert (mine.public_id in narrow, other.public_id in narrow) == (True, False)
    assert other.public_id in whole
    assert town.get("/mapas/residents/incrustar?barrio=X").status_code == 404


def test_the_snippet_frames_the_map_and_can_be_copied_without_scripts(town):
    for path, address in (
        ("/mapas/residents", "http://testserver/mapas/residents/incrustar"),
        ("/barrios/A", "http://testserver/mapas/residents/incrustar?barrio=A"),
    ):
        text = re.search(r"<textarea[^>]*>(.*?)</textarea>", town.get(path).text, re.DOTALL)[1]
        assert f"&lt;iframe src=&#34;{address}&#34; title=&#34;Mapa:" in text
        assert "sandbox=&#34;allow-scripts allow-popups" in text


# subscriptions -------------------------------------------------------------------------------


def test_who_asks_confirms_and_leaves(mailed):
    page = mailed.get("/barrios/A").text
    assert 'action="/barrios/A/suscribir"' in page
    asked = mailed.client.post("/barrios/A/suscribir", data={"address": ANA, "days": "1"})
    assert (asked.status_code, ANA in asked.text) == (200, False)
    way = link(mailed)
    shown = mailed.get(way)
    assert (shown.status_code, shown.headers["x-robots-tag"], shown.headers["cache-control"]) == (
        200,
        "noindex",
        "no-store",
    )
    # programs that open links confirm nothing and end nothing
    mailed.get(f"{way}/baja")
    mailed.client.head(way)
    assert "Falta un paso" in mailed.get(way).text
    assert mailed.client.post(way).headers["location"] == way
    assert "Recibes las novedades de Barrio A" in mailed.get(way).text
    assert mailed.get(f"{way}/baja").status_code == 200
    assert "Recibes las novedades" in mailed.get(way).text
    # as mail programs send it (RFC 8058): no cookie, no token, no page before it
    left = mailed.client.post(f"{way}/baja", data={"List-Unsubscribe": "One-Click"})
    assert (left.status_code, mailed.get(way).status_code) == (200, 404)
    assert mailed.client.post(f"{way}/baja").status_code == 200
    assert mailed.client.post(way).status_code == 404


def test_the_answer_does_not_tell_whether_an_address_is_known(mailed):
    def answer(address):
        return mailed.client.post("/barrios/A/suscribir", data={"address": address, "days": "7"})

    def told(answer):
        return answer.status_code, re.sub(r'nonce="[^"]*"', "", answer.text)

    first = told(answer(ANA))
    mailed.client.post(link(mailed))
    assert told(answer(ANA)) == told(answer("new@example.cl")) == told(answer("new@example.cl")) == first


def test_what_is_no_address_is_said_beside_the_field(mailed):
    for address in ("", "ana", '"><script>alert(1)</script>', "a@b.cl\r\nBcc: c@d.cl"):
        answer = mailed.client.post("/barrios/A/suscribir", data={"address": address})
        assert answer.status_code == 422
        assert 'id="address-error"' in answer.text
        assert "<script>alert" not in answer.text
    assert mailed.client.post("/barrios/X/suscribir", data={"address": ANA}).status_code == 404
    assert mailed.mailbox.mails == []


def test_a_network_that_asks_too_often_waits(mailed):
    answers = [mailed.client.post("/barrios/A/suscribir", data={"address": f"a{n}@b.cl"}) for n in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 3000


def test_another_sites_form_subscribes_nobody(mailed):
    headers = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    answer = mailed.client.post("/barrios/A/suscribir", data={"address": ANA}, headers=headers)
    assert answer.status_code == 403
    mailed.house.post.send_due()
    assert mailed.mailbox.mails == []


def test_without_mail_there_is_no_form_and_no_way_to_send_one(town):
    assert town.client.post("/barrios/A/suscribir", data={"address": ANA}).status_code == 404
    assert "siete días" not in town.get("/privacidad").text


def test_the_notice_tells_how_long_an_address_is_kept(mailed):
    assert "se borra después de siete días" in mailed.get("/privacidad").text
