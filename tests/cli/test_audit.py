"""``audit verify``, ``audit head`` and ``doctor`` as commands: words, exit codes, JSON; never a traceback."""

import json
import sqlite3

import pytest

from geo_reports.cli import main
from tests.crash.flips import flip
from tests.store.hand import tamper


@pytest.fixture
def cli(tmp_path, repo, monkeypatch, capsys):
    for name in ("KEY_DIR", "DATA_DIR"):
        monkeypatch.setenv(f"GEO_REPORTS_{name}", str(tmp_path / name))
    place = ["--city", str(repo / "tests" / "cities" / "tiny"), "--db", str(tmp_path / "reports.sqlite")]

    def run(*words):
        with pytest.raises(SystemExit) as ended:
            main([*words, *place])
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    for i in range(3):
        sent = ["--family", "dump", "--category", "rubble", "--lon", f"-69.99{i}", "--lat", "-32.995"]
        assert run("report", *sent)[0] == 0
    return run


def test_a_whole_chain_is_told_with_its_heads(cli, tmp_path):
    heads = str(tmp_path / "heads")
    assert cli("audit", "head", "--to", heads)[0] == 0
    assert cli("audit", "head", "--to", heads)[0] == 0
    code, out, _ = cli("audit", "verify", "--heads", heads)
    assert (code, "3 events, as 2 signed heads say" in out) == (0, True)
    code, out, _ = cli("audit", "verify", "--json")
    assert (code, json.loads(out)["heads"], json.loads(out)["well"]) == (0, 0, True)


def test_a_head_can_be_printed_with_the_key_it_is_signed_with(cli):
    head = json.loads(cli("audit", "head", "--to", "-")[1])
    assert head["seq"] == 3
    assert cli("audit", "head", "--public-key")[1].strip() == head["key"]


def test_a_broken_chain_is_told_in_words(cli, tmp_path):
    cli("audit", "head")
    tamper(str(tmp_path / "reports.sqlite"), "UPDATE event SET actor = 'eva' WHERE seq = 2")
    code, _, err = cli("audit", "verify")
    assert (code, "event 2" in err) == (1, True)
    code, out, _ = cli("audit", "verify", "--json")
    assert (code, json.loads(out)["broken"]) == (1, 2)


def test_a_chain_that_was_cut_off_is_told_in_words(cli, tmp_path):
    cli("audit", "head")
    tamper(str(tmp_path / "reports.sqlite"), "DELETE FROM event WHERE seq = 3")
    code, _, err = cli("audit", "verify")
    assert (code, "cut off" in err) == (1, True)
    code, _, err = cli("doctor")
    assert code == 1
    assert "cut off" in err
    assert "no event says they were received" in err


def test_a_file_without_heads_is_an_error(cli, tmp_path):
    (tmp_path / "none").write_text("")
    code, _, err = cli("audit", "verify", "--heads", str(tmp_path / "none"))
    assert (code, "holds no head" in err) == (1, True)


def test_doctor_answers_for_a_damaged_file(cli, tmp_path):
    file = tmp_path / "reports.sqlite"
    assert cli("doctor")[0] == 0
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    raw = file.read_bytes()
    for at, bit in ((16, 3), (100, 0), (105, 1), (4096, 3), (raw.rindex(b"rubble"), 7)):
        flip(file, at, bit)
        code, out, err = cli("doctor", "--json")
        assert (code, "Traceback" in err) == (1, False), at
        assert any(not finding["well"] for finding in json.loads(out)["findings"])
        file.write_bytes(raw)


def test_doctor_repairs_and_says_what(cli, tmp_path):
    tamper(str(tmp_path / "reports.sqlite"), "UPDATE counter SET n = 7")
    code, _, err = cli("doctor")
    assert (code, "doctor --repair" in err) == (1, True)
    code, out, _ = cli("doctor", "--repair")
    assert (code, "rows of the counters were counted again" in out) == (0, True)
