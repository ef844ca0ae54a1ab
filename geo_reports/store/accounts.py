"""All SQL about accounts and sessions. Times are whole seconds since 1970 in UTC."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geo_reports.store.schema import account, session
from geo_reports.store.store import Store


@dataclass(frozen=True)
class AccountRow:
    """One account as it is kept."""

    id: int
    login: str
    role: str
    password_hash: str
    created_at: int
    disabled_at: int | None


class AccountTable:
    """Accounts and their sessions in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, login: str, role: str, password_hash: str, at: int) -> bool:
        """Add an account; False where the login is taken."""
        with self._store.writing() as connection:
            if connection.execute(sa.select(account.c.id).where(account.c.login == login)).first():
                return False
            row = {"login": login, "role": role, "password_hash": password_hash, "created_at": at}
            connection.execute(sa.insert(account).values(row))
            return True

    def find(self, login: str) -> AccountRow | None:
        """Account of a login, disabled or not."""
        with self._store.reading() as connection:
            return _one(connection, sa.select(account).where(account.c.login == login))

    def all(self) -> list[AccountRow]:
        """All accounts by login."""
        with self._store.reading() as connection:
            rows = connection.execute(sa.select(account).order_by(account.c.login))
            return [AccountRow(**row) for row in rows.mappings()]

    def change(self, login: str, values: dict[str, Any]) -> bool:
        """Change an account and end all its sessions at once; False where there is no such login."""
        with self._store.writing() as connection:
            found = connection.execute(sa.select(account.c.id).where(account.c.login == login)).scalar()
            if found is None:
                return False
            connection.execute(sa.update(account).where(account.c.id == found).values(values))
            connection.execute(sa.delete(session).where(session.c.account_id == found))
            return True

    def open_session(self, row: AccountRow, token_hash: bytes, at: int, expires_at: int) -> bool:
        """Open a session unless the account has changed since ``row`` was read; sessions that are over go."""
        with self._store.writing() as connection:
            connection.execute(sa.delete(session).where(session.c.expires_at <= at))
            now = _one(connection, sa.select(account).where(account.c.id == row.id))
            if now != row:
                return False
            values = {"token_hash": token_hash, "account_id": row.id, "created_at": at, "expires_at": expires_at}
            connection.execute(sa.insert(session).values(values))
            return True

    def of_session(self, token_hash: bytes, at: int) -> AccountRow | None:
        """Account of a session that is not over, if it is not disabled."""
        select = (
            sa.select(account)
            .join(session, session.c.account_id == account.c.id)
            .where(session.c.token_hash == token_hash, session.c.expires_at > at, account.c.disabled_at.is_(None))
        )
        with self._store.reading() as connection:
            return _one(connection, select)

    def close_session(self, token_hash: bytes) -> None:
        """End one session; one that is not there is ended already."""
        with self._store.writing() as connection:
            connection.execute(sa.delete(session).where(session.c.token_hash == token_hash))


def _one(connection: Connection, select: sa.Select[Any]) -> AccountRow | None:
    row = connection.execute(select).mappings().first()
    return AccountRow(**row) if row else None
