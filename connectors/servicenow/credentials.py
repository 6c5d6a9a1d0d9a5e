"""Shows the instance who is asking: user and password, or an OAuth token of any grant."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.platform.credentials import (
    Basic,
    Credentials,
    Token,
    TokenPost,
    client_form,
    refresh_tokens,
)
from connectors.platform.settings import BasicAuth, ClientCredentials, RefreshGrant
from connectors.servicenow.settings import CertificateAuth, JwtBearer, PasswordGrant
from storage.errors import FatalError

if TYPE_CHECKING:
    from connectors.servicenow.settings import Auth

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_SECONDS = 300

_OAuth = ClientCredentials | PasswordGrant | RefreshGrant | JwtBearer


def credentials(settings: Auth, post: TokenPost, folder: Path) -> Credentials:
    """Return what the settings ask for; nothing is sent yet. PySNC's own flows lose the header after a
    refresh."""
    if isinstance(settings, BasicAuth):
        return Basic(settings.user, settings.password.get_secret_value())
    if isinstance(settings, CertificateAuth):
        return Credentials()
    return Token(partial(_form, settings), post, refresh_tokens(settings, folder))


def _form(settings: _OAuth, refresh: str | None) -> dict[str, str]:
    form = client_form(settings, refresh)
    if isinstance(settings, PasswordGrant):
        password = settings.password.get_secret_value()
        return form | {"grant_type": "password", "username": settings.user, "password": password}
    if isinstance(settings, JwtBearer):
        return form | {"grant_type": JWT_GRANT, "assertion": _assertion(settings)}
    return form


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
