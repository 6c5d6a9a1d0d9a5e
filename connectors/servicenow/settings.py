"""What an admin writes to have a ServiceNow instance read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import InitErrorDetails, ValidationError

from connectors.platform import settings
from connectors.platform.settings import (
    BasicAuth,
    ClientCredentials,
    OAuthClient,
    Part,
    PlatformSettings,
    RefreshGrant,
    Secret,
    record_kind,
    safe_address,
)
from storage.records import KINDS

COMPANIONS: Mapping[str, tuple[str, ...]] = {
    "incident": ("outage",),
    "event": ("alert",),
    "knowledge": ("knowledge_use",),
}
"""Record kinds that come along with another one; groups and transitions come along with every one."""

_FIELD = re.compile(r"[a-z][a-z0-9_]*")


class PasswordGrant(OAuthClient):
    """OAuth with user and password."""

    grant: Literal["password"]
    user: str = Field(min_length=1)
    password: Secret


class JwtBearer(OAuthClient):
    """OAuth with an assertion signed by a key of ours."""

    grant: Literal["jwt_bearer"]
    user: str = Field(min_length=1)
    """Account that the assertion speaks for (its `sub`)."""
    signing_key: Secret
    """Private key in PEM form; `file:/run/secrets/key.pem` reads it from a file."""
    key_id: str | None = None
    """Identifier of the key (`kid`) in the instance's JWT verifier map."""


class CertificateAuth(Part):
    """Mutual TLS alone: the certificate is mapped to an account in the instance."""

    type: Literal["certificate"]


OAuth = Annotated[ClientCredentials | PasswordGrant | RefreshGrant | JwtBearer, Field(discriminator="grant")]
Auth = Annotated[BasicAuth | OAuth | CertificateAuth, Field(discriminator="type")]


def instance_url(value: str) -> str:
    """Return an instance's address; raises ValueError for one that passwords must not be sent to."""
    parts = safe_address(value, "https://corp.service-now.com")
    if parts.username or parts.query or parts.path.strip("/"):
        raise ValueError("The address ends after the host: https://corp.service-now.com.")
    return f"{parts.scheme}://{parts.netloc}"


def mapped_column(value: str) -> str:
    """Return `kind.column`; raises ValueError for a column that cannot be mapped."""
    return settings.mapped_column(value, "ServiceNow", ("transition", "event"))


def field_name(value: str) -> str:
    """Return a field of the kind's own table; raises ValueError for anything else."""
    if not _FIELD.fullmatch(value):
        raise ValueError(f"'{value}' is no field name; it looks like u_affected_service, without dots.")
    return value


class ServiceNowSettings(PlatformSettings):
    """A ServiceNow instance: where it is, with which account, and what to read of it."""

    type: Literal["servicenow"]
    url: Annotated[str, AfterValidator(instance_url)]
    """Address of the instance, https://corp.service-now.com."""
    auth: Auth
    records: tuple[Annotated[str, AfterValidator(record_kind)], ...] = tuple(KINDS)
    """Record kinds to read; all unless given. Groups and transitions always come along."""
    map: dict[Annotated[str, AfterValidator(mapped_column)], Annotated[str, AfterValidator(field_name)]] = (
        Field(default_factory=dict)
    )
    """Own fields: `incident.service_id: u_affected_service`."""
    workers: int = Field(default=2, ge=1, le=4)
    """Requests at a time; an instance answers four at a time for all integrations together."""
    page_size: int = Field(default=1000, ge=50, le=10_000)
    window_rows: int = Field(default=50_000, ge=1000)
    """A longer stretch of time than holds so many rows is read and stored in parts."""
    lag: int = Field(default=300, ge=0)
    """Seconds before the instance's clock at which reading stops, since rows show up late; as many are read
    again the next time."""
    active_clocks_every: float = Field(default=24, ge=0)
    """Hours between two readings of service level clocks that still run."""
    audit: bool = False
    """Ask sys_audit who made each change, record by record; without it nobody is known to have made one."""

    @model_validator(mode="after")
    def _certificate_is_there(self) -> Self:
        if isinstance(self.auth, CertificateAuth) and self.tls.certificate is None:
            problem = ValueError("'certificate' needs `tls.certificate`, the file to be shown.")
            details = InitErrorDetails(
                type="value_error", loc=("auth", "type"), input="certificate", ctx={"error": problem}
            )
            raise ValidationError.from_exception_data("settings", [details])
        return self

    @property
    def kinds(self) -> tuple[str, ...]:
        """Record kinds to read, those that come along among them, in the order of the product."""
        chosen = {*self.records, "group", "transition"}
        chosen |= {name for kind in self.records for name in COMPANIONS.get(kind, ())}
        return tuple(name for name in KINDS if name in chosen)
