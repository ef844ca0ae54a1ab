"""The key that backups are sealed with: another than the server's, which lies inside them."""

import secrets
from pathlib import Path

from geo_reports.errors import InputError
from geo_reports.store.keyfile import SECRET_BYTES, read_secret, write_secret

WHAT = "backup key"


def make_key(path: Path) -> bytes:
    """Make a key in a file of its own that only its owner can read; ``InputError`` where a file is already."""
    secret = secrets.token_bytes(SECRET_BYTES)
    if path.exists() or not write_secret(path, secret):
        raise InputError(f"{path} is there already; a key never replaces another. Choose another name.")
    return secret


def open_backup_key(path: Path) -> bytes:
    """Key of a file; ``KeyProblem`` when there is none, it is unusable, or others can read it."""
    return read_secret(path, WHAT)
