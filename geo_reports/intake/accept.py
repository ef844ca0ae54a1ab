"""Accept one report: validate, locate, store durably, hand out the receipt."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from geo_reports.city import City, check_answers
from geo_reports.errors import BadPhoto, InProgress, InputError, StoreError, TooManyRequests, UnknownCategory
from geo_reports.intake.admission import Admission
from geo_reports.intake.flood import Proof
from geo_reports.intake.keys import ServerKey, check_idempotency_key, new_idempotency_key
from geo_reports.intake.locate import Locator
from geo_reports.intake.photos import HeldPhoto, Photos
from geo_reports.report import Channel, NewReport, Occurred, Status, future, read_clock
from geo_reports.store import Announce, Arrivals, News, Receipt, Sending, Store, Writer, identity, silent

TWIN_S = 600
"""For so long the same content under another key is taken for the same report, and its sender asked."""
DRAIN_S = 10.0
"""How long reports that were handed in may take to reach the disk while the service stops."""


Position = tuple[float, float, float | None]
"""Longitude and latitude in WGS 84 degrees, and their accuracy in metres where it is known."""


@dataclass(frozen=True)
class Accepted:
    """A receipt. ``code`` is the sender's secret; everything public uses ``public_id``."""

    code: str
    public_id: str
    status: Status
    created: bool


@dataclass(frozen=True)
class Examined:
    """Where (WGS 84 degrees) and when a report that can be used was seen."""

    lon: float
    lat: float
    accuracy_m: float | None
    occurred: Occurred


@dataclass(frozen=True)
class Pending:
    """A report on its way to the disk: it is accepted when ``stored`` has a result, which is given to ``accepted``."""

    stored: "Future[bool]"
    code: str
    public_id: str
    status: Status = Status.RECEIVED

    def accepted(self, created: bool) -> Accepted:
        """Receipt, to be shown once ``stored`` said whether the report is new."""
        return Accepted(self.code, self.public_id, self.status, created)


class Intake:
    """Accepts reports from every door but the archive's. Safe to use from several threads."""

    def __init__(
        self,
        city: City,
        store: Store,
        key: ServerKey,
        locator: Locator,
        clock: Callable[[], datetime],
        admission: Admission | None = None,
        photos: Photos | None = None,
        announce: Announce = silent,
    ) -> None:
        self._city, self._store, self._key, self._locator, self._clock = city, store, key, locator, clock
        self._admission, self._photos, self._announce = admission, photos, announce
        self._writer = Writer(store.add_all)
        self._claimed: set[str] = set()
        self._lock = threading.Lock()

    def close(self) -> bool:
        """Store what was handed in, then take in nothing more; False when it could not be stored in ``DRAIN_S``."""
        return self._writer.close(DRAIN_S)

    def after_each_group(self, told: Callable[[], None]) -> None:
        """Have ``told`` called, from another thread, whenever reports that were submitted have their answers."""
        self._writer.after_each_group(told)

    def tidy(self) -> int:
        """Remove photos of reports that were never sent, if older than a day, and originals that are due."""
        return self._photos.collect(self._store, int(self._clock().timestamp())) if self._photos is not None else 0

    def new_key(self) -> str:
        """Idempotency key for a form: sending the form twice makes one report."""
        return new_idempotency_key()

    @property
    def photos(self) -> Photos:
        """What takes photos in; ``BadPhoto`` where the service keeps none."""
        if self._photos is None:
            raise BadPhoto("This service keeps no photos; send the report without.")
        if self._admission is not None:
            self._admission.require_room()
        return self._photos

    @contextmanager
    def claim(self, key: str | None) -> Iterator[None]:
        """Hold an idempotency key while its report is on its way; ``InProgress`` when another request holds it."""
        if key is None:
            yield
            return
        with self._lock:
            if key in self._claimed:
                raise InProgress("The report with this idempotency key is being stored this moment; send it again.")
            self._claimed.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._claimed.discard(key)

    def accept(
        self,
        new: NewReport,
        *,
        channel: Channel,
        key: str | None = None,
        sender: str | None = None,
        photos: Sequence[HeldPhoto] = (),
        again: bool = True,
        proof: Proof | None = None,
        status: Status = Status.RECEIVED,
    ) -> Accepted:
        """Store a report; when this returns it is on disk. Arguments and errors as of ``submit``."""
        pending = self.submit(
            new, channel=channel, key=key, sender=sender, photos=photos, again=again, proof=proof, status=status
        )
        return pending.accepted(pending.stored.result())

    def submit(
        self,
        new: NewReport,
        *,
        channel: Channel,
        key: str | None = None,
        sender: str | None = None,
        photos: Sequence[HeldPhoto] = (),
        again: bool = True,
        proof: Proof | None = None,
        status: Status = Status.RECEIVED,
        look: bool = True,
    ) -> Pending:
        """Hand a report to the writer. Fast for a report with a position; one with an address may take seconds.

        Parameters
        ----------
        key : str, optional
            Idempotency key; the same one gives the same receipt for as long as the report is kept.
        sender : str, optional
            Network address, if how much it sends is limited.
        photos : sequence of HeldPhoto
            Photos that are on disk.
        again : bool
            False refuses a report whose content came under another key in the last ten minutes.
        proof : Proof, optional
            What shows, while reports flood in, that the sender took trouble.
        status : Status
            ``HELD`` for a report that must be approved first; what is accepted without is ``RECEIVED``.
        look : bool
            False does not look in the store whether a report that is refused came before: for who must not wait.

        Raises
        ------
        UnknownCategory, OutsideCity, AddressNotFound, InputError
            The report cannot be used, a time lies in the future, or the key is a bad one.
        TooManyRequests, ProofNeeded, StoreError
            The sender must wait or prove something, or the service cannot store; a report that came before gets its
            receipt even then.

        ``Pending.stored`` raises ``ReusedKey``, ``SameReport``, or ``StoreError`` when nothing was stored.
        """
        code = self._key.code(check_idempotency_key(key) if key is not None else new_idempotency_key())
        sending = self._sending(new, code, channel, photos, again, status)
        public_id = sending.new.public_id[0]
        try:
            return Pending(self._enter(sending, sender, proof), code, public_id, status)
        except (TooManyRequests, StoreError):
            if look and key is not None and self._came_before(sending.receipt):
                return Pending(_done(False), code, public_id, status)
            raise

    def examine(self, new: NewReport) -> Examined:
        """Say when and where a report would be stored; nothing is stored. Raises what ``submit`` says of the report."""
        _, occurred, (lon, lat, accuracy_m) = self._examined(new, self._clock())
        return Examined(lon, lat, accuracy_m, occurred)

    def known(self, new: NewReport, key: str, originals: Sequence[bytes]) -> Accepted | None:
        """Receipt of a report that came before with this key and these files (SHA-256), None for a new one."""
        code = self._key.code(check_idempotency_key(key))
        code_hash = self._key.code_hash(code)
        if not self._came_before(Receipt(code_hash, self._body_hash(new, originals))):
            return None
        return Accepted(code, self._key.public_id(_identity(code_hash)), Status.RECEIVED, created=False)

    def _enter(self, sending: Sending, sender: str | None, proof: Proof | None) -> "Future[bool]":
        """Let the report in; it counts for its sender only if it is stored, and is new."""
        if self._admission is None:
            return self._writer.submit(sending)
        take_back = self._admission.enter(sender, proof)
        try:
            stored = self._writer.submit(sending)
        except StoreError:
            take_back()
            raise
        stored.add_done_callback(lambda done: take_back() if done.exception() or not done.result() else None)
        return stored

    def _came_before(self, receipt: Receipt) -> bool:
        return self._store.body_of_code(receipt.code_hash) == receipt.body_hash

    def _body_hash(self, new: NewReport, originals: Sequence[bytes]) -> bytes:
        """What tells a retry from another report: what was sent but for the clock, which a retry may set anew."""
        # fields that came later are left out while they are empty: a retry may come after an upgrade
        later = {name for name in ("answers",) if not getattr(new, name)}
        return self._key.body_hash(new.model_dump_json(exclude={"sent_at", *later}).encode() + b"".join(originals))

    def _sending(
        self,
        new: NewReport,
        code: str,
        channel: Channel,
        photos: Sequence[HeldPhoto],
        again: bool,
        status: Status,
    ) -> Sending:
        now = self._clock()
        answers, occurred, place = self._examined(new, now)
        code_hash = self._key.code_hash(code)
        receipt = Receipt(
            code_hash,
            self._body_hash(new, [held.original for held in photos]),
            self._key.seal(new.contact) if new.contact else None,
            None if again or self._too_telling(new) else int(now.timestamp()) - TWIN_S,
        )
        arrivals = self._arrivals(new, occurred, place, channel, code_hash, int(now.timestamp()), photos)
        if answers or status is not Status.RECEIVED:
            arrivals = replace(arrivals, status=[str(status)], answers=[answers])
        news = News("report.received", arrivals.public_id[0], new.family, new.category, bool(new.contact))
        return Sending(arrivals, receipt, () if status is Status.HELD else self._announce(news))

    def _examined(self, new: NewReport, now: datetime) -> tuple[str | None, Occurred, Position]:
        """Answers as they are kept, time and place of a report that can be used."""
        self._require_category(new)
        answers = check_answers(self._city, self._city.categories[new.category], new.answers)
        occurred = Occurred.parse(new.occurred_at, self._city.zone) if new.occurred_at else Occurred.unknown()
        if future(occurred, now):
            raise InputError("The time lies in the future; write when you saw it.", field="occurred_at")
        return answers, occurred, self._place(new)

    def _too_telling(self, new: NewReport) -> bool:
        """Tell whether "the same came before" would say to anybody who guesses that something was reported there."""
        return self._city.categories[new.category].published != "point" and not new.description

    def _require_category(self, new: NewReport) -> None:
        category = self._city.categories.get(new.category)
        if category is None or category.family is not new.family:
            known = ", ".join(c.id for c in self._city.categories_of(new.family))
            raise UnknownCategory(
                f"{new.category!r} is no category of {new.family}; there are: {known}.", field="category"
            )

    def _place(self, new: NewReport) -> Position:
        if new.lon is not None and new.lat is not None:
            self._locator.require_inside(new.lon, new.lat)
            return new.lon, new.lat, new.accuracy_m
        found = self._locator.find(new.address or "")
        return found.lon, found.lat, found.accuracy_m

    def _arrivals(
        self,
        new: NewReport,
        occurred: Occurred,
        place: Position,
        channel: Channel,
        code_hash: bytes,
        now: int,
        photos: Sequence[HeldPhoto],
    ) -> Arrivals:
        lon, lat, accuracy_m = place
        outside, units = self._locator.place_one(lon, lat, self._day(occurred))
        name = _identity(code_hash)
        return Arrivals(
            source=str(channel),
            channel=str(channel),
            actor="resident" if channel in (Channel.WEB, Channel.API, Channel.CHILDREN) else str(channel),
            received_at=now,
            family=[str(new.family)],
            category=[new.category],
            lon=np.array([lon]),
            lat=np.array([lat]),
            accuracy_m=[accuracy_m],
            outside=np.array([outside]),
            occurred_at=[int(occurred.at.timestamp()) if occurred.at else None],
            precision=[str(occurred.precision)],
            month=np.array([occurred.month]),
            source_id=[name.hex()],
            identity=[name],
            public_id=[self._key.public_id(name)],
            size=[str(new.size) if new.size else None],
            status=[str(Status.RECEIVED)],
            closed_at=[None],
            description=[new.description or None],
            units=np.array([units], np.int64),
            sent_at=[int(read_clock(new.sent_at, self._city.zone).timestamp())] if new.sent_at else None,
            photos=[tuple(held.photo for held in photos)] if photos else None,
        )

    def _day(self, occurred: Occurred) -> date | None:
        return occurred.at.astimezone(self._city.zone).date() if occurred.at else None


def _identity(code_hash: bytes) -> bytes:
    """What makes a report the same one; not its channel, as a retry may come by another door."""
    return identity("receipt", code_hash.hex())


def _done(stored: bool) -> "Future[bool]":
    answer: Future[bool] = Future()
    answer.set_result(stored)
    return answer
