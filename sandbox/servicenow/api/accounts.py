"""Who may come in: passwords, tokens, certificates; and the token endpoint."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import parse_qsl

from sandbox.servicenow.exchange import Request, failure
from sandbox.servicenow.settings import Settings
from sandbox.serving.clock import Clock
from sandbox.serving.exchange import Reply, answer

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True)
class _Token:
    user: str
    until: datetime


class Accounts:
    """The one account of an instance; its secrets can be changed while the instance serves."""

    def __init__(self, settings: Settings, clock: Clock, seed: int = 1) -> None:
        self.settings = settings
        self.locked = False
        self.needs_second_factor = False
        """Basic authentication is answered as for a person with MFA."""
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311
        self._lock = Lock()
        self._failures = 0
        self._access: dict[str, _Token] = {}
        self._refresh: dict[str, _Token] = {}

    def change_secrets(self, *, password: str = "", client_secret: str = "") -> None:
        """Give the account other secrets, as when an administrator rotates them; tokens stay valid."""
        self.settings = replace(
            self.settings,
            password=password or self.settings.password,
            client_secret=client_secret or self.settings.client_secret,
        )

    def expire_tokens(self, *, refresh_too: bool = False) -> None:
        """Make every access token invalid at once."""
        with self._lock:
            self._access.clear()
            if refresh_too:
                self._refresh.clear()

    def authenticate(self, request: Request) -> str | Reply:
        """Return the user of a request, or the reply that refuses it."""
        scheme, _, secret = request.header("Authorization").partition(" ")
        if scheme.lower() == "bearer":
            token = self._access.get(secret.strip())
            return token.user if token and token.until > self._clock.now() else unauthenticated()
        if scheme.lower() == "basic":
            return self._by_password(secret)
        return self.settings.user if request.certified else unauthenticated()

    def _by_password(self, secret: str) -> str | Reply:
        if self.needs_second_factor:
            reply = unauthenticated()
            reply.headers["X-MFA_TOKEN"] = "required"  # noqa: S105 - a header's name, no secret
            return reply
        right = _decoded(secret) == f"{self.settings.user}:{self.settings.password}"
        with self._lock:
            self._failures = 0 if right else self._failures + 1
            most = self.settings.limits.failed_logins
            self.locked = self.locked or bool(most and self._failures >= most)
        return self.settings.user if right and not self.locked else unauthenticated()

    def token(self, request: Request) -> Reply:
        """Answer the token endpoint."""
        if request.method != "POST":
            return failure(405, "Method not supported")
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if not self._knows_client(request, form):
            return answer(401, {"error": "invalid_client", "error_description": "access_denied"})
        grants: dict[str, Callable[[Request, Mapping[str, str]], str]] = {
            "password": self._of_password,
            "refresh_token": self._of_refresh,
            "client_credentials": lambda request, form: self.settings.user,
            JWT_BEARER: self._of_assertion,
        }
        grant = grants.get(form.get("grant_type", ""))
        if grant is None:
            return answer(400, {"error": "unsupported_grant_type", "error_description": "grant type"})
        user = grant(request, form)
        if not user or self.locked:
            return answer(401, {"error": "invalid_grant", "error_description": "access_denied"})
        return self._issue(user, refresh=form["grant_type"] not in ("client_credentials", JWT_BEARER))

    def _knows_client(self, request: Request, form: Mapping[str, str]) -> bool:
        scheme, _, secret = request.header("Authorization").partition(" ")
        wanted = f"{self.settings.client_id}:{self.settings.client_secret}"
        if scheme.lower() == "basic":
            return _decoded(secret) == wanted
        return f"{form.get('client_id', '')}:{form.get('client_secret', '')}" == wanted

    def _of_password(self, request: Request, form: Mapping[str, str]) -> str:
        given = (form.get("username"), form.get("password"))
        return self.settings.user if given == (self.settings.user, self.settings.password) else ""

    def _of_refresh(self, request: Request, form: Mapping[str, str]) -> str:
        token = self._refresh.get(form.get("refresh_token", ""))
        return token.user if token and token.until > self._clock.now() else ""

    def _of_assertion(self, request: Request, form: Mapping[str, str]) -> str:
        import jwt  # heavy, and only needed for this grant

        assertion = form.get("assertion") or request.header("Authentication").removeprefix("Bearer ")
        key = self.settings.jwt_key
        try:
            claims = jwt.decode(
                assertion,
                key,
                algorithms=["RS256", "HS256"],
                audience=self.settings.client_id,
                options={"verify_signature": bool(key), "verify_exp": False},
            )
            until = float(claims["exp"])
        except (jwt.InvalidTokenError, KeyError, ValueError):
            return ""
        # the instance's own clock decides, not this machine's
        fits = claims.get("sub") == self.settings.user and until > self._clock.now().timestamp()
        return self.settings.user if fits else ""

    def _issue(self, user: str, *, refresh: bool) -> Reply:
        now, settings = self._clock.now(), self.settings
        with self._lock:
            access, renewal = (f"{self._random.getrandbits(320):080x}" for _ in range(2))
            self._access[access] = _Token(user, now + timedelta(seconds=settings.token_seconds))
            if refresh:
                self._refresh[renewal] = _Token(user, now + timedelta(seconds=settings.refresh_seconds))
        content = {
            "access_token": access,
            "scope": "useraccount",
            "token_type": "Bearer",
            "expires_in": settings.token_seconds,
        }
        return answer(200, content | ({"refresh_token": renewal} if refresh else {}))


def unauthenticated() -> Reply:
    """Return the reply to wrong or missing credentials."""
    reply = failure(401, "User Not Authenticated", "Required to provide Auth information")
    reply.headers["WWW-Authenticate"] = 'BASIC realm="Service-now"'
    return reply


def _decoded(secret: str) -> str:
    try:
        return base64.b64decode(secret.strip()).decode("utf-8", "replace")
    except ValueError:
        return ""
