"""The alerts of Jira Service Management's Operations, Cloud alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from connectors.jira.answers import Json, RefusedError
from connectors.jira.cells import value_of
from connectors.jira.times import moment_of
from storage.evidence.store import Record, Value
from storage.records import KINDS
from storage.records.schema import FieldClass

if TYPE_CHECKING:
    from connectors.jira.reader import Reader

_PAGE = 100
_WALL = 20_000
"""Alerts that one query can be paged through (sum of offset and size)."""
_PRIORITIES = {f"P{rank}": rank for rank in range(1, 6)}
_KIND = KINDS["alert"]
_TOLD = frozenset(
    {
        "opened_at",
        "acknowledged_at",
        "last_event_at",
        "closed_at",
        "monitor",
        "node",
        "message_key",
        "severity",
    }
    | {"state", "assignment_group", "assignee", "incident_id", "event_count"}
)
ALERT_COLUMNS = frozenset(column.name for column in _KIND.mapped)


def told(records: Iterable[Record]) -> frozenset[str]:
    """Return the columns that alerts like these fill: those of all, and those of their own properties."""
    filled = {name for one in records for name, value in one.values.items() if value is not None}
    return _TOLD | filled


def alerts(reader: Reader) -> Iterator[list[Record]]:
    """Yield all alerts, oldest first; each query begins where the wall ended the one before.

    Raises RefusedError where there is no Operations.
    """
    site = reader.site
    if not site.cloud or not site.cloud_id:
        raise RefusedError("ops/alerts", 404, "only Cloud has alerts")
    address = f"{site.settings.gateway}/jsm/ops/api/{site.cloud_id}/v1/alerts"
    since = "" if reader.oldest is None else f"{reader.oldest:%Y-%m-%dT%H:%M:%SZ}"
    seen: set[str] = set()
    offset = 0
    while True:
        parameters = {"sort": "createdAt", "order": "asc", "offset": str(offset), "size": str(_PAGE)}
        parameters |= {"query": f'createdAt >= "{since}"'} if since else {}
        found = site.at(address, "ops/alerts", parameters).get("values") or []
        fresh = [one for one in found if one["id"] not in seen]
        seen.update(one["id"] for one in fresh)
        yield [_alert(reader, one) for one in fresh]
        offset += len(found)
        if not found:
            return
        if offset + _PAGE > _WALL:
            since, offset = str(found[-1]["createdAt"]), 0


def _alert(reader: Reader, one: Json) -> Record:
    team: Json = next((each for each in one.get("responders") or () if each.get("type") == "team"), {})
    linked = next(iter(one.get("jiraIssues") or ()), None)
    times = {
        "opened_at": "createdAt",
        "acknowledged_at": "ackTime",
        "last_event_at": "lastOccuredAt",
        "closed_at": "closeTime",
    }
    values: dict[str, Value] = {
        column: moment_of(str(one[name])).replace(microsecond=0) if one.get(name) else None
        for column, name in times.items()
    }
    values |= {
        "monitor": str(one.get("source") or one.get("integrationName") or "") or None,
        "node": str(one.get("entity") or "") or None,
        "message_key": str(one.get("alias") or "") or None,
        "severity": _PRIORITIES.get(str(one.get("priority"))),
        "state": "acknowledged"
        if one.get("acknowledged") and one.get("status") == "open"
        else one.get("status"),
        "assignment_group": str(team.get("name") or "") or None,
        "assignee": reader.people.pseudonym(str(one.get("owner") or "")),
        "incident_id": str(linked) if linked else None,
        "event_count": int(one.get("count") or 1),
    }
    report = one.get("report") or {}
    for column, name in (("acknowledged_by", "acknowledgedBy"), ("closed_by", "closedBy")):
        values[column] = reader.people.pseudonym(str(report.get(name) or ""))
    own = _own(one.get("extraProperties") or {})
    values = own | {name: value for name, value in values.items() if value is not None}
    return Record(str(one["id"]), values, {}, moment_of(str(one["updatedAt"])), 0)


def _own(properties: Json) -> dict[str, Value]:
    """Return what an alert's own properties say, by column: those that are named like one."""
    given = {str(name).casefold().replace(" ", "_"): str(value) for name, value in properties.items()}
    return {
        column.name: value_of(column.type, given[column.name])
        for column in _KIND.mapped
        if column.name in given and column.field_class is FieldClass.PLAIN
    }
