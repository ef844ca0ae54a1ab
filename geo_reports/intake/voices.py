"""``Voices``: "I saw it too", said of a dump that was reported before, instead of a report of one's own."""

from collections.abc import Callable
from datetime import datetime

from geo_reports.city import City
from geo_reports.errors import NotFound
from geo_reports.intake.admission import Admission
from geo_reports.intake.flood import Proof
from geo_reports.intake.keys import check_idempotency_key
from geo_reports.report import OPEN, Family, Status
from geo_reports.store import Query, Store, identity, voices


class Voices:
    """Adds voices to open dumps that the public sees."""

    def __init__(
        self, city: City, store: Store, clock: Callable[[], datetime], admission: Admission | None = None
    ) -> None:
        self._city, self._store, self._clock, self._admission = city, store, clock, admission

    def join(self, public_id: str, *, key: str, sender: str | None = None, proof: Proof | None = None) -> bool:
        """Add the voice of whoever holds ``key``; False when it was added before, which changes nothing.

        A key has one voice, whatever it is sent to. Only the voice is stored: no text, no photo, nothing about who it
        is. Arguments as of ``Intake.submit``; raises its errors, and ``NotFound`` for what is no open, public dump.
        """
        name = identity("voice", check_idempotency_key(key))
        with self._store.reading() as connection:
            if voices.known(connection, name):
                return False
        self._require_open(public_id)
        take_back = self._admission.enter(sender, proof) if self._admission is not None else _nothing
        added = False
        try:
            with self._store.writing() as connection:
                added = voices.add(connection, public_id, name, at=int(self._clock().timestamp()))
        finally:
            if not added:
                take_back()
        return added

    def _require_open(self, public_id: str) -> None:
        found = self._store.find(Query(public_id=public_id))
        if not found.empty:
            row = found.iloc[0]
            category = self._city.categories.get(str(row.category))
            shown = category is not None and category.published == "point" and not row.outside
            if shown and row.family == Family.DUMP and Status(row.status) in OPEN:
                return
        raise NotFound("There is no open report of that name that everybody can see.")


def _nothing() -> None:
    """Nothing was counted."""
