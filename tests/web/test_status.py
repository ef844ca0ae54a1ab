"""The page of one report: receipt, story, what is said of each state; and one answer for every wrong code."""

import json
import re
from base64 import b64decode

import pytest
import sqlalchemy as sa

from geo_reports.accounts import Actor
from geo_reports.intake.guesses import Guesses
from geo_reports.look import words
from geo_reports.privacy import StoryEvent
from geo_reports.report import Audience, CloseReason, NewReport, Status
from geo_reports.store.schema import report as stored
from geo_reports.web import follow_words
from geo_reports.web.qr import qr_svg
from tests.web.conftest import DUMP, NOW, THEFT, client_of

BOSS = Actor("boss", Audience.ADMIN)
ES = words("es")


@pytest.fixture(scope="module")
def house(house_at):
    """One house for all tests here: each looks at reports of its own."""
    return house_at()


@pytest.fixture(autouse=True)
def nobody_guessed(house):
    house.followup._guesses = Guesses()


@pytest.fixture
def move(house):
    def to(report, status, reason=None, note=None):
        house.fieldwork.set_status(report.public_id, status, reason=reason, note=note, actor=BOSS)

    return to


def page(visitor, report, query=""):
    answer = visitor.get(f"/seguimiento/{report.code}{query}")
    assert answer.status_code == 200
    return answer.text


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# receipt ---------------------------------------------------------------------------------------------


def test_the_receipt_has_code_link_and_qr(visitor, put):
    report = put(**DUMP)
    html = page(visitor, report, "?nuevo=1")
    assert f'<p class="code" data-code>{report.code}</p>' in html
    assert f'href="/seguimiento/{report.code}"' in html
    assert qr_svg(f"http://testserver/seguimiento/{report.code}") in html
    said = text_of(html)
    assert "anótalo, sácale una foto o imprímelo" in said
    assert "Si otras personas usan este teléfono" in said


def test_links_are_those_of_the_settings(house_at, put):
    house = house_at(public_url="https://reportes.example.org/")
    report = house.intake.accept(NewReport(**DUMP), channel="web")
    html = client_of(house).get(f"/seguimiento/{report.code}").text
    assert f'data-url="https://reportes.example.org/seguimiento/{report.code}"' in html


def test_the_qr_is_a_picture_of_its_own_too(visitor, put):
    report = put(**DUMP)
    answer = visitor.get(f"/seguimiento/{report.code.lower()}/qr.svg")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text == qr_svg(f"http://testserver/seguimiento/{report.code}")


def test_a_qr_code_is_drawn_in_squares_with_a_quiet_border():
    drawn = qr_svg("https://reportes.example.org/seguimiento/0000-0000-0000-0000")
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', drawn)[1])
    assert (side - 8 - 17) % 4 == 0  # ISO/IEC 18004: 17 modules and 4 for each version, 4 of border on each side
    assert drawn != qr_svg("https://reportes.example.org/seguimiento/0000-0000-0000-0001")
    assert "<script" not in drawn
    assert "style=" not in drawn


@pytest.mark.parametrize(("body", "title"), [(DUMP, "Tu reporte"), (THEFT, "Servicio municipal")])
def test_the_title_of_a_security_report_says_nothing(visitor, put, body, title):
    html = page(visitor, put(**body))
    assert f"<title>{title} – Villa Chica</title>" in html


# story -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        (Status.RECEIVED, None, "La municipalidad todavía no lo ha leído"),
        (Status.ACKNOWLEDGED, None, "alguien va al lugar"),
        (Status.IN_PROGRESS, None, "aquí lees que está hecho"),
        (Status.CLEANED, None, "Nadie más lo ha confirmado todavía"),
        (Status.CLOSED_WITHOUT_SOLUTION, CloseReason.PRIVATE_LAND, "Cerrado no quiere decir limpio"),
        (Status.REJECTED, CloseReason.NOT_OURS, "Si crees que es un error, escríbenos"),
    ],
)
def test_each_state_says_what_it_means_and_what_comes_next(visitor, put, move, status, reason, said):
    report = put(**DUMP)
    if status is not Status.RECEIVED:
        move(report, status, reason, "Una nota para ti.")
    html = text_of(page(visitor, report))
    assert said in html
    assert ("Una nota para ti." in html) == (status is not Status.RECEIVED)
    if reason:
        assert ES.reason(reason) in html


@pytest.mark.parametrize("family", ["dump", "security"])
@pytest.mark.parametrize("status", Status)
def test_every_state_has_words(status, family):
    assert len(follow_words.meaning(ES, status, family)) > 20
    assert len(ES(follow_words.NEXT[status])) > 20


def test_every_step_has_words_for_its_sender_and_for_staff():
    steps = [StoryEvent(NOW, "status", str(s), None, None, by) for s in Status for by in (True, False)]
    steps += [
        StoryEvent(NOW, "photo", None, r, "2", by) for r in ("held", "published", "withheld") for by in (True, False)
    ]
    steps += [StoryEvent(NOW, "text", None, None, note, False) for note in ("x", None)]
    steps += [StoryEvent(NOW, "text", None, None, None, True), StoryEvent(NOW, "comment", None, None, "x", True)]
    steps += [StoryEvent(NOW, kind, None, None, None) for kind in ("received", "category", "merged", "parted")]
    steps += [StoryEvent(NOW, "revised", None, "text,size", None, True)]
    for one in steps:
        for staff in (True, False):
            assert follow_words.headline(ES, one, "dump", staff=staff)
    assert follow_words.headline(ES, steps[-1], "dump") == "Corregiste el reporte: texto, cuánto hay"


def test_a_merged_report_goes_on_in_the_other(visitor, put, house):
    first, second = put(**DUMP), put(**DUMP)
    house.moderation.merge(second.public_id, first.public_id, actor=BOSS)
    html = page(visitor, second)
    assert "Sigue en otro reporte" in html
    assert f'href="/reportes/{first.public_id}"' in html
    assert "1 persona más dijo que vio lo mismo." in text_of(page(visitor, first))
    house.followup.erase(first.code, first.code)
    alone = page(visitor, second)
    assert "Vuelve a ser un reporte aparte" in alone
    assert first.public_id not in alone


def test_a_merged_security_report_names_no_other(visitor, put, house):
    first, second = put(**THEFT), put(**THEFT)
    house.moderation.merge(second.public_id, first.public_id, actor=BOSS)
    html = page(visitor, second)
    assert "Cómo va el otro reporte:" in html
    assert first.public_id not in html


def test_looks_of_staff_are_not_told(visitor, put, house):
    report = put(**THEFT)
    house.view(Audience.ADMIN).open_one(report.public_id, reason="una razón secreta", actor=BOSS)
    assert "una razón secreta" not in page(visitor, report)


# all that is kept ------------------------------------------------------------------------------------


def test_everything_that_is_kept_in_one_file(visitor, put, house):
    report = put(**DUMP, contact="ana@example.cl", description="mi texto")
    house.followup.comment(report.code, "y algo más", seen=0, sender=None)
    house.view(Audience.ADMIN).contact(report.public_id, reason="una razón secreta", actor=BOSS)
    answer = visitor.get(f"/seguimiento/{report.code}/datos.json")
    assert answer.headers["content-disposition"] == 'attachment; filename="datos.json"'
    assert answer.headers["cache-control"] == "no-store"
    kept = answer.json()
    assert kept["report"]["public_id"] == report.public_id
    assert (kept["report"]["lon"], kept["report"]["lat"]) == (DUMP["lon"], DUMP["lat"])
    assert kept["text"] == {"sent": "mi texto", "published": None}
    assert kept["contact"] == "ana@example.cl"
    assert [(one["kind"], one["by"], one["words"]) for one in kept["events"]] == [
        ("received", "sender", None),
        ("comment", "sender", "y algo más"),
        ("contact", "municipality", None),
    ]
    assert not {report.code, "secreta", "boss"} & set(re.findall(r"\w[\w-]+", answer.text))


def test_a_found_code_leads_to_no_place_and_no_person_of_a_security_report(visitor, put):
    report = put(**THEFT, contact="ana@example.cl", accuracy_m=8)
    answer = visitor.get(f"/seguimiento/{report.code}/datos.json")
    kept = answer.json()
    withheld = "kept; asked for in person"
    assert {kept["report"][name] for name in ("lon", "lat", "accuracy_m")} | {kept["contact"]} == {withheld}
    assert "ana@" not in answer.text
    assert str(abs(THEFT["lon"]))[:6] not in answer.text


def test_the_file_holds_the_photos(visitor, put, house, picture):
    report = put(**DUMP)
    house.followup.add_photos(report.code, [picture()], sender=None)
    (shot,) = visitor.get(f"/seguimiento/{report.code}/datos.json").json()["photos"]
    assert (shot["number"], shot["state"], shot["width"]) == (1, "held", 40)
    assert b64decode(shot["jpeg_base64"])[:3] == b"\xff\xd8\xff"


def test_every_column_of_a_report_is_in_the_file_or_named(visitor, put):
    kept = visitor.get(f"/seguimiento/{put(**DUMP).code}/datos.json").json()
    told = {*kept["report"], *kept["kept_besides"]}
    # told under other names: answers and units beside; what repeats a number of ours or the channel
    elsewhere = {"id", "answers", "duplicate_of", "outside", "month", "source", "source_id", "batch_id"}
    assert {column.name for column in stored.columns} - told == elsewhere


# wrong codes -----------------------------------------------------------------------------------------

WRONG = ["0000-0000-0000-0000", "x", "%00", "a" * 500, "ñandú", "<b>"]


def test_every_wrong_code_gets_the_same_page(visitor, put, house):
    gone = put(**DUMP).code
    house.followup.erase(gone, gone)
    for end in ("", "/datos.json", "/qr.svg"):
        pages = set()
        for code in [*WRONG, gone]:
            answer = visitor.get(f"/seguimiento/{code}{end}")
            assert answer.status_code == 404
            pages.add(re.sub(r'nonce="[^"]+"', "", answer.text).replace(f"/{code}{end}", ""))
        assert len(pages) == 1
        house.followup._guesses = Guesses()


def test_guesses_are_throttled_and_right_codes_are_not(house, put):
    right = put(**DUMP).code
    visitor = client_of(house)
    answers = [visitor.get(f"/seguimiento/{n:016d}") for n in range(30)]
    assert [answer.status_code for answer in answers] == [404] * 20 + [429] * 10
    assert int(answers[-1].headers["retry-after"]) in range(1, 61)
    assert right not in answers[-1].text
    assert visitor.get(f"/api/v1/reports/{0:016d}").status_code == 429
    assert visitor.get(f"/seguimiento/{right}").status_code == 200
    assert visitor.get(f"/api/v1/reports/{right}").status_code == 200


def test_wrong_expired_and_malformed_codes_ask_the_store_the_same(house, put):
    gone = put(**DUMP).code
    house.followup.erase(gone, gone)
    assert house.followup.close(20)  # nobody else asks the store meanwhile
    view = house.view(Audience.RESIDENT)
    with view._store.reading() as connection:
        engine = connection.engine
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    seen = set()
    for code in (gone, "0000-0000-0000-0000", "x", ""):
        asked.clear()
        with pytest.raises(Exception, match="Check each letter"):
            view.by_code(code)
        seen.add(json.dumps(asked))
    assert len(seen) == 1
    assert "receipt" in seen.pop()
