"""What a power failure leaves: every report whose sender had a code by then, whole and with its photo."""

import random
from pathlib import Path

import pytest

from tests.crash.model import HOWS, Disk
from tests.crash.power import cut, record
from tests.crash.shim import Entry

ROOT = Path("/disk")


def test_every_receipt_given_before_the_power_fails_is_good_after_it(tmp_path):
    shim, told = record(tmp_path, reports=60, faults=6)
    loss = cut(shim, told, cuts=60, seed=1)
    assert loss.faults == []
    assert loss.cuts == 60
    assert loss.receipts > 60
    # the same examination of disks that do not do what they say finds it out
    for deaf in ("*", "*-wal", "*/photos*"):
        assert cut(shim, told, cuts=4, seed=1, deaf=deaf).faults, deaf


def change(call, path, inode=0, offset=0, data=b""):
    return Entry(call, path, inode, offset, data)


def left(entries, how, tmp_path, deaf=""):
    disk = Disk(ROOT, random.Random(1), deaf)
    disk.follow(entries)
    disk.rebuild(tmp_path, how)
    return {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


SYNCED = [
    change("CREATE", "/disk/a", 1),
    change("WRITE", "/disk/a", 1, 0, b"old " * 256),
    change("SYNC", "/disk/a", 1),
    change("SYNC_FOLDER", "/disk"),
]


@pytest.mark.parametrize("how", HOWS)
def test_what_was_synced_is_there_whatever_happens(tmp_path, how):
    assert left(SYNCED, how, tmp_path) == {"a": b"old " * 256}


def test_a_write_that_was_not_synced_may_arrive_or_not_by_whole_sectors(tmp_path):
    after = [*SYNCED, change("WRITE", "/disk/a", 1, 0, b"new " * 256)]
    found = {}
    for how in HOWS:
        (tmp_path / how).mkdir()
        found[how] = left(after, how, tmp_path / how)["a"]
    assert (found["nothing"], found["all"]) == (b"old " * 256, b"new " * 256)
    for content in found.values():
        assert {content[:512], content[512:]} <= {b"old " * 128, b"new " * 128}


def test_a_name_that_was_not_synced_may_be_lost(tmp_path):
    entries = [change("CREATE", "/disk/a", 1), change("WRITE", "/disk/a", 1, 0, b"x"), change("SYNC", "/disk/a", 1)]
    assert left(entries, "nothing", tmp_path) == {}
    assert left(entries, "all", tmp_path) == {"a": b"x"}


def test_a_file_that_was_renamed_has_one_of_its_names(tmp_path):
    entries = [*SYNCED, change("RENAME", "/disk/a|/disk/b")]
    assert set(left(entries, "nothing", tmp_path)) == {"a"}
    assert set(left([*entries, change("SYNC_FOLDER", "/disk")], "nothing", tmp_path)) >= {"b"}


def test_what_a_failed_sync_did_not_write_is_not_written_by_the_next_one(tmp_path):
    after = [
        *SYNCED,
        change("WRITE", "/disk/a", 1, 0, b"new " * 256),
        change("SYNC_FAILED", "/disk/a", 1),
        change("SYNC", "/disk/a", 1),
    ]
    contents = set()
    for seed in range(20):
        disk = Disk(ROOT, random.Random(seed))
        disk.follow(after)
        folder = tmp_path / str(seed)
        folder.mkdir()
        disk.rebuild(folder, "all")
        contents.add((folder / "a").read_bytes())
    assert {b"old " * 256, b"new " * 256} < contents


def test_a_deaf_disk_syncs_nothing(tmp_path):
    assert left(SYNCED, "nothing", tmp_path, deaf="*") == {}
