"""ServiceNow, as `init` asks about it."""

from __future__ import annotations

from collections.abc import Mapping

from config.template_platform import Platform, Way
from storage.records import KINDS

PASSWORD = "SERVICENOW_PASSWORD"  # noqa: S105 - the name of a variable
CLIENT_ID = "SERVICENOW_CLIENT_ID"
CLIENT_SECRET = "SERVICENOW_CLIENT_SECRET"  # noqa: S105
REFRESH_TOKEN = "SERVICENOW_REFRESH_TOKEN"  # noqa: S105
SIGNING_KEY = "SERVICENOW_SIGNING_KEY"

_CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


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
    # When the daemon (itsm-maturity run) syncs it: a cron line or an interval.
    #schedule: every 30 min
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

SERVICENOW = Platform(
    "servicenow",
    "ServiceNow",
    "service-now.com",
    "https://acme.service-now.com",
    WAYS,
    tuple(KINDS),
    _CONNECTOR,
)
