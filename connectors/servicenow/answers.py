"""Judges what an instance answers: a page to accept, a reason to ask again, or one to stop."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import orjson
from requests import Response

from storage.errors import FatalError, RetriableError

Row = dict[str, Any]

_CANCELLED = frozenset({499, 504})
_BUSY = frozenset({202, 429, 503})
_AGAIN = frozenset({202, 408, 429, 499, 500, 502, 503, 504})
_INVALID_TABLE = re.compile(r"invalid table", re.IGNORECASE)


class TransientError(RetriableError):
    """The same request may succeed; `wait` is what the instance asks for, `busy` that it is overloaded."""

    def __init__(
        self, message: str, *, hint: str = "", wait: float | None = None, busy: bool = False
    ) -> None:
        super().__init__(message, hint=hint or "Sync again later; it goes on where it stopped.")
        self.retry_after = self.wait = wait
        self.busy = busy


class CancelledError(TransientError):
    """The instance gave up or sent half an answer: a smaller page is what helps.

    `told` says that the instance itself answered, in place of a connection that broke off.
    """

    def __init__(self, message: str, *, wait: float | None = None, told: bool = True) -> None:
        super().__init__(message, wait=wait)
        self.told = told


class UnauthorizedError(FatalError):
    """The instance does not accept who we are (401)."""


class RefusedError(FatalError):
    """The instance does not answer this question: the table is absent or denied, or the query is wrong."""

    def __init__(self, table: str, status: int, said: str) -> None:
        self.table, self.status, self.said = table, status, said
        self.absent = status == HTTPStatus.NOT_FOUND or (
            status == HTTPStatus.BAD_REQUEST and bool(_INVALID_TABLE.search(said))
        )
        reason = "there is no such table" if self.absent else (said or f"status {status}")
        super().__init__(
            f"{table}: {reason}.",
            hint="Activate its plugin, or leave it out of `records`."
            if self.absent
            else "See docs/servicenow.md for the roles the account needs.",
        )


@dataclass(frozen=True)
class Answer:
    """An accepted answer: rows or statistics, and the count of rows before anything was hidden."""

    result: Any
    total: int | None = None

    @property
    def rows(self) -> list[Row]:
        """The rows of a page."""
        found: list[Row] = self.result
        return found


def judged(response: Response, table: str, shape: type[list[Any]] | type[dict[str, Any]] = list) -> Answer:
    """Return an answer that can be believed; raises one of this module's errors for any other."""
    status = response.status_code
    if status == HTTPStatus.UNAUTHORIZED:
        raise _unauthorized(response)
    if status in _AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _transient(response, table)
    if status != HTTPStatus.OK:
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST or _is_page(response):
            raise _login_page(response)
        raise RefusedError(table, status, _said(_json(response)))
    if "json" not in response.headers.get("Content-Type", "").casefold():
        raise _login_page(response)
    return _accepted(response, table, shape)


def _accepted(response: Response, table: str, shape: type[list[Any]] | type[dict[str, Any]]) -> Answer:
    body = _json(response)
    if body is None:
        raise CancelledError(f"{table}: the answer broke off half way.")
    if body.get("error") or body.get("status") == "failure":
        raise CancelledError(f"{table}: the instance cancelled the request ({_said(body) or 'no reason'}).")
    result = body.get("result")
    if not isinstance(result, shape):
        raise CancelledError(f"{table}: the answer holds no result.")
    if isinstance(result, list) and not set(map(type, result)) <= {dict}:
        raise CancelledError(f"{table}: the answer holds something else than rows.")
    total = response.headers.get("X-Total-Count", "")
    return Answer(result, int(total) if total.isdigit() else None)


def date_of(response: Response) -> datetime | None:
    """Return the instance's own clock."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return None


def token_answer(response: Response) -> Mapping[str, object]:
    """Return what the token endpoint gave; raises TransientError, or FatalError for a refusal."""
    status = response.status_code
    if status in _AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _transient(response, "OAuth token")
    body = _json(response)
    if status == HTTPStatus.OK and body is not None:
        return body
    if status == HTTPStatus.OK or _is_page(response):
        raise _login_page(response)
    reason = str((body or {}).get("error_description") or (body or {}).get("error") or f"status {status}")
    raise FatalError(
        f"The instance gave no OAuth token: {reason[:200]}.",
        hint="Check grant, client_id, client_secret and user in `auth`; one may have expired or been locked.",
    )


def _unauthorized(response: Response) -> UnauthorizedError:
    if "X-MFA_TOKEN" in response.headers or "mfa" in response.text[:2000].casefold():
        return UnauthorizedError(
            "The account must give a second factor (MFA), which a program cannot.",
            hint="Use an account without MFA and without single sign-on, marked as web service access only.",
        )
    return UnauthorizedError(
        "The instance does not accept user and password, or the token (401).",
        hint="Check `auth`; a secret may have expired or the account been locked. Nothing more was tried, "
        "because repeated failures lock accounts.",
    )


def _transient(response: Response, table: str) -> TransientError:
    status = response.status_code
    said = _said(_json(response))
    wait = retry_after(response)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        rule = response.headers.get("X-RateLimit-Rule")
        which = f" by its rule '{rule}'" if rule else ""
        return TransientError(
            f"The instance limits requests{which}: {said or 'too many requests'}.",
            hint="Sync again when that time is over, or raise the limit for this account.",
            wait=wait,
            busy=True,
        )
    if _is_page(response) and "hibernat" in response.text[:5000].casefold():
        return _login_page(response)
    message = f"{table}: the instance answered {status}{': ' + said if said else ''}."
    if status in _CANCELLED or "cancel" in said.casefold():
        return CancelledError(message, wait=wait)
    return TransientError(message, wait=wait, busy=status in _BUSY)


def _login_page(response: Response) -> TransientError:
    text = response.text[:5000].casefold() if _is_page(response) else ""
    if "hibernat" in text:
        return TransientError(
            "The instance sleeps (a developer instance hibernates).",
            hint="Log in at developer.servicenow.com to wake it, then sync again.",
        )
    return TransientError(
        "The instance answered with a web page, as for login, maintenance or an unknown instance.",
        hint="Check `url`, and that the account may use web services without single sign-on and without a "
        "second factor (MFA).",
    )


def retry_after(response: Response) -> float | None:
    """Return the seconds an instance wants to be left alone: as a number, a date, or an hour's end."""
    given = response.headers.get("Retry-After", "").strip()
    if given.isdigit():
        return float(given)
    now = (date_of(response) or datetime.now(UTC)).timestamp()
    if given:
        try:
            return max(0.0, parsedate_to_datetime(given).timestamp() - now)
        except (ValueError, TypeError):
            return None
    reset = response.headers.get("X-RateLimit-Reset", "")
    return max(0.0, float(reset) - (now or time.time())) if reset.isdigit() else None


def _is_page(response: Response) -> bool:
    kind = response.headers.get("Content-Type", "").casefold()
    return "html" in kind or response.content[:100].lstrip().startswith(b"<")


def _json(response: Response) -> dict[str, Any] | None:
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def _said(body: Mapping[str, Any] | None) -> str:
    """Return the instance's own words about an error, shortened; never rows."""
    error = (body or {}).get("error")
    if isinstance(error, Mapping):
        parts = [str(error[key]).strip(". ") for key in ("message", "detail") if error.get(key)]
        return ": ".join(dict.fromkeys(parts))[:300]
    return str(error)[:300] if error else ""
