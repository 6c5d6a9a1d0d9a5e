"""When something happens: to which requests of which table, how often, with which chance."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from fnmatch import fnmatchcase
from threading import Lock

from sandbox.serving.exchange import RECORDS, Reply, Request


@dataclass(frozen=True)
class When:
    """Every request of the area unless something narrower is said."""

    table: str = "*"
    """Name of a table or a kind of resource, with wildcards."""
    area: str = RECORDS
    """Another area of the platform, token for the endpoint of tokens, * for all."""
    requests: Container[int] | None = None
    """Which of the matching requests, counted from 1."""
    probability: float = 1.0
    times: int | None = None
    """At most so often."""
    last_page: bool = False
    """Only pages that reach the end of the rows."""

    def matches(self, request: Request) -> bool:
        """Return whether a request is one of those that are counted."""
        return fnmatchcase(request.area, self.area) and fnmatchcase(request.table, self.table)


class Occasions:
    """Decides for one entry of a script, the same way for the same seed and order of requests."""

    def __init__(self, when: When, seed: str) -> None:
        self._when = when
        self._seed = seed
        self._lock = Lock()
        self._counts: Counter[str] = Counter()

    def random(self, number: int) -> random.Random:
        """Return the random numbers of the matching request with this number."""
        return random.Random(f"{self._seed}:{number}")  # noqa: S311

    def due(self, request: Request, reply: Reply | None = None) -> int:
        """Count a request; return its number if it is one to strike, else 0."""
        when = self._when
        if not when.matches(request):
            return 0
        with self._lock:
            self._counts["seen"] += 1
            number = self._counts["seen"]
            if not self._chosen(number, reply):
                return 0
            self._counts["struck"] += 1
        return number

    def _chosen(self, number: int, reply: Reply | None) -> bool:
        when = self._when
        if when.times is not None and self._counts["struck"] >= when.times:
            return False
        if when.requests is not None and number not in when.requests:
            return False
        if when.last_page and not (reply is not None and reply.last):
            return False
        return when.probability >= 1 or self.random(number).random() < when.probability
