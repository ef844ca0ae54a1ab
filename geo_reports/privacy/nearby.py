"""``Neighbours``: open reports close to a place, for somebody who is about to report the same."""

from dataclasses import dataclass

import numpy as np

from geo_reports.geography.gazetteer.metres import METRES_PER_DEGREE
from geo_reports.privacy import rules
from geo_reports.privacy.beside import beside
from geo_reports.privacy.points import present, shown_at
from geo_reports.privacy.window import Window
from geo_reports.report import OPEN, Audience, Family
from geo_reports.store import Query

NEAR_M = 50.0
"""Reports this close may be about the same dump: two readings of a phone's position are often that far apart."""
MOST_NEAR = 5
EARTH_M = 6_371_008.8
"""Mean radius of the Earth (IUGG)."""


@dataclass(frozen=True)
class Near:
    """An open, public report close by. ``photo`` is the number of its first published photo, None without one."""

    public_id: str
    category: str
    status: str
    size: str | None
    distance_m: float
    age_days: int
    voices: int
    photo: int | None


class Neighbours(Window):
    """The part of a view that tells what was reported before."""

    def nearby(self, family: Family, lon: float, lat: float) -> tuple[Near, ...]:
        """Open dumps within ``NEAR_M`` of a point in WGS 84 degrees, nearest first, at most ``MOST_NEAR``.

        Whoever asks sees what everybody does: distances are from the rounded places, so that moving the point tells
        no exact one. Security has no neighbours: that somebody reported it here before is nobody's business.
        """
        if family is not Family.DUMP:
            return ()
        north = (NEAR_M + 20.0) / METRES_PER_DEGREE  # 20 m: a rounded place lies up to 8 m from the true one
        east = north / max(float(np.cos(np.radians(lat))), 0.01)
        shown = [one for one in self.city.categories_of(family) if rules.as_points(Audience.PUBLIC, one)]
        found = self._store.find(
            Query(
                families=(str(family),),
                categories=tuple(category.id for category in shown),
                statuses=tuple(OPEN),
                bbox=(lon - east, lat - north, lon + east, lat + north),
                outside=False,
            ),
            text=True,
        )
        away = haversine_m(lon, lat, *(axis.to_numpy(float) for axis in shown_at(found, Audience.PUBLIC)))
        order = [i for i in np.argsort(away, kind="stable").tolist() if away[i] <= NEAR_M][:MOST_NEAR]
        near = found.iloc[order].reset_index(drop=True)
        rows = present(near, {}, {}, Audience.PUBLIC, self._clock(), self.city.zone)
        more = beside(self._store, self.city, near)
        return tuple(
            Near(
                public_id=row.public_id,
                category=row.category,
                status=row.status,
                size=row["size"],
                distance_m=float(away[i]),
                age_days=row.age_days,
                voices=heard,
                photo=next(iter(photos), None),
            )
            for i, (_, row), heard, photos in zip(order, rows.iterrows(), more.voices, more.photos, strict=True)
        )


def haversine_m(lon: float, lat: float, lons: np.ndarray, lats: np.ndarray) -> np.ndarray:
    """Distance in metres from a point to (m,) others on a sphere, all in WGS 84 degrees."""
    x, y, xs, ys = (np.radians(value) for value in (lon, lat, lons, lats))
    half = np.sin((ys - y) / 2) ** 2 + np.cos(y) * np.cos(ys) * np.sin((xs - x) / 2) ** 2
    return np.asarray(2 * EARTH_M * np.arcsin(np.sqrt(half)))
