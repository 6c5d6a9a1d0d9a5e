"""Shows the instance who is asking: user and password, or an OAuth token that is renewed in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from connectors.servicenow.settings import (
    BasicAuth,
    CertificateAuth,
    ClientCredentials,
    JwtBearer,
    PasswordGrant,
    RefreshGrant,
)
from storage.errors import FatalError

if TYPE_CHECKING:
    from connectors.servicenow.settings import Auth

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_EARLY_SECONDS = 30
_ASSERTION_SECONDS = 300

TokenPost = Callable[[Mapping[str, str]], Mapping[str, object]]
"""Sends a form to the token endpoint and returns the JSON it answers."""


class Credentials(AuthBase):
    """What authenticates requests. Shared by all workers."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add what the instance wants to see to a request."""
        return request

    def renew(self, refused: str | None) -> None:
        """Get a new token in place of the one that was refused, where there are tokens."""


class Basic(Credentials):
    """User and password with every request."""

    def __init__(self, settings: BasicAuth) -> None:
        self._header = HTTPBasicAuth(settings.user.encode(), settings.password.get_secret_value().encode())

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add user and password."""
        self._header(request)
        return request


class Token(Credentials):
    """An OAuth token of any grant. PySNC's own flows lose the header after a refresh, hence this one."""

    def __init__(
        self, settings: _OAuth, post: TokenPost, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._post = post
        self._clock = clock
        self._lock = Lock()
        self._token: str | None = None
        self._renew_at = 0.0
        self._refresh: str | None = (
            settings.refresh_token.get_secret_value() if isinstance(settings, RefreshGrant) else None
        )

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
        answer = self._post(self._form())
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise FatalError(
                "The instance gave no OAuth token.",
                hint="Check `auth` against the instance's application registry.",
            )
        self._token = token
        refresh = answer.get("refresh_token")
        self._refresh = refresh if isinstance(refresh, str) and refresh else self._refresh
        seconds = float(str(answer.get("expires_in") or 1800))
        self._renew_at = self._clock() + seconds - min(_EARLY_SECONDS, seconds / 2)

    def _form(self) -> dict[str, str]:
        settings = self._settings
        form = {"client_id": settings.client_id, "client_secret": settings.client_secret.get_secret_value()}
        if isinstance(settings, PasswordGrant):
            password = settings.password.get_secret_value()
            return form | {"grant_type": "password", "username": settings.user, "password": password}
        if isinstance(settings, RefreshGrant):
            return form | {"grant_type": "refresh_token", "refresh_token": self._refresh or ""}
        if isinstance(settings, JwtBearer):
            return form | {"grant_type": JWT_GRANT, "assertion": _assertion(settings)}
        return form | {"grant_type": "client_credentials"}


_OAuth = ClientCredentials | PasswordGrant | RefreshGrant | JwtBearer


def credentials(settings: Auth, post: TokenPost) -> Credentials:
    """Return what the settings ask for; nothing is sent yet."""
    if isinstance(settings, BasicAuth):
        return Basic(settings)
    if isinstance(settings, CertificateAuth):
        return Credentials()
    return Token(settings, post)


def _assertion(settings: JwtBearer) -> str:
    import jwt

    now = int(time.time())
    claims = {
        "iss": settings.client_id,
        "aud": settings.client_id,
        "sub": settings.user,
        "iat": now,
        "exp": now + _ASSERTION_SECONDS,
    }
    headers = {"kid": settings.key_id} if settings.key_id else None
    try:
        return jwt.encode(claims, settings.signing_key.get_secret_value(), "RS256", headers)
    except (ValueError, TypeError, jwt.PyJWTError):
        raise FatalError(
            "The key in `auth.signing_key` cannot sign.", hint="It must be an RSA private key in PEM form."
        ) from None
