"""Tokens of pages: opaque, bound to what was asked, good for some days."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Generic, TypeVar

from sandbox.jira.request import Request
from sandbox.serving.clock import Clock

Kept = TypeVar("Kept")
_MOST = 200_000


@dataclass(frozen=True)
class Cursor(Generic[Kept]):
    """Where the next page begins, of what."""

    kept: Kept
    start: int
    asked: Any
    until: datetime


class Tokens(Generic[Kept]):
    """The tokens that a site gave out."""

    def __init__(self, clock: Clock, seed: int, days: float) -> None:
        self._clock = clock
        self._random = random.Random(f"{seed}:tokens")  # noqa: S311
        self._life = timedelta(days=days)
        self._lock = Lock()
        self._cursors: dict[str, Cursor[Kept]] = {}

    def give(self, kept: Kept, start: int, asked: Any) -> str:
        """Return a token for the page that begins at `start`."""
        with self._lock:
            token = base64.urlsafe_b64encode(self._random.randbytes(33)).decode()
            self._cursors[token] = Cursor(kept, start, asked, self._clock.now() + self._life)
            if len(self._cursors) > _MOST:
                self._cursors.pop(next(iter(self._cursors)))
            return token

    def cursor(self, token: str, asked: Any) -> Cursor[Kept] | None:
        """Return where a token leads; None where it is unknown, too old, or of another question."""
        cursor = self._cursors.get(token)
        if cursor is None or cursor.asked != asked or cursor.until <= self._clock.now():
            return None
        return cursor

    def forget(self) -> None:
        """Let every token expire."""
        with self._lock:
            self._cursors.clear()


def sliced(request: Request, values: list[Any], *, most: int = 50) -> dict[str, Any]:
    """Return a page by startAt and maxResults."""
    start = max(request.count("startAt", 0), 0)
    size = min(max(request.count("maxResults", most), 0), most)
    part = values[start : start + size]
    return {
        "maxResults": size,
        "startAt": start,
        "total": len(values),
        "isLast": start + len(part) >= len(values),
        "values": part,
    }


def desk_page(request: Request, values: list[Any], *, most: int = 50) -> dict[str, Any]:
    """Return a page as Jira Service Management cuts it: start, limit, isLastPage."""
    start = max(request.count("start", 0), 0)
    limit = min(max(request.count("limit", most), 1), most)
    part = values[start : start + limit]
    last = start + len(part) >= len(values)
    links = {"self": "~/rest/servicedeskapi"}
    if not last:
        links["next"] = f"~/rest/servicedeskapi?start={start + limit}&limit={limit}"
    return {
        "_expands": [],
        "size": len(part),
        "start": start,
        "limit": limit,
        "isLastPage": last,
        "_links": links,
        "values": part,
    }
