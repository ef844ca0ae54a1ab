"""An import profile: how the columns of an archive become reports. Kept with the city, as TOML."""

import codecs
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from geo_reports.city import City
from geo_reports.errors import ImportProblem
from geo_reports.report import Family, Precision, Size, Status


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TimeColumns(_Strict):
    """Where a time stands: a day column, perhaps an hour column beside it.

    ``date_format`` is a strptime format, ``iso``, or ``month`` for YYYY-MM. With ``utc_means_local_day`` a
    moment in UTC stands for the local day it falls on in the city's zone.
    """

    date_column: str | None = None
    date_format: str = "iso"
    utc_means_local_day: bool = False
    hour_column: str | None = None
    precision: Precision = Precision.DAY


class Profile(_Strict):
    """How an archive's columns map to a report's fields; unknown keys are refused."""

    format: Literal[1]
    source: Annotated[str, Field(min_length=1, max_length=64)]
    family: Family | None = None
    encoding: str = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    id_column: str | None = None
    lon_column: str | None = None
    lat_column: str | None = None
    crs: str = "EPSG:4326"
    accuracy_column: str | None = None
    category_column: str | None = None
    category: str | None = None
    categories: dict[str, str] = {}
    description_column: str | None = None
    size_column: str | None = None
    sizes: dict[str, Size] = {}
    status_column: str | None = None
    status: Status = Status.RECEIVED
    statuses: dict[str, Status] = {}
    occurred: TimeColumns = TimeColumns(precision=Precision.UNKNOWN)
    closed: TimeColumns | None = None

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str) -> str:
        try:
            codecs.lookup(name)
        except LookupError as error:
            raise ValueError(str(error)) from None
        return name

    @model_validator(mode="after")
    def _complete(self) -> "Profile":
        if (self.category is None) == (self.category_column is None):
            raise ValueError("give either category (one for all rows) or category_column")
        if (self.lon_column is None) != (self.lat_column is None):
            raise ValueError("lon_column and lat_column go together; give both, or neither for a file with geometry")
        return self

    def columns(self) -> list[str]:
        """Names of all columns the profile reads."""
        times = [self.occurred, *([self.closed] if self.closed else [])]
        named = [
            self.id_column,
            self.lon_column,
            self.lat_column,
            self.accuracy_column,
            self.category_column,
            self.description_column,
            self.size_column,
            self.status_column,
            *(time.date_column for time in times),
            *(time.hour_column for time in times),
        ]
        return list(dict.fromkeys(name for name in named if name is not None))


def load_profile(path: Path, city: City) -> Profile:
    """Read a profile and hold its categories against the city's; ``ImportProblem`` names what is wrong."""
    try:
        profile = Profile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ImportProblem(f"{path}: the profile does not exist.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ImportProblem(f"{path}: is not valid TOML ({error}).") from None
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'profile'}: {e['msg']}" for e in error.errors())
        raise ImportProblem(f"{path}: {faults}.") from None
    named = [*profile.categories.values(), *([profile.category] if profile.category else [])]
    for name in named:
        category = city.categories.get(name)
        if category is None or (profile.family is not None and category.family is not profile.family):
            known = ", ".join(c.id for c in city.spec.categories if profile.family in (None, c.family))
            raise ImportProblem(f"{path}: categories: {name!r} is no category here; there are: {known}.")
    return profile


def find_profile(city: City, file: Path, columns_of: Callable[[Path, Profile], list[str]]) -> Path:
    """Profile of the city folder that fits a file: the only one whose columns are all there."""
    folder = city.root / "layers" / "profiles"
    known = sorted(folder.glob("*.toml"))
    fitting, columns = [], []
    for path in known:
        profile = load_profile(path, city)
        columns = columns_of(file, profile)
        if set(profile.columns()) <= set(columns):
            fitting.append(path)
    if len(fitting) == 1:
        return fitting[0]
    if not known:
        raise ImportProblem(
            f"{file}: name a profile with --profile, or keep one in {folder}; docs/import.md shows how."
        )
    names = ", ".join(path.name for path in (fitting or known))
    what = "several profiles fit" if fitting else "no profile fits"
    raise ImportProblem(
        f"{file}: {what} its columns ({', '.join(columns)}); name one with --profile. In {folder}: {names}."
    )
