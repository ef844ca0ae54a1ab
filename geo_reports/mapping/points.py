"""Reports as signs, one each."""

from urllib.parse import quote

import numpy as np
import pandas as pd

from geo_reports.city.maps import PointsDef
from geo_reports.look import N_, Words
from geo_reports.look.signs import sign_of
from geo_reports.mapping.elements import Drawn
from geo_reports.mapping.sheet import Cell, Column, Desk, Sheet, Strings, Swatch, Table, figure, say
from geo_reports.privacy.rules import DESK, OPENS_SECURITY
from geo_reports.privacy.singles import MAP_LIMIT
from geo_reports.report import CLOSED, FIXED, OPEN, Audience, Family, Size, Status

LISTED = 200
"""Most reports listed one by one in a table."""
CASES = "/personal/reportes/"
"""Below this address the service shows one report to those who work with it."""

_COLUMNS = (
    N_("Number"),
    N_("Kind"),
    N_("State"),
    N_("Size"),
    N_("Neighborhood"),
    N_("Observed"),
    N_("Received"),
    N_("Place (longitude, latitude, degrees)"),
)


def draw_points(desk: Desk, definition: PointsDef) -> Sheet:
    """Signs of a layer, its legend by state, a table by unit and a list of the newest."""
    words = desk.words
    frame = _with_none(desk.view.points(definition))
    cut = len(frame) >= MAP_LIMIT
    frame = frame.head(MAP_LIMIT)
    if desk.unit is not None:
        frame = frame[frame.unit == desk.unit]
    name = (
        desk.map.put(Drawn("points", [_data(desk, frame, definition.family)], definition.shown)) if len(frame) else ""
    )
    title = words.say(definition.name)
    return Sheet(
        title=title,
        name=name,
        shown=definition.shown,
        legend=_legend(desk, frame, definition),
        notes=_notes(words, definition, len(frame), cut),
        tables=(_by_unit(desk, frame, title), _newest(desk, frame, title, definition.family)) if len(frame) else (),
        synthetic=bool(frame.synthetic.astype(bool).any()),
    )


def _with_none(frame: pd.DataFrame) -> pd.DataFrame:
    """None for every text there is not: a column of texts holds NaN for it, which is true and no text."""
    absent = {name: frame[name].astype(object).where(frame[name].notna(), None) for name in ("size", "text")}
    return frame.assign(**absent)


def _opens(desk: Desk, family: Family) -> bool:
    """Tell whether whoever sees this map may open its reports one by one, and the page can lead there."""
    return desk.linked and desk.view.audience in (DESK if family is Family.DUMP else OPENS_SECURITY)


def _data(desk: Desk, frame: pd.DataFrame, family: Family) -> dict[str, object]:
    words, strings, rows = desk.words, Strings(), []
    radius = [-sign_of(status, size).radius for status, size in zip(frame.status, frame["size"], strict=True)]
    # large signs first, so that they lie below small ones
    frame = frame.iloc[np.argsort(radius, kind="stable")]
    for row in frame.itertuples(index=False):
        state = words.status(row.status, row.family)
        size = words.size(row.size)
        lines = [
            words.say(desk.city.categories[row.category].name),
            f"{state} · {size}" if size else state,
            row.unit_name,
            *_times(words, row.occurred, row.received_on, row.age_days),
            row.text or "",
            words("Number %(id)s", id=row.public_id),
        ]
        sign = strings.at(sign_of(row.status, row.size).name)
        rows.append([float(row.lat), float(row.lon), sign, *strings.all(lines)])
    data = {"strings": strings.texts, "rows": rows, "named": 4}
    if not _opens(desk, family):
        return data
    return {**data, "cases": {"text": words("Open the report"), "below": CASES, "ids": frame.public_id.tolist()}}


def _times(words: Words, occurred: str, received_on: str, age_days: int) -> tuple[str, str]:
    """When it was seen and when it came in; the age counts from the first of the two that is known."""
    seen, came = words.when(occurred), words.when(received_on)
    if occurred:
        seen = f"{seen} ({words.ago(age_days)})"
    else:
        came = f"{came} ({words.ago(age_days)})"
    return words("Observed: %(when)s", when=seen), words("Received: %(when)s", when=came)


def _legend(desk: Desk, frame: pd.DataFrame, definition: PointsDef) -> tuple[tuple[Swatch, str], ...]:
    """Each sign that is on the map once, with all the states it stands for, then what its size means."""
    words, present = desk.words, set(frame.status)
    states: dict[str, list[str]] = {}
    for status in Status:
        if status in present:
            sign = sign_of(status).name
            states.setdefault(sign, []).append(words.status(status, definition.family))
    legend = [(Swatch("sign", sign), ", ".join(names)) for sign, names in states.items()]
    example = next((status for status in Status if status in present), Status.RECEIVED)
    for size in (size for size in Size if (frame["size"] == size).any()):
        legend.append((Swatch("sign", sign_of(example, size).name), words.size(size)))
    return tuple(legend)


def _notes(words: Words, definition: PointsDef, shown: int, cut: bool) -> tuple[str, ...]:
    notes = []
    if not shown:
        notes.append(words("There are no reports to show here yet."))
    elif cut:
        notes.append(words("There are more: these are the %(n)s newest reports.", n=words.number(shown)))
    else:
        notes.append(words.plural("%(n)s report on the map.", "%(n)s reports on the map.", shown))
    if definition.window_days is not None:
        notes.append(words.plural("From the last day.", "From the last %(n)s days.", definition.window_days))
    return tuple(notes)


def _by_unit(desk: Desk, frame: pd.DataFrame, title: str) -> Table:
    words = desk.words
    categories = [category for category in desk.city.categories if (frame.category == category).any()]
    units = desk.city.primary.current.units
    names = dict(zip(units.unit, units.name, strict=True)) | dict(zip(frame.unit, frame.unit_name, strict=True))
    standing = pd.DataFrame(
        {
            "open": frame.status.isin(list(OPEN)),
            "cleaned": frame.status.isin(list(FIXED)),
            "unsolved": frame.status.isin(list(CLOSED - FIXED)),
            "all": True,
            **{f"category {category}": frame.category == category for category in categories},
        }
    )
    sums = standing.groupby(frame.unit.to_numpy()).sum().reindex(list(names), fill_value=0).astype(int)
    titles = [
        words("Open"),
        words.status(Status.CLEANED, frame.family.iloc[0]),
        words.status(Status.CLOSED_WITHOUT_SOLUTION),
        words("All"),
        *(words.say(desk.city.categories[category].name) for category in categories),
    ]
    rows = tuple(
        (say(names[unit] or words("Outside the neighborhoods")), *(figure(words, n) for n in values))
        for unit, values in zip(sums.index, sums.to_numpy(), strict=True)
    )
    return Table(
        caption=words("%(layer)s by %(units)s", layer=title, units=words.say(desk.city.primary.spec.name).lower()),
        note=words("Number of reports on the map"),
        columns=(Column(words("Name")), *(Column(text, True) for text in titles)),
        rows=rows,
        total=(say(words("Total")), *(figure(words, n) for n in sums.sum().to_numpy())),
    )


def _newest(desk: Desk, frame: pd.DataFrame, title: str, family: Family) -> Table:
    words, opens = desk.words, _opens(desk, family)
    some = frame.head(LISTED)
    texts = bool(some.text.notna().any())
    columns = [Column(words(name)) for name in _COLUMNS]
    rows = tuple(
        (
            Cell(row.public_id, row.public_id, CASES + quote(row.public_id, safe="") if opens else ""),
            say(words.say(desk.city.categories[row.category].name)),
            say(words.status(row.status, row.family)),
            say(words.size(row.size)),
            say(row.unit_name),
            _when(words, row.occurred),
            _when(words, row.received_on),
            say(f"{row.lon:.4f}, {row.lat:.4f}"),
            *((say(row.text or ""),) if texts else ()),
        )
        for row in some.itertuples(index=False)
    )
    return Table(
        caption=words("%(layer)s one by one", layer=title),
        note=words.plural("The newest report", "The %(n)s newest reports", len(rows)),
        columns=(*columns, *((Column(words("What was written")),) if texts else ())),
        rows=rows,
        folded=desk.view.audience is not Audience.CREW,  # whose work this list is
    )


def _when(words: Words, text: str) -> Cell:
    return Cell(words.when(text), text)
