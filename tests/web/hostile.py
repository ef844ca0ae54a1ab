"""A city and a store in which every text that anybody wrote is a payload, and who visits them."""

import json
import re
import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from itertools import cycle
from pathlib import Path

from fastapi.testclient import TestClient
from PIL import Image

from geo_reports.accounts import Actor
from geo_reports.app import build, create_app
from geo_reports.house import House
from geo_reports.report import Audience, Channel, CloseReason, NewReport, Status
from geo_reports.settings import Settings
from tests.web.conftest import NOW, Staff
from tests.web.payloads import LONG, bundles, plain

NAMES = plain()
IDS = ('"><b pwn>', "' onclick='pwn()' pwn='", "{{7*191}}", "javascript:pwn()", "=1+1", "50%", "?x=#y&z;", "<pwn>")
"""Ids of the first units; those of the others are ordinary."""
LAT = -32.99
TEXTS = list(bundles(180))
"""Every payload in texts short enough for any field."""
ROLES = (Audience.CREW, Audience.PLANNER, Audience.MODERATOR, Audience.ADMIN)
MORE = """
[[questions]]
id = "hazard"
family = "dump"
kind = "choices"
name = {name}
help = {name}
public = true
children = true
options = [{options}]

[[questions]]
id = "weapon"
family = "security"
kind = "yes_no"
name = {name}

[quick_exit]
url = "https://example.org/tiempo"
name = {name}

[children]
categories = ["rubble", "street_light"]
help = [{{ number = "147", name = {name} }}]

[evidence]
days = 30
"""


@dataclass
class Town:
    """A house full of payloads; ``sent`` are its reports about dumps, one for each of ``TEXTS``."""

    house: House
    clients: dict[Audience | None, Staff]
    clock: list
    sent: list = field(default_factory=list)
    pointed: list = field(default_factory=list)
    thefts: list = field(default_factory=list)
    child: str = ""

    @property
    def visitor(self) -> TestClient:
        return self.clients[None].client

    @property
    def units(self) -> list[str]:
        return list(self.names)

    @property
    def names(self) -> dict[str, str]:
        """Name of each unit by its id."""
        table = self.house.city.primary.table
        return dict(zip(table.unit, table.name, strict=True))


def write_city(source: Path, root: Path) -> Path:
    """Copy the tiny city with a payload for every name that its files hold, and a unit for each payload."""
    shutil.copytree(source, root)
    next_name = cycle(NAMES).__next__
    barrios, toml = root / "layers" / "barrios.geojson", root / "layers" / "city.toml"
    step = 0.02 / len(NAMES)
    features = [
        {
            "type": "Feature",
            "properties": {"id": unit_id(i), "name": name, "population": 100 * (i + 1)},
            "geometry": {"type": "Polygon", "coordinates": [_column(-70 + i * step, step)]},
        }
        for i, name in enumerate(NAMES)
    ]
    barrios.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    text = re.sub(r"\{ es = .*? \}", lambda _: words(next_name()), toml.read_text("utf-8"))
    text = re.sub(r'^name = ".*"', lambda _: f"name = {quoted(next_name())}", text, flags=re.MULTILINE)
    text = re.sub(r'"made up"|"CC0-1.0"', lambda _: quoted(next_name()), text)
    options = ", ".join(f'{{ id = "o{i}", name = {words(name)} }}' for i, name in enumerate(NAMES))
    toml.write_text(text + MORE.format(name=words(next_name()), options=options), "utf-8")
    for name in ("residents", "crews", "planners"):
        file = root / "maps" / f"{name}.toml"
        found = re.sub(r"\{ es = .*? \}", lambda _: words(next_name()), file.read_text("utf-8"))
        file.write_text(found, "utf-8")
    plans = root / "layers" / "plans.toml"
    kept = re.sub(r"\{ es = .*? \}", lambda _: words(next_name()), plans.read_text("utf-8"))
    plans.write_text(kept.replace('"A", "B"', '"u9", "u10"'), "utf-8")
    places = "\n".join(f"{celled(name)},{-69.9995 + i * step},{LAT}" for i, name in enumerate(NAMES))
    (root / "layers" / "places" / "schools.csv").write_text(f"name,lon,lat\n{places}\n", "utf-8")
    streets = "\n".join(f"{celled(name)},{100 + i},{-69.9997 + i * step},-32.985,False" for i, name in enumerate(NAMES))
    known = (root / "layers" / "streets.csv").read_text("utf-8").strip()
    (root / "layers" / "streets.csv").write_text(f"{known}\n{streets}\n", "utf-8")
    return root


def unit_id(number: int) -> str:
    return IDS[number] if number < len(IDS) else f"u{number}"


def lon_of(number: int) -> float:
    """The middle of a unit."""
    return round(-70 + (number % len(NAMES) + 0.5) * 0.02 / len(NAMES), 6)


def _column(west: float, step: float) -> list[list[float]]:
    east = west + step
    return [[west, -33], [east, -33], [east, -32.98], [west, -32.98], [west, -33]]


def quoted(text: str) -> str:
    return json.dumps(text)


def words(text: str) -> str:
    return f"{{ es = {quoted(text)}, en = {quoted(text)} }}"


def celled(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def open_town(city: Path, folder: Path, **settings) -> Town:
    """Build the house."""
    clock = [NOW]
    given = {"city": city, "db": str(folder / "r.sqlite"), "key_dir": folder / "k", "photo_dir": folder / "p"}
    many = dict.fromkeys(("writes_per_hour", "flood_per_minute", "lookups_per_hour"), 100_000)
    house = build(Settings(**{**given, **many, **settings}), lambda: clock[0]).house
    return Town(house, {}, clock)


def let_in(town: Town) -> None:
    """Sign the staff in; a session lasts for one shift."""
    app, accounts = create_app(town.house), town.house.accounts
    town.clients[None] = Staff(_client(app), "")
    for role in ROLES:
        token = accounts.sign_in(str(role), accounts.add(str(role), role))
        town.clients[role] = Staff(_client(app), accounts.csrf(token))
        town.clients[role].client.cookies.set("session", token)


def _client(app) -> TestClient:
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False)


def plant(town: Town) -> None:
    """Write every payload wherever somebody can write one, and let a day pass so that it is published."""
    moderator, crew = Actor("moderator", Audience.MODERATOR), Actor("crew", Audience.CREW)
    house = town.house
    for number, text in enumerate(NAMES):
        put = accept(town, number, text)
        house.moderation.publish_text(put.public_id, text, actor=moderator)
        town.pointed.append(put)
    for number, text in enumerate([*TEXTS, LONG[:4000]]):
        put = accept(town, number, text, contact=text[:200], photos=[photo(house, number)])
        house.moderation.publish_text(put.public_id, text[:1000], actor=moderator)
        house.followup.comment(put.code, text[:1000], seen=0, sender=None)
        house.fieldwork.set_status(put.public_id, Status.ACKNOWLEDGED, reason=None, note=text[:1000], actor=crew)
        house.moderation.remark(put.public_id, text[:1000], actor=moderator)
        house.photo_desk.publish(put.public_id, 0, [], moderator)
        town.sent.append(put)
    _end(town, moderator)
    for number, text in enumerate(TEXTS):
        town.thefts.append(accept(town, number, text, family="security", category="street_robbery", contact=text))
    kid = NewReport(**body(3))
    town.child = house.intake.accept(kid, channel=Channel.CHILDREN, status=Status.HELD).public_id
    town.clock[0] += timedelta(days=2)
    let_in(town)


def _end(town: Town, moderator: Actor) -> None:
    """End some reports in each way, with words."""
    house = town.house
    for number, put in enumerate(town.sent[:8]):
        note, one = TEXTS[number + 8], put.public_id
        if number < 2:
            house.moderation.merge(one, town.sent[-1].public_id, note=note, actor=moderator)
        elif number < 4:
            house.moderation.reject(one, CloseReason.NO_PROBLEM, note=note, actor=moderator)
        elif number < 6:
            house.fieldwork.set_status(one, Status.CLEANED, reason=None, note=note, actor=moderator)
            house.followup.reopen(put.code, TEXTS[number], seen=0, sender=None)
        else:
            ended, why = Status.CLOSED_WITHOUT_SOLUTION, CloseReason.NOT_FOUND
            house.fieldwork.set_status(one, ended, reason=why, note=note, actor=moderator)


def body(number: int, **more) -> dict:
    lat = round(LAT + 0.0001 * (number % 7), 6)
    at = {"lon": lon_of(number), "lat": lat, "occurred_at": "2026-09-30"}
    return {"family": "dump", "category": "rubble", "answers": {"hazard": ["o1", "o2"]}, **at, **more}


def accept(town: Town, number: int, text: str, photos=(), **more):
    if more.get("family") == "security":
        more["answers"] = {"weapon": True}
    else:
        more["size"] = "car"
    new = NewReport(**body(number, description=text, **more))
    return town.house.intake.accept(new, channel=Channel.WEB, photos=photos)


def photo(house: House, number: int):
    file = BytesIO()
    Image.new("RGB", (40, 30), (number, 2 * number, 80)).save(file, "JPEG")
    file.seek(0)
    return house.intake.photos.hold(file)
