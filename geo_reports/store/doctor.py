"""Examine a store: what it holds must agree with itself."""

from dataclasses import dataclass

from geo_reports.store.store import Store


@dataclass(frozen=True)
class Finding:
    """One examination: what was looked at, whether it is well, and what to do if not."""

    what: str
    well: bool
    detail: str


class Doctor:
    """Examines a store and repairs what can be derived again."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def examine(self) -> list[Finding]:
        """All examinations, in order."""
        return [self._file(), self._chain(), *self._counts()]

    def repair(self) -> None:
        """Recount the counters and the pyramid; nothing else of a store can be derived again."""
        self._store.rebuild_counters()

    def _file(self) -> Finding:
        faults = self._store.integrity()
        return Finding("store file", not faults, "; ".join(faults) or "sound")

    def _chain(self) -> Finding:
        broken = self._store.chain_break()
        if broken is None:
            return Finding("event chain", True, f"unbroken, {self._store.revision()} events")
        return Finding("event chain", False, f"broken at event {broken}: restore a backup and compare from there")

    def _counts(self) -> list[Finding]:
        found = []
        for name, wrong in self._store.miscounted().items():
            remedy = f"{len(wrong)} rows differ from a recount: run geo-reports doctor --repair"
            found.append(Finding(name, wrong.empty, remedy if len(wrong) else "equal to a recount"))
        return found
