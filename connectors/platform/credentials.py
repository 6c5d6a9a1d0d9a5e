"""Shows a platform who is asking: user and secret, or an OAuth token that is renewed in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import ClassVar

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from connectors.platform.refresh import RefreshTokens
from connectors.platform.settings import OAuthClient, RefreshGrant
from storage.errors import FatalError

_EARLY_SECONDS = 30
_USUAL_SECONDS = 1800

TokenPost = Callable[[Mapping[str, str]], Mapping[str, object]]
"""Sends a form to the token endpoint and returns the JSON it answers."""
TokenForm = Callable[[str | None], dict[str, str]]
"""Returns the form that asks for a token, given the newest refresh token."""


def client_form(auth: OAuthClient, refresh: str | None) -> dict[str, str]:
    """Return the form for a token of the client itself, or for one that a refresh token stands for."""
    form = {"client_id": auth.client_id, "client_secret": auth.client_secret.get_secret_value()}
    if isinstance(auth, RefreshGrant):
        return form | {"grant_type": "refresh_token", "refresh_token": refresh or ""}
    return form | {"grant_type": "client_credentials"}


def refresh_tokens(auth: object, folder: Path) -> RefreshTokens | None:
    """Return the refresh tokens that settings begin with; None for any other way in."""
    if not isinstance(auth, RefreshGrant):
        return None
    return RefreshTokens(
        auth.refresh_token.get_secret_value(), folder / auth.kept_in if auth.kept_in else None
    )


class Credentials(AuthBase):
    """What authenticates requests. Shared by all workers."""

    tries: ClassVar[int] = 2
    """How often a request is sent that is refused: repeated failures with a password lock accounts."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add what the platform wants to see to a request."""
        return request

    def renew(self, refused: str | None) -> None:
        """Get a new token in place of the one that was refused, where there are tokens."""


class Basic(Credentials):
    """User and password, or user and token, with every request."""

    def __init__(self, user: str, secret: str) -> None:
        self._header = HTTPBasicAuth(user.encode(), secret.encode())

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add user and password."""
        self._header(request)
        return request


class Bearer(Credentials):
    """A token that somebody made, with every request."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the token."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Token(Credentials):
    """An OAuth token of any grant."""

    tries: ClassVar[int] = 4
    # A short-lived token may expire again while other workers use it; the platform has just given it out.

    def __init__(
        self,
        form: TokenForm,
        post: TokenPost,
        refresh: RefreshTokens | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._form = form
        self._post = post
        self._clock = clock
        self._lock = Lock()
        self._token: str | None = None
        self._renew_at = 0.0
        self._refresh = refresh

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add a token that is still good."""
        with self._lock:
            if self._token is None or self._clock() >= self._renew_at:
                self._fetch()
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def renew(self, refused: str | None) -> None:
        """Forget a refused token; one that another worker has already replaced stays."""
        with self._lock:
            if refused == f"Bearer {self._token}":
                self._token = None

    def _fetch(self) -> None:
        answer = self._post(self._form(self._refresh.newest() if self._refresh else None))
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise FatalError(
                "The platform gave no OAuth token.", hint="Check `auth` against what is registered there."
            )
        self._token = token
        newer = answer.get("refresh_token")
        if self._refresh and isinstance(newer, str) and newer:
            self._refresh.keep(newer)
        seconds = float(str(answer.get("expires_in") or _USUAL_SECONDS))
        self._renew_at = self._clock() + seconds - min(_EARLY_SECONDS, seconds / 2)
