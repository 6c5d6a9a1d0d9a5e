"""Judges what an instance answers: a page to accept, a reason to ask again, or one to stop."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from requests import Response

from connectors.platform.answers import (
    CancelledError,
    TransientError,
    UnauthorizedError,
    is_busy,
    is_page,
    parsed_object,
    passes,
    retry_after,
)
from storage.errors import FatalError

Row = dict[str, Any]

_CANCELLED = frozenset({499, 504})
_INVALID_TABLE = re.compile(r"invalid table", re.IGNORECASE)


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
    if passes(status):
        raise _transient(response, table)
    if status != HTTPStatus.OK:
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST or is_page(response):
            raise _login_page(response)
        raise RefusedError(table, status, _said(parsed_object(response)))
    if "json" not in response.headers.get("Content-Type", "").casefold():
        raise _login_page(response)
    return _accepted(response, table, shape)


def _accepted(response: Response, table: str, shape: type[list[Any]] | type[dict[str, Any]]) -> Answer:
    body = parsed_object(response)
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


def token_answer(response: Response) -> Mapping[str, object]:
    """Return what the token endpoint gave; raises TransientError, or FatalError for a refusal."""
    status = response.status_code
    if passes(status):
        raise _transient(response, "OAuth token")
    body = parsed_object(response)
    if status == HTTPStatus.OK and body is not None:
        return body
    if status == HTTPStatus.OK or is_page(response):
        raise _login_page(response)
    reason = str((body or {}).get("error_description") or "") or _said(body) or f"status {status}"
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
        hint="Check `auth`; a secret may have expired or the account been locked. With user and password, "
        "recent releases ask for the role snc_basic_auth_api_access as well (properties "
        "glide.authenticate.basic_auth.restriction.*). Nothing more was tried, because repeated failures "
        "lock accounts.",
    )


def _transient(response: Response, table: str) -> TransientError:
    status = response.status_code
    said = _said(parsed_object(response))
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
    if is_page(response) and "hibernat" in response.text[:5000].casefold():
        return _login_page(response)
    message = f"{table}: the instance answered {status}{': ' + said if said else ''}."
    if status in _CANCELLED or "cancel" in said.casefold():
        return CancelledError(message, wait=wait)
    return TransientError(message, wait=wait, busy=is_busy(status))


def _login_page(response: Response) -> TransientError:
    text = response.text[:5000].casefold() if is_page(response) else ""
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


def _said(body: Mapping[str, Any] | None) -> str:
    """Return the instance's own words about an error, shortened; never rows."""
    error = (body or {}).get("error")
    if isinstance(error, Mapping):
        parts = [str(error[key]).strip(". ") for key in ("message", "detail") if error.get(key)]
        return ": ".join(dict.fromkeys(parts))[:300]
    return str(error)[:300] if error else ""
