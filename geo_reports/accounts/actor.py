"""``Actor``: a person who has signed in."""

from dataclasses import dataclass

from geo_reports.report import Audience


@dataclass(frozen=True)
class Actor:
    """Who acts: the account's login name and its role, as they were when the request began."""

    login: str
    role: Audience
