"""The steps between typing and sending: what is checked, shown, kept, and not stored."""

import gzip
import html
import re
import shutil
from urllib.parse import urlsplit

import pytest

from geo_reports.app import build
from geo_reports.privacy import Filters
from geo_reports.report import Audience
from geo_reports.settings import Settings
from tests.intake import photo_corpus
from tests.web.conftest import NOW, client_of
from tests.web.test_web_report import GIVEN, count

CHECK = GIVEN | {"step": "check"}
QUESTIONS = """
[[questions]]
id = "hazard"
family = "dump"
kind = "choices"
name = { es = "¿Hay peligro?", en = "Any danger?" }
options = [
    { id = "glass", name = { es = "Vidrios", en = "Glass" } },
    { id = "smoke", name = { es = "Humo", en = "Smoke" } },
]
public = true

[[questions]]
id = "access"
family = "dump"
categories = ["rubble"]
kind = "choice"
name = { es = "¿Cómo se llega?", en = "How to get there?" }
options = [
    { id = "truck", name = { es = "En camión", en = "By truck" } },
    { id = "foot", name = { es = "A pie", en = "On foot" } },
]

[[questions]]
id = "weapon"
family = "security"
kind = "yes_no"
name = { es = "¿Hubo un arma?", en = "A weapon?" }

[quick_exit]
url = "https://example.org/tiempo"
name = { es = "el tiempo", en = "the weather" }
"""


@pytest.fixture(scope="module")
def asking_city(repo, tmp_path_factory):
    """The tiny city with questions, around where the photos of the corpus were taken."""
    folder = tmp_path_factory.mktemp("asking") / "city"
    shutil.copytree(repo / "tests" / "cities" / "tiny", folder)
    toml = folder / "layers" / "city.toml"
    toml.write_text(toml.read_text("utf-8") + QUESTIONS, "utf-8")
    return folder


@pytest.fixture(scope="module")
def asking(asking_city):
    return house_of(asking_city)


def house_of(city):
    where = city.parent
    settings = Settings(city=city, db=str(where / "r.sqlite"), key_dir=where / "k", writes_per_hour=1000)
    return build(settings, lambda: NOW).house


def section(page, name):
    return page.split(f'aria-labelledby="{name}"')[1].split("</section>")[0]


def fields(page):
    """Hidden fields of a page's form, as a browser would send them back."""
    found = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page):
        found.setdefault(name, []).append(html.unescape(value))
    return found


@pytest.mark.parametrize("step", ["check", "", "anything"])
def test_nothing_is_stored_before_it_is_sent(reader, still_house, step):
    answer = reader.post("/reportar", data=GIVEN | {"step": step})
    assert answer.status_code == 200
    assert "<h1>Revisa tu reporte</h1>" in answer.text
    assert count(still_house) == 0


def test_what_was_shown_is_what_is_sent(visitor, house):
    given = CHECK | {
        "family": "dump",
        "size": "car",
        "day": "2026-09-30",
        "hour": "14",
        "description": 'uno\r\n<dos> & "tres"',
    }
    page = visitor.post("/reportar", data=given).text
    assert "¿Cómo" not in page
    sent = fields(page)
    assert sent["found"][0].split()[:2] == ["-69.999", "-32.995"]
    answer = visitor.post("/reportar", data=sent | {"step": "send"})
    assert answer.status_code == 303
    row = house.view(Audience.CREW).reports(Filters()).rows.iloc[0]
    assert (row.lon, row.lat, row["size"], row.occurred) == (-69.999, -32.995, "car", "2026-09-30 14:00")
    assert row.text == 'uno\r\n<dos> & "tres"'
    assert visitor.post("/reportar", data=sent | {"step": "send"}).headers["location"] == answer.headers["location"]
    assert count(house) == 1


def test_correcting_keeps_everything_photos_too(reader, still_house):
    given = CHECK | {
        "family": "dump",
        "description": "Sillones",
        "contact": "yo@example.org",
        "size": "bag",
        "day": "2026-09-30",
    }
    page = reader.post("/reportar", data=given, files={"photo": ("a.jpg", photo_corpus.jpeg(), "image/jpeg")}).text
    assert "<dd>1</dd>" in section(page, "yours")
    form = reader.post("/reportar", data=fields(page) | {"step": "edit"})
    assert form.status_code == 200
    for kept in ("Sillones</textarea>", 'value="yo@example.org"', 'value="bag" checked', 'value="Los Aromos 100"'):
        assert kept in form.text
    assert len(re.findall(r'name="held" value="[^"]+" checked', form.text)) == 1
    assert 'name="found"' not in form.text  # another address must be looked up anew
    assert "<details open>" in form.text
    assert count(still_house) == 0


def test_what_everybody_will_see_of_a_dump(reader):
    given = {"category": "rubble", "lon": "-69.99514", "lat": "-32.99516", "day": "2026-09-30", "hour": "14"}
    page = reader.post("/reportar", data=CHECK | given | {"address": "", "description": "mi texto"}).text
    public = section(page, "public")
    for shown in ("Escombros", "Barrio A", "30-09-2026", "-32.9952", "-69.9951", "Recibido"):
        assert shown in public
    for private in ("14:00", "mi texto", "9514", "9516"):
        assert private not in public
    assert "Ninguno, hasta que una persona de la municipalidad lo revise" in public
    assert "mi texto" in section(page, "yours")


def test_what_everybody_will_see_of_security(reader):
    given = CHECK | {"category": "street_robbery", "day": "2026-09-30", "description": "mi texto"}
    public = section(reader.post("/reportar", data=given).text, "public")
    assert "Solo una cuenta: uno más en Barrio A, septiembre de 2026" in public
    assert "30-09-2026" not in public
    assert "mi texto" not in public
    assert "Nada. Los reportes de este tipo" in reader.post("/reportar", data=given | {"category": "threat"}).text


def test_hints_ask_and_refuse_nothing(visitor, house):
    text = "Patente BBCL-34, rut 12.345.678-5, fono 9 8765 4321, a@example.org, vive en pasaje Uno 12 <b>"
    page = visitor.post("/reportar", data=CHECK | {"description": text}).text
    hints = section(page, "hints")
    for said in ("BBCL-34", "12.345.678-5", "9 8765 4321", "a@example.org", "vive en pasaje Uno 12"):
        assert f"<strong>{said}</strong>" in hints
    assert visitor.post("/reportar", data=fields(page) | {"step": "send"}).status_code == 303
    assert 'id="hints"' not in visitor.post("/reportar", data=CHECK | {"key": "z" * 24}).text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"day": "2026-10-17"}, "no puede ser en el futuro"),
        ({"lon": "-60", "lat": "-32"}, "queda fuera de Villa Chica"),
    ],
)
def test_what_cannot_be_sent_is_said_before(reader, change, said):
    answer = reader.post("/reportar", data=CHECK | change)
    assert (answer.status_code, said in answer.text) == (422, True)


def test_waiting_keeps_the_page_it_was_sent_from(house_at):
    house = house_at(writes_per_hour=1)
    client = client_of(house)
    client.post("/reportar", data=GIVEN)
    page = client.post("/reportar", data=CHECK | {"key": "l" * 24, "nearby_seen": "1", "description": "Sillones"}).text
    refused = client.post("/reportar", data=fields(page) | {"step": "send"})
    assert refused.status_code == 429
    assert "<h1>Revisa tu reporte</h1>" in refused.text
    assert "Llegaron muchos reportes desde tu red" in refused.text
    assert fields(refused.text) == fields(page)


def test_the_same_content_is_asked_about_on_the_page_it_was_sent_from(visitor, house):
    given = CHECK | {"nearby_seen": "1", "description": "Sillones"}
    visitor.post("/reportar", data=fields(visitor.post("/reportar", data=given).text) | {"step": "send"})
    page = visitor.post("/reportar", data=given | {"key": "l" * 24}).text
    asked = visitor.post("/reportar", data=fields(page) | {"step": "send"})
    assert asked.status_code == 409
    assert "¿Es el mismo reporte?" in asked.text
    assert visitor.post("/reportar", data=fields(asked.text) | {"again": "yes"}).status_code == 303
    assert count(house) == 2


# --- the city's questions ---


def test_answers_are_asked_shown_and_kept(asking):
    client = client_of(asking)
    form = client.get("/reportar").text
    assert 'name="answer.hazard" value="glass"' in form
    assert 'data-categories="rubble"' in form
    given = CHECK | {
        "nearby_seen": "1",
        "answer.hazard": ["smoke", "glass"],
        "answer.access": "truck",
        "answer.weapon": "yes",
    }
    page = client.post("/reportar", data=given).text
    assert "Vidrios, Humo" in section(page, "yours")
    assert "En camión" in section(page, "yours")
    assert "Vidrios, Humo" in section(page, "public")
    assert "En camión" not in section(page, "public")
    assert client.post("/reportar", data=fields(page) | {"step": "send"}).status_code == 303
    row = next(asking.view(Audience.PUBLIC).reports(Filters()).rows.itertuples())
    assert row.answers == {"hazard": ["glass", "smoke"]}
    assert client.get(f"/reportes/{row.public_id}").text.count("Vidrios, Humo") == 1
    properties = client.get("/api/v1/reports").json()["features"][0]["properties"]
    assert (properties["answers"], properties["voices"], properties["photos"]) == (
        {"hazard": ["glass", "smoke"]},
        0,
        [],
    )
    questions = client.get("/api/v1/categories").json()["questions"]
    assert [(one["id"], one["kind"], one["public"]) for one in questions] == [
        ("hazard", "choices", True),
        ("access", "choice", False),
        ("weapon", "yes_no", False),
    ]


def test_an_answer_that_is_none_is_a_fault_at_its_question(asking):
    client = client_of(asking)
    answer = client.post("/reportar", data=CHECK | {"answer.access": "boat", "answer.hazard": "glass"})
    assert answer.status_code == 422
    assert '<a href="#answer.access">Elige una de las respuestas de abajo.</a>' in answer.text
    assert 'id="answer.access-error"' in answer.text
    assert "<details open>" in answer.text
    assert 'name="answer.hazard" value="glass" checked' in answer.text


def test_answers_to_what_is_not_asked_are_left_out(asking):
    client = client_of(asking)
    given = GIVEN | {
        "key": "h" * 24,
        "category": "household",
        "answer.access": "truck",
        "answer.weapon": "no",
        "answer.x": "y",
    }
    assert client.post("/reportar", data=given).status_code == 303
    assert client.get("/api/v1/reports").json()["features"][0]["properties"]["answers"] == {}


def test_answers_come_by_the_api(asking):
    client = client_of(asking)
    new = {"family": "dump", "category": "rubble", "lon": -69.9951, "lat": -32.9951, "answers": {"hazard": ["smoke"]}}
    assert client.post("/api/v1/reports", json=new).status_code == 201
    wrong = client.post("/api/v1/reports", json=new | {"answers": {"hazard": ["fire"]}})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "answers")


def test_a_quick_exit_is_there_where_the_city_has_one(asking, reader):
    assert 'href="https://example.org/tiempo"' in client_of(asking).get("/reportar").text
    assert "data-quick-exit" not in reader.get("/reportar").text


# --- the place of a photo ---


@pytest.fixture(scope="module")
def at_home(asking_city, tmp_path_factory):
    """A city that lies where the photos of the corpus were taken."""
    folder = tmp_path_factory.mktemp("home") / "city"
    shutil.copytree(asking_city, folder)
    for file in folder.rglob("*.geojson"):
        file.write_text(_moved(file.read_text("utf-8")), "utf-8")
    for file in folder.rglob("*.csv"):
        file.write_text(_moved(file.read_text("utf-8")), "utf-8")
    return house_of(folder)


def taken_somewhere():
    """A photo of the corpus with its position, -70.7575, -33.51."""
    return photo_corpus.saved(photo_corpus.corners(), "JPEG", exif=photo_corpus.exif())


def _moved(text):
    """Move places from around -69.995, -32.995 to around -70.7575, -33.51."""
    east = re.sub(r"-(69\.9\d+|70\.0+|70(?=[,\]\s]))", lambda found: f"-{float(found[1]) + 0.7625:.6f}", text)
    return re.sub(r"-(32\.9\d+|33\.0+|33(?=[,\]\s]))", lambda found: f"-{float(found[1]) + 0.515:.6f}", east)


def test_the_place_of_a_photo_is_offered_and_never_taken(at_home):
    client = client_of(at_home)
    photo = {"photo": ("a.jpg", taken_somewhere(), "image/jpeg")}
    given = CHECK | {"address": ""}
    asked = client.post("/reportar", data=given, files=photo)
    assert asked.status_code == 422
    assert "¿Fue aquí?" in asked.text
    assert "Tu foto dice que fue tomada cerca de Escuela A." in asked.text
    spot = re.search(r'name="spot" value="([-\d. ]+)" checked', asked.text)[1]
    assert spot == "-70.757500 -33.510000"
    held = re.findall(r'name="held" value="([^"]+)" checked', asked.text)
    again = client.post("/reportar", data=given | {"spot": spot, "held": held})
    assert "<h1>Revisa tu reporte</h1>" in again.text
    assert client.post("/reportar", data=fields(again.text) | {"step": "send"}).status_code == 303
    row = at_home.view(Audience.CREW).reports(Filters()).rows.iloc[0]
    assert (row.lon, row.lat) == (-70.7575, -33.51)


def test_the_place_of_a_photo_gives_way_to_words_and_to_no(at_home):
    client = client_of(at_home)
    photo = {"photo": ("a.jpg", taken_somewhere(), "image/jpeg")}
    typed = client.post("/reportar", data=CHECK, files=photo)
    assert "<h1>Revisa tu reporte</h1>" in typed.text
    assert fields(typed.text)["found"][0].split()[0] != "-70.7575"
    refused = client.post("/reportar", data=CHECK | {"address": "", "spot": "no"}, files=photo)
    assert (refused.status_code, "¿Fue aquí?" in refused.text) == (422, False)
    assert "Escribe dónde está" in refused.text
    bad = client.post("/reportar", data=CHECK | {"address": "", "spot": "x y"})
    assert (bad.status_code, "No pudimos usar tu ubicación" in bad.text) == (422, True)


def test_a_photo_from_elsewhere_is_not_offered(reader):
    photo = {"photo": ("a.jpg", taken_somewhere(), "image/jpeg")}
    answer = reader.post("/reportar", data=CHECK | {"address": ""}, files=photo)
    assert (answer.status_code, "¿Fue aquí?" in answer.text) == (422, False)


# --- weight ---

MOST_BYTES = 150_000


def test_the_form_loads_fast(repo, tmp_path):
    """What a phone loads before the map: the page of the reference city, its style sheet and its scripts."""
    settings = Settings(city=repo, db=str(tmp_path / "r.sqlite"), key_dir=tmp_path / "k")
    client = client_of(build(settings, lambda: NOW).house)
    page = client.get("/reportar").text
    files = re.findall(r'<(?:script|link rel="stylesheet")[^>]* (?:src|href)="([^"]+)"', page)
    assert len([name for name in files if urlsplit(name).path.endswith(".js")]) >= 3
    parts = [page.encode(), *(client.get(name).content for name in files)]
    plain, packed = sum(map(len, parts)), sum(len(gzip.compress(part, 6)) for part in parts)
    print(f"first load of /reportar: {plain:,} bytes, {packed:,} with gzip, {len(parts)} files")
    assert plain < MOST_BYTES
