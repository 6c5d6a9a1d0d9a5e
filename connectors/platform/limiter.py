"""Lets as many requests run at a time as the platform takes; shared by all workers of one sync."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

_GOOD_ANSWERS = 20
"""Good answers in a row after which one more request may run at a time."""
_LOOK_AGAIN = 0.05


class Limiter:
    """Halves the number of requests at a time when the platform is overloaded, and gives it back slowly."""

    def __init__(
        self,
        most: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._most = self.allowed = most
        self._running = self._good = 0
        self._resume_at = 0.0
        self._clock = clock
        self._sleep = sleep
        self._changed = Condition()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until another request may be sent, and hold its place."""
        with self._changed:
            while self._running >= self.allowed:
                self._changed.wait(_LOOK_AGAIN)
            self._running += 1
        try:
            self._pause()
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify()

    def succeeded(self) -> None:
        """Note a good answer."""
        with self._changed:
            self._good += 1
            if self._good >= _GOOD_ANSWERS and self.allowed < self._most:
                self._good, self.allowed = 0, self.allowed + 1

    def overloaded(self, seconds: float) -> None:
        """Note that the platform is busy and wants nothing for some seconds."""
        with self._changed:
            self._good, self.allowed = 0, max(1, self.allowed // 2)
            self._resume_at = max(self._resume_at, self._clock() + seconds)

    def _pause(self) -> None:
        seconds = self._resume_at - self._clock()
        if seconds > 0:
            self._sleep(seconds)
