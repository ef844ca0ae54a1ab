"""Hand a report that came by a page to the intake."""

from collections.abc import Sequence

from geo_reports.intake import Accepted, HeldPhoto, Proof
from geo_reports.report import Channel, NewReport, Status
from geo_reports.web.visit import Visit


def accept_report(
    here: Visit,
    new: NewReport,
    key: str,
    photos: Sequence[HeldPhoto],
    channel: Channel,
    *,
    status: Status = Status.RECEIVED,
    again: bool = True,
    proof: Proof | None = None,
) -> Accepted:
    """Store a report; when this returns it is on disk. Senders without an account are counted, and lookups too.

    Arguments and errors as of ``Intake.submit``.
    """
    sender = None if here.actor else here.sender
    if new.lon is None and sender is not None:
        here.house.lookups.check(sender)
    return here.house.intake.accept(
        new, channel=channel, key=key, sender=sender, photos=photos, again=again, proof=proof, status=status
    )
