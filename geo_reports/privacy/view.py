"""``View``: one audience's window on the store, and the only way out of it."""

import hashlib

from geo_reports.city import Place
from geo_reports.privacy import rules
from geo_reports.privacy.area import Areas
from geo_reports.privacy.nearby import Neighbours
from geo_reports.privacy.notices import Notices
from geo_reports.privacy.own import Own
from geo_reports.privacy.pictures import Pictures
from geo_reports.privacy.published import Published
from geo_reports.privacy.queue import Queues


class View(Pictures, Areas, Notices, Neighbours, Published, Queues, Own):
    """What one audience may see of a city's reports. Every frame that leaves has passed its rules."""

    def revision(self) -> str:
        """Text that changes when what is shown may have changed: reports, city folder or day.

        A digest with the store's unpublished name: the revision is a count of all that ever happened here. For who is
        no staff it follows only reports that are shown one by one: else asking again and again would tell when a
        security report comes, or a child's. Counts of areas are therefore as old as the last of those, or a day.
        """
        parts = (self._store.store_id(), self.city.digest, str(self._changed()), self._today().isoformat())
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]

    def _changed(self) -> object:
        if self.audience in rules.STAFF:
            return self._store.revision()
        return self._store.seen(self._point_categories((), ()), self._statuses(()))

    def places(self, kinds: tuple[str, ...]) -> list[Place]:
        """Named places of the city folder."""
        return [place for place in self.city.places if place.kind in kinds]
