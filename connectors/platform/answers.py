"""Reads what answers of any platform tell: failures that pass, times, waits that are asked for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import orjson
from requests import Response

from storage.errors import FatalError, RetriableError

_AGAIN = frozenset({202, 408, 429, 499, 500, 502, 503, 504})
_BUSY = frozenset({202, 429, 503})
_SECONDS = re.compile(r"\d+(\.\d+)?")


class TransientError(RetriableError):
    """The same request may succeed; `wait` is what the platform asks for, `busy` that it is overloaded."""

    def __init__(
        self, message: str, *, hint: str = "", wait: float | None = None, busy: bool = False
    ) -> None:
        super().__init__(message, hint=hint or "Sync again later; it goes on where it stopped.")
        self.retry_after = self.wait = wait
        self.busy = busy


class CancelledError(TransientError):
    """The platform gave up or sent half an answer: a smaller page is what helps.

    `told` says that the platform itself answered, in place of a connection that broke off.
    """

    def __init__(self, message: str, *, wait: float | None = None, told: bool = True) -> None:
        super().__init__(message, wait=wait)
        self.told = told


class UnauthorizedError(FatalError):
    """The platform does not accept who we are (401)."""


def passes(status: int) -> bool:
    """Whether what a status says may be over when the same is asked again."""
    return status in _AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def is_busy(status: int) -> bool:
    """Whether a status says that the platform has too much to do."""
    return status in _BUSY


def date_of(response: Response) -> datetime | None:
    """Return the platform's own clock."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return None


def retry_after(response: Response) -> float | None:
    """Return the seconds a platform wants to be left alone: as a number, a date, or the end of a limit."""
    now = (date_of(response) or datetime.now(UTC)).timestamp()
    for name in ("Retry-After", "X-RateLimit-Reset"):
        given = response.headers.get(name, "").strip()
        if given and (seconds := _seconds(given, now, moment=name != "Retry-After")) is not None:
            return seconds
    return None


def _seconds(given: str, now: float, *, moment: bool) -> float | None:
    if _SECONDS.fullmatch(given):
        return max(0.0, float(given) - now) if moment else float(given)
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            at = read(given)
        except (ValueError, TypeError):
            continue
        return max(0.0, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now)
    return None


def is_page(response: Response) -> bool:
    """Whether an answer is a web page."""
    kind = response.headers.get("Content-Type", "").casefold()
    return "html" in kind or response.content[:100].lstrip().startswith(b"<")


def parsed(response: Response) -> Any:
    """Return the JSON of an answer; None where it is none."""
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None


def parsed_object(response: Response) -> dict[str, Any] | None:
    """Return the JSON object of an answer; None where it is none."""
    body = parsed(response)
    return body if isinstance(body, dict) else None
