"""A simulated platform's own clock: it can stand, run, be set and be moved by every request."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from threading import Lock

FORMAT = "%Y-%m-%d %H:%M:%S"


class Clock:
    """Time as the platform sees it.

    Without `start` it follows the real one, `offset` aside. With `start` it stands there until it is
    advanced or set; `per_request` moves it by each request.
    """

    def __init__(
        self,
        start: datetime | None = None,
        *,
        offset: timedelta = timedelta(0),
        per_request: timedelta = timedelta(0),
    ) -> None:
        self._standing = start
        self._offset = offset
        self._per_request = per_request
        self._lock = Lock()

    def now(self) -> datetime:
        """Return the time, UTC."""
        with self._lock:
            base = self._standing or datetime.fromtimestamp(time.time(), UTC)
            return base + self._offset

    def text(self) -> str:
        """Return the time as records have it: UTC, whole seconds."""
        return self.now().strftime(FORMAT)

    def set(self, moment: datetime) -> None:
        """Stand at a moment."""
        with self._lock:
            self._standing, self._offset = moment, timedelta(0)

    def advance(self, step: timedelta) -> None:
        """Move forward, or back with a negative step."""
        with self._lock:
            self._offset += step

    def tick(self) -> None:
        """Move as far as one request moves it."""
        if self._per_request:
            self.advance(self._per_request)


def written(moment: datetime) -> str:
    """Return a moment as records have it."""
    return moment.astimezone(UTC).strftime(FORMAT)


def read(text: str) -> datetime:
    """Return the moment of a record's text, UTC; raises ValueError."""
    return datetime.strptime(text, FORMAT).replace(tzinfo=UTC)
