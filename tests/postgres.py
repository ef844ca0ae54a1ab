"""A throw-away PostgreSQL for tests: a cluster in a temporary folder, one database for each test that asks."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

START_LIMIT_S = 30.0
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""A cluster that is thrown away needs no disk; tests of durability start one without these."""
_numbers = count(1)


def programs() -> Path | None:
    """Folder of the newest server's programs that has PostGIS, or None."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    usable = [
        path.parent
        for path in folders
        if Path(f"/usr/share/postgresql/{path.parts[-3]}/extension/postgis.control").exists()
    ]
    return usable[-1] if usable else None


@dataclass
class Cluster:
    """A running server. ``url`` of a database is what ``--db`` takes."""

    folder: Path
    bin: Path
    port: int
    options: tuple[str, ...]

    def start(self) -> None:
        """Start the server and wait until it answers."""
        flags = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder} " + " ".join(
            f"-c {option}" for option in ("max_connections=120", *self.options)
        )
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", str(self.folder / "log"), "-o", flags, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it: ``fast`` cuts connections, ``immediate`` is a crash."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", mode, "stop")

    def database(self, *, postgis: bool = False) -> str:
        """URL of a new, empty database."""
        name = f"t{next(_numbers)}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        if postgis:
            with psycopg.connect(self._dsn(name), autocommit=True) as connection:
                connection.execute("CREATE EXTENSION postgis")
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def _dsn(self, name: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={name}"

    def _run(self, program: str, *words: str) -> None:
        # the server refuses to run as root
        user = "postgres" if os.geteuid() == 0 else None
        # a file, not a pipe: the server inherits it and would keep a pipe open
        with (self.folder / "out").open("ab") as out:
            done = subprocess.run(
                [self.bin / program, *words],
                user=user,
                group=user,
                extra_groups=[] if user else None,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=2 * START_LIMIT_S,
                check=False,
            )
        assert done.returncode == 0, f"{program}: {(self.folder / 'out').read_text()[-2000:]}"


@contextmanager
def cluster(bin: Path, options: tuple[str, ...] = QUICK) -> Iterator[Cluster]:
    """Make a cluster in a temporary folder, run it, and remove it."""
    folder = Path(f"/tmp/geo-reports-pg-{os.getpid()}-{time.monotonic_ns()}")  # a socket's path must be short
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    running = Cluster(folder, bin, _free_port(), options)
    try:
        running._run(
            "initdb",
            "-D",
            str(folder / "data"),
            "-U",
            "postgres",
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
        )
        running.start()
        yield running
        running.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
