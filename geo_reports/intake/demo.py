"""Synthetic reports for any city: seeded, plausible in place and time, and named as synthetic throughout."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_reports.city import CategorySpec, City, check_answers
from geo_reports.errors import InputError
from geo_reports.intake.keys import ServerKey
from geo_reports.intake.locate import Locator
from geo_reports.report import CLOSED, Answers, Channel, Family, Occurred, Precision, Size, Status
from geo_reports.store import Arrivals, Store, identity

DAYS = 430
"""How far back demo reports reach: a year, and the months that settle before they are published."""
SOURCE = "demo"
SITES = 12
"""Places where dumps recur."""
STATUS_SHARES = {
    Family.DUMP: {
        Status.RECEIVED: 0.18,
        Status.ACKNOWLEDGED: 0.12,
        Status.IN_PROGRESS: 0.08,
        Status.CLEANED: 0.50,
        Status.CLOSED_WITHOUT_SOLUTION: 0.06,
        Status.DUPLICATE: 0.04,
        Status.REJECTED: 0.02,
    },
    Family.SECURITY: {Status.RECEIVED: 0.3, Status.ACKNOWLEDGED: 0.5, Status.CLOSED_WITHOUT_SOLUTION: 0.2},
}
SPREAD_M = {Family.DUMP: 60.0, Family.SECURITY: 350.0}
CLUSTERED = {Family.DUMP: 0.45, Family.SECURITY: 0.35}
ANSWERED = 0.6
"""Share of questions that somebody answers."""
M_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Demo:
    """Makes demo reports for a city and keeps them in a store of their own."""

    city: City
    store: Store
    key: ServerKey
    locator: Locator
    clock: Callable[[], datetime]

    def seed(self, *, dumps: int = 600, security: int = 2400, seed: int = 1) -> int:
        """Fill an empty store; returns how many reports were made, 0 when demo reports are there already.

        ``InputError`` when the store holds other reports: demo and real ones never share a store.
        """
        if self.store.get_meta("demo") == "yes":
            return 0
        if self.store.size()["reports"]:
            raise InputError("This store holds real reports; demo reports need a store of their own (--db FILE).")
        self.store.set_meta("demo", "yes")
        random = np.random.default_rng(seed)
        now = int(self.clock().timestamp())
        batch = self.store.start_batch(SOURCE, f"seed {seed}", "", now)
        made = 0
        for family, n in ((Family.DUMP, dumps), (Family.SECURITY, security)):
            if not self.city.categories_of(family):
                continue
            arrivals = self._arrivals(family, n, random)
            totals = {"n_read": made + len(arrivals), "n_new": made + len(arrivals)}
            with self.store.writing() as connection:
                self.store.add_batch_chunk(connection, batch, arrivals, totals)
            made += len(arrivals)
        self.store.end_batch(batch, "finished", {"n_read": made, "n_new": made}, now)
        return made

    def _arrivals(self, family: Family, n: int, random: np.random.Generator) -> Arrivals:
        lon, lat = self._places(family, n, random)
        n = len(lon)
        occurred = self._times(n, random)
        statuses = STATUS_SHARES[family]
        status = random.choice([str(s) for s in statuses], n, p=list(statuses.values()))
        kinds = [category.id for category in self.city.categories_of(family)]
        weights = 1.0 / (1.0 + np.arange(len(kinds)))
        category = random.choice(kinds, n, p=weights / weights.sum()).tolist()
        sizes = random.choice([str(size) for size in Size], n, p=[0.3, 0.3, 0.25, 0.15]).tolist()
        days = [
            np.datetime64(o.at.astimezone(self.city.zone).date(), "D") if o.at else np.datetime64("NaT")
            for o in occurred
        ]
        outside, units = self.locator.place(lon, lat, np.array(days))
        names = [identity(SOURCE, f"{family}-{i}") for i in range(n)]
        now = self.clock()
        return Arrivals(
            source=SOURCE,
            channel=str(Channel.DEMO),
            actor=SOURCE,
            received_at=int(now.timestamp()),
            family=[str(family)] * n,
            category=category,
            lon=lon,
            lat=lat,
            accuracy_m=[15.0] * n,
            outside=outside,
            occurred_at=[int(o.at.timestamp()) if o.at else None for o in occurred],
            precision=[str(o.precision) for o in occurred],
            month=np.array([o.month for o in occurred]),
            source_id=[f"{family}-{i}" for i in range(n)],
            identity=names,
            public_id=self.key.public_ids(names),
            size=sizes if family is Family.DUMP else [None] * n,
            status=status.tolist(),
            closed_at=_closings(occurred, status.tolist(), now, random),
            description=self._descriptions(category),
            units=units,
            answers=self._answers(category, random),
        )

    def _places(
        self, family: Family, n: int, random: np.random.Generator
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(n,) points inside the city: some around a few sites, the rest where people live."""
        units = self.city.primary.current.units
        people = units.population.fillna(units.population.median()).fillna(1.0).to_numpy(np.float64)
        share = people / people.sum()
        shapes = np.asarray(units.geometry.array)
        spread = [_within(shapes[i], random) for i in random.choice(len(shapes), n, p=share)]
        points = np.array(spread)
        sites = points[random.choice(n, min(SITES, n), replace=False)]
        near = random.random(n) < CLUSTERED[family]
        popular = 1.0 / (1.0 + np.arange(len(sites)))
        at = sites[random.choice(len(sites), n, p=popular / popular.sum())]
        scale = SPREAD_M[family] / M_PER_DEGREE
        jitter = random.normal(0.0, scale, (n, 2)) / np.array([np.cos(np.radians(at[:, 1])), np.ones(n)]).T
        points = np.where(near[:, None], at + jitter, points)
        inside = self.city.contains(points[:, 0], points[:, 1])
        points = np.where(inside[:, None], points, np.array(spread))
        return points[:, 0].round(6), points[:, 1].round(6)

    def _times(self, n: int, random: np.random.Generator) -> list[Occurred]:
        now = self.clock().astimezone(self.city.zone)
        out = []
        for days in random.uniform(0.1, DAYS, n).tolist():
            moment = (now - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
            out.append(Occurred.local(moment, Precision.HOUR))
        return out

    def _answers(self, categories: list[str], random: np.random.Generator) -> list[str | None]:
        """Answers to some of the city's questions, as they are kept."""
        (own,) = random.spawn(1)  # so that a city's questions change nothing else about its demo reports
        return [self._answered(self.city.categories[name], own) for name in categories]

    def _answered(self, category: CategorySpec, random: np.random.Generator) -> str | None:
        answers: Answers = {}
        for question in self.city.questions_of(category):
            if random.random() >= ANSWERED:
                continue
            options = [option.id for option in question.options]
            if not options:
                answers[question.id] = bool(random.random() < 0.5)
                continue
            one = options[int(random.integers(len(options)))]
            answers[question.id] = [one] if question.kind == "choices" else one
        return check_answers(self.city, category, answers)

    def _descriptions(self, categories: list[str]) -> list[str | None]:
        language = self.city.spec.locale[:2]
        word = "Demo" if language == "en" else "Demostración"
        names = {c.id: c.name.get(language, c.name["en"]) for c in self.city.spec.categories}
        return [f"{word}: {names[category]}" if i % 5 == 0 else None for i, category in enumerate(categories)]


def _within(shape: shapely.Polygon, random: np.random.Generator) -> tuple[float, float]:
    """Uniform point inside a polygon, by rejection."""
    west, south, east, north = shape.bounds
    for _ in range(1000):
        lon, lat = random.uniform(west, east), random.uniform(south, north)
        if shapely.contains_xy(shape, lon, lat):
            return lon, lat
    point = shape.representative_point()  # a sliver that 1000 tries do not hit
    return point.x, point.y


def _closings(
    occurred: list[Occurred], status: list[str], now: datetime, random: np.random.Generator
) -> list[int | None]:
    """Closing times of the closed: days to weeks after they were seen, never in the future."""
    out: list[int | None] = []
    for seen, state, days in zip(occurred, status, random.gamma(2.0, 6.0, len(status)).tolist(), strict=True):
        closed = seen.at + timedelta(days=days) if seen.at and state in CLOSED else None
        out.append(int(min(closed, now).timestamp()) if closed else None)
    return out
