import subprocess
import sys

import pytest

from geo_reports.store import Store, peek
from geo_reports.store.soundness import header_faults

VISITOR = """
import sqlite3, sys
visitor = sqlite3.connect(sys.argv[1])
print(visitor.execute("SELECT count(*) FROM meta WHERE key = 'accepted'").fetchone()[0])
visitor.close()
"""


def visit(db):
    """Another program opens the store, counts, and closes it."""
    done = subprocess.run([sys.executable, "-c", VISITOR, db], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.parametrize("look", [header_faults, lambda file: peek.holds(file, [b"nobody wrote this"])])
def test_looking_into_an_open_store_keeps_its_log(tmp_path, look):
    file = tmp_path / "reports.sqlite"
    store = Store(str(file))
    look(file)
    assert visit(str(file)) == 0
    assert (tmp_path / "reports.sqlite-wal").exists()
    store.set_meta("accepted", "yes")
    assert visit(str(file)) == 1
    store.close()


def test_what_is_in_a_file_is_found(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"\x00first\x00second")
    assert peek.beginning(file, 6) == b"\x00first"
    assert peek.holds(file, [b"third", b"\x00second"])
    assert not peek.holds(file, [b"third"])
    file.write_bytes(b"")
    assert peek.beginning(file, 6) == b""
    assert not peek.holds(file, [b"third"])
    with pytest.raises(FileNotFoundError):
        peek.beginning(tmp_path / "nowhere", 6)
