"""Files that hold a secret: 32 random bytes in hexadecimal, readable by their owner only."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from geo_reports.errors import KeyProblem

SECRET_BYTES = 32


def server_key_file(folder: Path, store_id: str) -> Path:
    """Where the server key of a store is."""
    return folder / f"{store_id}.key"


def write_secret(path: Path, secret: bytes) -> bool:
    """Write a secret where none is, whole and on disk; False when another was there first, which is kept."""
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secret.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
            return True
        return False
    finally:
        draft.unlink()
        sync_folder(path.parent)


def read_secret(path: Path, what: str) -> bytes:
    """Secret of a file; ``what`` names it in ``KeyProblem``, raised when it cannot be used or others can read it."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise KeyProblem(f"The {what} {path} cannot be read: {error.strerror}.") from None
    if mode & 0o077:
        raise KeyProblem(f"Others can read the {what} {path}. Correct it with: chmod 600 {path}")
    if len(text) != 2 * SECRET_BYTES or not set(text) <= set("0123456789abcdef"):
        raise KeyProblem(f"{path} holds no {what}. Put the right file in its place.")
    return bytes.fromhex(text)


def make_folder(folder: Path) -> None:
    """Make a folder only its owner may enter, and make its name durable.

    The parent is synced even where the folder exists: whoever made it may have been stopped before doing so.
    """
    if not folder.parent.exists():
        make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    with suppress(PermissionError):  # a parent that we may not read was not written by us either
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
