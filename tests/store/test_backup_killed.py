"""A backup or a restore that is killed (-9) leaves nothing that could be taken for one that was done."""

import shutil
import subprocess
import sys

import pytest
import sqlalchemy as sa

from geo_reports.errors import InputError
from geo_reports.store import Store
from geo_reports.store.engine import open_engine
from tests.store.hand import dump
from tests.store.killed import BACKUP
from tests.store.site import bring_back, fill, make_backup, site


@pytest.fixture(scope="module")
def left(tmp_path_factory, postgres, repo):
    """What the kills left, and the database one of them was filling."""
    folder, url = tmp_path_factory.mktemp("killed"), postgres.database()
    fill(site(folder / "here")).close()
    make_backup(site(folder / "here"), folder / "whole.backup")
    subprocess.run([sys.executable, "-m", "tests.store.killed", folder, url], cwd=repo, check=True)
    return folder, url


@pytest.mark.parametrize("point", BACKUP)
def test_a_killed_backup_has_no_name_and_the_next_one_is_whole(left, point):
    mine = left[0] / point
    assert not (mine / "a.backup").exists()
    here = site(mine / "here")
    assert here.work.exists()
    make_backup(here, mine / "a.backup")
    assert not here.work.exists()
    assert sorted(path.name for path in mine.iterdir()) == ["a.backup", "here"]


def test_a_restore_killed_before_anything_is_placed_is_simply_done_again(left):
    there = site(left[0] / "restore.mended")
    assert not any(there.photos.glob("??"))
    assert not there.keys.exists()
    bring_back(left[0] / "whole.backup", there)
    assert dump(there.db) == dump(site(left[0] / "here").db)
    assert not there.work.exists()


@pytest.mark.parametrize("point", ["restore.photos", "restore.key"])
def test_a_restore_killed_while_things_are_placed_leaves_no_store_and_says_what_to_remove(left, point):
    there = site(left[0] / point)
    assert not any(path.name.startswith("reports.sqlite") for path in (left[0] / point).iterdir())
    with pytest.raises(InputError, match="If a restore was broken off here, remove the folder"):
        bring_back(left[0] / "whole.backup", there)
    shutil.rmtree(there.photos)
    bring_back(left[0] / "whole.backup", there)
    assert dump(there.db) == dump(site(left[0] / "here").db)


def test_a_restore_killed_after_the_store_is_placed_is_done(left):
    there = site(left[0] / "restore.placed")
    assert dump(there.db) == dump(site(left[0] / "here").db)
    store = Store(there.db)
    assert len(store.photo_digests()) == len(list(there.photos.glob("??/*.jpg"))) == 3
    store.close()


def test_a_killed_restore_leaves_a_database_empty(left):
    engine = open_engine(left[1])
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()
