"""History of records: how long each value lasted (metric_instance) and who set it (sys_audit)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from sandbox.servicenow.fill import codes
from sandbox.servicenow.fill.columns import Records, Translator, moment, reference, span, stamps, text
from sandbox.servicenow.store import Row, Tables, sys_id


class _Field(NamedTuple):
    """A field of a table whose history is kept."""

    table: str
    element: str
    definition: str
    """Name of the metric."""
    refers_to: str = ""


_INCIDENT_STATE = _Field("incident", "incident_state", "Incident State Duration")
_USUAL: Mapping[tuple[str, str], _Field] = {
    ("incident", "state"): _INCIDENT_STATE,
    ("incident", "assignment_group"): _Field(
        "incident", "assignment_group", "Assignment Group Duration", "sys_user_group"
    ),
    ("incident", "assignee"): _Field("incident", "assigned_to", "Assigned to Duration", "sys_user"),
}
"""What every instance measures, by record kind and column."""
_FIELDS: Mapping[tuple[str, str], _Field] = {
    **_USUAL,
    ("incident", "ci_id"): _Field("incident", "cmdb_ci", "Incident Item Duration", "cmdb_ci"),
    ("change", "ci_id"): _Field("change_request", "cmdb_ci", "Change Item Duration", "cmdb_ci"),
    ("request", "priority"): _Field("sc_req_item", "priority", "Item Priority Duration"),
    ("configuration_item", "model"): _Field("cmdb_ci", "model_id", "Model Duration", "cmdb_model"),
}


class _Change(NamedTuple):
    id: str
    kind: str
    record: str
    column: str
    before: str
    after: str
    at: str
    actor: str

    @property
    def field(self) -> _Field:
        """Return where its history stands."""
        return _FIELDS[self.kind, self.column]

    @property
    def owner(self) -> str:
        """Return the sys_id of its record."""
        return reference(self.field.table, self.record)


def add_history(tables: Tables, transitions: Records, translator: Translator) -> None:
    """Add metric_definition, metric_instance and sys_audit of the fields whose history is known."""
    changes = [change for change in _changes(transitions) if (change.kind, change.column) in _FIELDS]
    followed = dict.fromkeys((*_USUAL.values(), *(change.field for change in changes)))
    tables.add("metric_definition", [_definition(field) for field in followed])
    values = {
        value for change in changes if change.column == "model" for value in (change.before, change.after)
    }
    tables.add("cmdb_model", [codes.named("cmdb_model", name) for name in sorted(values - {""})])
    tables.take("metric_instance", _metrics(changes, tables, translator))
    tables.take("sys_audit", (_audit(change, translator) for change in changes))


def _changes(transitions: Records) -> Iterator[_Change]:
    names = ("id", "record_kind", "record_id", "field", "old_value", "new_value")
    texts = [[text(cell) for cell in transitions.column(name)] for name in names]
    times = [moment(cell) for cell in transitions.column("at")]
    actors = [text(cell) for cell in transitions.column("actor")]
    yield from map(_Change, *texts, times, actors)


def _definition(field: _Field) -> Row:
    return codes.named(
        "metric_definition",
        field.definition,
        table=field.table,
        field=field.element,
        type="field_value_duration",
        active="true",
    )


def _metrics(changes: Iterable[_Change], tables: Tables, translator: Translator) -> list[Row]:
    """Return a row for each value a field had; the last one is open, of a closed record too."""
    rows: list[Row] = []
    running: dict[tuple[str, str], Row] = {}
    for change in changes:
        key = (change.owner, change.column)
        before = running.pop(key, None)
        if before is None and change.before:
            before = _metric(change, f"{change.id} before", change.before, _since(tables, change), translator)
            rows.append(before)
        if before is not None:
            _finish(before, change.at)
        if change.after:
            running[key] = _metric(change, change.id, change.after, change.at, translator)
            rows.append(running[key])
    return rows


def _since(tables: Tables, change: _Change) -> str:
    """Return since when a record had the value that its first known change took away."""
    row = tables.row(change.field.table, change.owner)
    return min(row["sys_created_on"], change.at) if row else change.at


def _metric(change: _Change, key: str, value: str, at: str, translator: Translator) -> Row:
    field = change.field
    return {
        "sys_id": sys_id("metric_instance", key),
        "table": field.table,
        "id": change.owner,
        "definition": reference("metric_definition", field.definition),
        "field": f"{field.table}.{field.element}",
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


def _raw(field: _Field, value: str, translator: Translator) -> str:
    if field is _INCIDENT_STATE:
        return codes.INCIDENT_STATE.get(value, value)
    if field.refers_to == "sys_user":
        return translator.person(value)
    return reference(field.refers_to, value) if field.refers_to and value else value


def _audit(change: _Change, translator: Translator) -> Row:
    field = change.field
    return {
        "sys_id": sys_id("sys_audit", change.id),
        "tablename": field.table,
        "documentkey": change.owner,
        "fieldname": "state" if field is _INCIDENT_STATE else field.element,
        "oldvalue": _raw(field, change.before, translator),
        "newvalue": _raw(field, change.after, translator),
        "user": change.actor or "system",
        **stamps(change.at, change.actor or "system"),
    }
