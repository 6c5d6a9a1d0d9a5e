"""Settings that every platform has: how to be let in, whom to trust, how long to wait, how far back."""

from __future__ import annotations

import calendar
import re
from collections.abc import Container
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from connectors.contract import ConnectorSettings
from connectors.platform.targets import column_refused, share, suggestion
from storage.records import KINDS

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SPAN = re.compile(r"(\d{1,4}) *(day|week|month|year)s?")


class Part(BaseModel):
    """A part of the settings: unknown keys are refused, values are never shown."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


Secret = Annotated[SecretStr, Field(min_length=1)]
"""An empty one is never sent: each attempt brings the account nearer to its lock."""


class BasicAuth(Part):
    """User and password of an account made for this purpose."""

    type: Literal["basic"]
    user: str = Field(min_length=1)
    password: Secret


class OAuthClient(Part):
    """OAuth: the client that is registered on the platform."""

    type: Literal["oauth"]
    client_id: str = Field(min_length=1)
    client_secret: Secret


class ClientCredentials(OAuthClient):
    """OAuth 2.0 without anybody's password or consent; the account belongs to the client."""

    grant: Literal["client_credentials"]


class RefreshGrant(OAuthClient):
    """OAuth 2.0 with a refresh token that somebody obtained."""

    grant: Literal["refresh"]
    refresh_token: Secret
    kept_in: str | None = None
    """File for the newest refresh token, from the configuration's folder, where each is good for one use."""


class Tls(Part):
    """Whom to trust and how to show who we are; paths from the configuration file's folder."""

    ca_bundle: str | None = None
    """Certificates of an own authority, PEM."""
    certificate: str | None = None
    """Client certificate for mutual TLS, PEM."""
    key: str | None = None
    """Its private key, unless that is in the same file."""


class Timeouts(Part):
    """How long to wait, in seconds."""

    connect: float = Field(default=10, gt=0)
    read: float = Field(default=90, gt=0)
    """More than the 60 s after which platforms cancel a request themselves."""
    reply: float = Field(default=300, gt=0)
    """A whole reply, however slowly it comes."""
    run: float = Field(default=4 * 3600, gt=0)
    """All requests of one sync together; what was stored until then stays."""


class Retries(Part):
    """How failed requests are repeated: waits grow from `wait` to `longest` seconds, at random."""

    attempts: int = Field(default=6, ge=1, le=20)
    """Times one request is sent."""
    wait: float = Field(default=1, ge=0)
    longest: float = Field(default=60, ge=0)
    """A longer wait that the platform asks for ends the sync, to be run again then."""
    budget: int = Field(default=200, ge=0)
    """Repeated requests of one sync in all."""


def safe_address(value: str, example: str) -> SplitResult:
    """Return an address in parts; raises ValueError for one that secrets must not be sent to."""
    parts = urlsplit(value.strip())
    if "://" not in value or not parts.hostname:
        raise ValueError(f"'{value}' is no address; it looks like {example}.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("Over http:// the password could be read by others; write https://.")
    if parts.scheme not in ("http", "https"):
        raise ValueError("The address begins with https://.")
    return parts


def record_kind(value: str) -> str:
    """Return a record kind; raises ValueError with the nearest name when there is none."""
    if value not in KINDS:
        raise ValueError(f"'{value}' is not a record kind{suggestion(value, KINDS)}.")
    return value


def span(value: object) -> object:
    """Return `24 months` or a day as text; raises ValueError for what is neither."""
    text = str(value)
    if _SPAN.fullmatch(text) is None:
        try:
            date.fromisoformat(text)
        except ValueError:
            raise ValueError(f"'{value}' is neither a span (24 months) nor a day (2024-01-01).") from None
    return text


def since_moment(text: str | None, now: datetime) -> datetime | None:
    """Return the moment that `24 months` before `now`, or a day, begins at."""
    if text is None:
        return None
    found = _SPAN.fullmatch(text)
    if found is None:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    number, unit = int(found[1]), found[2]
    if unit in ("day", "week"):
        day = now.date() - timedelta(days=number * (7 if unit == "week" else 1))
    else:
        months = now.year * 12 + now.month - 1 - number * (12 if unit == "year" else 1)
        year, month = divmod(max(months, 12), 12)
        day = date(year, month + 1, min(now.day, calendar.monthrange(year, month + 1)[1]))
    return datetime.combine(day, datetime.min.time(), UTC)


def mapped_column(value: str, platform: str, given: Container[str]) -> str:
    """Return `kind.column`; raises ValueError for one that cannot be mapped, `given` kinds among them."""
    kind, _, column = value.partition(".")
    if kind not in KINDS or not column:
        raise ValueError(f"'{value}' is not written kind.column, such as incident.service_id.")
    if refused := column_refused(KINDS[kind], column):
        raise ValueError(refused)
    if column in ("id", "updated_at", "revision") or kind in given:
        raise ValueError(f"'{value}' is given by {platform} and cannot be mapped.")
    return value


class PlatformSettings(ConnectorSettings):
    """What every platform is read with; a platform's own settings say more."""

    url: str
    auth: Part
    tls: Tls = Tls()
    proxy: str | None = None
    """Address of a proxy, http://proxy:8080."""
    records: tuple[Annotated[str, AfterValidator(record_kind)], ...] = tuple(KINDS)
    since: Annotated[str | None, BeforeValidator(lambda value: value and span(value))] = None
    """How far back records count by their last update, 24 months or 2024-01-01; all unless given."""
    map: dict[str, str] = Field(default_factory=dict)
    workers: int
    sweep_every: float = Field(default=7, ge=0)
    """Days between two comparisons of all identifiers, which find silent deletions and arrivals."""
    tolerated_share: Annotated[float, BeforeValidator(share), Field(ge=0, le=1)] = 0.01
    """Share of records that may be unreadable; more of them stop the sync."""
    timeouts: Timeouts = Timeouts()
    retries: Retries = Retries()

    @property
    def kinds(self) -> tuple[str, ...]:
        """Record kinds to read, those that come along among them, in the order of the product."""
        return self.records
