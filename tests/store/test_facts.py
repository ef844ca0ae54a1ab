import dataclasses

import numpy as np
import pytest

from geo_reports.store.facts import FACTS_BYTES, OPEN_BYTES, Facts, closings

SALT = b"s" * 16
ONE = Facts(
    salt=[SALT],
    public_id=["7692c3ad3540"],
    family=["dump"],
    category=["rubble"],
    lon=np.array([-69.995]),
    lat=np.array([-32.995]),
    accuracy_m=[12.5],
    occurred_at=[1_790_000_000],
    precision=["day"],
    source=["web"],
    source_id=["one"],
    channel=["web"],
    size=["car"],
    batch_id=[None],
    sent_at=[None],
    photos=[()],
    description=["ñandú"],
    answers=[None],
)
OTHERS = {
    "salt": [b"t" * 16],
    "public_id": ["7692c3ad3541"],
    "family": ["security"],
    "category": ["bulky"],
    "lon": np.nextafter(ONE.lon, 0),
    "lat": np.nextafter(ONE.lat, 0),
    "accuracy_m": [None],
    "occurred_at": [None],
    "precision": ["hour"],
    "source": ["api"],
    "source_id": ["two"],
    "channel": ["phone"],
    "size": [None],
    "batch_id": [1],
    "sent_at": [5],
    "photos": [(b"p" * 32,)],
    "description": ["nandu"],
    "answers": ['{"blocks":"street"}'],
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_digest_depends_on_every_fact(name):
    other = dataclasses.replace(ONE, **{name: OTHERS[name]})
    assert other.digests() != ONE.digests()
    assert len(ONE.digests()[0]) == FACTS_BYTES


def test_every_fact_is_tried():
    assert set(OTHERS) == {field.name for field in dataclasses.fields(Facts)}


def test_no_text_passes_for_another():
    moved = dataclasses.replace(ONE, source_id=["one\x1f5\x1fñandú"], description=[""])
    assert moved.digests() != ONE.digests()


def test_a_zero_has_no_sign():
    zero, minus = (dataclasses.replace(ONE, lon=np.array([lon])) for lon in (0.0, -0.0))
    assert zero.digests() == minus.digests()


def test_the_first_program_s_digest_is_known_again():
    assert ONE.first_digest(0).hex() == "33594e74c6bc524e158aca2b2129d9705154caba1f1288645fc028a6d9141c26"


def test_answers_came_later_and_change_no_digest_of_a_report_without():
    before = dataclasses.replace(ONE, photos=[(b"p" * 32,)])
    assert before.digests()[0].hex() == "1dd9a816834dd102b09616658828fce276891b89f0ebe721"


def test_an_open_report_has_no_closing_time():
    assert closings([SALT], [None]) == [OPEN_BYTES]
    assert closings([SALT], [1])[0] not in (OPEN_BYTES, closings([SALT], [2])[0], closings([b"t" * 16], [1])[0])
