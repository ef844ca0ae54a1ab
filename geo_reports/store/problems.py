"""What an examination can find, in words: the kinds of problem, and the findings they become."""

from dataclasses import dataclass, field

MOST_NAMED = 20
"""Reports that a finding names; a damage that touches more is told by its number."""


@dataclass(frozen=True)
class Finding:
    """One examination: what was looked at, whether it is well, what is wrong, where, and what to do."""

    what: str
    well: bool
    detail: str
    reports: tuple[str, ...] = ()
    n: int = 0
    remedy: str = ""

    def __str__(self) -> str:
        more = f" and {self.n - len(self.reports)} more" if self.n > len(self.reports) else ""
        where = f" ({', '.join(self.reports)}{more})" if self.reports else ""
        return f"{self.what}: {self.detail.rstrip('.')}{where}{f'. {self.remedy}.' if self.remedy else ''}"


@dataclass(frozen=True)
class Kind:
    """A kind of problem: the examination that finds it, what it means, and the remedy."""

    what: str
    detail: str
    remedy: str


BACKUP = "Take them from a backup; what the chain says of them stands"
REASSIGN = "Run geo-reports doctor --repair, or geo-reports reassign if the layers changed"
REPAIR = "Run geo-reports doctor --repair"
KINDS = {
    "facts": Kind("reports", "not as they were received", BACKUP),
    "unreceived": Kind("reports", "put in behind the program's back: no event says they were received", BACKUP),
    "gone": Kind("reports", "received and gone without a tombstone: deleted behind the program's back", BACKUP),
    "twice": Kind("reports", "received twice by the chain", "Compare the events with a backup"),
    "back": Kind("reports", "were removed and are here again", "Remove them again, or compare with a backup"),
    "identity": Kind("reports", "their identity is not that of their source and number there", BACKUP),
    "received_at": Kind("reports", "their time of receipt is not that of their event", BACKUP),
    "status": Kind("status", "status or its times are not those of the last event", BACKUP),
    "closed_at": Kind("status", "their closing time is not the one they were received with", BACKUP),
    "public_text": Kind("texts", "the published text is not the one of the last event", "Publish it again, or restore"),
    "note": Kind("texts", "a note of their history is not the one that was written", BACKUP),
    "photo": Kind("judgements of photos", "not as the last event of each says", "Judge it again, or restore"),
    "waiting": Kind("queue", "what waits of them for a moderator is not what their events say", REPAIR),
    "morton": Kind("places", "the key of their place in maps is wrong", REPAIR),
    "month": Kind("places", "their month is not that of their time", REPAIR),
    "outside": Kind("places", "inside or outside the city is wrong", REASSIGN),
    "units": Kind("places", "their units are wrong", REASSIGN),
    "contact": Kind("contacts", "their contact does not open with the server key", BACKUP),
    "receipt": Kind("receipts", "their receipt was not made when they were received", BACKUP),
}
"""Every problem that is told by the report it concerns."""


@dataclass
class Problems:
    """Collects problems by kind: how many, and the first reports by name."""

    counts: dict[str, int] = field(default_factory=dict)
    named: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, report: str) -> None:
        """Note a problem of a report."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        names = self.named.setdefault(kind, [])
        if len(names) < MOST_NAMED:
            names.append(report)

    def findings(self, well: dict[str, str]) -> list[Finding]:
        """One finding per kind that was met, and one for each examination that met none, in its words in ``well``."""
        out = []
        for what, words in well.items():
            met = [kind for kind in KINDS if KINDS[kind].what == what and kind in self.counts]
            if not met:
                out.append(Finding(what, True, words))
            for kind in met:
                n, spec = self.counts[kind], KINDS[kind]
                reports = f"{n:,} report{'s' if n > 1 else ''}"
                detail = f"{reports}: {spec.detail}"
                out.append(Finding(what, False, detail, tuple(self.named[kind]), n, spec.remedy))
        return out
