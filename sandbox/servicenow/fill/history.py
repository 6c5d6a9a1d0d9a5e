"""History of tasks: how long each value lasted (metric_instance) and who set it (sys_audit)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sandbox.servicenow.fill.codes import INCIDENT_STATE
from sandbox.servicenow.fill.columns import Records, Translator, moment, reference, span, stamps, text
from sandbox.servicenow.store import Row, Tables, sys_id

DEFINITIONS = {
    "state": ("incident_state", "Incident State Duration"),
    "assignment_group": ("assignment_group", "Assignment Group Duration"),
    "assignee": ("assigned_to", "Assigned to Duration"),
}
_SINCE = "2020-01-01 00:00:00"
_AUDITED = {"state": "state", "assignment_group": "assignment_group", "assignee": "assigned_to"}
_Change = tuple[str, str, str, str, str, str, str]
"""Id of the change, record, field, value before, value after, moment, actor."""


def add_history(tables: Tables, transitions: Records, translator: Translator) -> None:
    """Add metric_definition, metric_instance and sys_audit of the incidents' history."""
    changes = [change for change in _changes(transitions) if change[2] in DEFINITIONS]
    tables.add("metric_definition", [_definition(*entry) for entry in DEFINITIONS.values()])
    tables.take("metric_instance", _metrics(changes, translator))
    tables.take("sys_audit", (_audit(change, translator) for change in changes))


def _changes(transitions: Records) -> Iterator[_Change]:
    names = ("id", "record_id", "field", "old_value", "new_value")
    texts = [[text(cell) for cell in transitions.column(name)] for name in names]
    times = [moment(cell) for cell in transitions.column("at")]
    actors = [text(cell) for cell in transitions.column("actor")]
    yield from zip(*texts, times, actors, strict=True)


def _definition(field: str, name: str) -> Row:
    return {
        "sys_id": reference("metric_definition", name),
        "name": name,
        "table": "incident",
        "field": field,
        "type": "field_value_duration",
        "active": "true",
        **stamps(_SINCE),
    }


def _metrics(changes: list[_Change], translator: Translator) -> list[Row]:
    """Return a row for each value a field had; the last one is open, of a closed incident too."""
    rows: list[Row] = []
    running: dict[tuple[str, str], Row] = {}
    for change in changes:
        _, record, field, _, value, at, _ = change
        before = running.pop((record, field), None)
        if before is not None:
            _finish(before, at)
        if value:
            row = _metric(change, translator)
            running[record, field] = row
            rows.append(row)
    return rows


def _metric(change: _Change, translator: Translator) -> Row:
    key, record, field, _, value, at, _ = change
    element, name = DEFINITIONS[field]
    return {
        "sys_id": sys_id("metric_instance", key),
        "table": "incident",
        "id": reference("incident", record),
        "definition": reference("metric_definition", name),
        "field": f"incident.{element}",
        "field_value": _raw(field, value, translator),
        "value": value,
        "start": at,
        "end": "",
        "duration": "",
        "calculation_complete": "false",
        **stamps(at),
    }


def _finish(row: Row, at: str) -> None:
    begin, end = datetime.fromisoformat(row["start"]), datetime.fromisoformat(at)
    row["end"], row["duration"] = at, span(int((end - begin).total_seconds()))
    row["calculation_complete"] = "true"
    row["sys_updated_on"], row["sys_mod_count"] = at, "1"


def _raw(field: str, value: str, translator: Translator) -> str:
    if not value:
        return ""
    if field == "state":
        return INCIDENT_STATE.get(value, value)
    return reference("sys_user_group", value) if field == "assignment_group" else translator.person(value)


def _audit(change: _Change, translator: Translator) -> Row:
    key, record, field, before, after, at, actor = change
    return {
        "sys_id": sys_id("sys_audit", key),
        "tablename": "incident",
        "documentkey": reference("incident", record),
        "fieldname": _AUDITED[field],
        "oldvalue": _raw(field, before, translator),
        "newvalue": _raw(field, after, translator),
        "user": actor or "system",
        **stamps(at, actor or "system"),
    }
