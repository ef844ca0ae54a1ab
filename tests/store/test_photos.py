"""The photo folder: whole photos or none, whatever stops the program, and nothing removed that is still needed."""

import hashlib
import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from geo_reports.errors import PhotoDamaged, StoreError, StoreFull
from geo_reports.store import faults
from geo_reports.store.photos import Fault, PhotoFolder

PHOTO = bytes(range(256)) * 40
DIGEST = hashlib.sha256(PHOTO).digest()
DAY_S = 86_400
POINTS = ("photo.written", "photo.synced", "photo.renamed")
KILLED = """
    import os, signal, sys
    from pathlib import Path
    from geo_reports.store import faults
    from geo_reports.store.photos import PhotoFolder
    faults.arm(lambda point: os.kill(os.getpid(), signal.SIGKILL) if point == sys.argv[2] else None)
    PhotoFolder(Path(sys.argv[1])).put(bytes(range(256)) * 40)
"""
FULL = """
    import resource, sys
    from pathlib import Path
    from geo_reports.errors import StoreFull
    from geo_reports.store.photos import PhotoFolder
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    folder, photo = PhotoFolder(Path(sys.argv[1])), bytes(range(256)) * 40
    try:
        folder.put(photo)
    except StoreFull as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(folder.put(photo).hex())
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data" / "photos"


@pytest.fixture
def folder(root: Path) -> PhotoFolder:
    return PhotoFolder(root)


@pytest.fixture
def armed():
    yield faults.arm
    faults.arm(None)


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def run(program: str, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", textwrap.dedent(program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def age(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def test_a_photo_is_kept_under_its_hash_and_read_back(folder: PhotoFolder, root: Path):
    assert folder.put(PHOTO) == DIGEST
    assert folder.read(DIGEST) == PHOTO
    assert files(root) == [root / DIGEST.hex()[:2] / f"{DIGEST.hex()}.jpg"] == [folder.path(DIGEST)]


def test_only_the_owner_may_look(folder: PhotoFolder, root: Path):
    before = os.umask(0)
    try:
        folder.put(PHOTO)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [root, *root.rglob("*")]}
    assert set(modes.values()) == {0o700, 0o600}
    assert modes[f"{DIGEST.hex()}.jpg"] == 0o600


def test_keeping_twice_keeps_one_and_mends_it(folder: PhotoFolder, root: Path):
    folder.put(PHOTO)
    folder.path(DIGEST).write_bytes(b"damaged")
    assert folder.put(PHOTO) == DIGEST
    assert folder.read(DIGEST) == PHOTO
    assert len(files(root)) == 1


@pytest.mark.parametrize("digest", [b"", b"short", b"../../../../etc/passwd", DIGEST + b"/", DIGEST.hex().encode()])
def test_only_a_digest_names_a_photo(folder: PhotoFolder, digest: bytes):
    with pytest.raises(ValueError, match="a digest has 32 bytes"):
        folder.path(digest)


def test_no_name_leads_out_of_the_folder(folder: PhotoFolder, root: Path):
    for digest in (b"/" * 32, b"\0" * 32, b"../" * 10 + b"..", DIGEST):
        assert folder.path(digest).parent.parent == root


def test_damage_and_loss_are_found_and_never_served(folder: PhotoFolder):
    photos = [bytes([number]) * 100 for number in range(5)]
    digests = [folder.put(photo) for photo in photos]
    flipped = bytearray(photos[1])
    flipped[50] ^= 1
    folder.path(digests[1]).write_bytes(flipped)
    folder.path(digests[2]).unlink()
    folder.path(digests[3]).write_bytes(b"")
    assert folder.verify(digests) == [
        Fault(digests[1], "damaged"),
        Fault(digests[2], "missing"),
        Fault(digests[3], "damaged"),
    ]
    for number, what in ((1, "damaged"), (2, "missing"), (3, "damaged")):
        with pytest.raises(PhotoDamaged, match=f"{digests[number].hex()} is {what}"):
            folder.read(digests[number])
    assert folder.read(digests[4]) == photos[4]


def test_what_cannot_be_read_is_not_called_damaged(folder: PhotoFolder, root: Path):
    (root / DIGEST.hex()[:2] / f"{DIGEST.hex()}.jpg").mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be read"):
        folder.read(DIGEST)


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_program_leaves_a_whole_photo_or_none(root: Path, folder: PhotoFolder, point: str):
    assert run(KILLED, str(root), point).returncode == -signal.SIGKILL
    assert len(files(root)) == 1
    whole = folder.verify([DIGEST]) == []
    assert whole == (point == "photo.renamed")
    # nobody was told of it: it goes when it is old enough, and the retry keeps it properly
    assert folder.collect([], older_than_s=DAY_S) == []
    age(files(root)[0], DAY_S + 60)
    assert len(folder.collect([], older_than_s=DAY_S)) == 1
    assert (folder.put(PHOTO), len(files(root))) == (DIGEST, 1)


@pytest.mark.parametrize("point", POINTS)
def test_a_failure_on_the_way_leaves_no_scraps(folder: PhotoFolder, root: Path, armed, point: str):
    def fail(reached: str) -> None:
        if reached == point:
            raise OSError(5, "Input/output error")

    armed(fail)
    with pytest.raises(StoreError, match="cannot be written"):
        folder.put(PHOTO)
    assert [path.name for path in files(root)] == ([f"{DIGEST.hex()}.jpg"] if point == "photo.renamed" else [])


def test_the_file_is_on_disk_before_its_name_is(folder: PhotoFolder, root: Path, armed):
    seen = []
    armed(lambda point: seen.append((point, [path.name[:5] for path in files(root)])))
    folder.put(PHOTO)
    name = DIGEST.hex()[:5]
    assert [point for point, _ in seen] == list(POINTS)
    assert [names[0] == name for _, names in seen] == [False, False, True]
    assert all(names[0].startswith(".new-") for _, names in seen[:2])


def test_a_full_disk_is_said_and_leaves_nothing_half(root: Path, folder: PhotoFolder):
    done = run(FULL, str(root))
    assert done.stdout.splitlines() == [
        "There is no room left for photos on the disk; the photo was not kept.",
        DIGEST.hex(),
    ], done.stderr
    assert folder.read(DIGEST) == PHOTO
    assert len(files(root)) == 1
    assert StoreFull("no").retry_after_s > 0


def test_only_old_orphans_are_collected(folder: PhotoFolder, root: Path):
    kept, old, young = (folder.put(bytes([number]) * 9) for number in range(3))
    broken = folder.path(old).with_name(".new-" + "0" * 32)
    strange = folder.path(old).with_name("notes.txt")
    for path in (broken, strange):
        path.write_bytes(b"half")
    for path in (folder.path(kept), folder.path(old), broken, strange):
        age(path, DAY_S + 60)
    removed = folder.collect([kept], older_than_s=DAY_S)
    assert sorted(removed) == sorted([broken, folder.path(old)])
    assert folder.verify([kept, old, young]) == [Fault(old, "missing")]
    assert strange.exists()


def test_collecting_an_empty_folder_is_nothing(folder: PhotoFolder):
    assert folder.collect([], older_than_s=0) == []


def test_a_photo_sent_again_is_young_again(folder: PhotoFolder):
    folder.put(PHOTO)
    age(folder.path(DIGEST), DAY_S * 9)
    folder.put(PHOTO)
    assert folder.collect([], older_than_s=DAY_S) == []


def test_the_clock_is_an_argument(root: Path):
    PhotoFolder(root).put(PHOTO)
    tomorrow = PhotoFolder(root, clock=lambda: time.time() + 2 * DAY_S)
    assert len(tomorrow.collect([], older_than_s=DAY_S)) == 1


def test_keeping_and_collecting_at_once_loses_nothing(folder: PhotoFolder):
    """Old orphans come back while they are being collected; each that was put is there when ``put`` returns."""
    photos = [bytes([number]) * 99 for number in range(20)]
    for photo in photos:
        age(folder.path(folder.put(photo)), DAY_S * 2)
    stop = threading.Event()

    def collect() -> None:
        while not stop.is_set():
            folder.collect([], older_than_s=DAY_S)

    collecting = threading.Thread(target=collect)
    collecting.start()
    try:
        digests = [folder.put(photo) for photo in photos]
        assert folder.verify(digests) == []
    finally:
        stop.set()
        collecting.join()
    assert folder.verify(digests) == []
