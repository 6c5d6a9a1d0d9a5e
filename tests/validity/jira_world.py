"""A small organisation behind a simulated Jira, and the product that reads it as a user has it read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sandbox.jira import SandboxJira
from sandbox.jira.life import Life
from tests.validity.platform_world import QUICK, Place, placed, write_configuration

STEP = timedelta(minutes=30)
"""Between two syncs: more than what is read again each time."""
SETTLED = timedelta(hours=13)
"""After that, searches surely show everything, and it is read once more."""
WEEK = timedelta(days=8)
"""More than the days between two comparisons of all identifiers."""
RECORDS = ("incident", "change", "release")


@dataclass
class Site(Place[SandboxJira]):
    """A folder with a configuration and stores, beside a site."""

    def calm(self) -> None:
        """End faults and life."""
        jira = self.instance
        jira.script_faults(())
        jira.life = Life((), jira.site, jira.writer, jira.clock)


def configure(folder: Path, jira: SandboxJira, **changes: Any) -> None:
    """Write the configuration file that reads a site, by the usual way in."""
    login: dict[str, Any] = {"type": "personal_token", "token": jira.personal_token}
    if jira.cloud:
        login = {"type": "api_token", "user": jira.user, "token": jira.token}
    if changes.pop("oauth", False):
        client = {"client_id": jira.client_id, "client_secret": jira.client_secret}
        login = {"type": "oauth", "grant": "client_credentials", **client}
        login |= {"token_url": f"{jira.root}/oauth/token"}
        changes["url"] = jira.api_url
    settings: dict[str, Any] = {
        "type": "jira",
        "url": jira.url,
        "gateway": jira.root,
        "auth": login,
        "records": list(RECORDS),
        "retries": QUICK,
        "timeouts": {"connect": 2, "read": 2, "run": 120},
    }
    write_configuration(folder, settings | changes)


@contextmanager
def site(jira: SandboxJira, **changes: Any) -> Iterator[Site]:
    """Serve a site and yield a configured folder."""
    with placed(
        jira, lambda folder: Site(folder, jira), lambda folder: configure(folder, jira, **changes)
    ) as place:
        yield place
