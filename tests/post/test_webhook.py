"""Webhooks: what a receiver gets, and where none may be."""

import hashlib
import hmac
import json

import pytest

from geo_reports.errors import InputError
from geo_reports.post import Hook, read_hooks
from geo_reports.post.sink import Outcome
from geo_reports.post.webhook import Webhook, allowed
from geo_reports.privacy.notices import Notice
from geo_reports.report import Status
from geo_reports.store import Letter
from tests.post.conftest import NOW, SECRET, works

LETTER = Letter(1, "d" * 32, "webhook:works", "report.received", '{"public_id": "abc"}', 0, "waiting", 1, 0, None)
NOTICE = Notice("abc", "rubble", "received", "A", 202609)


def test_a_receiver_gets_public_facts_signed(town_at, file, receiver):
    town = town_at(file, hooks=[works(receiver.port)])
    receipt = town.send(description="Frente a mi casa", contact="ana@example.cl", accuracy_m=5)
    assert dict(town.post.send_due()) == {"sent": 1}
    ((path, headers, body),) = receiver.got
    told = json.loads(body)
    facts = {"public_id": receipt.public_id, "category": "rubble", "status": "received", "unit": "A", "month": 202609}
    assert told == {"id": headers["Idempotency-Key"], "kind": "report.received", "report": facts}
    assert (path, headers["Content-Type"]) == ("/hook", "application/json")
    stamp = headers["X-Geo-Reports-Timestamp"]
    assert stamp == str(int(NOW.timestamp()))
    expected = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["X-Geo-Reports-Signature"] == f"sha256={expected}"
    assert SECRET not in repr(works(1))


def test_each_piece_of_news_is_told_once_with_an_id_of_its_own(town_at, file, receiver):
    town = town_at(file, hooks=[works(receiver.port)])
    public_id = town.send().public_id
    town.move(public_id)
    town.post.send_due()
    assert dict(town.post.send_due()) == {}
    told = [json.loads(body) for _, _, body in receiver.got]
    assert [one["kind"] for one in told] == ["report.received", "report.status"]
    # the facts are those at the time of sending
    assert [one["report"]["status"] for one in told] == ["acknowledged", "acknowledged"]
    assert len(set(receiver.ids)) == 2


def test_a_receiver_gets_the_kinds_it_asked_for(town_at, file, receiver):
    hook = Hook(name="works", url=receiver.url, secret=SECRET, kinds=("report.status",))
    town = town_at(file, hooks=[hook])
    town.move(town.send().public_id)
    town.post.send_due()
    assert [json.loads(body)["kind"] for _, _, body in receiver.got] == ["report.status"]


@pytest.mark.parametrize("category", ["street_robbery", "street_light", "threat"])
def test_of_security_nothing_is_even_kept(town_at, file, category):
    town = town_at(file, hooks=[works(1)])
    town.move(town.send(category, contact="ana@example.cl").public_id)
    assert town.letters() == []


def test_by_default_there_are_no_messages(town_at, file):
    town = town_at(file)
    town.move(town.send(contact="ana@example.cl").public_id)
    assert town.letters() == []
    assert town.post.sinks == ()


def test_a_report_withdrawn_meanwhile_is_only_that(town_at, file, receiver):
    town = town_at(file, hooks=[works(receiver.port)])
    town.move(town.send().public_id, Status.DUPLICATE)
    town.post.send_due()
    assert {json.loads(body)["report"]["status"] for _, _, body in receiver.got} == {"withdrawn"}


@pytest.mark.parametrize(
    ("mood", "outcome"),
    [
        (200, Outcome(sent=True)),
        (204, Outcome(sent=True)),
        ("redirect", Outcome(error="HTTP 307")),
        (404, Outcome(error="HTTP 404")),
        (410, Outcome(final=True, error="HTTP 410")),
        (429, Outcome(down=True, error="HTTP 429")),
        (500, Outcome(down=True, error="HTTP 500")),
        ("huge", Outcome(sent=True)),
        ("slow", Outcome(down=True, error="TooSlow")),
        ("endless", Outcome(down=True, error="TooSlow")),
    ],
)
def test_what_an_answer_means(receiver, mood, outcome):
    receiver.mood = mood
    hook = Webhook(works(receiver.port), lambda public_id: NOTICE, limit_s=1.5 if mood in ("slow", "endless") else 30.0)
    assert hook.send(LETTER, 1) == outcome
    assert len(receiver.got) == 1


def test_before_each_delivery_the_address_is_judged(receiver):
    hook = Hook(name="works", url="https://hooks.example.org/x", secret=SECRET)
    sink = Webhook(hook, lambda public_id: NOTICE, lambda host, port: ["192.168.1.1"])
    assert sink.send(LETTER, 1) == Outcome(down=True, error="ForbiddenAddress")


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/x",
        "https://hooks.example.org:8443/x",
        "https://me@hooks.example.org/",
        "https://me:word@hooks.example.org/",
        "https://hooks.example.org/#part",
        "https://hooks.example.org/a b",
        "https://hooks.example.org\\@10.0.0.1/",
        "https://hooks.example.org/\r\nHost: b",
        "https://hooks.example.org:x/",
        "https://hooks",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:7f00:1]/",
        "https://10.0.0.1/",
        "https://8.8.8.8/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://0x7f.0.0.0x1/",
        "https://127.1/",
        "https://10.0.0.1./",
        "file:///etc/passwd",
        "ftp://hooks.example.org/",
        "https:///x",
        "",
    ],
)
def test_where_a_webhook_may_not_lead(url):
    assert not allowed(url)


def test_where_a_webhook_may_lead():
    assert allowed("https://hooks.example.org/x?token=1")
    assert allowed("https://hooks.example.org:443")
    local = ["http://127.0.0.1:8080/x", "http://localhost:1/", "http://[::1]:1/"]
    assert [(allowed(url), allowed(url, local=True)) for url in local] == [(False, True)] * 3
    assert not allowed("http://10.0.0.1/", local=True)


def test_settings_are_read():
    text = '[{"name": "works", "url": "https://w.example.org/x", "secret": "0123456789abcdef"}]'
    (hook,) = read_hooks(text)
    assert (hook.sink, hook.kinds) == ("webhook:works", ("report.received", "report.status"))
    assert read_hooks("") == read_hooks(" ") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "Invalid JSON"),
        ("{}", "valid"),
        ('[{"name": "w", "url": "https://w.example.org"}]', "0.secret"),
        ('[{"name": "w", "url": "https://w.example.org", "secret": "hush hush"}]', "0.secret"),
        ('[{"name": "W w", "url": "https://w.example.org", "secret": "0123456789abcdef"}]', "0.name"),
        ('[{"name": "w", "url": "https://w.example.org", "secret": "0123456789abcdef", "x": 1}]', "0.x"),
        ('[{"name": "w", "url": "https://w.example.org", "secret": "0123456789abcdef", "kinds": ["all"]}]', "kinds"),
        ('[{"name": "w", "url": "http://10.0.0.1", "secret": "0123456789abcdef"}]', "https on port 443"),
        (f"[{', '.join(2 * [json.dumps({'name': 'w', 'url': 'https://w.example.org', 'secret': 16 * 's'})])}]", "same"),
    ],
)
def test_settings_that_cannot_be_are_named_and_their_secret_is_not(text, said):
    with pytest.raises(InputError, match=said) as caught:
        read_hooks(text)
    assert caught.value.field == "webhooks"
    assert "hush" not in str(caught.value)
    assert "0123456789" not in str(caught.value)
