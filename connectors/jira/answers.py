"""Judges what a Jira answers: something to believe, a reason to ask again, or one to stop; and its times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from requests import Response

from connectors.platform.answers import (
    CancelledError,
    TransientError,
    UnauthorizedError,
    is_busy,
    is_page,
    parsed,
    parsed_object,
    passes,
    retry_after,
)
from storage.errors import FatalError

Json = dict[str, Any]
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.METHOD_NOT_ALLOWED})
_REASONS = 200


class RefusedError(FatalError):
    """The site does not answer this question: not there, not allowed, or a wrong query."""

    def __init__(self, what: str, status: int, said: str) -> None:
        self.what, self.status, self.said = what, status, said
        self.absent = status in _GONE
        super().__init__(
            f"{what}: {said or f'status {status}'}.".replace("..", "."),
            hint="See docs/jira.md for the permissions the account needs.",
        )


def judged(response: Response, what: str, shape: type = dict) -> Any:
    """Return the JSON of an answer that can be believed; raises one of our errors for any other."""
    if response.status_code != HTTPStatus.OK:
        raise _refusal(response, what)
    if is_page(response):
        raise _login_page()
    body = parsed(response)
    if body is None:
        raise CancelledError(f"{what}: the answer broke off half way.")
    if not isinstance(body, shape):
        raise CancelledError(f"{what}: the answer is something else than was asked for.")
    return body


def _refusal(response: Response, what: str) -> Exception:
    """Return what a status other than 200 means."""
    status = response.status_code
    if status == HTTPStatus.UNAUTHORIZED:
        return _unauthorized(response)
    if passes(status):
        return _transient(response, what)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return _login_page()
    if is_page(response) and status not in _GONE:
        # The network in front of Cloud answers 403 with a page now and then; the next try succeeds.
        return TransientError(f"{what}: a page came in place of an answer (status {status}).")
    return RefusedError(what, status, _said(parsed_object(response)))


def token_answer(response: Response) -> Mapping[str, object]:
    """Return what the token endpoint gave; raises TransientError, or FatalError for a refusal."""
    if passes(response.status_code):
        raise _transient(response, "OAuth token")
    body = parsed_object(response)
    if response.status_code == HTTPStatus.OK and body is not None:
        return body
    reason = str((body or {}).get("error_description") or f"status {response.status_code}")
    raise FatalError(
        f"The site gave no OAuth token: {reason[:_REASONS].rstrip('.')}.",
        hint="Check grant, client_id, client_secret and refresh_token in `auth`; a refresh token is good for "
        "one use and 90 days.",
    )


def _unauthorized(response: Response) -> UnauthorizedError:
    if "scope" in response.text[:2000].casefold():
        return UnauthorizedError(
            "The token lacks a scope, or is not one for this site (401).",
            hint="Grant the scopes that docs/jira.md lists, and check that the token belongs to this site.",
        )
    return UnauthorizedError(
        "Jira does not accept user and token (401).",
        hint="Check `auth`: the token may have expired or been revoked. A token with scopes, or of a service "
        "account, is `type: scoped_token`; Data Center takes `personal_token` or `basic`. Nothing more was "
        "tried, because repeated failures end in a captcha.",
    )


def _transient(response: Response, what: str) -> TransientError:
    status, wait = response.status_code, retry_after(response)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        reason = response.headers.get("RateLimit-Reason", "")
        return TransientError(
            f"The site limits requests{f' ({reason[:60]})' if reason else ''}.",
            hint="Sync again when that time is over; it goes on where it stopped.",
            wait=wait,
            busy=True,
        )
    if status == HTTPStatus.GATEWAY_TIMEOUT:
        return CancelledError(f"{what}: the site answered {status}.", wait=wait)
    return TransientError(f"{what}: the site answered {status}.", wait=wait, busy=is_busy(status))


def _login_page() -> TransientError:
    return TransientError(
        "The site answered with a web page, as for login, maintenance or an unknown site.",
        hint="Check `url` with its context path, and that the account may use the REST API without single "
        "sign-on.",
    )


def _said(body: Mapping[str, Any] | None) -> str:
    """Return the site's own words about an error, shortened; never contents."""
    body = body or {}
    parts = [str(one) for one in body.get("errorMessages") or () if one]
    errors = body.get("errors")
    parts += [str(one) for one in errors.values()] if isinstance(errors, dict) else []
    parts += [str(body[key]) for key in ("message", "errorMessage") if body.get(key)]
    return " ".join(dict.fromkeys(parts))[:_REASONS].rstrip(". ")


@lru_cache(maxsize=2**14)
def moment_of(written: str | int) -> datetime:
    """Return a moment in UTC: `2026-01-31T09:00:00.000+0100`, or UNIX milliseconds."""
    if isinstance(written, int):
        return datetime.fromtimestamp(written / 1000, UTC)
    found = datetime.fromisoformat(written)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


@lru_cache(maxsize=2**14)
def stamp(written: str | int) -> str:
    """Return a moment as rows carry it: UTC, whole seconds, without a zone."""
    return shown(moment_of(written))


def shown(moment: datetime) -> str:
    """Return a moment as rows carry it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def milliseconds(moment: datetime) -> int:
    """Return a moment as UNIX milliseconds."""
    return round(moment.astimezone(UTC).timestamp() * 1000)
