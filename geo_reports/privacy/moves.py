"""``Moves``: how many reports another edition of a layer puts into another unit, as far as an audience may know."""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_reports.city import CategorySpec, City
from geo_reports.geography import AssignmentIndex
from geo_reports.privacy import rules
from geo_reports.privacy.points import shown_at
from geo_reports.report import UNSEEN, Audience, Family, Status
from geo_reports.store import Query, Store


class Moves:
    """Counts moves for one audience.

    Whoever may draw the new edition chooses the question: a unit of one house asks whether a report lies there. So
    a drawn ``candidate`` is answered only for reports whose places the audience sees, and from those places as it
    sees them. Between two editions of the city folder, those who see exact counts learn about the others too; fewer
    than ``rules.SUPPRESS_BELOW`` moves are a range.
    """

    def __init__(self, city: City, store: Store, audience: Audience) -> None:
        self.city, self.audience, self._store = city, audience, store

    def count(self, old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, *, candidate: bool) -> pd.DataFrame:
        """Moves from one edition to another, whatever the day of a report: family, reports, low, high, shown.

        A family of which the audience may know nothing has no row. ``low`` and ``high`` bound the reports that lie
        in another unit, or in one and then in none.
        """
        indexes = AssignmentIndex(old), AssignmentIndex(new)
        units = [np.append(side.unit.to_numpy(object), "") for side in (old, new)]
        rows = []
        for family in Family:
            open_ = [c for c in self.city.categories_of(family) if rules.as_points(self.audience, c)]
            guarded = [] if candidate else [c for c in self.city.categories_of(family) if c not in open_]
            guarded = [c for c in guarded if rules.as_exact_counts(self.audience, c)]
            if not open_ and not guarded:
                continue
            seen, moved = self._moved(open_, indexes, units)
            kept, hidden = self._moved(guarded, indexes, units)
            few = bool(guarded) and hidden < rules.SUPPRESS_BELOW
            low, high = (moved, moved + rules.SUPPRESS_BELOW - 1) if few else (moved + hidden, moved + hidden)
            shown = str(low) if low == high else f"{low}-{high}"
            rows.append({"family": str(family), "reports": seen + kept, "low": low, "high": high, "shown": shown})
        return pd.DataFrame(rows, columns=["family", "reports", "low", "high", "shown"])

    def _moved(
        self,
        categories: list[CategorySpec],
        indexes: tuple[AssignmentIndex, AssignmentIndex],
        units: list[NDArray[np.object_]],
    ) -> tuple[int, int]:
        """Reports of some categories, and those of them that move."""
        if not categories:
            return 0, 0
        staff = self.audience in rules.STAFF
        found = self._store.find(
            Query(
                categories=tuple(category.id for category in categories),
                statuses=tuple(status for status in Status if status not in ({Status.HELD} if staff else UNSEEN)),
                outside=None if staff else False,
            )
        )
        lon, lat = shown_at(found, self.audience)
        was, now = (names[index.assign(lon, lat)] for index, names in zip(indexes, units, strict=True))
        return len(found), int((was != now).sum())
