"""Layers change; reports follow, and no figure is wrong in between."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from geo_reports.app import build, build_reassign
from geo_reports.errors import LayersChanged
from geo_reports.report import Audience, Channel, Family, NewReport
from geo_reports.settings import Settings

NOW = datetime(2026, 10, 15, 15, tzinfo=UTC)


@pytest.fixture
def settings(repo: Path, tmp_path: Path) -> Settings:
    city = shutil.copytree(repo / "tests" / "cities" / "tiny", tmp_path / "city")
    return Settings(city=city, db=str(tmp_path / "reports.sqlite"), key_dir=tmp_path / "keys")


@pytest.fixture
def figures(settings: Settings) -> dict[str, int]:
    """Send 40 reports into the four squares; returns their counts."""
    house = build(settings, lambda: NOW).house
    random = np.random.default_rng(4)
    for lon, lat in random.uniform((-69.999, -32.999), (-69.981, -32.981), (40, 2)).round(6).tolist():
        new = NewReport(family="dump", category="rubble", lon=lon, lat=lat, occurred_at="2026-09")
        house.intake.accept(new, channel=Channel.API)
    return counts(settings)


def counts(settings: Settings) -> dict[str, int]:
    frame = build(settings, lambda: NOW).house.view(Audience.PUBLIC).aggregates(family=Family.DUMP)
    return dict(zip(frame.unit, frame["count"], strict=True))


def swap(settings: Settings, one: str, other: str) -> None:
    """Give two squares each other's id, as a new official file might."""
    path = settings.city / "layers" / "barrios.geojson"
    layer = json.loads(path.read_text())
    names = {one: other, other: one}
    for feature in layer["features"]:
        feature["properties"]["id"] = names.get(feature["properties"]["id"], feature["properties"]["id"])
    path.write_text(json.dumps(layer))


def test_figures_are_refused_until_reports_are_assigned_again(settings: Settings, figures: dict[str, int]):
    assert figures["A"] != figures["B"]
    swap(settings, "A", "B")
    with pytest.raises(LayersChanged, match="geo-reports reassign"):
        build(settings)
    done = build_reassign(settings, lambda: NOW).run()
    assert (done.checked, done.moved) == (40, figures["A"] + figures["B"])
    assert counts(settings) == {**figures, "A": figures["B"], "B": figures["A"]}
    assert all(finding.well for finding in build(settings).doctor.examine())


def test_nothing_moves_where_nothing_changed(settings: Settings, figures: dict[str, int]):
    assert build_reassign(settings, lambda: NOW).run().moved == 0
    assert counts(settings) == figures


def test_a_stopped_job_goes_on_where_it_was(settings: Settings, figures: dict[str, int]):
    swap(settings, "A", "B")

    def stop(share: float) -> None:
        if share >= 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_reassign(settings, lambda: NOW).run(stop, chunk=10)
    with pytest.raises(LayersChanged):
        build(settings)
    assert build_reassign(settings, lambda: NOW).run().checked == 20
    assert counts(settings) == {**figures, "A": figures["B"], "B": figures["A"]}


def test_an_empty_store_takes_any_layers(settings: Settings):
    build(settings)
    swap(settings, "A", "B")
    build(settings)
