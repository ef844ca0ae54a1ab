"""Maps of archives: periods that end with the data, and figures of reports without a time."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from geo_reports.app import Workshop, build
from geo_reports.city.maps import ChoroplethDef, HotspotsDef
from geo_reports.errors import TooFewReports
from geo_reports.report import Audience, Channel, NewReport
from geo_reports.settings import Settings

WORDS = {"es": "x", "en": "x"}


@pytest.fixture
def old(repo: Path, tmp_path: Path) -> Workshop:
    """A store whose last dated report is of May 2018, looked at in 2026."""
    settings = Settings(
        city=repo / "tests" / "cities" / "tiny",
        db=str(tmp_path / "r.sqlite"),
        key_dir=tmp_path / "k",
        writes_per_hour=999,
    )
    workshop = build(settings, lambda: datetime(2026, 10, 15, tzinfo=UTC))
    for when in ("2018-05-03", "2018-05-04", "2017-07-01", None):
        new = NewReport(family="dump", category="rubble", lon=-69.995, lat=-32.995, occurred_at=when)
        workshop.house.intake.accept(new, channel=Channel.API)
    return workshop


def counted(workshop: Workshop, until: str, months: object) -> int:
    view = workshop.house.view(Audience.PLANNER).ending(until)
    definition = ChoroplethDef(kind="choropleth", name=WORDS, family="dump", months=months)
    return int(view.choropleth(definition)["count"].sum())


def test_a_period_can_end_with_the_last_report(old: Workshop) -> None:
    assert counted(old, "today", 12) == 0
    assert counted(old, "last_report", 12) == 3
    assert counted(old, "last_report", 1) == 2


def test_all_time_counts_what_has_no_time(old: Workshop) -> None:
    assert counted(old, "today", "all") == 4


def test_the_end_is_the_last_day_of_the_last_month(old: Workshop) -> None:
    view = old.house.view(Audience.PLANNER)
    assert view.ending("last_report").end().isoformat() == "2018-05-31"
    assert view.ending("today").end().isoformat() == "2026-10-14"  # the evening before in Chile


def test_a_window_of_hotspots_ends_there_too(old: Workshop) -> None:
    for until, window, n in (("today", 365, 0), ("last_report", 365, 3), ("today", "all", 4)):
        definition = HotspotsDef(kind="hotspots", name=WORDS, family="dump", cell_m=200, window_days=window)
        with pytest.raises(TooFewReports, match=rf"^{n} reports"):
            old.house.view(Audience.PLANNER).ending(until).hotspots(definition)
