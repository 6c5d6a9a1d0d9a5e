"""Who may come in, where: tokens of both kinds, passwords, and the endpoint of OAuth 2.0."""

from __future__ import annotations

import base64
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import parse_qsl

from sandbox.jira.request import Request
from sandbox.jira.settings import Settings
from sandbox.jira.store import Site, User
from sandbox.serving.clock import Clock
from sandbox.serving.exchange import Reply, answer, page

OPEN = frozenset({"serverInfo", "tenant", "token"})
"""Addresses that everybody may ask."""
_CENTRAL = ("assets/", "ops/", "incidents", "resources")
"""Routes of api.atlassian.com beside the site's own."""


class Accounts:
    """The accounts of a site; secrets can be changed while it serves."""

    def __init__(self, site: Site, settings: Settings, clock: Clock, seed: int, *, cloud: bool) -> None:
        self.revoked = False
        """Tokens and passwords of the reader are refused from now on."""
        self.user = site.user(settings.user or ("reader@example.org" if cloud else "maturity.reader"))
        self._site = site
        self._settings = settings
        self._clock = clock
        self._cloud = cloud
        self._random = random.Random(seed)  # noqa: S311
        self._lock = Lock()
        self._access: dict[str, datetime] = {}
        self._refresh = {settings.refresh_token}
        for name in settings.others:
            site.user(name)

    def expire_tokens(self, *, refresh_too: bool = False) -> None:
        """Make every access token invalid at once."""
        with self._lock:
            self._access.clear()
            if refresh_too:
                self._refresh.clear()

    def authenticate(self, request: Request) -> User | Reply:
        """Return who sent a request, or the reply that refuses it."""
        scheme, _, secret = request.header("Authorization").partition(" ")
        central = request.address.prefix.startswith("/ex/") or request.address.name.startswith(_CENTRAL)
        if scheme.lower() == "bearer":
            known = self._bears(secret.strip(), central)
            return self.user if known and not self.revoked else self.unauthenticated(central)
        if scheme.lower() == "basic":
            user = self._by_password(secret, central)
            return user if user is not None else self.unauthenticated(central)
        if request.address.name in OPEN:
            return self.user
        return self.unauthenticated(central)

    def _bears(self, secret: str, central: bool) -> bool:
        if not self._cloud:
            return secret == self._settings.personal_token
        until = self._access.get(secret)
        return central and until is not None and until > self._clock.now()

    def _by_password(self, secret: str, central: bool) -> User | None:
        name, _, given = _decoded(secret).partition(":")
        settings = self._settings
        if name == self.user.name:
            right = given == settings.token or (self._cloud and central and given == settings.scoped_token)
            return self.user if right and not self.revoked else None
        known = settings.others.get(name)
        return self._site.user(name) if known is not None and known == given else None

    def unauthenticated(self, central: bool = False) -> Reply:
        """Return the reply to wrong or missing credentials."""
        if central:
            return answer(401, {"code": 401, "message": "Unauthorized; scope does not match"})
        if self._cloud:
            message = "Client must be authenticated to access this resource."
            reply = answer(401, {"message": message, "status-code": 401})
            reply.headers["WWW-Authenticate"] = 'OAuth realm="https%3A%2F%2Fsandbox.atlassian.net"'
            return reply
        reply = page(
            401, "Unauthorized (401)", "Basic Authentication Failure - Reason : AUTHENTICATED_FAILED"
        )
        reply.headers |= {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
        reply.headers |= {"WWW-Authenticate": 'OAuth realm="sandbox"'}
        return reply

    def token(self, request: Request) -> Reply:
        """Answer the endpoint of tokens: client credentials, or a refresh token that is used up."""
        form = request.json() or dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if not self._knows_client(request, form) or self.revoked:
            return _denied(401, "access_denied", "Unauthorized")
        grant = form.get("grant_type", "")
        if grant == "client_credentials":
            return self._issue(refresh=False)
        if grant == "refresh_token":
            with self._lock:
                known = form.get("refresh_token", "") in self._refresh
                self._refresh.discard(str(form.get("refresh_token", "")))
            if known:
                return self._issue(refresh=True)
            return answer(
                403, {"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."}
            )
        return answer(400, {"error": "unsupported_grant_type", "error_description": "Unsupported grant type"})

    def _knows_client(self, request: Request, form: Mapping[str, object]) -> bool:
        wanted = f"{self._settings.client_id}:{self._settings.client_secret}"
        scheme, _, secret = request.header("Authorization").partition(" ")
        if scheme.lower() == "basic":
            return _decoded(secret) == wanted
        return f"{form.get('client_id', '')}:{form.get('client_secret', '')}" == wanted

    def _issue(self, *, refresh: bool) -> Reply:
        with self._lock:
            access, renewal = (f"eyJ{self._random.getrandbits(320):080x}" for _ in range(2))
            self._access[access] = self._clock.now() + timedelta(seconds=self._settings.token_seconds)
            if refresh:
                self._refresh.add(renewal)
        content = {
            "access_token": access,
            "expires_in": self._settings.token_seconds,
            "token_type": "Bearer",
            "scope": "read:jira-work read:jira-user read:servicedesk-request",
        }
        return answer(200, content | ({"refresh_token": renewal} if refresh else {}))


def _denied(status: int, error: str, description: str) -> Reply:
    return answer(status, {"error": error, "error_description": description})


def _decoded(secret: str) -> str:
    try:
        return base64.b64decode(secret.strip()).decode("utf-8", "replace")
    except ValueError:
        return ""
