"""The processes that decode photos: confined, replaced when something goes wrong, gone when the service is."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from geo_reports.intake.image_pool import PROGRAM, Pool, WorkerLost
from geo_reports.intake.images import LIMITS
from geo_reports.intake.jpeg import size_of_plain
from tests.intake import photo_corpus as corpus

ASK = dataclasses.asdict(LIMITS) | {"want": "pixels", "kind": "JPEG"}
SLOW = dataclasses.asdict(LIMITS) | {"want": "pixels", "kind": "JPEG", "cpu_s": 60}
CONFINED = """
    import importlib.util, json, os, socket, sys
    spec = importlib.util.spec_from_file_location("image_worker", sys.argv[1])
    worker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(worker)
    kept = os.open(sys.argv[2], os.O_WRONLY)
    worker.confine(json.loads(sys.argv[3]))

    def attempt(name, act):
        try:
            act()
            print(name, "done")
        except (OSError, MemoryError) as error:
            print(name, type(error).__name__)

    attempt("open", lambda: open("/etc/hostname"))
    attempt("connect", lambda: socket.create_connection(("127.0.0.1", 9)))
    attempt("listen", lambda: socket.socket())
    attempt("run", lambda: os.pipe())
    attempt("write", lambda: os.write(kept, b"x"))
    attempt("memory", lambda: bytearray(400_000_000))
    attempt("little memory", lambda: bytearray(100_000_000))
    sys.stdout.flush()
    while True:
        pass
"""


def children() -> set[int]:
    """Processes of the photo workers that this process started, directly or not."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if str(PROGRAM).encode() in words and (parent == os.getpid() or parent in found):
            found.add(int(folder.name))
    return found


def gone(process: int) -> bool:
    """Whether a process ends within ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_decoding_happens_where_nothing_can_be_opened_and_little_be_taken(tmp_path: Path):
    kept = tmp_path / "kept"
    kept.touch()
    limits = json.dumps(ASK | {"cpu_s": 0.3})
    command = [sys.executable, "-c", textwrap.dedent(CONFINED), str(PROGRAM), str(kept), limits]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.splitlines() == [
        "open OSError",
        "connect OSError",
        "listen OSError",
        "run OSError",
        "write OSError",
        "memory MemoryError",
        "little memory done",
    ]
    assert done.returncode == -signal.SIGPROF
    assert kept.read_bytes() == b""


def test_a_worker_is_kept_and_ends_with_its_pool():
    before = children()
    with Pool(1) as pool:
        for _ in range(3):
            assert pool.run(ASK, corpus.jpeg(), 8).jpeg
        (worker,) = children() - before
    assert gone(worker)
    assert pool.run(ASK, corpus.jpeg(), 8).jpeg  # and starts again when it is needed after all
    pool.close()
    assert children() == before


def test_a_worker_knows_nothing_of_the_service(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GEO_REPORTS_SECRET", corpus.MARK)
    before = children()
    with Pool(1) as pool:
        pool.run(ASK, corpus.jpeg(), 8)
        (worker,) = children() - before
        given = Path(f"/proc/{worker}/environ").read_bytes()
        modules = Path(f"/proc/{worker}/maps").read_text()
    assert corpus.MARK.encode() not in given
    assert "numpy" not in modules


def test_a_slow_photo_is_cut_off_by_the_clock_with_all_its_processes():
    before = children()
    with Pool(1) as pool:
        pool.run(ASK, corpus.jpeg(), 8)
        (worker,) = children() - before
        with pytest.raises(WorkerLost):
            pool.run(SLOW, corpus.progressive_bomb(400), 0.3)
        assert gone(worker)
        assert children() == before
        assert pool.run(ASK, corpus.jpeg(), 8).jpeg


def test_a_worker_killed_while_idle_is_nobodys_bad_photo():
    before = children()
    with Pool(1) as pool:
        pool.run(ASK, corpus.jpeg(), 8)
        (worker,) = children() - before
        os.kill(worker, signal.SIGKILL)
        os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT)
        assert pool.run(ASK, corpus.jpeg(), 8).jpeg


def test_workers_end_when_the_service_is_killed(tmp_path: Path):
    program = """
        import json, os, signal, sys
        from geo_reports.intake.image_pool import Pool
        pool = Pool(1)
        pool.run(json.loads(sys.argv[1]), open(sys.argv[2], "rb").read(), 8)
        print(pool._free.get()._process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    (tmp_path / "photo").write_bytes(corpus.jpeg())
    command = [sys.executable, "-c", textwrap.dedent(program), json.dumps(ASK), str(tmp_path / "photo")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=Path.cwd())
    assert done.returncode == -signal.SIGKILL
    assert gone(int(done.stdout))


def test_a_worker_is_replaced_after_its_share():
    before = children()
    with Pool(1, jobs_per_worker=2) as pool:
        pool.run(ASK, corpus.jpeg(), 8)
        (first,) = children() - before
        pool.run(ASK, corpus.jpeg(), 8)
        assert gone(first)
        assert children() == before
        assert pool.run(ASK, corpus.jpeg(), 8).jpeg


def test_photos_of_many_threads_do_not_mix():
    before, sizes, made = children(), range(10, 34), {}
    with Pool(2) as pool:

        def send(size: int) -> None:
            photo = corpus.saved(corpus.corners(size, size), "JPEG")
            made[size] = pool.run(ASK, photo, 20).jpeg

        threads = [threading.Thread(target=send, args=(size,)) for size in sizes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(children() - before) <= 2
    assert {size: size_of_plain(jpeg)[0] for size, jpeg in made.items()} == {size: size for size in sizes}
