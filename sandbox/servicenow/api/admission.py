"""How many requests an instance works on: one a session, a few at once, so many an hour."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from threading import Lock, Semaphore
from typing import TYPE_CHECKING

from sandbox.servicenow.exchange import Request, failure
from sandbox.servicenow.settings import Limits
from sandbox.serving.clock import Clock
from sandbox.serving.exchange import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

COOKIE = "JSESSIONID"
RULE = "Table API"


@dataclass
class _Session:
    lock: Lock = field(default_factory=Lock)
    waiting: int = 0


class Admission:
    """Lets requests in, keeps them waiting, or sends them away."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = Lock()
        self._sessions: dict[str, _Session] = {}
        self._threads = Semaphore(limits.threads) if limits.threads else None
        self._queued = 0
        self._working = 0
        self._hour = ""
        self._of_hour = 0

    def serve(self, request: Request, work: Callable[[], Reply]) -> tuple[Reply, int]:
        """Return the reply and how many requests were in work with this one."""
        with self._lock:
            self._working += 1
            concurrent = self._working
        try:
            return self._admit(request, work), concurrent
        finally:
            with self._lock:
                self._working -= 1

    def _admit(self, request: Request, work: Callable[[], Reply]) -> Reply:
        refused = self._over_the_hour()
        if refused is not None:
            return refused
        with self._in_session(request.session) as free:
            if not free:
                return Reply(202, content_type="text/html", fault="202 session queue")
            with self._in_thread() as threaded:
                reply = work() if threaded else overloaded()
        if self._limits.per_hour:
            reply.headers |= rate_headers(self._limits.per_hour, self._next_hour())
        return reply

    def _next_hour(self) -> int:
        hour = self._clock.now().replace(minute=0, second=0, microsecond=0)
        return int((hour + timedelta(hours=1)).timestamp())

    def _over_the_hour(self) -> Reply | None:
        most = self._limits.per_hour
        if not most:
            return None
        now = self._clock.now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        with self._lock:
            if self._hour != hour.isoformat():
                self._hour, self._of_hour = hour.isoformat(), 0
            self._of_hour += 1
            over = self._of_hour > most
        if not over:
            return None
        reset = self._next_hour()
        return rate_limited(most, reset, str(reset - int(now.timestamp())))

    @contextmanager
    def _in_session(self, name: str) -> Iterator[bool]:
        with self._lock:
            # a request without a cookie opens a session of its own
            session = self._sessions.setdefault(name, _Session()) if name else _Session()
            free = session.waiting <= self._limits.session_queue or not self._limits.session_queue
            session.waiting += free
        if not free:
            yield False
            return
        try:
            with session.lock:
                yield True
        finally:
            with self._lock:
                session.waiting -= 1

    @contextmanager
    def _in_thread(self) -> Iterator[bool]:
        if self._threads is None:
            yield True
            return
        if not self._threads.acquire(blocking=False):
            with self._lock:
                full = self._queued >= self._limits.queue
                self._queued += not full
            if full:
                yield False
                return
            self._threads.acquire()
            with self._lock:
                self._queued -= 1
        try:
            yield True
        finally:
            self._threads.release()


def session_of(request: Request) -> str:
    """Return the session a request belongs to, empty for a new one."""
    cookie = SimpleCookie(request.header("Cookie"))
    return cookie[COOKIE].value if COOKIE in cookie else ""


def rate_headers(limit: int, reset: int) -> dict[str, str]:
    """Return what a rate limit rule says of itself on every reply; `reset` in UNIX time."""
    return {"X-RateLimit-Limit": str(limit), "X-RateLimit-Reset": str(reset), "X-RateLimit-Rule": RULE}


def rate_limited(limit: int, reset: int, retry_after: str) -> Reply:
    """Return the reply of a rate limit rule; `reset` in UNIX time."""
    reply = failure(
        429, "Rate limit exceeded", f"Rate limit of {limit} requests per hour for {RULE} exceeded"
    )
    reply.headers = rate_headers(limit, reset)
    if retry_after:
        reply.headers["Retry-After"] = retry_after
    reply.fault = "429 rate limit"
    return reply


def overloaded() -> Reply:
    """Return the reply when the threads for integrations and their queue are full."""
    reply = failure(429, "Too many requests", "Semaphore API_INT: maximum queue depth exceeded")
    reply.fault = "429 semaphore"
    return reply
