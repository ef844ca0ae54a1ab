"""Accept one report: validate, locate, store durably, hand out the receipt."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from geo_reports.city import City
from geo_reports.errors import InputError, UnknownCategory
from geo_reports.intake.keys import ServerKey, check_idempotency_key, new_idempotency_key
from geo_reports.intake.locate import Locator
from geo_reports.report import Channel, NewReport, Occurred, Status, future
from geo_reports.store import Arrivals, Receipt, Sending, Store, Writer, identity


@dataclass(frozen=True)
class Accepted:
    """A receipt. ``code`` is the sender's secret; everything public uses ``public_id``."""

    code: str
    public_id: str
    status: Status
    created: bool


class Intake:
    """Accepts reports from every door but the archive's."""

    def __init__(
        self, city: City, store: Store, key: ServerKey, locator: Locator, clock: Callable[[], datetime]
    ) -> None:
        self._city, self._key, self._locator, self._clock = city, key, locator, clock
        self._writer = Writer(store.add_all)

    def close(self) -> None:
        """Store what was handed in, then take in nothing more."""
        self._writer.close()

    def new_key(self) -> str:
        """Idempotency key for a form: sending the form twice makes one report."""
        return new_idempotency_key()

    def accept(self, new: NewReport, *, channel: Channel, key: str | None = None) -> Accepted:
        """Store a report; when this returns it is on disk.

        Raises ``UnknownCategory``, ``OutsideCity``, ``AddressNotFound``, ``InputError`` (a time in the
        future, a bad key), ``ReusedKey``, or ``StoreError`` when nothing was stored.
        """
        self._require_category(new)
        occurred = Occurred.parse(new.occurred_at, self._city.zone) if new.occurred_at else Occurred.unknown()
        if future(occurred, self._clock()):
            raise InputError("The time lies in the future; write when you saw it.", field="occurred_at")
        lon, lat, accuracy_m = self._place(new)
        code = self._key.code(check_idempotency_key(key) if key is not None else new_idempotency_key())
        code_hash = self._key.code_hash(code)
        arrivals = self._arrivals(new, occurred, (lon, lat, accuracy_m), channel, code_hash)
        receipt = Receipt(
            code_hash,
            self._key.body_hash(new.model_dump_json().encode()),
            self._key.seal(new.contact) if new.contact else None,
        )
        created = self._writer.submit(Sending(arrivals, receipt)).result()
        return Accepted(code, arrivals.public_id[0], Status.RECEIVED, created)

    def _require_category(self, new: NewReport) -> None:
        category = self._city.categories.get(new.category)
        if category is None or category.family is not new.family:
            known = ", ".join(c.id for c in self._city.categories_of(new.family))
            raise UnknownCategory(
                f"{new.category!r} is no category of {new.family}; there are: {known}.", field="category"
            )

    def _place(self, new: NewReport) -> tuple[float, float, float | None]:
        if new.lon is not None and new.lat is not None:
            self._locator.require_inside(new.lon, new.lat)
            return new.lon, new.lat, new.accuracy_m
        found = self._locator.find(new.address or "")
        return found.lon, found.lat, found.accuracy_m

    def _arrivals(
        self,
        new: NewReport,
        occurred: Occurred,
        place: tuple[float, float, float | None],
        channel: Channel,
        code_hash: bytes,
    ) -> Arrivals:
        lon, lat, accuracy_m = place
        now = self._clock()
        seen = occurred.at.astimezone(self._city.zone).date() if occurred.at else None
        outside, units = self._locator.place([lon], [lat], [np.datetime64(seen, "D")])
        name = identity("receipt", code_hash.hex())  # not the channel's: a retry may come by another door
        return Arrivals(
            source=str(channel),
            channel=str(channel),
            actor="resident" if channel in (Channel.WEB, Channel.API) else str(channel),
            received_at=int(now.timestamp()),
            family=[str(new.family)],
            category=[new.category],
            lon=np.array([lon]),
            lat=np.array([lat]),
            accuracy_m=[accuracy_m],
            outside=outside,
            occurred_at=[int(occurred.at.timestamp()) if occurred.at else None],
            precision=[str(occurred.precision)],
            month=np.array([occurred.month]),
            source_id=[name.hex()],
            identity=[name],
            public_id=self._key.public_ids([name]),
            size=[str(new.size) if new.size else None],
            status=[str(Status.RECEIVED)],
            closed_at=[None],
            description=[new.description or None],
            units=units,
        )
