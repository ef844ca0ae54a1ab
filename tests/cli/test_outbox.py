"""``outbox`` as an operator uses it."""

import json
import re
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from geo_reports.accounts import Actor
from geo_reports.app import build, create_app
from geo_reports.cli import main
from geo_reports.cli.common import app
from geo_reports.report import Audience, Channel, NewReport, Status
from geo_reports.settings import Settings
from tests.post.mailbox import open_mailbox
from tests.post.receiver import receiving

NOW = datetime(2026, 10, 15, 15, tzinfo=UTC)
ANA = "ana@example.cl"


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def mailbox():
    with open_mailbox() as mailbox:
        yield mailbox


@pytest.fixture
def settings(repo, tmp_path, monkeypatch, receiver, mailbox):
    """Settings in the environment: a store of its own, a webhook and a mail server."""
    hook = {"name": "works", "url": receiver.url, "secret": "a secret of sixteen or more"}
    given = {
        "CITY": str(repo / "tests" / "cities" / "tiny"),
        "DB": str(tmp_path / "r.sqlite"),
        "KEY_DIR": str(tmp_path / "keys"),
        "WEBHOOKS": json.dumps([hook]),
        "WEBHOOKS_LOCAL": "true",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mailbox.port),
        "SMTP_SECURITY": "none",
        "MAIL_FROM": "reports@city.example",
        "PUBLIC_URL": "https://city.example/",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"GEO_REPORTS_{name}", value)
    return Settings()


@pytest.fixture
def run(settings, capsys):
    """Run ``outbox``; standard output, or standard error when it fails without any."""

    def run(*words, code=0):
        with pytest.raises(SystemExit) as left:
            main(["outbox", *words])
        out, err = capsys.readouterr()
        assert left.value.code == code, out + err
        return out or err

    return run


def report(settings, **change):
    """One report that somebody sent, and that is acknowledged."""
    house = build(settings, lambda: NOW).house
    given = {"family": "dump", "category": "rubble", "lon": -69.995, "lat": -32.995, "contact": ANA, **change}
    public_id = house.intake.accept(NewReport(**given), channel=Channel.WEB).public_id
    actor = Actor("ana", Audience.ADMIN)
    house.fieldwork.set_status(public_id, Status.ACKNOWLEDGED, reason=None, note=None, actor=actor)
    return public_id


@pytest.mark.parametrize("name", ["list", "send", "retry"])
def test_help_has_an_example(name):
    done = CliRunner().invoke(app, ["outbox", name, "--help"])
    assert f"Example: geo-reports outbox {name}" in re.sub(r"[`\s]+", " ", done.output)


def test_what_waits_is_listed_and_sent(settings, run, receiver, mailbox):
    public_id = report(settings)
    rows = json.loads(run("list", "--json"))
    assert [(row["to"], row["kind"], row["state"], row["attempts"]) for row in rows] == [
        ("webhook:works", "report.received", "waiting", 0),
        ("webhook:works", "report.status", "waiting", 0),
        ("mail", "report.status", "waiting", 0),
    ]
    assert "3 delivered" in run("send")
    assert (len(receiver.got), len(mailbox.mails)) == (2, 1)
    assert "https://city.example/seguimiento" in mailbox.letters[0].get_content()
    assert "Nothing waits" in run("list")
    listed = run("list", "--all")
    assert listed.count("sent") == 3
    assert public_id not in listed


def test_what_was_given_up_is_listed_and_tried_again(settings, run, receiver, mailbox):
    report(settings)
    mailbox.refuse, receiver.mood = {"RCPT": f"550 {ANA} is unknown"}, 410
    assert "3 given up" in run("send", code=1)
    listed = run("list", code=1)
    assert listed.count("HTTP 410") == 2
    assert "SMTP 550" in listed
    assert "example.cl" not in listed
    mailbox.refuse, receiver.mood = {}, 204
    assert "1 will be tried again." in run("retry", "3")
    assert "2 will be tried again." in run("retry", "--all")
    assert json.loads(run("send", "--json")) == {"sent": 3, "void": 0, "failed": 0, "dead": 0, "postponed": 0}
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize("words", [(), ("1", "--all"), ("999",)])
def test_what_cannot_be_tried_again_is_said(settings, run, words):
    report(settings)
    assert "outbox list" in run("retry", *words, code=1)


def test_nobody_to_send_to(run, monkeypatch):
    for name in ("WEBHOOKS", "SMTP_HOST"):
        monkeypatch.setenv(f"GEO_REPORTS_{name}", "")
    assert "GEO_REPORTS_WEBHOOKS" in run("send", code=1)


def test_a_webhook_that_cannot_be_stops_the_service_with_a_sentence(run, monkeypatch):
    monkeypatch.setenv("GEO_REPORTS_WEBHOOKS_LOCAL", "false")
    said = run("list", code=1)
    assert "works: the url is https" in said
    assert "sixteen" not in said


def test_synthetic_reports_are_told_to_nobody(settings):
    house = build(settings, lambda: NOW, demo=True).house
    assert house.post.sinks == ()


def test_the_service_says_who_is_told(settings):
    with TestClient(create_app(build(settings, lambda: NOW).house), base_url="http://testserver") as anyone:
        assert "también a 127.0.0.1" in anyone.get("/privacidad").text
        assert "te escribimos cuando cambia" in anyone.get("/privacidad").text
        assert "saber en qué va" in anyone.get("/reportar?family=dump").text
    silent = settings.model_copy(update={"smtp_host": "", "webhooks": settings.smtp_password})
    with TestClient(create_app(build(silent, lambda: NOW).house), base_url="http://testserver") as anyone:
        assert "te escribimos" not in anyone.get("/privacidad").text
        assert "127.0.0.1" not in anyone.get("/privacidad").text
        assert "saber en qué va" not in anyone.get("/reportar?family=dump").text


def test_the_service_delivers_while_it_runs(settings, receiver):
    report(settings)
    house = build(settings, lambda: NOW).house
    done = []
    receiver.on_request = lambda: done.append(1)
    with TestClient(create_app(house)) as anyone:
        assert anyone.get("/healthz").status_code == 200
        for _ in range(1000):
            if len(done) == 2:
                break
            receiver.over.wait(0.05)
    assert len(done) == 2
