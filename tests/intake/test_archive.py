import csv
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from geo_reports import city
from geo_reports.report import Channel, NewReport
from tests.intake.archive_site import BARE, FULL, HEAD, Site, row, text_of

PLACES = ["lon", "lat"]
HERE = ["-69.995", "-32.995"]
FAULTS = {
    "no place": ({"lon": ""}, "has no place: longitude or latitude is empty"),
    "no number": ({"lat": "north"}, "longitude or latitude is not a number"),
    "range": ({"lon": "-690"}, "longitude or latitude is out of range"),
    "zero": ({"lon": "0", "lat": "0"}, "lies at longitude 0, latitude 0: a device without a position"),
    "no kind": ({"kind": " "}, "has no category"),
    "kind": ({"kind": "ruido"}, "category 'ruido' has no translation in the profile"),
    "date": ({"day": "31/12/2025"}, "the date cannot be read as iso"),
    "hour": ({"hour": "24"}, "the hour is not a whole number from 0 to 23"),
    "future": ({"day": "2027-01-01"}, "the date lies in the future"),
    "shut": ({"shut": "soon"}, "the closing time cannot be read"),
    "early": ({"shut": "2026-01-04", "state": "limpio"}, "was closed before it happened"),
    "state": ({"state": "perdido"}, "the status has no translation in the profile"),
    "size": ({"size": "barco"}, "the size has no translation in the profile"),
    "accuracy": ({"acc": "inf"}, "the accuracy is not a number of metres from 0 to 100000"),
    "text": ({"text": "x" * 4001}, "the description is longer than 4000 characters"),
    "nul": ({"text": "a\0b"}, "holds a NUL character"),
}


def add_up(summary) -> bool:
    return summary.read == summary.new + summary.existing + summary.rejected


def numbers(summary) -> tuple[int, ...]:
    return summary.read, summary.new, summary.existing, summary.rejected, summary.outside


def test_every_column_becomes_what_the_profile_says(site):
    site.take([row(7, state="limpio", shut="2026-01-07")])
    (report,) = site.reports().to_dict("records")
    assert (report["family"], report["category"], report["status"], report["size"]) == (
        "dump", "rubble", "cleaned", "truck",
    )  # fmt: skip
    assert (report["lon"], report["lat"], report["accuracy_m"]) == (-69.995, -32.995, 12)
    # 13:00 in Santiago in summer is 16:00 UTC; a closing day begins at 03:00 UTC
    assert report["occurred_at"] == 1767628800
    assert report["closed_at"] == 1767754800
    assert (report["occurred_precision"], report["month"]) == ("hour", 202601)
    assert (report["description"], report["channel"], report["source"]) == ("junto al canal", "import", "notebook")
    assert report["public_text"] is None


def test_a_closing_time_counts_only_for_a_closed_report(site):
    site.take([row(1, state="abierto", shut="2026-01-07")])
    assert site.reports().closed_at.isna().all()


def test_empty_cells_mean_unknown_and_the_default_status(site):
    site.take([row(1, day="", hour="", size="", state="", acc="", text="")])
    (report,) = site.reports().to_dict("records")
    assert (report["occurred_precision"], report["month"], report["status"]) == ("unknown", 0, "received")
    assert report["size"] is None
    assert report["description"] is None


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_reason(site, fault):
    change, reason = FAULTS[fault]
    summary = site.take([row(1), row(2, **change)])
    assert (summary.new, dict(summary.reasons)) == (1, {reason: 1})


def test_500_bad_rows_of_10000_are_found_each_on_its_line(site):
    kinds = list(FAULTS.values())
    rows, expected, line = [], {}, 2
    for i in range(10_000):
        if i % 20 == 7:
            change, reason = kinds[(i // 20) % len(kinds)]
            expected[line] = reason
            rows.append(row(i, **change))
        else:
            rows.append(row(i, text="one\ntwo\r\nthree" if i % 3 == 0 else "one"))
        line += 3 if i % 20 != 7 and i % 3 == 0 else 1
    summary = site.take(rows, chunk_rows=3000)
    assert numbers(summary) == (10_000, 9_500, 0, 500, 0)
    assert len(summary.reasons) == len(kinds) >= 12
    with (site.folder / "rejects.csv").open(encoding="utf-8", newline="") as file:
        found = {int(r["line"]): r["reason"] for r in csv.DictReader(file)}
    assert found == expected


def test_rejects_hold_the_row_as_it_was(site):
    bad = row(2, kind="ruido", text='dijo "no", y\nse fue')
    summary = site.take([row(1), bad])
    with Path(summary.rejects_file).open(encoding="utf-8", newline="") as file:
        (kept,) = csv.DictReader(file)
    assert next(csv.reader([*kept["row"].splitlines(keepends=True)])) == bad
    assert kept["line"] == "3"


def test_no_rejects_no_file(site):
    assert site.take([row(1)]).rejects_file is None
    assert not (site.folder / "rejects.csv").exists()


def test_rows_of_another_width_are_rejected_and_blank_lines_are_no_rows(site):
    file = site.write("file.csv", text_of(PLACES, [HERE]) + "\n\n1,2,3\n" + ",".join(HERE) + "\n")
    summary = site.run(file, BARE)
    assert (summary.read, summary.new) == (3, 2)
    assert dict(summary.reasons) == {"has 3 fields, the header has 2": 1}
    assert (site.folder / "rejects.csv").read_text().splitlines()[1].startswith("5,")


def test_bytes_that_are_no_text_reject_only_their_row(site):
    text = text_of(HEAD, [row(1), row(2, text="ni?o"), row(3, text="niño")]).encode().replace(b"ni?o", b"ni\xf1o")
    summary = site.run(site.write("file.csv", text))
    assert summary.new == 2
    assert dict(summary.reasons) == {"holds bytes that are not text in the profile's encoding": 1}
    assert "\\udcf1" in (site.folder / "rejects.csv").read_text(encoding="utf-8")


def test_another_encoding_and_delimiter_are_read_as_the_profile_says(site):
    text = text_of(HEAD, [row(1, text="niño")], ";").encode("latin-1")
    site.run(site.write("file.csv", text), 'encoding = "latin-1"\ndelimiter = ";"\n' + FULL)
    assert site.reports().description.tolist() == ["niño"]


def test_an_endless_field_is_one_rejected_row(site):
    text = text_of(PLACES, [HERE]) + '"' + "x" * 140_000 + '",1\n' + ",".join(HERE) + "\n"
    summary = site.run(site.write("file.csv", text), BARE)
    assert (summary.new, summary.rejected) == (2, 1)


def test_three_identical_rows_are_three_reports_and_stay_three(site):
    assert site.take([HERE] * 3, BARE, PLACES).new == 3
    assert numbers(site.take([HERE] * 3, BARE, PLACES)) == (3, 0, 3, 0, 0)
    assert numbers(site.take([HERE] * 5, BARE, PLACES)) == (5, 2, 3, 0, 0)
    assert len(site.reports()) == 5


def test_an_id_that_repeats_in_a_file_is_one_report_even_chunks_apart(site):
    summary = site.take([row(1), row(2), row(1), row(3), row(2)], chunk_rows=2)
    assert numbers(summary) == (5, 3, 2, 0, 0)


def test_the_same_id_of_another_source_is_another_report(site):
    site.take([row(1)])
    other = site.run(site.folder / "file.csv", site_profile("other"))
    assert other.new == 1


def site_profile(source: str) -> str:
    return FULL.replace('"notebook"', f'"{source}"')


def test_a_profile_named_like_a_channel_still_knows_what_it_brought(site):
    assert site.take([row(1), row(2)], site_profile("web")).new == 2
    assert site.take([row(1), row(3)], site_profile("web")).new == 1


def test_a_dry_run_stores_nothing_and_predicts_the_numbers(site):
    rows = [row(1), row(2), row(1), row(4, kind="?"), row(5, lon="-60")]
    site.take(rows[:1])
    before = site.store.revision(), site.store.size(), len(site.archive.batches())
    (site.folder / "rejects.csv").unlink(missing_ok=True)
    planned = site.take(rows, dry_run=True, rejects=None)
    assert (site.store.revision(), site.store.size(), len(site.archive.batches())) == before
    assert planned.batch is None
    assert planned.rejects_file is None
    assert numbers(planned) == numbers(site.take(rows)) == (5, 2, 2, 1, 1)


def test_rows_outside_the_city_are_kept_as_outside(site):
    summary = site.take([row(1), row(2, lon="-60")])
    assert (summary.new, summary.outside) == (2, 1)
    assert site.reports().outside.tolist() == [0, 1]
    assert site.store.units_of(site.reports().id.tolist(), "barrios") == {1: "A", 2: ""}


def test_an_interrupted_run_keeps_whole_chunks_and_a_second_completes_it(site):
    chunks = []

    def stop_at_third(share: float) -> None:
        chunks.append(share)
        if len(chunks) == 3:
            raise KeyboardInterrupt

    rows = [row(i) for i in range(50)]
    first = site.take(rows, chunk_rows=10, progress=stop_at_third)
    assert (first.interrupted, first.new) == (True, 20)
    assert site.is_whole()
    second = site.take(rows, chunk_rows=10)
    assert numbers(second) == (50, 30, 20, 0, 0)
    newest, oldest = site.archive.batches()
    assert (oldest["state"], oldest["n_new"], newest["state"], newest["n_new"]) == ("interrupted", 20, "finished", 30)
    assert site.reports().id.tolist() == list(range(1, 51))
    assert site.is_whole()


def test_undo_removes_a_batch_and_an_import_restores_it(site):
    rows = [row(i, lon="-69.985") for i in range(20)]
    site.take([row(i) for i in range(100, 105)])
    site.take(rows)
    assert site.archive.undo(2) == 20
    assert len(site.reports()) == 5
    assert site.store.counts("barrios").n.sum() == 5
    assert site.is_whole()
    assert site.take(rows).new == 20
    assert site.store.counts("barrios").n.sum() == 25
    assert site.reports().id.tolist()[5:] == list(range(26, 46))  # ids of removed reports are not used again
    assert site.is_whole()


def import_in_a_process(folder, root, first: int) -> tuple[int, ...]:
    own = Site(folder, city.load(root))
    file = folder / f"part{first}.csv"
    file.write_text(text_of(HEAD, [row(i) for i in range(first, first + 600)]))
    summary = own.archive.run(file, profile=folder / "profile.toml", rejects=folder / f"{first}.csv", chunk_rows=100)
    own.store.close()
    return numbers(summary)


def test_two_processes_import_at_once_and_share_what_both_hold(site, repo):
    site.write("profile.toml", site_profile("notebook"))
    root = repo / "tests" / "cities" / "tiny"
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        done = list(pool.map(import_in_a_process, [site.folder] * 2, [root] * 2, [0, 300]))
    assert [read for read, *_ in done] == [600, 600]
    assert sum(new for _, new, *_ in done) == 900
    assert sum(existing for _, _, existing, *_ in done) == 300
    assert len(site.reports()) == 900
    assert site.is_whole()


def test_residents_report_while_an_import_runs(site):
    accepted, started = [], threading.Event()

    def residents() -> None:
        started.wait()
        for _ in range(5):
            new = NewReport(family="dump", category="rubble", lon=-69.995, lat=-32.995)
            accepted.append(site.intake.accept(new, channel=Channel.WEB).created)

    thread = threading.Thread(target=residents)
    thread.start()
    summary = site.take([row(i) for i in range(2000)], chunk_rows=100, progress=lambda share: started.set())
    thread.join()
    assert (summary.new, accepted) == (2000, [True] * 5)
    assert len(site.reports()) == 2005
    assert site.is_whole()


def test_the_chain_of_an_import_is_the_chain_of_single_entries(site):
    site.take([row(i) for i in range(5)])
    assert site.store.revision() == 5
    assert [event["kind"] for event in site.store.events_of(3)] == ["received"]
    assert site.store.chain_break() is None


def test_an_archive_holds_the_privacy_of_its_precision(site):
    day = FULL.replace('precision = "hour"', 'precision = "day"')
    site.take([row(1, hour="17"), row(2, hour="3")], day)
    assert site.reports().occurred_at.nunique() == 1
