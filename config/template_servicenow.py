"""The commented configuration that `init` writes for a ServiceNow instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import fill

from config.template import HEAD, tail, yaml_text
from storage.errors import UsageError
from storage.records import KINDS

PASSWORD = "SERVICENOW_PASSWORD"  # noqa: S105 - the name of a variable
CLIENT_ID = "SERVICENOW_CLIENT_ID"
CLIENT_SECRET = "SERVICENOW_CLIENT_SECRET"  # noqa: S105
REFRESH_TOKEN = "SERVICENOW_REFRESH_TOKEN"  # noqa: S105
SIGNING_KEY = "SERVICENOW_SIGNING_KEY"

_CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


@dataclass(frozen=True)
class Way:
    """A way to sign in: what it is called, fixed settings, secrets by the variable that holds them."""

    title: str
    fixed: Mapping[str, str]
    secrets: Mapping[str, str]
    needs_user: bool = False

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables that have to be set."""
        return tuple(self.secrets.values())


WAYS: Mapping[str, Way] = {
    "basic": Way("user and password", {"type": "basic"}, {"password": PASSWORD}, needs_user=True),
    "oauth": Way("OAuth with client credentials", {"type": "oauth", "grant": "client_credentials"}, _CLIENT),
    "oauth-password": Way(
        "OAuth with user and password",
        {"type": "oauth", "grant": "password"},
        {**_CLIENT, "password": PASSWORD},
        needs_user=True,
    ),
    "oauth-refresh": Way(
        "OAuth with a refresh token",
        {"type": "oauth", "grant": "refresh"},
        {**_CLIENT, "refresh_token": REFRESH_TOKEN},
    ),
    "oauth-jwt": Way(
        "OAuth with a signed assertion (JWT)",
        {"type": "oauth", "grant": "jwt_bearer"},
        {**_CLIENT, "signing_key": SIGNING_KEY},
        needs_user=True,
    ),
}


@dataclass(frozen=True)
class ServiceNowAnswers:
    """What `init` asked about an instance; no secret is among it."""

    url: str
    way: str
    """One of `WAYS`."""
    user: str | None = None
    records: tuple[str, ...] = ()
    """Record kinds to read; all when empty."""
    name: str = "servicenow"
    time_zone: str = "UTC"


def render_servicenow(answers: ServiceNowAnswers) -> str:
    """Return the text of a configuration for an instance, with every other setting as a comment.

    Raises UsageError where the way to sign in needs a user and none was given.
    """
    way = WAYS[answers.way]
    if way.needs_user and not answers.user:
        raise UsageError(
            f"{way.title[:1].upper()}{way.title[1:]} needs the account's name.", hint="Add --user."
        )
    connector = _CONNECTOR.format(
        name=answers.name,
        url=yaml_text(answers.url),
        variables=", ".join(way.variables),
        auth="".join(f"      {line}\n" for line in _auth_lines(way, answers.user)),
        records=_records(answers.records),
    )
    return HEAD + connector + tail(answers.time_zone)


def _auth_lines(way: Way, user: str | None) -> list[str]:
    lines = [f"{name}: {value}" for name, value in way.fixed.items()]
    lines += [f"user: {yaml_text(user)}"] if way.needs_user and user else []
    return lines + [f'{name}: "${{{variable}}}"' for name, variable in way.secrets.items()]


def _records(chosen: tuple[str, ...]) -> str:
    text = ", ".join(chosen or KINDS)
    mark = "" if chosen else "#"
    lines = fill(text, 90).splitlines()
    if len(lines) == 1:
        return f"    {mark}records: [{text}]\n"
    inside = "".join(f"    {mark}  {line}\n" for line in lines)
    return f"    {mark}records: [\n{inside}    {mark}]\n"


_CONNECTOR = """\
connectors:
  {name}:
    type: servicenow
    url: {url}
    # Set these variables before a command is run: {variables}.
    # Other ways to sign in, and the account with its roles: docs/servicenow.md.
    auth:
{auth}    # Record kinds to read; groups and history always come along.
{records}    # How far back records count by their last change; all of them unless given.
    #since: 24 months
    # Own fields by our column.
    #map: {{incident.service_id: u_affected_service}}
    # An own authority, and a client certificate for mutual TLS.
    #tls: {{ca_bundle: company-ca.pem, certificate: client.pem, key: client-key.pem}}
    #proxy: http://proxy:8080
    # Requests at a time, 1 to 4, and rows of one page.
    #workers: 2
    #page_size: 1000
    # Rows that are stored at once.
    #window_rows: 50000
    # Seconds before the instance's clock at which reading stops.
    #lag: 300
    # Hours between readings of running clocks, days between comparisons of all identifiers.
    #active_clocks_every: 24
    #sweep_every: 7
    # Ask sys_audit who made changes; one request more for fifty changed records.
    #audit: false
    # Share of rows that may be unreadable before the sync stops.
    #tolerated_share: 1 %
    #timeouts: {{connect: 10, read: 90, run: 14400}}
    #retries: {{attempts: 6, wait: 1, longest: 60, budget: 200}}

"""
