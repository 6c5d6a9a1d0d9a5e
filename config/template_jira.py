"""Jira, Cloud and Data Center, as `init` asks about it."""

from __future__ import annotations

from collections.abc import Mapping

from config.template_platform import Platform, Way
from connectors.jira.settings import OWN

TOKEN = "JIRA_TOKEN"  # noqa: S105 - the name of a variable
_TOKEN = {"token": TOKEN}
_CLIENT = {"client_id": "JIRA_CLIENT_ID", "client_secret": "JIRA_CLIENT_SECRET"}

WAYS: Mapping[str, Way] = {
    "api-token": Way("API token of Cloud", {"type": "api_token"}, _TOKEN, needs_user=True),
    "scoped-token": Way(
        "API token with scopes, or of a service account", {"type": "scoped_token"}, _TOKEN, needs_user=True
    ),
    "oauth": Way("OAuth with client credentials", {"type": "oauth", "grant": "client_credentials"}, _CLIENT),
    "oauth-refresh": Way(
        "OAuth with a refresh token",
        {"type": "oauth", "grant": "refresh", "kept_in": "jira-token.json"},
        {**_CLIENT, "refresh_token": "JIRA_REFRESH_TOKEN"},
    ),
    "personal-token": Way("personal access token of Data Center", {"type": "personal_token"}, _TOKEN),
    "basic": Way(
        "user and password of Data Center", {"type": "basic"}, {"password": "JIRA_PASSWORD"}, needs_user=True
    ),
}

_CONNECTOR = """\
connectors:
  {name}:
    type: jira
    url: {url}
    # Set these variables before a command is run: {variables}.
    # Other ways to sign in, and the account with its rights: docs/jira.md.
    auth:
{auth}    # Keys of projects; all that the account sees unless given.
{projects}    # Record kinds to read; history, service level clocks and surveys are in the issues.
{records}    # JQL that narrows what is read.
    #filter: labels != ignore
    # How far back records count by their last change; all of them unless given.
    #since: 24 months
    # When the daemon (itsm-maturity run) syncs it: a cron line or an interval.
    #schedule: every 30 min
    # Own issue types of a kind, in place of the usual ones.
    #issue_types: {{request: [Purchase, Access]}}
    # Own fields by our column, by name or id.
    #map: {{incident.service_id: customfield_10211}}
    # An own authority, and a client certificate for mutual TLS.
    #tls: {{ca_bundle: company-ca.pem, certificate: client.pem, key: client-key.pem}}
    #proxy: http://proxy:8080
    # Requests at a time, 1 to 10, and issues that are stored at once.
    #workers: 4
    #window_rows: 20000
    # Seconds that are read again each time; hours after which everything is, once more.
    #overlap: 900
    #settle: 12
    # Hours between readings of running clocks, days between comparisons of all identifiers.
    #clocks_every: 1
    #sweep_every: 7
    # When comments were made tells the first response; links to pages of Confluence cost a request an issue.
    #comments: true
    #knowledge_links: false
    # Share of issues that may be unreadable before the sync stops.
    #tolerated_share: 1 %
    #timeouts: {{connect: 10, read: 90, run: 14400}}
    #retries: {{attempts: 6, wait: 1, longest: 60, budget: 200}}

"""

JIRA = Platform(
    "jira",
    "Jira",
    "atlassian.net",
    "https://acme.atlassian.net",
    WAYS,
    OWN,
    _CONNECTOR,
    with_path=True,
    way_elsewhere="personal-token",
)
