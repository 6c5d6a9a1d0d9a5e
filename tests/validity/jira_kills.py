"""kill -9 of a sync that reads Jira: Data Center at every page boundary, Cloud at random moments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from sandbox.jira import Clock, Limits, SandboxJira, Settings, Site
from sandbox.jira.settings import Mode
from sandbox.jira.store import Issue
from sandbox.serving.exchange import Request
from sandbox.serving.journal import Call
from tests.connectors.jira.support import site as small_site
from tests.validity import jira_world
from tests.validity.figures import Figure
from tests.validity.jira_truth import differences
from tests.validity.jira_world import configure
from tests.validity.platform_kills import PATIENCE, Gate, Range, kill_figures, opened
from tests.validity.platform_world import NAME, NOW

PAGE = 20
_HOUR = 3_600_000
_OVERLAP = timedelta(seconds=900)
"""What is read again each time, on purpose."""
_MINUTE = timedelta(minutes=1)
_SINCE = re.compile(r"updated >= (\d+)")


def crowd(pages: int) -> Site:
    """Return a site with so many pages of incidents, an hour after each other, and nothing else."""
    made = small_site(0.05)
    for one in list(made.issues.values()):
        if one.type.name != "Incident":
            made.drop(one.id, one.updated)
    likes = list(made.issues.values())
    late = max(one.updated for one in likes)
    missing = range(pages * PAGE - len(likes))
    made.take(_copy(made, likes[number % len(likes)], late - number * _HOUR) for number in missing)
    return made


def _copy(site: Site, like: Issue, updated: int) -> Issue:
    """Return an issue like another one, which was updated at another time."""
    moved = updated - like.updated
    histories = tuple(type(one)(one.id, one.at + moved, one.author, one.items) for one in like.histories)
    return like.changed(
        id=site.next_id(),
        key=site.next_key(like.project),
        created=like.created + moved,
        updated=updated,
        histories=histories,
    )


class JiraRange(Range[SandboxJira]):
    """Kills of syncs that read incidents and their history."""

    kinds: ClassVar[Sequence[str]] = ("incident", "transition")

    def configured(self, folder: Path) -> jira_world.Site:
        """Write a configuration with small windows."""
        changes = {"records": ["incident"], "window_rows": 300, "workers": 1}
        configure(folder, self.instance, timeouts={"read": PATIENCE}, **changes)
        return jira_world.Site(folder, self.instance)

    def reached(self, place: jira_world.Site) -> Mapping[str, str]:
        """Return the time up to which issues are stored."""
        found = place.bookmark("incident").get("reached")
        return {"incident": found} if found else {}

    def differences(self, place: jira_world.Site) -> list[str]:
        """Return what evidence has otherwise than the site."""
        with place.evidence() as evidence:
            return differences(self.instance, evidence, NAME, self.kinds)

    def read_again(self, calls: Sequence[Call], reached: Mapping[str, str]) -> list[str]:
        """Return the searches for a stretch of time that a bookmark says is stored."""
        if "incident" not in reached:
            return []
        limit = datetime.fromisoformat(reached["incident"]) - _OVERLAP - _MINUTE
        begins = [_begin(call) for call in calls if _brings(call.parameters.get("maxResults"))]
        again = [one for one in begins if one < limit.timestamp() * 1000]
        return [f"{len(again)} searches of what was stored up to {limit}"] if again else []


def _begin(call: Call) -> int:
    found = _SINCE.search(call.parameters.get("jql", ""))
    return int(found[1]) if found else 0


def _brings(size: object) -> bool:
    """Whether a search brings issues or their identifiers: it asks for many, where probes ask for few."""
    return str(size) in ("500", "5000")


def _is_page(request: Request) -> bool:
    return _brings(request.json().get("maxResults"))


@contextmanager
def _range(pages: int, mode: Mode) -> Iterator[Any]:
    gate = Gate("search", _is_page)
    settings = Settings(limits=Limits(page_server=PAGE, bulk=PAGE * 5))
    jira = SandboxJira(crowd(pages), mode, settings=settings, clock=Clock(NOW), faults=[gate.fault()])
    with opened(lambda folder: JiraRange(jira, gate, folder), jira) as place:
        yield place


def server_range(pages: int) -> Any:
    """Serve so many pages of incidents as Data Center and measure an undisturbed sync."""
    return _range(pages, "data_center")


def cloud_range(pages: int) -> Any:
    """The same as Cloud."""
    return _range(pages, "cloud")


def figures() -> Iterator[Figure]:
    """Kill at all page boundaries and at random moments."""
    yield from kill_figures("Jira", server_range, cloud_range)
