"""Data Center's token bucket, and how many requests are in work."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from sandbox.jira.request import Request, refused
from sandbox.jira.settings import Limits
from sandbox.serving.clock import Clock
from sandbox.serving.exchange import Reply


class Admission:
    """Lets requests in, or sends them away with the headers that say when to come again."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = Lock()
        self._working = 0
        self._left = float(limits.bucket)
        self._filled = clock.now()

    def serve(self, request: Request, work: Callable[[], Reply]) -> tuple[Reply, int]:
        """Return the reply and how many requests were in work with this one."""
        with self._lock:
            self._working += 1
            concurrent = self._working
        try:
            return self._admitted(work), concurrent
        finally:
            with self._lock:
                self._working -= 1

    def _admitted(self, work: Callable[[], Reply]) -> Reply:
        limits = self._limits
        if not limits.bucket:
            return work()
        with self._lock:
            now = self._clock.now()
            passed = (now - self._filled).total_seconds()
            self._filled = now
            self._left = min(self._left + passed * limits.bucket_rate, limits.bucket)
            free = self._left >= 1
            self._left -= free
            left = int(self._left)
        reply = work() if free else refused(429, "Rate limit exceeded.")
        if not free:
            reply.fault = "429 bucket"
        wait = 0 if left else max(round((1 - self._left) / limits.bucket_rate), 1)
        reply.headers |= {
            "X-RateLimit-Limit": str(limits.bucket),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Interval-Seconds": "1",
            "X-RateLimit-FillRate": str(round(limits.bucket_rate)),
            "Retry-After": str(wait),
        }
        return reply
