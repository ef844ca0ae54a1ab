import threading
import time

import pytest

from geo_reports.errors import TooManyRequests
from geo_reports.intake.keys import ServerKey
from geo_reports.intake.photos import AT_ONCE, MOST_WAITING, Photos
from geo_reports.store import PhotoFolder


class Slow:
    """A file that is read when the test says so, and then fails."""

    def __init__(self):
        self.asked, self.go = threading.Event(), threading.Event()

    def seek(self, _at):
        self.asked.set()
        self.go.wait(10)
        raise EOFError


def test_only_so_many_photos_wait_for_their_turn(tmp_path):
    photos = Photos(PhotoFolder(tmp_path / "photos"), ServerKey(bytes(32)))
    files = [Slow() for _ in range(AT_ONCE + MOST_WAITING)]
    ended = []

    def hold(file):
        with pytest.raises(EOFError):
            photos.hold(file)
        ended.append(file)

    threads = [threading.Thread(target=hold, args=(file,)) for file in files]
    for thread in threads[:AT_ONCE]:
        thread.start()
    assert all(file.asked.wait(5) for file in files[:AT_ONCE])
    for thread in threads[AT_ONCE:]:
        thread.start()
    late = Slow()
    late.go.set()
    while photos._room._value:  # until all of them wait
        time.sleep(0.01)
    with pytest.raises(TooManyRequests) as refused:
        photos.hold(late)
    assert refused.value.retry_after_s == 10
    assert not late.asked.is_set()
    for file in files:
        file.go.set()
    for thread in threads:
        thread.join(5)
    assert len(ended) == len(files)
    with pytest.raises(EOFError):
        photos.hold(late)
