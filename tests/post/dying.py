"""A worker that is killed: ``python -m tests.post.dying STORE PORT during|after`` a delivery."""

import os
import random
import signal
import sys
from dataclasses import dataclass
from typing import Any

from geo_reports.post.webhook import Webhook
from geo_reports.post.worker import Worker
from geo_reports.privacy.notices import Notice
from geo_reports.store import Outbox, Store
from tests.post.conftest import NOW, works


@dataclass(frozen=True)
class Last:
    """A sink after whose first delivery nothing more is written down."""

    sink: Any

    def send(self, letter, at):
        self.sink.send(letter, at)
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    db, port, moment = sys.argv[1:]
    hook = works(int(port))
    sink = Webhook(hook, lambda public_id: Notice(public_id, "rubble", "received", "A", 202609))
    sinks = {hook.sink: sink if moment == "during" else Last(sink)}
    Worker(Outbox(Store(db)), sinks, lambda: NOW, random.Random(1)).send_due()
