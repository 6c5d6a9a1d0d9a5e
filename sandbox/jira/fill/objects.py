"""Configuration items as objects of Assets, alerts and teams as Operations has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.jira.fill.builder import Builder
from sandbox.jira.fill.promises import service_key
from sandbox.jira.fill.records import Row, rows
from sandbox.jira.store.assets import AssetObject, Assets, Attribute, ObjectType
from sandbox.jira.store.operations import Alert, Operations

SCHEMA = 1
_TYPE_NAMES = {"service": "Service", "application": "Application", "server": "Server"}
_SKIPPED = frozenset({"id", "class", "updated_at", "created_at"})
_OPERATIONS_PRIORITY = {1: "P1", 2: "P2", 3: "P3", 4: "P4", 5: "P5"}


def object_numbers(organisation: object) -> dict[str, int]:
    """Return the numbers that items have in Assets, by their ids."""
    items = rows(organisation, "configuration_items")
    return {str(row["id"]): number for number, row in enumerate(items, 1)}


def add_assets(builder: Builder, organisation: object) -> dict[str, int]:
    """Put items into Assets and return their numbers by id; without items there is no Assets."""
    items = list(rows(organisation, "configuration_items"))
    if not items:
        return {}
    assets = Assets(schemas={SCHEMA: ("IT assets", "ITSM")})
    builder.site.assets = assets
    numbers = object_numbers(organisation)
    columns = [name for name in items[0] if name not in _SKIPPED]
    types = _types(assets, items, columns)
    for row in items:
        _add_object(builder, assets, types[str(row["class"])], row, numbers)
    _add_references(assets, organisation, numbers)
    return numbers


def _types(assets: Assets, items: list[Row], columns: list[str]) -> dict[str, ObjectType]:
    """Make an object type for each class, below one that has all attributes."""
    top = ObjectType(1, "Configuration item", SCHEMA)
    top.attributes = [
        Attribute(1, "Key"),
        Attribute(2, "Name", label=True, required=True),
        Attribute(3, "Created", "datetime"),
        Attribute(4, "Updated", "datetime"),
        Attribute(5, "Depends on", "reference", target=1, many=True, reference="Depends on"),
        Attribute(6, "Source id"),
        Attribute(7, "Service ID"),
    ]
    for number, name in enumerate((each for each in columns if each != "name"), 10):
        top.attributes.append(Attribute(number, _title(name), _kind(name, items)))
    assets.types[1] = top
    found = {}
    for number, name in enumerate(sorted({str(row["class"]) for row in items}), 2):
        shown = _TYPE_NAMES.get(name, name.capitalize())
        found[name] = assets.types[number] = ObjectType(number, shown, SCHEMA, parent=1)
    return found


def _kind(column: str, items: list[Row]) -> str:
    if column.endswith("_at"):
        return "datetime"
    if column == "status":
        return "status"
    if column in ("support_group", "owner_group"):
        return "group"
    sample = next((row[column] for row in items if row[column] is not None), "")
    return "boolean" if isinstance(sample, bool) else "integer" if isinstance(sample, int) else "text"


def _title(column: str) -> str:
    return column.replace("_", " ").capitalize()


def _add_object(
    builder: Builder, assets: Assets, type_: ObjectType, row: Row, numbers: dict[str, int]
) -> None:
    number = numbers[str(row["id"])]
    key = f"ITSM-{number}"
    created = row.get("created_at") or 0
    updated = row.get("updated_at") or created
    values: dict[int, tuple[str, ...]] = {
        1: (key,),
        2: (str(row["name"]),),
        3: (str(created),),
        4: (str(updated),),
        6: (str(row["id"]),),
    }
    if row.get("service"):
        # An issue names a service by this alone.
        values[7] = (service_key(str(row["id"])),)
    for attribute in assets.attributes(type_):
        cell = row.get(attribute.name.lower().replace(" ", "_"))
        if attribute.id >= 10 and cell is not None:
            values[attribute.id] = (str(cell).lower() if isinstance(cell, bool) else str(cell),)
    made = AssetObject(number, key, type_.id, str(row["name"]), values, created, updated)
    if row.get("changed_by_person_at") is not None:
        who = builder.user(row.get("changed_by") or row.get("created_by"))
        made.history.append((row["changed_by_person_at"], who.id if who else "", 6, "", str(row["id"])))
    assets.objects[number] = made


def _add_references(assets: Assets, organisation: object, numbers: dict[str, int]) -> None:
    for row in rows(organisation, "ci_relationships"):
        above, below = numbers.get(str(row["parent_id"])), numbers.get(str(row["child_id"]))
        if above is not None and below is not None:
            values = assets.objects[above].values
            values[5] = (*values.get(5, ()), assets.objects[below].key)


def add_operations(builder: Builder, organisation: object, objects: Mapping[str, int]) -> None:
    """Add alerts, and a team and a schedule for each group; without either there is no Operations."""
    operations = Operations()
    for row in rows(organisation, "groups"):
        team = {"teamId": str(row["id"]), "teamName": row["name"], "organizationId": "org"}
        operations.teams.append(team)
        operations.schedules.append(_schedule(row))
        builder.group(row["name"])
    operations.alerts = [_alert(builder, row, objects) for row in rows(organisation, "alerts")]
    if operations.alerts or operations.teams:
        builder.site.operations = operations


def _schedule(row: Row) -> dict[str, Any]:
    return {
        "id": f"schedule-{row['id']}",
        "name": f"{row['name']}_schedule",
        "timezone": "Europe/London",
        "enabled": True,
        "teamId": str(row["id"]),
    }


def _alert(builder: Builder, row: Row, objects: Mapping[str, int]) -> Alert:
    people = [builder.user(row.get(name)) for name in ("assignee", "acknowledged_by", "closed_by")]
    owner, acknowledged_by, closed_by = (each.id if each else "" for each in people)
    incident = builder.made.get(("incident", str(row.get("incident_id"))))
    skipped = {"id", "incident_id", "assignee", "acknowledged_by", "closed_by"}
    details = {
        name: str(value)
        for name, value in row.items()
        if value is not None and name not in skipped and not name.endswith("_at")
    }
    if row.get("service_id"):
        details["service_id"] = service_key(str(row["service_id"]))
    if row.get("ci_id"):
        details["ci_id"] = str(objects.get(str(row["ci_id"]), row["ci_id"]))
    moments = ("acknowledged_at", "ticketed_at", "remediated_at")
    details |= {name: str(row[name]) for name in moments if row.get(name) is not None}
    return Alert(
        f"{row['id']}-{row['opened_at']}",
        str(row["id"]),
        f"{row.get('metric')} on {row.get('node')}",
        row["opened_at"],
        row.get("updated_at") or row["opened_at"],
        status="closed" if row.get("closed_at") is not None else "open",
        acknowledged=row.get("acknowledged_at") is not None,
        priority=_OPERATIONS_PRIORITY.get(row.get("severity") or 3, "P3"),
        acknowledged_at=row.get("acknowledged_at"),
        closed_at=row.get("closed_at"),
        last_occurred=row.get("last_event_at"),
        count=int(row.get("event_count") or 1),
        source=str(row.get("monitor") or ""),
        entity=str(row.get("node") or ""),
        alias=str(row.get("message_key") or ""),
        integration=str(row.get("monitor") or ""),
        owner=owner,
        acknowledged_by=acknowledged_by,
        closed_by=closed_by,
        team=str(row.get("assignment_group") or ""),
        tags=("maintenance",) if row.get("maintenance") else (),
        details=details,
        issues=(incident.id,) if incident is not None else (),
    )
