"""What has no time of change and is read as a whole: versions, groups, the objects of Assets, alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.jira.answers import Json, RefusedError
from connectors.jira.assets import ITEM_COLUMNS, RELATION_COLUMNS, items, relations
from connectors.jira.cells import plain
from connectors.jira.operations import ALERT_COLUMNS, alerts
from connectors.jira.times import moment_of
from storage.evidence.store import Record, Value

if TYPE_CHECKING:
    from connectors.jira.reader import Reader

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True)
class Snapshot:
    """A kind that is read as a whole when `every` has passed."""

    columns: frozenset[str]
    every: timedelta
    read: Callable[[Reader], Iterator[list[Record]]]
    absent: str
    """What to switch on where the site does not have it."""


def _releases(reader: Reader) -> Iterator[list[Record]]:
    """Yield the versions of each project; those of Data Center come without counts."""
    for project in reader.chosen_projects:
        key = str(project["key"])
        if reader.site.cloud:
            versions = reader.site.pages(f"project/{key}/version", {"expand": "issuesstatus,driver"})
        else:
            versions = reader.site.get(f"project/{key}/versions", shape=list)
        yield [_release(reader, project, one) for one in versions]


def _release(reader: Reader, project: Json, version: Json) -> Record:
    released, day = bool(version.get("released")), version.get("releaseDate")
    counts = version.get("issuesStatusForFixVersion")
    values: dict[str, Value] = {
        "type": "release",
        "name": str(version.get("name") or ""),
        "version": str(version.get("name") or ""),
        "product": str(project.get("name") or ""),
        "started_at": moment_of(version["startDate"]) if version.get("startDate") else None,
        "planned_at": moment_of(day) if day and not released else None,
        "released_at": moment_of(day) if day and released else None,
        "state": "Archived" if version.get("archived") else "Released" if released else "Unreleased",
        "owner": reader.people.pseudonym(_driver(reader, version.get("driver"))),
        "issue_count": sum(map(int, counts.values())) if isinstance(counts, dict) else None,
    }
    return Record(str(version["id"]), values)


def _driver(reader: Reader, driver: object) -> str:
    return driver if isinstance(driver, str) else reader.people.account(driver)


def _groups(reader: Reader) -> Iterator[list[Record]]:
    found = reader.site.get("groups/picker", {"maxResults": "1000"}).get("groups") or []
    for group in found:
        name = plain(group)
        values: dict[str, Value] = {"name": name, "active": True}
        for column, inactive in (("member_count", "true"), ("active_member_count", "false")):
            values[column] = _members(reader, name, inactive)
        yield [Record(str(group.get("groupId") or name), values)]


def _members(reader: Reader, name: str, inactive: str) -> int | None:
    parameters = {"groupname": name, "includeInactiveUsers": inactive, "maxResults": "1"}
    try:
        total = reader.site.get("group/member", parameters).get("total")
    except RefusedError:
        return None
    return None if total is None else int(total)


_RELEASE_COLUMNS = frozenset(
    {"type", "name", "version", "product", "started_at", "planned_at", "released_at", "state", "owner"}
    | {"issue_count"}
)
_ASSETS = "Assets is not there or not shown; it comes with Premium and Enterprise, or with its own app."

SNAPSHOTS: Mapping[str, Snapshot] = {
    "release": Snapshot(_RELEASE_COLUMNS, _HOUR, _releases, "No project has versions."),
    "configuration_item": Snapshot(ITEM_COLUMNS, _DAY, items, _ASSETS),
    "ci_relationship": Snapshot(RELATION_COLUMNS, _DAY, relations, _ASSETS),
    "alert": Snapshot(
        ALERT_COLUMNS, _HOUR, alerts, "Operations is not there or not shown; switch it on for a team."
    ),
    "group": Snapshot(
        frozenset({"name", "active", "member_count", "active_member_count"}),
        _DAY,
        _groups,
        "Groups are not shown; grant the global permission 'Browse users and groups'.",
    ),
}
