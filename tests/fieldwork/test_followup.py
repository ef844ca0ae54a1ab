"""What a sender may do by the code alone, and that the doctor finds everything well afterwards."""

import io
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from PIL import Image

from geo_reports.accounts import Actor
from geo_reports.app import build
from geo_reports.errors import (
    BadPhoto,
    IllegalTransition,
    InputError,
    NotFound,
    TooManyRequests,
    UnknownCategory,
)
from geo_reports.fieldwork.followup import (
    LONGEST_COMMENT,
    MAY,
    MOST_COMMENTS,
    MOST_PHOTOS,
    REOPEN_DAYS,
    Act,
    Correction,
    choices,
    may,
)
from geo_reports.report import Audience, Channel, NewReport, Size, Status
from geo_reports.settings import Settings

NOW = datetime(2026, 10, 15, 15, tzinfo=UTC)
DUMP = {"family": "dump", "category": "rubble", "lon": -69.9951, "lat": -32.9951, "description": "texto"}
THEFT = {**DUMP, "family": "security", "category": "street_robbery"}
BOSS = Actor("boss", Audience.ADMIN)


class Town:
    """A house with a clock that can be moved, one report in it, and the doctor."""

    def __init__(self, repo, folder, **settings):
        self.now = NOW
        given = {"writes_per_hour": 1000, "flood_per_minute": 1000, "photo_dir": folder / "photos", **settings}
        where = {"db": str(folder / "r.sqlite"), "key_dir": folder / "k"}
        city = repo / "tests" / "cities" / "tiny"
        self.workshop = build(Settings(city=city, **where, **given), lambda: self.now)
        self.house = self.workshop.house
        self.followup = self.house.followup
        self.one = self.send(**DUMP)
        self.code = self.one.code

    def send(self, channel=Channel.WEB, **body):
        return self.house.intake.accept(NewReport(**body), channel=channel)

    def move(self, status, reason=None, one=None):
        name = (one or self.one).public_id
        self.house.fieldwork.set_status(name, status, reason=reason, note=None, actor=BOSS)

    def own(self):
        return self.followup.own(self.code)

    def well(self):
        assert [str(finding) for finding in self.workshop.doctor.examine() if not finding.well] == []


@pytest.fixture
def town(repo, tmp_path):
    return Town(repo, tmp_path)


@pytest.fixture(scope="module")
def still(repo, tmp_path_factory):
    """A town for what changes nothing."""
    made = Town(repo, tmp_path_factory.mktemp("still"))
    yield made
    made.well()


def picture(color="red", size=(40, 30)):
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "JPEG")
    file.seek(0)
    return file


def test_everything_a_sender_can_do(town):
    code, by = town.code, {"sender": "192.0.2.1"}
    town.followup.comment(code, " hola \r\n aquí ", seen=0, **by)
    assert town.followup.add_photos(code, [picture()], **by) == 1
    done = town.followup.correct(code, Correction("household", Size.CAR, {}, "otro"), **by)
    assert done == ("category", "size", "text")
    town.move(Status.CLEANED)
    town.followup.confirm(code, **by)
    assert town.own().status is Status.VERIFIED
    town.followup.reopen(code, "volvió", seen=town.own().n_changes, **by)
    town.followup.retract(code, **by)
    now = town.own()
    assert (now.status, now.category, now.size, now.description) == (Status.RETRACTED, "household", "car", "otro")
    assert now.photos == ((0, "held"),)
    town.well()
    town.followup.erase(code, code)
    with pytest.raises(NotFound):
        town.own()
    town.well()


def test_when_a_sender_may_do_what():
    for act, status in product(Act, Status):
        assert may(act, status, None, Channel.WEB, NOW) == (status in MAY[act])


@pytest.mark.parametrize(
    ("days", "channel", "allowed"),
    [(REOPEN_DAYS, "web", True), (REOPEN_DAYS + 1, "web", False), (1, "children", False)],
)
def test_who_may_open_again_and_until_when(days, channel, allowed):
    assert may(Act.REOPEN, Status.CLEANED, NOW - timedelta(days=days), channel, NOW) is allowed


def test_after_its_days_a_report_is_not_opened_again(town):
    town.move(Status.CLEANED)
    town.now += timedelta(days=REOPEN_DAYS, seconds=1)
    with pytest.raises(IllegalTransition):
        town.followup.reopen(town.code, "sigue", seen=0, sender=None)


def test_each_form_sent_twice_changes_nothing_the_second_time(town):
    revision = town.house.view(Audience.ADMIN).revision
    town.move(Status.CLEANED)
    wanted = Correction("rubble", Size.CAR, {}, "texto")
    steps = [
        lambda: town.followup.comment(town.code, "hola", seen=0, sender=None),
        lambda: town.followup.add_photos(town.code, [picture()], sender=None),
        lambda: town.followup.confirm(town.code, sender=None),
        lambda: town.followup.reopen(town.code, "sigue", seen=3, sender=None),
        lambda: town.followup.correct(town.code, wanted, sender=None),
        lambda: town.followup.retract(town.code, sender=None),
    ]
    for step in steps:
        before = revision()
        step()
        after = revision()
        step()
        assert before != after == revision()
    town.well()


def test_the_same_words_again_from_a_newer_page_are_another_comment(town):
    for _ in range(2):
        town.followup.comment(town.code, "hola", seen=town.own().n_changes, sender=None)
    assert town.own().n_comments == 2


@pytest.mark.parametrize("text", ["", "  ", "x" * (LONGEST_COMMENT + 1), "a\x00b"])
def test_words_that_cannot_be_kept(still, text):
    with pytest.raises(InputError):
        still.followup.comment(still.code, text, seen=0, sender=None)
    assert still.own().n_changes == 0


def test_a_report_takes_so_many_comments_and_photos(town):
    for n in range(MOST_COMMENTS):
        town.followup.comment(town.code, f"comentario {n}", seen=n, sender=None)
    with pytest.raises(InputError, match="comments at most"):
        town.followup.comment(town.code, "uno más", seen=MOST_COMMENTS, sender=None)
    for n in range(0, MOST_PHOTOS, 5):
        town.followup.add_photos(town.code, [picture(size=(40, 30 + n + i)) for i in range(5)], sender=None)
    with pytest.raises(BadPhoto, match="photos at most"):
        town.followup.add_photos(town.code, [picture("blue")], sender=None)


@pytest.mark.parametrize("files", [[], [io.BytesIO(b"no photo")], [picture() for _ in range(6)]])
def test_photos_that_are_none(still, files):
    with pytest.raises(BadPhoto):
        still.followup.add_photos(still.code, files, sender=None)
    assert still.own().photos == ()


@pytest.mark.parametrize("category", ["street_robbery", "nothing", ""])
def test_a_category_of_another_family_or_none(still, category):
    with pytest.raises(UnknownCategory):
        still.followup.correct(still.code, Correction(category, None, {}, "x"), sender=None)


def test_a_correction_never_shows_more_of_a_report(town):
    theft = town.send(**THEFT)
    names = [one.id for one in choices(town.house.city, "security", "street_robbery")]
    assert names == ["street_robbery", "threat"]  # not street_light, which everybody sees as a point
    with pytest.raises(UnknownCategory):
        town.followup.correct(theft.code, Correction("street_light", None, {}, "x"), sender=None)
    assert town.followup.correct(theft.code, Correction("threat", Size.CAR, {}, "texto"), sender=None) == ("category",)


def test_a_report_that_others_joined_stays_theirs(town):
    other = town.send(**DUMP)
    town.house.moderation.merge(other.public_id, town.one.public_id, actor=BOSS)
    with pytest.raises(IllegalTransition, match="theirs too"):
        town.followup.retract(town.code, sender=None)


def test_a_childs_report_takes_no_words(town):
    code = town.send(Channel.CHILDREN, **{**DUMP, "description": None}).code
    with pytest.raises(IllegalTransition):
        town.followup.comment(code, "hola", seen=0, sender=None)
    assert town.followup.correct(code, Correction("rubble", None, {}, "hola"), sender=None) == ()
    assert town.followup.add_photos(code, [picture()], sender=None) == 1


def test_only_the_same_code_erases(town):
    other = town.send(**DUMP)
    for wrong in ("", "x", other.code):
        with pytest.raises(InputError):
            town.followup.erase(town.code, wrong)
    town.followup.erase(town.code, town.code.lower().replace("-", " "))
    with pytest.raises(NotFound):
        town.own()
    assert town.followup.own(other.code).public_id == other.public_id


def test_an_erased_report_leaves_no_byte(town, tmp_path):
    words = "Palabras que nadie más escribió"
    town.followup.comment(town.code, words, seen=0, sender=None)
    kept = lambda: b"".join(path.read_bytes() for path in tmp_path.glob("r.sqlite*"))  # noqa: E731
    assert words.encode() in kept()
    town.followup.erase(town.code, town.code)
    assert town.followup.close(20)
    assert words.encode() not in kept()
    assert town.one.public_id.encode() not in kept()


ACTS = [
    lambda f, code, sender: f.comment(code, "hola", seen=0, sender=sender),
    lambda f, code, sender: f.add_photos(code, [picture()], sender=sender),
    lambda f, code, sender: f.correct(code, Correction("rubble", None, {}, "x"), sender=sender),
    lambda f, code, sender: f.retract(code, sender=sender),
    lambda f, code, sender: f.confirm(code, sender=sender),
    lambda f, code, sender: f.reopen(code, "x", seen=0, sender=sender),
    lambda f, code, _sender: f.erase(code, code),
]


@pytest.mark.parametrize("code", ["", "x", "0000-0000-0000-0000"])
def test_a_wrong_code_does_nothing(still, code):
    for act in ACTS:
        with pytest.raises(NotFound, match="Check each letter"):
            act(still.followup, code, "192.0.2.1")


def test_a_network_changes_so_much_in_an_hour_and_refusals_do_not_count(repo, tmp_path):
    town = Town(repo, tmp_path, writes_per_hour=2)
    for _ in range(5):
        with pytest.raises(IllegalTransition):
            town.followup.confirm(town.code, sender="192.0.2.1")
    for n in range(2):
        town.followup.comment(town.code, f"{n}", seen=n, sender="192.0.2.1")
    with pytest.raises(TooManyRequests):
        town.followup.comment(town.code, "más", seen=2, sender="192.0.2.2")
    town.followup.comment(town.code, "de otra red", seen=2, sender="198.51.100.1")
