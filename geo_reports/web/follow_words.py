"""What the page of a report says of each state and each step, to its sender and to staff."""

from geo_reports.look import N_, Words
from geo_reports.privacy import StoryEvent
from geo_reports.report import Family, Status

MEANING = {
    Status.HELD: N_("Your report is saved. An adult at the municipality must approve it first."),
    Status.RECEIVED: N_("Your report is saved. The municipality has not read it yet."),
    Status.ACKNOWLEDGED: N_("The municipality has read it and will decide what to do."),
    Status.IN_PROGRESS: N_("Somebody is working on it."),
    Status.CLEANED: N_("The municipality says that the work is done. Nobody else has confirmed it yet."),
    Status.VERIFIED: N_("The problem is gone: somebody confirmed it."),
    Status.CLOSED_WITHOUT_SOLUTION: N_("It was closed, but the problem is not solved. Closed does not mean clean."),
    Status.DUPLICATE: N_("Somebody had reported the same before. It goes on under that report."),
    Status.REJECTED: N_("The municipality cannot act on this report."),
    Status.RETRACTED: N_("You took this report back. Nobody will act on it."),
}
"""What each state means for the sender."""

SECURITY_MEANING = {
    **MEANING,
    Status.CLEANED: N_("The municipality says that it attended to it. Nobody else has confirmed it yet."),
    Status.CLOSED_WITHOUT_SOLUTION: N_("It was closed, but the problem is not solved. Closed does not mean solved."),
}

NEXT = {
    Status.HELD: N_(
        "Next: somebody approves it, or you read here why not. Until then it is on no map and in no count."
    ),
    Status.RECEIVED: N_("Next: somebody reads it and decides what to do."),
    Status.ACKNOWLEDGED: N_("Next: somebody is sent there, or you read here why not."),
    Status.IN_PROGRESS: N_("Next: you read here that it is done, or why it could not be solved."),
    Status.CLEANED: N_("Next: tell us below whether it is really solved. You see it better than we do."),
    Status.VERIFIED: N_("Nothing more will happen. If the problem comes back, open it again or send a new report."),
    Status.CLOSED_WITHOUT_SOLUTION: N_(
        "Nothing more will happen by itself. If you do not agree, open it again and say why."
    ),
    Status.DUPLICATE: N_("You do not have to do anything: below you see how the other report is getting on."),
    Status.REJECTED: N_("Nothing more will happen. If you think that this is a mistake, write to us below."),
    Status.RETRACTED: N_("Nothing more will happen. If it was a mistake, send a new report."),
}
"""What the sender can expect now."""

ITS_SENDER = {
    ("status", Status.RETRACTED): (N_("You took the report back"), N_("Its sender took the report back")),
    ("status", Status.VERIFIED): (N_("You confirmed that it is solved"), N_("Its sender confirmed that it is solved")),
    ("status", Status.ACKNOWLEDGED): (N_("You opened it again"), N_("Its sender opened it again")),
    ("comment", None): (N_("You wrote to the municipality"), N_("Its sender wrote")),
    ("photo", "held"): (N_("You sent photo %(n)s"), N_("Its sender sent photo %(n)s")),
    ("photo", "withheld"): (N_("Photo %(n)s is not published"), N_("Photo %(n)s is not published")),
    ("text", None): (N_("Your text is no longer public"), N_("The text is no longer public")),
    ("revised", None): (N_("You corrected the report: %(what)s"), N_("Its sender corrected the report: %(what)s")),
}
"""What a sender did, as the sender reads it and as staff do."""

THE_MUNICIPALITY = {
    ("photo", "published"): N_("Photo %(n)s was published"),
    ("photo", "withheld"): N_("Photo %(n)s is not published"),
    ("photo", "held"): N_("Photo %(n)s is being checked again"),
    ("category", None): N_("The municipality changed the kind of problem"),
    ("merged", None): N_("It was joined with another report of the same"),
    ("parted", None): N_("It is a report of its own again"),
}
CORRECTED = {
    "category": N_("what you saw"),
    "size": N_("how much there is"),
    "answers": N_("answers"),
    "text": N_("text"),
    "photos": N_("photos"),
}
"""Names of what was corrected."""


def meaning(words: Words, status: str, family: str) -> str:
    """Say what a state means for the sender."""
    return words((MEANING if family == Family.DUMP else SECURITY_MEANING)[Status(status)])


def headline(words: Words, event: StoryEvent, family: str, *, staff: bool = False) -> str:
    """Say what a step was, in a few words."""
    if event.kind == "received":
        return words.status(event.status or Status.RECEIVED, family)
    found = _of_sender(event) if event.by_sender else None
    if found is not None:
        return words(found[staff], **_values(words, event))
    if event.kind == "status":
        return words.status(event.status or Status.RECEIVED, family)
    if event.kind == "text":
        return words(N_("The text was published") if event.note else N_("The text is no longer public"))
    about = event.reason if event.kind == "photo" else None
    return words(THE_MUNICIPALITY[event.kind, about], **_values(words, event))


def _of_sender(event: StoryEvent) -> tuple[str, str] | None:
    about = {"status": event.status, "photo": event.reason}.get(event.kind)
    return ITS_SENDER.get((event.kind, about))


def _values(words: Words, event: StoryEvent) -> dict[str, object]:
    if event.kind == "photo":
        return {"n": event.note or "?"}
    if event.kind == "revised":
        names = [CORRECTED[name] for name in (event.reason or "").split(",") if name in CORRECTED]
        return {"what": ", ".join(words(name) for name in names)}
    return {}


def reason(words: Words, event: StoryEvent) -> str:
    """Say why a report ended without a solution; empty for every other step."""
    return words.reason(event.reason) if event.kind == "status" and event.reason else ""


def said(event: StoryEvent) -> str:
    """Words that were written with a step: a note of the municipality, or what the sender wrote."""
    return event.note or "" if event.kind in ("status", "comment") else ""
