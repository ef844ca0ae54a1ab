"""``Accounts``: add and change staff accounts, sign in and out."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from geo_reports.accounts.actor import Actor
from geo_reports.accounts.passwords import Passwords
from geo_reports.accounts.roles import STAFF
from geo_reports.accounts.throttle import Throttle
from geo_reports.errors import InputError, NotAllowed, NotFound, NotSignedIn
from geo_reports.report import Audience
from geo_reports.store import Store
from geo_reports.store.accounts import AccountTable

SESSION = timedelta(hours=12)
"""A session ends this long after signing in, used or not: one shift."""

_LOGIN = re.compile(r"[a-z0-9._-]{2,32}")


@dataclass(frozen=True)
class AccountInfo:
    """What may be told about an account. Times are UTC."""

    login: str
    role: Audience
    created_at: datetime
    disabled: bool


class Accounts:
    """Staff accounts and their sessions.

    Parameters
    ----------
    store : Store
        Where accounts and sessions are kept; of a session only the digest of its token.
    clock : callable
        Gives the present moment, aware of its zone.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._table = AccountTable(store)
        self._clock = clock
        self._passwords = Passwords()
        self._throttle = Throttle()

    # accounts ------------------------------------------------------------------------------------

    def add(self, login: str, role: Audience) -> str:
        """Add an account and return its password, which is shown this once and kept nowhere.

        ``InputError`` for a login of the wrong form or already taken, and for a role no account can have.
        """
        name = _named(login)
        password = self._passwords.make()
        if not self._table.add(name, _staff(role), self._passwords.hash(password), self._now()):
            raise InputError(f"There is already an account {name!r}.", field="login")
        return password

    def reset(self, login: str) -> str:
        """Give an account a new password and return it; all its sessions end."""
        password = self._passwords.make()
        self._change(login, {"password_hash": self._passwords.hash(password)})
        return password

    def change_role(self, login: str, role: Audience) -> None:
        """Give an account another role; all its sessions end."""
        self._change(login, {"role": _staff(role)})

    def disable(self, login: str) -> None:
        """Shut an account; all its sessions end."""
        self._change(login, {"disabled_at": self._now()})

    def enable(self, login: str) -> None:
        """Open a disabled account again, with the password it had."""
        self._change(login, {"disabled_at": None})

    def list(self) -> list[AccountInfo]:
        """All accounts by login."""
        return [
            AccountInfo(
                row.login, Audience(row.role), datetime.fromtimestamp(row.created_at, UTC), row.disabled_at is not None
            )
            for row in self._table.all()
        ]

    # sessions ------------------------------------------------------------------------------------

    def sign_in(self, login: str, password: str, *, sender: str = "") -> str:
        """Open a session and return its token.

        ``sender`` tells one network address from another where it is known, so that a stranger's guesses do not shut
        out the account's owner. ``NotSignedIn`` says the same for a wrong password, a wrong login and a disabled
        account; ``TooManyRequests`` once there were too many attempts.
        """
        name = normal(login)
        self._throttle.attempt(name, sender)
        row = self._table.find(name)
        usable = row is not None and row.disabled_at is None
        matches = self._passwords.matches(row.password_hash if row and usable else None, password)
        token = secrets.token_urlsafe(32)
        now = self._now()
        expires_at = now + int(SESSION.total_seconds())
        if not (row and matches and self._table.open_session(row, _digest(token), now, expires_at)):
            raise NotSignedIn("The name or the password is not right.")
        self._throttle.succeeded(name, sender)
        return token

    def actor(self, token: str | None) -> Actor | None:
        """Who a session's token belongs to, or None where it is unknown or over."""
        row = self._table.of_session(_digest(token), self._now()) if token else None
        return Actor(row.login, Audience(row.role)) if row else None

    def sign_out(self, token: str) -> None:
        """End a session."""
        self._table.close_session(_digest(token))

    # forged requests -----------------------------------------------------------------------------

    @staticmethod
    def csrf(token: str) -> str:
        """Value for the hidden field of a form: only who holds the session's token can compute it."""
        return hmac.new(_digest(token), b"form", hashlib.sha256).hexdigest()

    def check_csrf(self, token: str, given: str) -> None:
        """Raise ``NotAllowed`` unless ``given`` is the value this session's forms carry."""
        if not hmac.compare_digest(self.csrf(token).encode(), given.encode()):
            raise NotAllowed("This form was not made for your session; open the page again.")

    # inside --------------------------------------------------------------------------------------

    def _change(self, login: str, values: dict[str, Any]) -> None:
        if not self._table.change(normal(login), values):
            raise NotFound(f"There is no account {normal(login)!r}.")

    def _now(self) -> int:
        return int(self._clock().timestamp())


def normal(login: str) -> str:
    """Login as it is kept and compared: lower case, no space around it."""
    return login.strip().lower()


def _named(login: str) -> str:
    name = normal(login)
    if not _LOGIN.fullmatch(name):
        raise InputError(
            f"The login {name!r} cannot be used: take 2 to 32 of the characters a-z, 0-9, dot, dash, underscore.",
            field="login",
        )
    return name


def _staff(role: Audience) -> str:
    if role not in STAFF:
        raise InputError(f"No account can have the role {role}: take one of {', '.join(STAFF)}.", field="role")
    return role.value


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
