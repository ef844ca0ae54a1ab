"""Every error the program raises on purpose, and its HTTP status.

::

    GeoReportsError
    ├── CityError               the city folder has problems; all of them are listed
    ├── InputError              what was sent cannot be used; says which field and what to do
    │   ├── UnknownCategory     no such category in this city
    │   ├── OutsideCity         the point lies outside the city's boundary
    │   ├── AddressNotFound     no confident place for the address; candidates are offered
    │   ├── TooFewReports       not enough reports for a statistic to mean anything
    │   ├── ReusedKey           the idempotency key came before with another body
    │   ├── SameReport          the same report came a few minutes ago; is it the same one?
    │   ├── BadPhoto            a photo cannot be read; the report can go without it
    │   │   └── PhotoTooLarge   it has too many bytes or pixels
    │   └── LayerRefused        a layer file cannot be brought in; all its problems are listed
    ├── ImportProblem           an archive or its profile cannot be read
    ├── NotSignedIn             the page or data needs an account
    ├── NotAllowed              the account's role may not do this
    ├── NotFound                no such report, layer, map or code
    ├── IllegalTransition       a status cannot follow the present one
    ├── InProgress              the same report is being stored this moment
    ├── TooManyRequests         the sender must wait
    │   └── ProofNeeded         so many reports come in that each must bring a proof of work
    ├── MissingExtra            an optional library is not installed; names the extra
    ├── StoreError              the store cannot be used
    │   ├── StoreBusy           another writer holds the store
    │   ├── StoreFull           no room is left on its disk
    │   ├── PhotoDamaged        a kept photo is missing or no longer what was kept
    │   ├── SchemaTooNew        a newer program has upgraded the store
    │   └── SchemaTooOld        the store must be upgraded, and its operator says when
    ├── LayersChanged           the layers changed since reports were assigned; reassign them
    └── KeyProblem              the server key is missing, readable by others, or another store's
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a city folder, printed as ``file: where: what is wrong: what to do``."""

    file: str
    where: str
    wrong: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.where}: {self.wrong}: {self.remedy}"


class GeoReportsError(Exception):
    """Root of all errors raised on purpose; its text is safe to show to anyone."""

    retry_after_s: int | None = None
    """After how many seconds trying again makes sense, where it does."""


class CityError(GeoReportsError):
    """The city folder cannot be used; ``problems`` lists everything found wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class InputError(GeoReportsError):
    """What was sent cannot be used. ``field`` names the field at fault, if one is."""

    def __init__(self, message: str, field: str | None = None) -> None:
        self.field = field
        super().__init__(message)


class UnknownCategory(InputError):
    """No such category in this city, or it belongs to the other family."""


class OutsideCity(InputError):
    """The point lies outside the city's boundary."""


class AddressNotFound(InputError):
    """No confident place for an address; ``candidates`` are labels to offer instead."""

    def __init__(self, message: str, candidates: list[str], field: str = "address") -> None:
        self.candidates = candidates
        super().__init__(message, field)


class TooFewReports(InputError):
    """Not enough reports for a statistic to mean anything."""


class ReusedKey(InputError):
    """The idempotency key was used before for a different report."""


class LayerRefused(InputError):
    """A layer file cannot be brought into a city folder; ``problems`` lists everything found wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class SameReport(InputError):
    """The same report was accepted a few minutes ago under another key; whoever sends it is asked."""


class BadPhoto(InputError):
    """A photo cannot be read; the report can go without it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="photo")


class PhotoTooLarge(BadPhoto):
    """A photo has too many bytes or pixels."""


class ImportProblem(GeoReportsError):
    """An archive or its profile cannot be read as a whole; single bad rows are rejects instead."""


class NotSignedIn(GeoReportsError):
    """The page or data needs an account."""


class NotAllowed(GeoReportsError):
    """The account's role may not see or do this."""


class NotFound(GeoReportsError):
    """No such report, layer, map or tracking code."""


class IllegalTransition(GeoReportsError):
    """A status cannot follow the present one."""


class InProgress(GeoReportsError):
    """A report with the same idempotency key is being stored this moment."""

    retry_after_s = 1


class TooManyRequests(GeoReportsError):
    """The sender must wait ``retry_after_s`` seconds."""

    retry_after_s: int

    def __init__(self, message: str, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class ProofNeeded(TooManyRequests):
    """So many reports come in that a new one must bring a proof of work in ``field``."""

    field = "Altcha"


class MissingExtra(GeoReportsError):
    """An optional library is not installed."""

    def __init__(self, extra: str, need: str) -> None:
        super().__init__(f"{need} needs an optional part: install it with pip install 'geo-reports[{extra}]'.")


class StoreError(GeoReportsError):
    """The store cannot be used."""

    retry_after_s = 30


class StoreBusy(StoreError):
    """Another writer holds the store; try again in a moment."""

    retry_after_s = 5


class StoreFull(StoreError):
    """No room is left on the store's disk; what is stored can still be read."""

    retry_after_s = 300


class PhotoDamaged(StoreError):
    """A kept photo is missing, or its bytes are no longer those that were kept."""


class SchemaTooNew(StoreError):
    """A newer program has upgraded this store."""


class SchemaTooOld(StoreError):
    """The store has an older schema and is upgraded only when its operator says so."""


class LayersChanged(GeoReportsError):
    """The layers changed since the reports were assigned to units."""

    retry_after_s = 60


class KeyProblem(GeoReportsError):
    """The server key is missing, readable by others, or belongs to another store."""

    retry_after_s = 60


HTTP_STATUS: dict[type[GeoReportsError], int] = {
    CityError: 500,
    InputError: 422,
    ReusedKey: 422,
    SameReport: 409,
    PhotoTooLarge: 413,
    ImportProblem: 422,
    NotSignedIn: 401,
    NotAllowed: 403,
    NotFound: 404,
    IllegalTransition: 409,
    InProgress: 409,
    TooManyRequests: 429,
    MissingExtra: 501,
    StoreError: 503,
    StoreFull: 507,
    LayersChanged: 503,
    KeyProblem: 503,
    GeoReportsError: 500,
}


def http_status(error: GeoReportsError) -> int:
    """Status of the nearest class in ``HTTP_STATUS`` above the error's own."""
    return next(HTTP_STATUS[cls] for cls in type(error).__mro__ if cls in HTTP_STATUS)


def retry_after_s(error: Exception) -> int | None:
    """After how many seconds the sender may try again, None where that does not help or nobody knows."""
    return error.retry_after_s if isinstance(error, GeoReportsError) else None
