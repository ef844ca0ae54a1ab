"""``Bell``: coroutines wait for what a thread stores, and all who were answered together are woken together."""

import asyncio
import threading
from concurrent.futures import Future
from contextlib import suppress

Answered = tuple[asyncio.AbstractEventLoop, "asyncio.Future[bool]", "Future[bool]"]


class Bell:
    """Brings the answers of a writer's futures to the event loops that wait for them.

    ``asyncio.wrap_future`` wakes its loop for each future, and a loop that is woken takes the interpreter from the
    thread that is still answering. The writer calls ``ring`` after each group.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered: list[Answered] = []

    async def wait(self, stored: "Future[bool]") -> bool:
        """Wait for a future of a writer that rings; raises what it raises."""
        if stored.done():
            return stored.result()
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[bool] = loop.create_future()
        stored.add_done_callback(lambda done: self._hear(loop, waiting, done))
        if stored.done():  # perhaps after the ring for its group
            self.ring()
        return await waiting

    def ring(self) -> None:
        """Wake everybody whose future has its answer; from any thread."""
        with self._lock:
            answered, self._answered = self._answered, []
        loops: dict[asyncio.AbstractEventLoop, list[Answered]] = {}
        for one in answered:
            loops.setdefault(one[0], []).append(one)
        for loop, theirs in loops.items():
            with suppress(RuntimeError):  # a loop that is closed, perhaps this moment: nobody waits there any more
                loop.call_soon_threadsafe(_tell, theirs)

    def _hear(self, loop: asyncio.AbstractEventLoop, waiting: "asyncio.Future[bool]", done: "Future[bool]") -> None:
        with self._lock:
            self._answered.append((loop, waiting, done))


def _tell(answered: list[Answered]) -> None:
    for _, waiting, done in answered:
        if waiting.done():  # its request was given up
            continue
        error = done.exception()
        if error is None:
            waiting.set_result(done.result())
        else:
            waiting.set_exception(error)
