"""Mail to those who follow a neighborhood, through a mail server on this machine."""

import random
import re
from datetime import timedelta

import pytest

from geo_reports.intake.subscriptions import MOST_REFUSED, Subscriptions
from geo_reports.post import open_post
from geo_reports.privacy import View
from geo_reports.report import Audience, Status
from geo_reports.store import ErasureLog
from tests.post.conftest import KEY, relay

ANA = "ana@example.cl"
BASE = "https://reportes.municipalidad-de-villa-chica.example"
"""Long, so that a header with it is longer than the lines that mail programs fold at."""


@pytest.fixture
def town(town_at, file, mailbox, tmp_path):
    """A town whose neighborhoods can be followed, and the book of who does."""
    town = town_at(file)
    town.again = lambda: _office(town, mailbox, tmp_path)
    town.follow, town.post = town.again()
    return town


def _office(town, mailbox, folder):
    log = ErasureLog.beside(folder / "keys", "store")
    book = Subscriptions(town.city, town.store, KEY, town.clock, log)
    view = View(town.city, town.store, Audience.PUBLIC, town.clock, KEY.code_hash, KEY.unseal)
    given = {"relay": relay(mailbox.port), "rng": random.Random(1), "subscriptions": book, "base": BASE + "/"}
    return book, open_post(town.city, town.store, view, KEY.unseal, town.clock, **given)


def subscribed(town, mailbox, days=1, unit="A"):
    """Subscribe and confirm, as a person does; gives the link's secret."""
    town.follow.ask(unit, ANA, language="es", days=days, sender="203.0.113.7")
    town.post.send_due()
    token = re.search(rf"{BASE}/suscripcion/([0-9a-f]{{40}})\s", mailbox.letters.pop().get_content())[1]
    town.follow.confirm(token)
    mailbox.mails.clear()
    return token


def next_morning(town):
    town.wait(days=1)
    return dict(town.post.send_due())


def test_without_mail_or_an_address_of_the_service_nobody_can_subscribe(town_at, file, mailbox, town):
    assert town.post.follows
    assert not town_at(file).post.follows
    assert not town_at(file, relay=relay(mailbox.port)).post.follows


def test_the_question_names_the_place_and_holds_a_link(town, mailbox):
    town.follow.ask("A", ANA, language="es", days=7, sender="203.0.113.7")
    assert dict(town.post.send_due()) == {"sent": 1}
    (letter,) = mailbox.letters
    assert (letter["To"], letter["Subject"]) == (ANA, "¿Quieres las novedades de Barrio A por correo?")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert re.search(rf"{BASE}/suscripcion/[0-9a-f]{{40}}\r\n", letter.get_content())
    assert letter["List-Unsubscribe"] is None


def test_a_digest_tells_public_facts_and_how_to_leave(town, mailbox):
    token = subscribed(town, mailbox)
    receipt = town.send(description="frente a mi casa", contact="luis@example.cl", size="car")
    town.send("street_robbery")
    town.move(receipt.public_id, Status.IN_PROGRESS)
    assert next_morning(town) == {"sent": 1}
    (letter,) = mailbox.letters
    assert letter["Subject"] == "Barrio A: novedades de 1 microbasural"
    text = letter.get_content().replace("\r\n", "\n")
    assert "- 15-10-2026. Escombros (Cabe en un auto): En trabajo.\n" in text
    assert f"  {BASE}/reportes/{receipt.public_id}\n" in text
    hidden = ["frente", "luis", "nota", receipt.code, "-69", "Robo", ANA]
    assert [word for word in hidden if word in text] == []
    assert text.rstrip().endswith(f"{BASE}/suscripcion/{token}/baja")
    # RFC 8058: both headers as they are, whatever the length of the link
    raw = mailbox.mails[0][2].decode()
    assert f"\nList-Unsubscribe: <{BASE}/suscripcion/{token}/baja>\r\n" in raw
    assert "\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_a_day_without_news_brings_no_mail(town, mailbox):
    subscribed(town, mailbox)
    assert next_morning(town) == {"void": 1}
    assert mailbox.mails == []


def test_news_are_told_once_and_only_of_the_place_followed(town, mailbox):
    subscribed(town, mailbox)
    town.send()
    assert next_morning(town) == {"sent": 1}
    town.send("rubble", lon=-69.985)
    assert next_morning(town) == {"void": 1}


def test_who_leaves_before_it_is_sent_gets_nothing(town, mailbox):
    token = subscribed(town, mailbox)
    town.send()
    town.wait(days=1)
    town.follow.tend()
    town.follow.leave(token)
    assert dict(town.post.send_due()) == {"void": 1}
    assert mailbox.mails == []


def test_a_report_withdrawn_meanwhile_is_not_told(town, mailbox):
    subscribed(town, mailbox)
    public_id = town.send().public_id
    town.wait(days=1)
    town.follow.tend()
    town.move(public_id, Status.DUPLICATE)
    assert dict(town.post.send_due()) == {"void": 1}


def test_a_mail_that_may_have_arrived_goes_again_under_the_same_name(town, mailbox):
    subscribed(town, mailbox)
    town.send()
    town.wait(days=1)
    town.follow.tend()
    (letter,) = town.letters(("waiting",))
    sink = town.post._worker._sinks["subscriptions"]
    # handed over, and dead before that was written down
    assert sink.send(letter, int(town.now.timestamp())).sent
    town.follow, town.post = town.again()
    assert dict(town.post.send_due()) == {"sent": 1}
    names = {one["Message-ID"] for one in mailbox.letters}
    assert (len(mailbox.mails), len(names)) == (2, 1)
    assert dict(town.post.send_due()) == {}


def test_a_service_started_again_sends_no_second_digest(town, mailbox):
    subscribed(town, mailbox)
    town.send()
    assert next_morning(town) == {"sent": 1}
    town.follow, town.post = town.again()
    assert dict(town.post.send_due()) == {}


def test_a_mailbox_that_is_gone_is_forgotten(town, mailbox):
    token = subscribed(town, mailbox)
    mailbox.refuse["RCPT"] = "550 no such user"
    for n in range(MOST_REFUSED):
        assert town.follow.find(token) is not None, n
        town.send()
        assert next_morning(town) == {"void": 1}
    assert town.follow.find(token) is None
    assert town.letters(("dead",)) == []


def test_a_busy_mailbox_keeps_its_digest(town, mailbox):
    token = subscribed(town, mailbox)
    mailbox.refuse["RCPT"] = "450 later"
    town.send()
    assert next_morning(town) == {"failed": 1}
    mailbox.refuse.clear()
    town.wait(minutes=5)
    assert dict(town.post.send_due()) == {"sent": 1}
    assert town.follow.find(token).failures == 0


def test_a_long_list_is_cut_and_says_so(town, mailbox):
    subscribed(town, mailbox)
    for n in range(32):
        town.send(description=f"uno {n}")
    town.wait(days=1)
    town.post.send_due()
    text = mailbox.letters[0].get_content()
    assert text.count("/reportes/") == 30
    assert "y 2 más." in text


def test_names_with_line_ends_stay_in_their_header(town, mailbox):
    table = town.city.primary.table
    assert "\n" not in "".join(table.name)
    sink = town.post._worker._sinks["subscriptions"]
    assert sink._name("no\r\nBcc: all@example.cl") == "no Bcc: all@example.cl"


def test_the_wait_between_chores_is_short(town, mailbox):
    subscribed(town, mailbox)
    town.send()
    town.wait(days=1)
    assert dict(town.post.send_due()) == {"sent": 1}
    town.send()
    town.now += timedelta(days=1)
    assert dict(town.post.send_due()) == {"sent": 1}
