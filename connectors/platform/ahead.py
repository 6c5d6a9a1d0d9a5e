"""Fetches ahead of who reads: several streams of pages, each in a thread of its own."""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Full, Queue
from threading import Event, Lock
from typing import Generic, TypeVar

_Page = TypeVar("_Page")

_HANDOVER_SECONDS = 0.0005
"""A worker whose answer is there waits at most so long for the interpreter, which maps the page before: with
the usual 5 ms a page waits several times, and the platform idles for a tenth of the time."""
_GARBAGE = (50_000, 20, 50)
"""Pages are trees of many small objects without circles: to look for circles after each 700 new ones, as is
usual, takes half of the time."""
_PAGES_AHEAD = 4
_LOOK_AGAIN = 0.1


class _Interpreter:
    """How Python runs while pages come; as it ran before when nobody fetches any more."""

    def __init__(self) -> None:
        self._lock, self._fetching = Lock(), 0
        self._usual = sys.getswitchinterval(), gc.get_threshold()

    def hurry(self) -> None:
        """Hand over sooner and look for circles less often."""
        with self._lock:
            if not self._fetching:
                self._usual = sys.getswitchinterval(), gc.get_threshold()
                sys.setswitchinterval(min(sys.getswitchinterval(), _HANDOVER_SECONDS))
                gc.set_threshold(*_GARBAGE)
            self._fetching += 1

    def rest(self) -> None:
        """Go back to what was usual once the last one rests."""
        with self._lock:
            self._fetching -= 1
            if not self._fetching:
                sys.setswitchinterval(self._usual[0])
                gc.set_threshold(*self._usual[1])


_INTERPRETER = _Interpreter()


class SideBySide(Generic[_Page]):
    """Pages of several streams, fetched at the same time; they come in the same order every time."""

    def __init__(self, streams: Sequence[Iterator[_Page]], name: str) -> None:
        self._stop = Event()
        self._ahead = [_Ahead(stream, self._stop) for stream in streams]
        _INTERPRETER.hurry()
        self._pool = ThreadPoolExecutor(max(1, len(streams)), name)
        self._fetched = [self._pool.submit(ahead.fetch) for ahead in self._ahead]

    def close(self) -> None:
        """Stop fetching, and leave the interpreter as it was; again does nothing."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._pool.shutdown()
        _INTERPRETER.rest()

    @property
    def ending(self) -> bool:
        """Whether some stream has been fetched to its end, so that others may begin."""
        return any(fetched.done() for fetched in self._fetched)

    def pages(self) -> Iterator[_Page]:
        """Yield pages of all streams in turns; raises what stopped one."""
        waiting = deque(self._ahead)
        while waiting:
            found = waiting[0].next()
            if found is None:
                waiting.popleft()
            else:
                waiting.rotate(-1)
                yield found[0]


class _Ahead(Generic[_Page]):
    """Pages that one worker has fetched ahead of who reads them."""

    def __init__(self, pages: Iterator[_Page], stop: Event) -> None:
        self._pages = pages
        self._stop = stop
        self._found: Queue[tuple[_Page] | BaseException | None] = Queue(_PAGES_AHEAD)

    def fetch(self) -> None:
        """Fetch until the end, an error, or nobody wants more."""
        try:
            for page in self._pages:
                if not self._put((page,)):
                    return
        except BaseException as error:
            self._put(error)
        else:
            self._put(None)

    def next(self) -> tuple[_Page] | None:
        """Return the next page, None at the end; raises what stopped the worker."""
        found = self._found.get()
        if isinstance(found, BaseException):
            raise found
        return found

    def _put(self, item: tuple[_Page] | BaseException | None) -> bool:
        while not self._stop.is_set():
            try:
                self._found.put(item, timeout=_LOOK_AGAIN)
            except Full:
                continue
            return True
        return False
