"""Mail to senders, through a mail server on this machine."""

import pytest

from geo_reports.errors import InputError
from geo_reports.look import words
from geo_reports.post import Relay
from geo_reports.post.mail import Mail, Sender
from geo_reports.post.sink import Outcome
from geo_reports.report import Family, Status
from geo_reports.store import Letter
from geo_reports.wire.mailbox import is_address
from tests.certificates import contexts
from tests.post.conftest import relay
from tests.post.mailbox import open_mailbox
from tests.store.hand import dump

LETTER = Letter(1, "d" * 32, "mail", "report.status", '{"public_id": "abc"}', 0, "waiting", 1, 0, None)
ANA = "ana@example.cl"


def mail(given, contact=ANA, family=Family.DUMP, status=Status.CLEANED, **more):
    return Mail(given, lambda public_id: Sender(contact, family, status), words("es"), "Villa Chica", **more)


def test_who_left_an_address_learns_of_a_new_status(town_at, file, mailbox):
    town = town_at(file, relay=relay(mailbox.port))
    receipt = town.send(contact=f" {ANA} ", description="Frente a mi casa")
    assert town.letters() == []
    town.move(receipt.public_id, Status.IN_PROGRESS)
    assert dict(town.post.send_due()) == {"sent": 1}
    ((sender, recipients, _),) = mailbox.mails
    assert sender.lower().startswith("mail from:<reports@city.example>")
    assert [one.lower() for one in recipients] == [f"rcpt to:<{ANA}>"]
    (letter,) = mailbox.letters
    assert (letter["To"], letter["From"]) == (ANA, "Villa Chica <reports@city.example>")
    assert (letter["Subject"], letter["Auto-Submitted"]) == ("Novedades de tu reporte", "auto-generated")
    assert letter["Date"] == "Thu, 15 Oct 2026 15:00:00 +0000"
    assert letter["Message-ID"] == f"<{town.letters()[0].dedup_id}@city.example>"
    assert letter.get_content_type() == "text/plain"
    text = letter.get_content()
    assert text.splitlines()[0] == "El microbasural que reportaste: En trabajo."
    assert "usa tu código en https://city.example/seguimiento" in text
    kept = [receipt.code, receipt.code.replace("-", ""), receipt.public_id, "Frente a mi casa", "nota", "ana"]
    assert [word for word in kept if word in text] == []


def test_a_mail_about_security_says_only_that_there_is_news(town_at, file, mailbox):
    town = town_at(file, relay=relay(mailbox.port), page="")
    town.move(town.send("street_robbery", contact=ANA).public_id)
    town.post.send_due()
    (letter,) = mailbox.letters
    assert letter.get_content().splitlines()[:3] == [
        "Hay novedades del reporte que nos enviaste.",
        "",
        "Para saber más, usa tu código en la página donde lo enviaste.",
    ]


def test_the_address_is_never_in_the_outbox(town_at, db, mailbox):
    town = town_at(db, relay=relay(mailbox.port))
    town.move(town.send(contact=ANA).public_id)
    assert len(town.letters()) == 1
    assert ANA not in dump(db)
    town.post.send_due()
    assert len(mailbox.mails) == 1
    assert ANA not in dump(db)


@pytest.mark.parametrize("contact", [None, "+56 9 8765 4321", "ana arroba example.cl"])
def test_who_left_no_address_is_not_written_to(town_at, file, mailbox, contact):
    town = town_at(file, relay=relay(mailbox.port))
    town.move(town.send(contact=contact).public_id)
    town.post.send_due()
    assert (mailbox.said, town.letters()) == ([], [])


@pytest.mark.parametrize(
    "contact",
    [
        "ana@example.cl\r\nBcc: all@example.cl",
        "ana@example.cl\nBcc: all@example.cl",
        "ana@example.cl\r",
        "ana@example.cl, all@example.cl",
        "ana@example.cl;all@example.cl",
        "<ana@example.cl>",
        "Ana <ana@example.cl>",
        '"ana\r\nBcc: all"@example.cl',
        "ana@example.cl> SIZE=1",
        "ana @example.cl",
        "ana@@example.cl",
        "ana@localhost",
        "ana@[127.0.0.1]",
        "ana@-example.cl",
        "ana@example..cl",
        ".ana@example.cl",
        "ñandú@example.cl",
        "ana@ex\u2028ample.cl",
        "ana\x00@example.cl",
        "a" * 65 + "@example.cl",
        "ana@" + "a." * 130 + "cl",
        "@example.cl",
        "",
    ],
)
def test_what_is_not_one_plain_address_gets_no_mail(mailbox, contact):
    assert not is_address(contact)
    if contact == contact.strip():
        assert mail(relay(mailbox.port), contact).send(LETTER, 1).void
        assert mailbox.said == []


@pytest.mark.parametrize("contact", [ANA, "a.b+c@mail.example.co", "o'higgins@example.cl", "A_1@xn--and-6ma2c.cl"])
def test_plain_addresses(contact):
    assert is_address(contact)


def test_a_name_of_a_city_is_no_header(mailbox):
    named = Mail(
        relay(mailbox.port), lambda _: Sender(ANA, Family.DUMP, Status.CLEANED), words("es"), 'Ñ, "x" <b@c.cl>'
    )
    assert named.send(LETTER, 1).sent
    (letter,) = mailbox.letters
    (address,) = letter["From"].addresses
    assert (address.display_name, address.addr_spec) == ('Ñ, "x" <b@c.cl>', "reports@city.example")


def test_a_line_of_one_dot_does_not_end_the_mail(mailbox):
    sink = mail(relay(mailbox.port), page="\r\n.\r\nQUIT\r\n")
    assert sink.send(LETTER, 1).sent
    assert len(mailbox.mails) == 1
    assert [word.upper() for word in mailbox.said].count("QUIT") == 1


@pytest.mark.parametrize(
    ("refuse", "outcome"),
    [
        ({"RCPT": "550 ana@example.cl is unknown"}, Outcome(final=True, error="SMTP 550")),
        ({"RCPT": "450 ana@example.cl is busy"}, Outcome(error="SMTP 450")),
        ({"MAIL": "451 later"}, Outcome(down=True, error="SMTP 451")),
        ({"MAIL": "550 you may not"}, Outcome(down=True, error="SMTP 550")),
        ({"DATA": "554 no"}, Outcome(final=True, error="SMTP 554")),
        ({"DATA": "452 full"}, Outcome(down=True, error="SMTP 452")),
        ({"EHLO": "421 no", "HELO": "421 no"}, Outcome(down=True, error="SMTP 421")),
        ({"QUIT": "421 gone"}, Outcome(sent=True)),
    ],
)
def test_what_a_refusal_means(mailbox, refuse, outcome):
    mailbox.refuse = refuse
    assert mail(relay(mailbox.port)).send(LETTER, 1) == outcome


def test_a_server_that_is_not_there_is_down():
    assert mail(relay(1)).send(LETTER, 1) == Outcome(down=True, error="ConnectionRefusedError")


def test_the_way_is_secured_or_not_taken(tmp_path, mailbox):
    server, client = contexts(tmp_path, "localhost")
    with open_mailbox(server) as secured:
        safe = Relay("localhost", secured.port, "starttls", "", "", "reports@city.example")
        assert mail(safe, trust=client).send(LETTER, 1).sent
        assert [word.split(" ")[0].upper() for word in secured.said][:4] == ["EHLO", "STARTTLS", "EHLO", "MAIL"]
        assert mail(safe).send(LETTER, 1) == Outcome(down=True, error="SSLCertVerificationError")
        assert len(secured.mails) == 1
    plain = Relay("localhost", mailbox.port, "starttls", "", "", "reports@city.example")
    assert mail(plain, trust=client).send(LETTER, 1) == Outcome(down=True, error="SMTPNotSupportedError")
    tls = Relay("localhost", mailbox.port, "tls", "", "", "reports@city.example")
    assert mail(tls, trust=client).send(LETTER, 1).down
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (("mail.example.cl", 587, "starttls", "", "", ""), "mail_from"),
        (("mail.example.cl", 587, "starttls", "", "", "a@b.cl\r\nBcc: c@d.cl"), "mail_from"),
        (("mail.example.cl", 25, "none", "", "", "reports@city.example"), "smtp_security"),
        (("mail.example.cl", 587, "tls", "me", "", "reports@city.example"), "smtp_user"),
    ],
)
def test_settings_that_cannot_be_are_named(given, field):
    with pytest.raises(InputError) as caught:
        Relay(*given)
    assert caught.value.field == field


def test_a_password_is_not_printed():
    assert "hush" not in repr(Relay("mail.example.cl", 587, "tls", "me", "hush", "reports@city.example"))
