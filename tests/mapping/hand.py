"""A view with data written by hand: what the window shows is the test's, not the store's."""

from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_reports.city.maps import MapSpec
from geo_reports.errors import TooFewReports
from geo_reports.privacy import POINT_COLUMNS
from geo_reports.privacy.cube import area_counts, months_up_to
from geo_reports.report import Audience

NOW = datetime(2026, 9, 30, 15, 0, tzinfo=UTC)

PAYLOADS = (
    "${window.__pwn=1}",
    "`${window.__pwn=1}`",
    "calle `5` norte",
    "\\u{zz}",
    "\\x",
    "\\",
    "</script><script>window.__pwn=1</script>",
    "<!--<script>window.__pwn=1//",
    "-->",
    "]]><script>window.__pwn=1</script>",
    "<img src=x onerror=window.__pwn=1>",
    "<svg onload=window.__pwn=1>",
    "'\"><img src=x onerror=window.__pwn=1>",
    '" onmouseover="window.__pwn=1',
    "javascript:window.__pwn=1",
    "<a href=javascript:window.__pwn=1>x</a>",
    "{{ 7 * 191 }}",
    "{% for i in range(9) %}x{% endfor %}",
    "{# gone #}",
    "{{ this.__class__.__mro__ }}",
    "&lt;b&gt; &amp; &#60;",
    "line\u2028next\u2029end",
    "');window.__pwn=1;//",
    '"});window.__pwn=1;({"a":"',
    "\u202egnirts",
    "<style>*{display:none}</style>",
    "</title></style></textarea><iframe src=//evil.example>",
    "%(name)s %s %d 100%",
)


def points(texts, **columns):
    """One dump for each text, along a line through the south-western square of the tiny city."""
    n = len(texts)
    frame = {
        "public_id": [f"id{i:010d}" for i in range(n)],
        "family": "dump",
        "category": "rubble",
        "status": "received",
        "size": "car",
        "lon": -69.9995 + 0.019 * np.arange(n) / max(n, 1),
        "lat": -32.9995 + 0.019 * (np.arange(n) * 7 % max(n, 1)) / max(n, 1),
        "occurred": "2026-09-28",
        "received_on": "2026-09-29",
        "closed_on": "",
        "age_days": 2,
        "unit": "A",
        "unit_name": "Barrio A",
        "text": list(texts),
        "synthetic": False,
        **columns,
    }
    return pd.DataFrame(frame, columns=POINT_COLUMNS)


def definition(*layers, audience="planner", title="Mapa de prueba"):
    """A map of ``layers``, each a dict as it would be in TOML."""
    named = [{"name": {"es": f"Capa {i}", "en": f"Layer {i}"}, **layer} for i, layer in enumerate(layers)]
    words = {"es": title, "en": title}
    return MapSpec.model_validate(
        {"format": 1, "title": words, "description": words, "audience": audience, "layers": named}
    )


class HandView:
    """Answers each question of a map with frames made by hand."""

    def __init__(self, city, *, points=None, counts=(), values=(3.0, 7.0, 1.0, float("nan")), hot=(0.0, 4.0)):
        self.city, self._points, self._counts, self._values, self._hot = city, points, counts, values, hot
        self.audience = Audience.PUBLIC

    def points(self, definition):
        frame = self._points if self._points is not None else points([])
        keep = frame.status.isin(list(definition.statuses)) if definition.statuses else frame.status.notna()
        return frame[keep].reset_index(drop=True)

    def area_counts(self, definition):
        units = self.city.primary.table
        guarded = pd.DataFrame(self._counts, columns=["unit", "month", "n"])
        nothing = guarded.head(0)
        return area_counts(nothing, guarded, units, months_up_to(202608, definition.months))

    def choropleth(self, definition):
        units = self.city.primary.table[["unit", "name", "population", "area_km2"]]
        values = np.array(self._values)
        count = np.nan_to_num(values).astype(int)
        return units.assign(count=count, open=count, closed=0, withdrawn=0, value=values)

    def hotspots(self, definition):
        if not self._hot:
            raise TooFewReports("3 reports are too few to tell a hotspot from chance; 30 are needed.")
        z = np.array(self._hot)
        west = -69.999 + 0.005 * np.arange(len(z))
        return gpd.GeoDataFrame(
            {"count": (10 * z).astype(int), "expected": 2.5, "z": z, "p": 0.01, "q": 0.02, "is_hotspot": z > 2},
            geometry=shapely.box(west, -32.999, west + 0.005, -32.994),
            crs="EPSG:4326",
        )

    def places(self, kinds):
        return [place for place in self.city.places if place.kind in kinds]
