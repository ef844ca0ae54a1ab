"""``Own``: what whoever has a tracking code may see of the report it belongs to: its story, and all that is kept."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from geo_reports.city import read_answers
from geo_reports.errors import KeyProblem
from geo_reports.privacy import rules
from geo_reports.privacy.singles import Singles
from geo_reports.privacy.story import WITH_WORDS, Story
from geo_reports.report import Audience, Family
from geo_reports.store import own_data
from geo_reports.store.own_data import Kept
from geo_reports.store.waiting import SENDER

FACTS = ("public_id", "family", "category", "status", "size", "lon", "lat", "accuracy_m")
HOW = ("occurred_precision", "channel")
TIMES = ("occurred_at", "received_at", "sent_at", "status_at", "closed_at")
BESIDES = ("salt", "identity", "morton", "code_hash", "body_hash")
"""Kept too, and said to be: numbers that tell this report from others and say nothing by themselves."""
NOT_YOURS = frozenset({"opened", "contact", "evidence", "internal", "read"})
"""Events whose words staff wrote for each other; that they happened is told."""
WITHHELD = "kept; asked for in person"
"""In place of what a code alone does not open."""
FORMAT = 1


class Own(Singles):
    """The part of a view that the holder of a code looks through."""

    def by_code(self, code: str) -> Story:
        """Story of the report a tracking code belongs to; ``NotFound`` in the same words for any wrong code.

        Of a security report it gives the unit, not the point: whoever finds the code on a phone learns no place.
        """
        return self._story(self._store.report_of_code(self._code_hash(code)), by_sender=True)

    def everything(self, code: str, photo: Callable[[bytes], bytes | None]) -> dict[str, Any]:
        """All that is kept of the report a code belongs to, ready for JSON; ``NotFound`` for any wrong code.

        ``photo`` gives the bytes of a kept photo by its digest. Times are ISO 8601 with their offset, places WGS 84. Of
        a security report the point and the contact are left out, and that they are kept is said: whoever finds the
        code on a phone must not learn where it was, or who sent it.
        """
        with self._store.reading() as connection:
            kept = own_data.kept(connection, self._code_hash(code))
        facts = {name: kept.report[name] for name in (*FACTS, *HOW)}
        guarded = facts["family"] == Family.SECURITY
        if guarded:
            facts |= dict.fromkeys(("lon", "lat", "accuracy_m"), WITHHELD)
        return {
            "format": FORMAT,
            "made_at": self._clock().astimezone(self.city.zone).isoformat(timespec="seconds"),
            "report": facts | {name: self._moment(kept.report[name]) for name in TIMES},
            "answers": read_answers(kept.report["answers"]),
            "units": kept.units,
            "text": {"sent": kept.text["description"], "published": kept.text["public_text"]} if kept.text else None,
            "contact": WITHHELD if guarded and kept.contact is not None else self._contact(kept),
            "code_made_at": self._moment(kept.made_at),
            "merged_into": kept.duplicate_of if self._is_public(kept) else kept.duplicate_of is not None,
            "others_who_saw_the_same": kept.voices,
            "photos": [self._photo(one, photo) for one in kept.photos],
            "events": [self._event(one) for one in kept.events],
            "messages": [{**one, "made_at": self._moment(one["made_at"])} for one in kept.messages],
            "kept_besides": list(BESIDES),
        }

    def _is_public(self, kept: Kept) -> bool:
        category = self.city.categories.get(kept.report["category"])
        return category is not None and rules.as_points(Audience.PUBLIC, category)

    def _contact(self, kept: Kept) -> str | None:
        if kept.contact is None:
            return None
        try:
            return self._unseal(kept.contact)
        except KeyProblem:  # sealed with a key that was lost: nobody can read it any more
            return "sealed with a key that is lost"

    def _photo(self, one: dict[str, Any], photo: Callable[[bytes], bytes | None]) -> dict[str, Any]:
        data = photo(bytes(one["sha256"]))
        return {
            "number": one["n"] + 1,
            "state": one["state"],
            "width": one["width"],
            "height": one["height"],
            "original_kept": one["sealed_sha256"] is not None,
            "jpeg_base64": None if data is None else b64encode(data).decode(),
        }

    def _event(self, one: dict[str, Any]) -> dict[str, Any]:
        words = one["note"] if one["kind"] in WITH_WORDS else None
        by = "sender" if one["actor"] == SENDER else "municipality"
        told = {"kind": one["kind"], "status": one["status"], "by": by, "words": words}
        reason = None if one["kind"] in NOT_YOURS else one["reason"]
        return {"at": self._moment(one["at"]), **told, "reason": reason}

    def _moment(self, seconds: int | None) -> str | None:
        if seconds is None:
            return None
        return datetime.fromtimestamp(seconds, UTC).astimezone(self.city.zone).isoformat()
