"""A simulated Jira over real HTTP, Cloud or Data Center: everything that makes a reader lose issues.

    site = site_of(organisation)                    # or site_from_folder(Path("jira-titanium"))
    with SandboxJira(site, "cloud", seed=7, faults=[faults.burst().at("search/jql", requests={2})]) as jira:
        read(jira.url, jira.user, jira.token)       # basic; Data Center also Bearer jira.personal_token
        read(jira.api_url, …)                       # /ex/jira/{cloudId}: scoped token, OAuth 2.0
        jira.writer.update(site.issue("ITSM-7"), {"summary": "changed"})
        expected = jira.truth("issue")              # what the reader may see at the end
        jira.journal.assert_no_writes()

Faults and mutations go by the names of `sandbox.jira.api.routes` (`search/jql`, `issue/bulkfetch`, `field` …;
wildcards are allowed); OAuth's endpoint is {jira.root}/oauth/token. See docs/sandbox.md.
"""

from __future__ import annotations

from sandbox.jira import faults, life
from sandbox.jira.fill.folder import site_from_folder
from sandbox.jira.fill.fresh import fresh_site
from sandbox.jira.fill.organisation import site_of
from sandbox.jira.fill.template import Traps
from sandbox.jira.platform import SandboxJira
from sandbox.jira.settings import Limits, Settings
from sandbox.jira.store import Site
from sandbox.serving.clock import Clock
from sandbox.serving.journal import Journal
from sandbox.serving.latency import Latency

__all__ = [
    "Clock",
    "Journal",
    "Latency",
    "Limits",
    "SandboxJira",
    "Settings",
    "Site",
    "Traps",
    "faults",
    "fresh_site",
    "life",
    "site_from_folder",
    "site_of",
]
