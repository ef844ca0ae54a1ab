"""Subscriptions from the command line: erased by address, kept out of restored backups, examined, sent."""

import json
from pathlib import Path

import pytest

from geo_reports.app import build
from geo_reports.cli import main
from geo_reports.settings import Settings
from tests.post.mailbox import open_mailbox

ANA = "ana@example.cl"


@pytest.fixture
def run(tmp_path, repo, monkeypatch, capsys):
    """Run a command in a folder of its own, expect an exit code, and return what it said on both channels."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEO_REPORTS_CITY", str(repo / "tests" / "cities" / "tiny"))
    monkeypatch.setenv("GEO_REPORTS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("GEO_REPORTS_KEY_DIR", str(tmp_path / "keys"))

    def command(*words, code=0):
        with pytest.raises(SystemExit) as left:
            main(list(words))
        said = capsys.readouterr()
        assert left.value.code == code, said
        return said.out + said.err

    return command


def follow(address=ANA, db=""):
    """Subscribe an address to a unit, as the page does."""
    house = build(Settings(db=db)).house
    house.areas.ask("A", address, language="es", days=7, sender="203.0.113.7")


def test_an_address_is_erased_and_stays_erased_after_a_restore(run):
    follow()
    follow("b@example.cl")
    assert "subscriptions: 2, all readable" in run("doctor")
    run("backup", "a.backup")
    assert "Erased: 1 subscriptions" in run("erase", "--subscriber", f" {ANA.upper()} ")
    assert json.loads(run("erase", "--subscriber", ANA, "--json")) == {"subscriptions": 0}
    run("restore", "a.backup", "--db", "new/reports.sqlite")
    assert "subscriptions: 1, all readable" in run("doctor", "--db", "new/reports.sqlite")


def test_one_thing_is_erased_at_a_time(run):
    follow()
    assert "Give one of" in run("erase", "--subscriber", ANA, "--report", "x", "--reason", "x", code=1)
    assert "no store" in run("erase", "--subscriber", ANA, "--db", "nowhere.sqlite", code=1)


def test_a_timer_sends_what_is_due(run, monkeypatch):
    with open_mailbox() as mailbox:
        for name, value in (("HOST", "127.0.0.1"), ("PORT", str(mailbox.port)), ("SECURITY", "none")):
            monkeypatch.setenv(f"GEO_REPORTS_SMTP_{name}", value)
        monkeypatch.setenv("GEO_REPORTS_MAIL_FROM", "a@city.example")
        monkeypatch.setenv("GEO_REPORTS_PUBLIC_URL", "https://city.example")
        follow()
        assert "1 delivered" in run("outbox", "send")
        assert mailbox.letters[0]["To"] == ANA
        assert ANA not in run("outbox", "list", "--all")
        assert not any(ANA.encode() in path.read_bytes() for path in Path("data").rglob("*") if path.is_file())
