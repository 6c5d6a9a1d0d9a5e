"""What has no time of change and is read as a whole: versions, groups, the objects of Assets, alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from connectors.jira.answers import Json, RefusedError, milliseconds, moment_of
from connectors.jira.assets import ITEM_COLUMNS, RELATION_COLUMNS, items, relations
from connectors.jira.cells import plain, value_of
from connectors.jira.tables import ALERTS
from storage.evidence.store import Record, Value
from storage.records import KINDS
from storage.records.schema import FieldClass

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


_PAGE = 100
_WALL = 20_000
"""Alerts that one query can be paged through (sum of offset and size)."""
_KIND = KINDS["alert"]
_FEW = 50
"""Accounts that are asked for at once."""
_PERSONS = tuple(names.partition(" | ")[2] for names in ALERTS.values() if names.startswith("person |"))
_COUNTED = frozenset({"assignment_group", "event_count"})
_ALWAYS_TOLD = frozenset(name for name, paths in ALERTS.items() if "report." not in paths) | _COUNTED
ALERT_COLUMNS = frozenset(column.name for column in _KIND.mapped)


def told(records: Iterable[Record]) -> frozenset[str]:
    """Return the columns that alerts like these fill: those of all, and those of their own properties."""
    filled = {name for one in records for name, value in one.values.items() if value is not None}
    return _ALWAYS_TOLD | filled


def alerts(reader: Reader) -> Iterator[list[Record]]:
    """Yield all alerts, oldest first; each query begins where the wall ended the one before.

    Raises RefusedError where there is no Operations.
    """
    site = reader.site
    if not site.cloud or not site.cloud_id:
        raise RefusedError("ops/alerts", 404, "only Cloud has alerts")
    address = f"{site.settings.gateway}/jsm/ops/api/{site.cloud_id}/v1/alerts"
    since = None if reader.oldest is None else milliseconds(reader.oldest)
    seen: set[str] = set()
    offset = 0
    while True:
        parameters = {"sort": "createdAt", "order": "asc", "offset": str(offset), "size": str(_PAGE)}
        parameters |= {"query": f"createdAt >= {since}"} if since is not None else {}
        found = site.at(address, "ops/alerts", parameters).get("values") or []
        fresh = [one for one in found if one["id"] not in seen]
        seen.update(one["id"] for one in fresh)
        _meet(reader, fresh)
        yield [_alert(reader, one) for one in fresh]
        offset += len(found)
        if not found:
            return
        if offset + _PAGE > _WALL:
            since, offset = milliseconds(moment_of(found[-1]["createdAt"])), 0


def _meet(reader: Reader, found: Iterable[Json]) -> None:
    """Ask who alerts name by an account alone, which does not tell a person from a program."""
    accounts = reader.people.strangers(_inside(one, path) for one in found for path in _PERSONS)
    for at in range(0, len(accounts), _FEW):
        asked = urlencode([("accountId", one) for one in accounts[at : at + _FEW]])
        address = f"{reader.site.base}/rest/api/2/user/bulk?{asked}"
        try:
            users = reader.site.at(address, "user/bulk", {"maxResults": str(_FEW)})
        except RefusedError:
            return
        for user in users.get("values") or ():
            reader.people.account(user)


def _alert(reader: Reader, one: Json) -> Record:
    read: Mapping[str, Callable[[str], Value]] = {
        "time": _seconds,
        "person": reader.people.pseudonym,
        "text": str,
        "rank": _rank,
    }
    values = _own(one.get("extraProperties") or {})
    for column, names in ALERTS.items():
        way, *paths = names.split(" | ")
        found = next((text for path in paths if (text := _inside(one, path))), "")
        if found:
            values[column] = read[way](found)
    if one.get("acknowledged") and values.get("state") == "open":
        values["state"] = "acknowledged"
    values |= {"assignment_group": _team(one), "event_count": int(one.get("count") or 1)}
    values = {name: value for name, value in values.items() if value is not None}
    return Record(str(one["id"]), values, {}, moment_of(str(one["updatedAt"])), 0)


def _rank(priority: str) -> int | None:
    rank = priority.removeprefix("P")
    return int(rank) if rank.isdecimal() else None


def _seconds(text: str) -> datetime:
    return moment_of(text).replace(microsecond=0)


def _team(one: Json) -> str | None:
    teams = (
        str(each.get("name") or "") for each in one.get("responders") or () if each.get("type") == "team"
    )
    return next(teams, None) or None


def _inside(one: Json, path: str) -> str:
    """Return what stands at a path, `report.closedBy`, the first of a list."""
    found: object = one
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    if isinstance(found, list):
        found = next(iter(found), None)
    return "" if found is None else str(found)


def _own(properties: Json) -> dict[str, Value]:
    """Return what an alert's own properties say, by column: those that are named like one."""
    given = {str(name).casefold().replace(" ", "_"): str(value) for name, value in properties.items()}
    return {
        column.name: value_of(column.type, given[column.name])
        for column in _KIND.mapped
        if column.name in given and column.field_class is FieldClass.PLAIN
    }


_RELEASE_COLUMNS = frozenset(
    {"type", "name", "version", "product", "started_at", "planned_at", "released_at", "state", "owner"}
    | {"issue_count"}
)
ASSETS = "Assets is not there or not shown; it comes with Premium and Enterprise, or with its own app."

SNAPSHOTS: Mapping[str, Snapshot] = {
    "release": Snapshot(_RELEASE_COLUMNS, _HOUR, _releases, "No project has versions."),
    "configuration_item": Snapshot(ITEM_COLUMNS, _DAY, items, ASSETS),
    "ci_relationship": Snapshot(RELATION_COLUMNS, _DAY, relations, ASSETS),
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
