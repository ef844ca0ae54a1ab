"""What a sender does on the page of a report: plain forms, no script."""

import re

import pytest

from geo_reports.accounts import Actor
from geo_reports.fieldwork.followup import MOST_PHOTOS
from geo_reports.intake.guesses import Guesses
from geo_reports.report import Audience, Channel, CloseReason, NewReport, Status
from tests.web.conftest import DUMP, THEFT, hidden

BOSS = Actor("boss", Audience.ADMIN)


@pytest.fixture(scope="module")
def house(house_at):
    """One house for all tests here: each changes reports of its own."""
    return house_at()


@pytest.fixture(autouse=True)
def nobody_guessed(house):
    house.followup._guesses = Guesses()


class Page:
    """The page of a report, and its forms."""

    def __init__(self, visitor, house, code):
        self.visitor, self.house, self.code = visitor, house, code
        self.at = f"/seguimiento/{code}"

    def html(self):
        answer = self.visitor.get(self.at)
        assert answer.status_code == 200
        return answer.text

    def post(self, form, **data):
        return self.visitor.post(f"{self.at}/{form}", data=data)

    def done(self, form, **data):
        """Send a form and follow where it leads."""
        answer = self.post(form, **data)
        assert answer.status_code == 303, answer.text
        shown = self.visitor.get(answer.headers["location"].split("#")[0])
        assert "Listo." in shown.text
        return shown.text

    @property
    def own(self):
        return self.house.followup.own(self.code)

    def move(self, status, reason=None):
        self.house.fieldwork.set_status(self.own.public_id, status, reason=reason, note=None, actor=BOSS)


@pytest.fixture
def page(visitor, house, put):
    return Page(visitor, house, put(**DUMP, description="Escombros").code)


def offered(html):
    return set(re.findall(r'action="/seguimiento/[^/"]+/(\w+)"', html))


ALWAYS = {"borrar"}
OPEN = ALWAYS | {"comentario", "foto", "corregir", "retirar"}


@pytest.mark.parametrize(
    ("status", "forms"),
    [
        (Status.RECEIVED, OPEN),
        (Status.IN_PROGRESS, OPEN),
        (Status.CLEANED, ALWAYS | {"comentario", "foto", "confirmar", "reabrir"}),
        (Status.VERIFIED, ALWAYS | {"comentario", "foto", "reabrir"}),
        (Status.REJECTED, ALWAYS | {"comentario"}),
        (Status.RETRACTED, ALWAYS),
    ],
)
def test_only_what_can_be_done_is_offered(page, status, forms):
    if status is Status.VERIFIED:
        page.move(Status.CLEANED)
    if status is Status.RETRACTED:
        page.done("retirar", sure="yes")
    elif status is not Status.RECEIVED:
        page.move(status, CloseReason.TEST if status is Status.REJECTED else None)
    assert offered(page.html()) == forms


def test_a_comment_is_shown_to_its_sender_and_nobody_else(page, visitor):
    html = page.done("comentario", comment="Hay vidrios <b>", seen="0")
    assert "Hay vidrios &lt;b&gt;" in html
    assert "Hay vidrios" not in visitor.get(f"/reportes/{page.own.public_id}").text
    assert "Hay vidrios" not in visitor.get("/api/v1/reports").text


def test_a_text_that_tells_who_somebody_is_is_asked_about_once(page):
    text = "Llámame al +56 9 8765 4321"
    asked = page.post("comentario", comment=text, seen="0")
    assert asked.status_code == 422
    assert "+56 9 8765 4321</strong>" in asked.text
    assert text in re.search(r"<textarea id=\"comment-text\".*?</textarea>", asked.text, re.DOTALL)[0]
    assert page.own.n_comments == 0
    page.done("comentario", comment=text, seen="0", hinted=hidden(asked.text, "hinted"))
    assert page.own.n_comments == 1


@pytest.mark.parametrize("text", ["", " ", "x" * 1001])
def test_an_empty_or_long_comment_is_asked_for_again(page, text):
    answer = page.post("comentario", comment=text, seen="0")
    assert answer.status_code == 422
    assert "Escribe un comentario de hasta 1.000 caracteres." in answer.text
    assert '<details class="card fold" id="comment" open>' in answer.text
    assert text.strip() in answer.text


def test_photos_are_added_and_counted(page, visitor, picture):
    files = [("photo", (f"{n}.jpg", picture(size=(40, 30 + n)), "image/jpeg")) for n in range(2)]
    answer = visitor.post(f"{page.at}/foto", files=files)
    assert answer.status_code == 303
    said = re.sub(r"\s+", " ", page.html())
    assert "2 fotos recibidas. 2 en revisión." in said
    assert "Enviaste la foto 2" in said
    house = page.house
    house.photo_desk.publish(page.own.public_id, 1, [], BOSS)
    html = page.html()
    assert f'src="/fotos/{page.own.public_id}/1.jpg"' in html
    assert f'src="/fotos/{page.own.public_id}/0.jpg"' not in html


@pytest.mark.parametrize("file", [b"no photo", b"<svg/>"])
def test_what_is_no_photo_is_refused_in_words(page, visitor, file):
    answer = visitor.post(f"{page.at}/foto", files={"photo": ("x.jpg", file, "image/jpeg")})
    assert answer.status_code == 422
    assert f"en total hasta {MOST_PHOTOS} por reporte" in answer.text
    assert visitor.post(f"{page.at}/foto").status_code == 422


def test_a_correction(page):
    html = page.done("corregir", category="household", size="truck", description="Basura")
    assert "Corregiste el reporte: qué viste, cuánto hay, texto" in html
    assert (page.own.category, page.own.size, page.own.description) == ("household", "truck", "Basura")


@pytest.mark.parametrize("data", [{"category": "street_robbery"}, {"category": ""}, {}])
def test_a_correction_that_cannot_be(page, data):
    answer = page.post("corregir", description="Otra cosa", **data)
    assert answer.status_code == 422
    assert "Otra cosa" in answer.text
    assert page.own.description == "Escombros"


def test_taking_back_asks_first(page):
    asked = page.post("retirar")
    assert asked.status_code == 200
    assert page.own.status is Status.RECEIVED
    page.done("retirar", sure="yes")
    page.done("retirar", sure="yes")
    assert page.own.status is Status.RETRACTED
    assert "Retiraste el reporte" in page.html()


def test_a_report_of_several_people_cannot_be_taken_back(page, put, house):
    house.moderation.merge(put(**DUMP).public_id, page.own.public_id, actor=BOSS)
    assert "no se puede retirar" in page.post("retirar").text
    assert page.post("retirar", sure="yes").status_code == 409
    assert page.own.status is Status.RECEIVED


def test_confirmed_and_opened_again(page):
    page.move(Status.CLEANED)
    assert "Confirmaste que quedó resuelto" in page.done("confirmar")
    answer = page.post("reabrir", why="", seen="9")
    assert answer.status_code == 422
    assert "por qué no está resuelto" in answer.text
    html = page.done("reabrir", why="Volvieron a botar", seen="1")
    assert "Lo reabriste" in html
    assert "Volvieron a botar" in html
    assert page.own.status is Status.ACKNOWLEDGED


def test_what_is_no_longer_possible_shows_how_it_is_now(page):
    page.move(Status.CLEANED)
    answer = page.post("corregir", category="rubble", description="x")
    assert answer.status_code == 409
    assert "El reporte cambió mientras tanto" in answer.text
    assert 'id="now">Limpiado' in answer.text


def test_erasing_asks_for_the_code(page, visitor):
    asked = page.post("borrar")
    assert asked.status_code == 200
    assert page.code in asked.text
    wrong = page.post("borrar", again="0000-0000-0000-0000")
    assert wrong.status_code == 422
    assert "No se borró nada." in wrong.text
    done = page.post("borrar", again=page.code.lower())
    assert done.status_code == 200
    assert "Se borró todo" in done.text
    assert visitor.get(page.at).status_code == 404


def test_a_childs_report_offers_no_words(visitor, house):
    new = NewReport(**DUMP)
    code = house.intake.accept(new, channel=Channel.CHILDREN).code
    html = Page(visitor, house, code).html()
    assert not {"comentario", "reabrir"} & offered(html)
    assert 'name="description"' not in html


FORMS = ("comentario", "foto", "corregir", "retirar", "confirmar", "reabrir", "borrar")


@pytest.mark.parametrize("form", FORMS)
def test_a_wrong_code_gets_the_same_answer_whatever_is_sent(visitor, form, picture):
    given = {"comment": "x", "why": "x", "seen": "0", "category": "rubble", "sure": "yes", "again": "x"}
    sent = {"data": given} if form != "foto" else {"files": {"photo": ("x.jpg", picture(), "image/jpeg")}}
    answer = visitor.post(f"/seguimiento/0000-0000-0000-0000/{form}", **sent)
    assert answer.status_code == 404
    assert "No encontramos un reporte con ese código." in answer.text


@pytest.mark.parametrize("form", FORMS)
def test_a_form_of_another_site_is_refused(page, visitor, form):
    answer = visitor.post(f"{page.at}/{form}", data={"sure": "yes"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert page.own.n_changes == 0


def test_titles_of_what_a_sender_does_with_a_security_report_say_nothing(visitor, house, put):
    page = Page(visitor, house, put(**THEFT).code)
    for form in ("retirar", "borrar"):
        assert "<title>Servicio municipal" in page.post(form).text
