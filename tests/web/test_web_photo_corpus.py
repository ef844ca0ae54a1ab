"""The whole corpus of photos through both doors: no planted byte comes out anywhere, every refusal is a sentence."""

import io
import json
import re
import struct
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from geo_reports.app import create_app
from geo_reports.intake import MOST_PHOTOS
from geo_reports.intake.images import kind_of
from geo_reports.intake.jpeg import size_of_plain
from geo_reports.report import Audience
from tests.intake import photo_corpus as corpus
from tests.web.conftest import DUMP
from tests.web.test_web_report import GIVEN

READABLE = corpus.readable()
LARGE = corpus.too_large()
REFUSED = corpus.unreadable() | LARGE
PLACE = (-70.7575, -33.51)
TRACES = [
    *corpus.TRACES,
    *(struct.pack(form, value) for value in PLACE for form in (">d", "<d")),
    *(str(value).encode() for value in PLACE),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("photos")


@pytest.fixture(scope="module")
def house(house_at, folder):
    return house_at(photo_dir=folder)


@pytest.fixture(scope="module")
def client(house):
    return TestClient(create_app(house), raise_server_exceptions=False, follow_redirects=False)


def parts(files, name, kind):
    return [("photo", (name, data, kind)) for data in files]


def by_api(client, files, name="x.html", kind="text/html"):
    return client.post("/api/v1/reports", data={"report": json.dumps(DUMP)}, files=parts(files, name, kind))


def by_form(client, files, name="x.jpg", kind="image/jpeg", **change):
    return client.post("/reportar", data=GIVEN | change, files=parts(files, name, kind))


def stored(house, folder):
    """Every byte that is kept: photos, database, its log."""
    with house.intake._store.reading() as connection:
        database = Path(connection.engine.url.database)
    files = [path for root in (folder, database.parent) for path in root.rglob("*") if path.is_file()]
    return {path.name: path.read_bytes() for path in files}


def traces(data, wanted=TRACES):
    return [trace for trace in wanted if trace in data]


def test_the_corpus_holds_what_it_should():
    assert len(READABLE) >= 45
    assert len(REFUSED) >= 35
    assert sum(bool(traces(data, corpus.TRACES)) for data in READABLE.values()) >= 30


def test_nothing_planted_comes_out(house, client, folder):
    """Sent, kept, shown to staff, published, shown to everybody."""
    files, names, outputs = list(READABLE.values()), [], {}
    for start in range(0, len(files), MOST_PHOTOS):
        answer = by_api(client, files[start : start + MOST_PHOTOS])
        assert answer.status_code == 201, answer.text
        outputs[f"receipt {start}"] = answer.content
        names.append((answer.json()["public_id"], answer.json()["code"]))
    token = house.accounts.sign_in("eva", house.accounts.add("eva", Audience.ADMIN))
    actor, shown = house.accounts.actor(token), 0
    for name, code in names:
        for one in house.photo_desk.list(name):
            house.photo_desk.publish(name, one.n, [(0.9, 0.9, 0.1, 0.1)], actor)
            answer = client.get(f"/fotos/{name}/{one.n}.jpg")
            assert answer.status_code == 200
            assert max(size_of_plain(answer.content)) <= 1280
            Image.open(io.BytesIO(answer.content)).load()
            held = house.photo_desk.read(name, one.n, actor)
            assert max(size_of_plain(held)) <= 2048
            outputs |= {f"{name} {one.n}": answer.content, f"{name} {one.n} held": held}
            shown += 1
        outputs[f"status of {name}"] = client.get(f"/seguimiento/{code}").content
        outputs[f"data of {name}"] = client.get(f"/api/v1/reports/{code}").content
    assert shown == len(READABLE)
    outputs["list"] = client.get("/api/v1/reports?limit=1000").content
    outputs |= stored(house, folder)
    assert {name: traces(data) for name, data in outputs.items() if traces(data)} == {}


def test_nothing_planted_is_in_the_page_that_the_sender_corrects(client):
    files = [READABLE[name] for name in ("xmp", "iptc", "comment", "png texts", "heic exif xmp")]
    answer = by_form(client, files, category="", key="m" * 24)
    assert (answer.status_code, len(re.findall(r'name="held"', answer.text))) == (422, 5)
    assert traces(answer.content, corpus.TRACES) == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_by_both_doors_in_a_sentence(client, name):
    data = REFUSED[name]
    large = name == "16 MB" or (name in LARGE and kind_of(data) is not None)
    answer, page = by_api(client, [data], "x.jpg", "image/jpeg"), by_form(client, [data], key="n" * 24)
    assert answer.status_code == (413 if large else 422)
    assert answer.json()["error"] == ("photo_too_large" if large else "bad_photo")
    assert re.search(r"\w\. .*without (a photo|one)\.$", answer.json()["detail"])
    if name != "nothing":  # a file field without a file is how a browser sends none
        assert 400 <= page.status_code < 500
        sentence = "demasiado grande" if large else "no es una foto que podamos leer"
        assert sentence in page.text
    assert corpus.MARK not in answer.text + page.text


def test_the_service_still_takes_photos_and_answers(client):
    assert by_api(client, [corpus.jpeg()]).status_code == 201
    assert client.get("/").status_code == 200
