"""Photos on the desk: who sees and judges them, what is shown of them, and what the chain says of it."""

import hashlib
import io
import os
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from geo_reports import city
from geo_reports.accounts import Actor
from geo_reports.errors import InputError, KeyProblem, NotAllowed, NotFound, PhotoDamaged
from geo_reports.fieldwork.photos import OPENED_S, PhotoDesk, PhotoInfo
from geo_reports.intake.evidence import Evidence
from geo_reports.intake.keys import ServerKey
from geo_reports.intake.photos import Photos
from geo_reports.report import Audience
from geo_reports.store import Doctor, PhotoFolder, Store, Surroundings, gallery, moderation
from geo_reports.store.moderation import Recategorised
from tests.intake import photo_corpus as corpus
from tests.store.hand import AT, TABLE, arrivals, public_id, receipt, tamper

NOW = datetime.fromtimestamp(AT + 60, UTC)
DUMP, LIGHT, THEFT, CHILD = (public_id(name) for name in ("dump", "light", "theft", "child"))
CREW, MODERATOR, ADMIN = Audience.CREW, Audience.MODERATOR, Audience.ADMIN
KEY = ServerKey(bytes(range(32)))
MIDDLE = (0.25, 0.25, 0.5, 0.5)


def fill(folder, days):
    """Make a store with four reports, and one photo that all of them have."""
    store = Store(str(folder / "reports.sqlite"))
    store.register_units("barrios", TABLE)
    held = Photos(PhotoFolder(folder / "photos"), KEY, days).hold(io.BytesIO(corpus.readable_gps()))
    kinds = {
        "dump": {},
        "light": {"family": "security", "category": "street_light"},
        "theft": {"family": "security", "category": "street_robbery"},
        "child": {"status": "held"},
    }
    for name, columns in kinds.items():
        store.add(arrivals(name, photos=[(held.photo,)], **columns), receipt(name))
    store.close()


class Place:
    """A filled store and everything a desk needs; ``days`` of evidence mode."""

    def __init__(self, folder, tiny, days=90):
        self.db, self.now, self.root = str(folder / "reports.sqlite"), NOW, folder / "photos"
        self.folder, self.store = PhotoFolder(self.root), Store(self.db)
        evidence = Evidence(self.folder, KEY, days)
        self.desk = PhotoDesk(tiny, self.store, self.folder, evidence, lambda: self.now)

    def row(self, name=DUMP):
        with self.store.reading() as connection:
            return gallery.photo_of(connection, name, 0)

    def events(self, name=DUMP):
        with self.store.reading() as connection:
            report_id = gallery.photo_of(connection, name, 0).report_id
        return self.store.events_of(report_id)

    def findings(self):
        return [str(one) for one in Doctor(self.db, lambda: Surroundings(photos=self.folder)).examine() if not one.well]

    def files(self):
        return {path.name for path in self.root.rglob("*") if path.is_file()}

    def age(self):
        """Make every file three minutes old: younger ones may be on their way into a report."""
        for path in self.root.rglob("*"):
            os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 180))


@pytest.fixture(scope="module")
def tiny(repo):
    return city.load(repo / "tests" / "cities" / "tiny")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filled")
    fill(folder, 90)
    return folder


@pytest.fixture
def place(tmp_path, filled, tiny):
    made = Place(shutil.copytree(filled, tmp_path / "copy"), tiny)
    yield made
    made.store.close()


def actor(role):
    return Actor(f"{role}.1", role)


def test_photos_of_a_report(place):
    assert place.desk.list(DUMP) == [PhotoInfo(0, "held", 64, 48, True)]
    with pytest.raises(NotFound):
        place.desk.list("nobody")


def test_publishing_shows_a_derivative_and_says_so(place):
    place.desk.publish(DUMP, 0, [MIDDLE], actor(MODERATOR))
    row = place.row()
    shown = place.desk.shown(row.public_sha256)
    assert (row.state, hashlib.sha256(shown).digest()) == ("published", row.public_sha256)
    assert shown != place.desk.read(DUMP, 0, actor(CREW))
    assert Image.open(io.BytesIO(shown)).getpixel((32, 24)) == (72, 72, 72)
    last = place.events()[-1]
    told = (last["kind"], last["reason"], last["note"], last["actor"])
    assert told == ("photo", "published", f"0 {row.public_sha256.hex()}", "moderator.1")
    assert place.findings() == []


def test_publishing_again_replaces_what_was_shown(place):
    place.desk.publish(DUMP, 0, [], actor(ADMIN))
    first = place.row().public_sha256
    place.age()
    place.desk.publish(DUMP, 0, [MIDDLE], actor(ADMIN))
    second = place.row().public_sha256
    assert first != second
    assert f"{first.hex()}.jpg" not in place.files()
    assert f"{second.hex()}.jpg" in place.files()
    place.age()
    place.desk.publish(DUMP, 0, [MIDDLE], actor(ADMIN))  # the same marks make the same file, which stays
    assert f"{second.hex()}.jpg" in place.files()
    assert place.findings() == []


def test_withholding_takes_it_back(place):
    place.desk.publish(DUMP, 0, [], actor(MODERATOR))
    shown = place.row().public_sha256
    place.age()
    place.desk.withhold(DUMP, 0, actor(MODERATOR), " a face ")
    row = place.row()
    assert (row.state, row.public_sha256) == ("withheld", None)
    assert f"{shown.hex()}.jpg" not in place.files()
    assert f"{row.sha256.hex()}.jpg" in place.files()
    with pytest.raises(NotFound):
        place.desk.shown(shown)
    assert place.events()[-1]["note"] == "0  a face"
    assert place.findings() == []
    place.desk.publish(DUMP, 0, [MIDDLE], actor(MODERATOR))
    assert place.row().state == "published"
    assert place.findings() == []


def test_what_two_reports_show_stays_while_one_does(place):
    for name in (DUMP, LIGHT):
        place.desk.publish(name, 0, [], actor(MODERATOR))
    shown = place.row().public_sha256
    assert shown == place.row(LIGHT).public_sha256
    place.age()
    place.desk.withhold(DUMP, 0, actor(MODERATOR))
    assert place.desk.shown(shown)
    place.desk.withhold(LIGHT, 0, actor(MODERATOR))
    with pytest.raises(NotFound):
        place.desk.shown(shown)


def test_a_shown_photo_that_is_lost_is_no_missing_page_but_a_fault(place):
    place.desk.publish(DUMP, 0, [], actor(MODERATOR))
    shown = place.row().public_sha256
    place.folder.path(shown).unlink()
    with pytest.raises(PhotoDamaged):
        place.desk.shown(shown)
    assert [DUMP in finding and shown.hex()[:12] in finding for finding in place.findings()] == [True]


def test_photos_of_what_is_no_public_point_are_never_published(place):
    with pytest.raises(InputError, match="never shown"):
        place.desk.publish(THEFT, 0, [], actor(ADMIN))
    assert place.row(THEFT).state == "held"


@pytest.mark.parametrize("role", [role for role in Audience if role not in (MODERATOR, ADMIN)])
def test_who_does_not_moderate_judges_nothing(place, role):
    before = place.store.revision()
    for act in (
        lambda who: place.desk.publish(DUMP, 0, [], who),
        lambda who: place.desk.withhold(DUMP, 0, who, ""),
        lambda who: place.desk.original(DUMP, 0, who, "because"),
    ):
        with pytest.raises(NotAllowed):
            act(actor(role))
    assert place.store.revision() == before


@pytest.mark.parametrize("role", Audience)
def test_who_sees_what_is_kept(place, role):
    place.store.log_look(THEFT, kind="opened", reason="asked", actor=f"{role}.1", at=AT)
    place.store.log_look(LIGHT, kind="opened", reason="asked", actor=f"{role}.1", at=AT)
    place.desk.withhold(LIGHT, 0, actor(ADMIN))
    seen = set()
    for name in (DUMP, LIGHT, THEFT, CHILD):
        try:
            assert place.desk.read(name, 0, actor(role)).startswith(b"\xff\xd8")
            seen.add(name)
        except NotAllowed:
            assert not (name == CHILD and role is CREW)
        except NotFound:  # for crews there is no such report
            assert (name, role) == (CHILD, CREW)
    assert seen == {CREW: {DUMP}, MODERATOR: {DUMP, LIGHT, THEFT, CHILD}, ADMIN: {DUMP, LIGHT, THEFT, CHILD}}.get(
        role, set()
    )


def test_crews_do_not_see_what_a_moderator_withholds(place):
    place.desk.withhold(DUMP, 0, actor(MODERATOR))
    with pytest.raises(NotAllowed):
        place.desk.read(DUMP, 0, actor(CREW))
    assert place.desk.read(DUMP, 0, actor(MODERATOR))


def test_a_security_report_is_opened_first_and_by_oneself(place):
    with pytest.raises(NotAllowed, match="say why"):
        place.desk.read(THEFT, 0, actor(MODERATOR))
    place.store.log_look(THEFT, kind="opened", reason="asked", actor="moderator.1", at=AT)
    assert place.desk.read(THEFT, 0, actor(MODERATOR))
    with pytest.raises(NotAllowed):
        place.desk.read(THEFT, 0, Actor("other", MODERATOR))
    place.now = NOW + timedelta(seconds=OPENED_S)
    with pytest.raises(NotAllowed):
        place.desk.read(THEFT, 0, actor(MODERATOR))


@pytest.mark.parametrize("n", [1, -1, 999])
def test_a_photo_that_is_not_there(place, n):
    for act in (
        lambda: place.desk.read(DUMP, n, actor(ADMIN)),
        lambda: place.desk.publish(DUMP, n, [], actor(ADMIN)),
        lambda: place.desk.withhold(DUMP, n, actor(ADMIN)),
        lambda: place.desk.original(DUMP, n, actor(ADMIN), "because"),
    ):
        with pytest.raises(NotFound):
            act()


def test_marks_that_are_none_change_nothing(place):
    before = place.store.revision(), place.files()
    with pytest.raises(InputError):
        place.desk.publish(DUMP, 0, [(0.5, 0.5, 0, 0)], actor(ADMIN))
    with pytest.raises(InputError):
        place.desk.withhold(DUMP, 0, actor(ADMIN), "x" * 501)
    assert (place.store.revision(), place.files()) == before


def test_an_original_is_read_for_a_reason_that_is_recorded_first(place):
    assert place.desk.original(DUMP, 0, actor(MODERATOR), " case 12 ") == corpus.readable_gps()
    last = place.events()[-1]
    assert (last["kind"], last["reason"], last["note"], last["actor"]) == (
        "evidence",
        "read",
        "0 case 12",
        "moderator.1",
    )
    place.folder.sealed.path(place.row().sealed_sha256).unlink()
    before = place.store.revision()
    with pytest.raises(PhotoDamaged):
        place.desk.original(DUMP, 0, actor(MODERATOR), "again")
    assert place.store.revision() == before + 1


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\x00b"])
def test_no_reason_no_original(place, reason):
    before = place.store.revision()
    with pytest.raises(InputError) as refused:
        place.desk.original(DUMP, 0, actor(ADMIN), reason)
    assert (refused.value.field, place.store.revision()) == ("reason", before)


def test_originals_are_sealed_and_each_is_bound_to_its_photo(place):
    sealed = place.folder.sealed.read(place.row().sealed_sha256)
    assert [trace for trace in corpus.TRACES if trace in sealed] == []
    with pytest.raises(KeyProblem):
        KEY.open_photo(sealed, bytes(32))
    with pytest.raises(KeyProblem):
        ServerKey(bytes(32)).open_photo(sealed, place.row().sha256)


def test_without_the_mode_no_original_is_kept(tmp_path, tiny):
    fill(tmp_path, None)
    place = Place(tmp_path, tiny, days=None)
    assert place.desk.list(DUMP) == [PhotoInfo(0, "held", 64, 48, False)]
    assert len(place.files()) == 1
    with pytest.raises(NotFound, match="No original"):
        place.desk.original(DUMP, 0, actor(ADMIN), "because")
    place.store.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE photo SET state = 'published' WHERE report_id = 1",
        "UPDATE photo SET public_sha256 = sha256 WHERE report_id = 1",
        "UPDATE photo SET state = 'published', public_sha256 = sha256, public_n_bytes = n_bytes WHERE report_id = 1",
    ],
)
def test_a_judgement_behind_the_programs_back_is_found(place, change):
    assert place.findings() == []
    tamper(place.db, change)
    assert [finding for finding in place.findings() if "judgements of photos" in finding and DUMP in finding]


def test_a_published_photo_hidden_behind_the_programs_back_is_found(place):
    place.desk.publish(DUMP, 0, [], actor(ADMIN))
    tamper(place.db, "UPDATE photo SET state = 'withheld', public_sha256 = NULL, public_n_bytes = NULL")
    assert [finding for finding in place.findings() if "judgements of photos" in finding]


def test_a_report_that_gets_another_category_meanwhile_shows_nothing(place, tiny):
    class Meanwhile(PhotoFolder):
        """Somebody else's decision comes while what is to be shown is being written."""

        def put(self, data):
            theft = Recategorised("security", "street_robbery", None, None, published=False)
            with place.store.writing() as connection:
                moderation.recategorise(connection, DUMP, theft, actor="berta", at=AT + 60)
            return super().put(data)

    folder = Meanwhile(place.root)
    desk = PhotoDesk(tiny, place.store, folder, Evidence(folder, KEY, 90), lambda: NOW)
    with pytest.raises(InputError, match="never shown"):
        desk.publish(DUMP, 0, [], Actor("ana", MODERATOR))
    assert (place.row().state, place.row().public_sha256) == ("held", None)
    assert place.findings() == []
