"""Move SQLite's log into its file, and end the program when the disk says that it lost what was moved.

SQLite moves the log by itself after a commit, but keeps to itself what goes wrong there. Part of a log that is moved
while somebody reads is not synced until the rest is; if that sync fails, Linux forgets both parts, SQLite moves only
the rest again and reuses the log: a power failure then loses what was accepted. A program that ends at once leaves the
log whole, and the next one to open the store moves all of it again. PostgreSQL ends itself for the same reason.
"""

import logging
import os
import sqlite3
from pathlib import Path

log = logging.getLogger(__name__)

LOG_BYTES = 48 * 2**20
"""Length from which the log is moved; an import rewrites index pages less often than with SQLite's 4 MB."""
FAILED_SYNC = sqlite3.SQLITE_IOERR_FSYNC
EXIT_CODE = 74
"""EX_IOERR of sysexits.h."""


def move_log(connection: sqlite3.Connection, store: Path) -> None:
    """Move the log of ``store`` into the file if it has grown long; waits for nobody and never undoes a commit.

    ``connection`` is in no transaction. The program ends with ``EXIT_CODE`` when a sync of the file failed.
    """
    try:
        if store.with_name(f"{store.name}-wal").stat().st_size < LOG_BYTES:
            return
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except FileNotFoundError:
        return
    except (OSError, sqlite3.Error) as error:
        if getattr(error, "sqlite_errorcode", None) == FAILED_SYNC:
            log.critical(
                "The disk of %s failed to keep what was written. Ending, so that nothing is lost: %s", store, error
            )
            os._exit(EXIT_CODE)
        log.warning("The log of %s was not moved into it; the next commit tries again: %s", store, error)
