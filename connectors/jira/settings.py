"""What an admin writes to have a Jira read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from connectors.platform import settings
from connectors.platform.settings import (
    BasicAuth,
    Part,
    PlatformSettings,
    Secret,
    record_kind,
    safe_address,
)
from storage.records import KINDS

GATEWAY = "https://api.atlassian.com"
GATEWAY_PATH = "/ex/jira/"
BROUGHT = {
    "incident": ("transition", "service_level", "survey"),
    "problem": ("transition", "service_level"),
    "change": ("transition", "service_level"),
    "request": ("transition", "service_level", "survey"),
}
"""Kinds that are in the issues of a kind."""
MAPPED = (*BROUGHT, "configuration_item")
"""Kinds whose columns may come from an operator's own fields; a configuration item's from its attributes."""
OWN = (*BROUGHT, "release", "group", "configuration_item", "ci_relationship", "alert")
"""Kinds that are read by themselves."""


class ApiToken(Part):
    """Cloud: the mail address of an account and its API token."""

    type: Literal["api_token"]
    user: str = Field(min_length=1)
    token: Secret


class ScopedToken(Part):
    """Cloud: an API token with scopes, or that of a service account."""

    type: Literal["scoped_token"]
    user: str = Field(min_length=1)
    token: Secret


class PersonalToken(Part):
    """Data Center: a personal access token."""

    type: Literal["personal_token"]
    token: Secret


class _Address(Part):
    token_url: str | None = None
    """Where tokens are asked for, unless that is Atlassian's own address or the site's."""


class ClientCredentials(settings.ClientCredentials, _Address):
    """OAuth 2.0 of a service account, without anybody's consent."""


class RefreshGrant(settings.RefreshGrant, _Address):
    """OAuth 2.0 with a refresh token that somebody obtained; Jira gives another one with each use of it."""

    kept_in: str = Field(min_length=1)
    """File for the newest refresh token, from the configuration's folder; a secret that this account alone
    may read."""


OAuth = Annotated[ClientCredentials | RefreshGrant, Field(discriminator="grant")]
Auth = Annotated[ApiToken | ScopedToken | PersonalToken | BasicAuth | OAuth, Field(discriminator="type")]


def site_url(value: str) -> str:
    """Return a site's address without a slash at its end; raises ValueError where secrets must not go."""
    example = "https://corp.atlassian.net, or https://jira.corp.example/jira"
    parts = safe_address(value, example)
    if parts.username or parts.query:
        raise ValueError(f"The address has neither user nor query: {example}.")
    path = parts.path.rstrip("/")
    if "/rest" in path or "/browse" in path:
        raise ValueError(f"The address ends before /rest and /browse: {example}.")
    return f"{parts.scheme}://{parts.netloc}{path}"


def mapped_column(value: str) -> str:
    """Return `kind.column`; raises ValueError for a column that cannot be mapped."""
    return settings.mapped_column(value, "Jira", KINDS.keys() - MAPPED)


def issue_kind(value: str) -> str:
    """Return a record kind that issues become; raises ValueError for any other."""
    if value not in BROUGHT:
        raise ValueError(f"'{value}' is no kind of issue; these are {', '.join(BROUGHT)}.")
    return value


class JiraSettings(PlatformSettings):
    """A Jira site: where it is, with which account, and what to read of it."""

    type: Literal["jira"]
    url: Annotated[str, AfterValidator(site_url)]
    """Address of the site, with the context path of Data Center: https://corp.atlassian.net."""
    auth: Auth
    gateway: Annotated[str, AfterValidator(site_url)] = GATEWAY
    """Address of Atlassian's API, which scoped tokens, OAuth 2.0, Assets and alerts of Cloud go to."""
    projects: tuple[str, ...] = ()
    """Keys of the projects to read; all that the account sees unless given."""
    filter: str | None = None
    """JQL that narrows what is read, `labels != ignore`."""
    records: tuple[Annotated[str, AfterValidator(record_kind)], ...] = tuple(OWN)
    """Record kinds to read; all unless given. Transitions, service levels and surveys are in the issues."""
    issue_types: dict[Annotated[str, AfterValidator(issue_kind)], tuple[str, ...]] = Field(
        default_factory=dict
    )
    """Issue types by record kind, in place of the usual ones: `request: [Purchase, Access]`."""
    map: dict[Annotated[str, AfterValidator(mapped_column)], str] = Field(default_factory=dict)
    """Own fields, by name or id: `incident.service_id: customfield_10211`."""
    workers: int = Field(default=4, ge=1, le=10)
    """Requests at a time."""
    window_rows: int = Field(default=20_000, ge=100)
    """A longer stretch of time than holds so many issues is read and stored in parts."""
    overlap: int = Field(default=900, ge=60)
    """Seconds before the end of the last reading that are read again: searches show writes late."""
    settle: float = Field(default=12, ge=0)
    """Hours after which searches surely show what was written; what changed before is then read once more."""
    clocks_every: float = Field(default=1, ge=0)
    """Hours between two readings of open issues whose service level clocks run; 0 reads them every time."""
    comments: bool = True
    """Read when comments were made, which tells the first response; their words are dropped at once."""
    knowledge_links: bool = False
    """Ask for the pages of Confluence that issues are linked with; costs a request for every issue."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Record kinds to read, those that come along among them, in the order of the product."""
        chosen = {name for name in self.records if name in OWN}
        chosen |= {name for kind in self.records for name in BROUGHT.get(kind, ())}
        return tuple(name for name in KINDS if name in chosen)

    @property
    def one_phase(self) -> bool:
        """Whether every issue returned counts against an hourly quota, so that none is asked twice."""
        return isinstance(self.auth, ClientCredentials | RefreshGrant)
