"""``Pictures``: published photos of reports that an audience may see one by one."""

from dataclasses import dataclass

from geo_reports.errors import NotFound
from geo_reports.intake.derivative import size_of_derivative
from geo_reports.privacy.singles import Singles
from geo_reports.store import Query, gallery


@dataclass(frozen=True)
class ShownPhoto:
    """A published photo: its number, the pixels of what is shown of it, and the digest that names it."""

    n: int
    width: int
    height: int
    digest: bytes


class Pictures(Singles):
    """The part of a view that tells which photos are shown."""

    def photos(self, public_id: str) -> list[ShownPhoto]:
        """Published photos of a report in their order; none of a report this audience does not see as a point."""
        seen = Query(
            public_id=public_id,
            categories=self._point_categories((), ()),
            statuses=self._statuses(()),
            outside=False,
        )
        if self._store.find(seen).empty:
            return []
        with self._store.reading() as connection:
            found = gallery.photos_of(connection, public_id)
        return [
            ShownPhoto(one.n, *size_of_derivative(one.width, one.height), one.public_sha256)
            for one in found
            if one.state == gallery.PUBLISHED and one.public_sha256 is not None
        ]

    def photo(self, public_id: str, n: int) -> ShownPhoto:
        """One published photo; ``NotFound`` in the same words whatever the reason."""
        for one in self.photos(public_id):
            if one.n == n:
                return one
        raise NotFound("There is no such photo.")
