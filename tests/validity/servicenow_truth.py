"""What evidence must hold, worked out from the sandbox's rows alone, and where it differs.

Nothing of the connector is used: which row becomes which record, and the values that matter, are said here
once more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from sandbox.servicenow import Access, SandboxServiceNow
from storage.evidence import relation
from storage.evidence.store import EvidenceStore

_CLOCKS_APART = timedelta(seconds=2)
Row = Mapping[str, str]
Values = tuple[object, ...]
_EVENT_DAYS = 6
"""Days of events that are compared: older ones may have been rotated away."""


@dataclass(frozen=True)
class View:
    """What an account may see of an instance now."""

    instance: SandboxServiceNow
    access: Mapping[str, Access]

    def rows(self, table: str) -> list[Row]:
        """Return the visible rows of a table, as they are shown."""
        rule = self.access.get(table, Access())
        blank = dict.fromkeys(rule.fields, "")
        return [{**row, **blank} for row in self.instance.truth(table)]

    def known(self, table: str) -> dict[str, Row]:
        """Return the visible rows of a table by sys_id."""
        return {row["sys_id"]: row for row in self.rows(table)}

    def labels(self, table: str, element: str) -> dict[str, str]:
        """Return what people see of the values of a choice field."""
        return {
            row["value"]: row["label"]
            for row in self.rows("sys_choice")
            if (row["name"], row["element"], row["language"]) == (table, element, "en")
        }

    def named(self, table: str, field: str) -> Counter[str]:
        """Return how many visible rows of a table name a record in a field."""
        return Counter(row.get(field, "") for row in self.rows(table))


def _text(name: str) -> Callable[[Row], object]:
    return lambda row: row.get(name) or None


def _time(name: str) -> Callable[[Row], object]:
    return lambda row: datetime.fromisoformat(row[name]) if row.get(name) else None


def _number(name: str) -> Callable[[Row], object]:
    return lambda row: int(row[name]) if row.get(name) else None


def _truth(name: str) -> Callable[[Row], object]:
    return lambda row: row[name] == "true" if row.get(name) else None


def _through(known: Mapping[str, Row], field: str, name: str) -> Callable[[Row], object]:
    """The name behind a reference; the reference itself where the row cannot be seen."""
    return lambda row: known.get(row.get(field, ""), {}).get(name) or row.get(field) or None


def _label(labels: Mapping[str, str], field: str) -> Callable[[Row], object]:
    return lambda row: labels.get(row.get(field, ""), row.get(field)) or None


Columns = Mapping[str, Callable[[Row], object]]


def _incident(view: View) -> Columns:
    groups = view.known("sys_user_group")
    return {
        "opened_at": _time("opened_at"),
        "resolved_at": _time("resolved_at"),
        "priority": _number("priority"),
        "close_code": _text("close_code"),
        "problem_id": _text("problem_id"),
        "state": _label(view.labels("incident", "state"), "state"),
        "assignment_group": _through(groups, "assignment_group", "name"),
        "resolution_note_length": lambda row: len(row.get("close_notes", "")),
    }


def _problem(view: View) -> Columns:
    return {
        "opened_at": _time("opened_at"),
        "priority": _number("priority"),
        "state": _label(view.labels("problem", "state"), "state"),
        "known_error": _truth("known_error"),
    }


def _change(view: View) -> Columns:
    items = view.named("task_ci", "task")
    approved = Counter(
        row["sysapproval"] for row in view.rows("sysapproval_approver") if row["state"] == "approved"
    )
    return {
        "planned_start_at": _time("start_date"),
        "close_code": _text("close_code"),
        "type": _text("type"),
        "affected_ci_count": lambda row: items[row["sys_id"]],
        "approval_count": lambda row: approved[row["sys_id"]],
    }


def _request(view: View) -> Columns:
    tasks = view.named("sc_task", "request_item")
    return {"due_at": _time("due_date"), "task_count": lambda row: tasks[row["sys_id"]]}


def _service_level(view: View) -> Columns:
    return {
        "record_id": _text("task"),
        "name": _through(view.known("contract_sla"), "sla", "name"),
        "started_at": _time("start_time"),
        "stopped_at": _time("end_time"),
        "breached": _truth("has_breached"),
    }


def _alert(view: View) -> Columns:
    return {
        "severity": _number("severity"),
        "ci_id": _text("cmdb_ci"),
        "opened_at": _time("initial_remote_time"),
    }


def _item(view: View) -> Columns:
    return {"class": _text("sys_class_name"), "name": _text("name")}


def _group(view: View) -> Columns:
    # Members are counted by the instance, which minds no hidden rows.
    members = Counter(row["group"] for row in view.instance.truth("sys_user_grmember", visible=False))
    return {"name": _text("name"), "member_count": lambda row: members[row["sys_id"]]}


def _no_values(view: View) -> Columns:
    return {}


PLAIN: Mapping[str, tuple[tuple[str, ...], Callable[[View], Columns]]] = {
    "incident": (("incident",), _incident),
    "problem": (("problem",), _problem),
    "change": (("change_request",), _change),
    "request": (("sc_req_item",), _request),
    "release": (("rm_release", "sn_devops_pipeline_execution"), _no_values),
    "service_level": (("task_sla",), _service_level),
    "alert": (("em_alert",), _alert),
    "configuration_item": (("cmdb_ci",), _item),
    "ci_relationship": (("cmdb_rel_ci", "svc_ci_assoc"), _no_values),
    "knowledge": (("kb_knowledge",), _no_values),
    "knowledge_use": (("kb_use", "m2m_kb_task", "kb_feedback"), _no_values),
    "survey": (("asmt_assessment_instance",), _no_values),
    "outage": (("cmdb_ci_outage",), _no_values),
    "group": (("sys_user_group",), _group),
}
"""Tables of a kind whose rows are its records, and how its values follow from a row."""

TABLES = {kind: tables for kind, (tables, _) in PLAIN.items()} | {"transition": ("metric_instance",)}


def columns_of(kind: str, view: View) -> tuple[str, ...]:
    """Return the columns that are compared."""
    if kind == "transition":
        return ("record_id", "field", "old_value", "new_value", "at")
    return ("event_count",) if kind == "event" else tuple(PLAIN[kind][1](view))


def expected(kind: str, view: View) -> dict[str, Values]:
    """Return time of change and values by id, as evidence must have them."""
    if kind == "transition":
        return dict(_transitions(view))
    if kind == "event":
        return _events(view)
    tables, values = PLAIN[kind]
    columns = values(view).values()
    return {
        row["sys_id"]: (_time("sys_updated_on")(row), *(read(row) for read in columns))
        for table in tables
        for row in view.rows(table)
    }


def _transitions(view: View) -> Iterator[tuple[str, Values]]:
    fields = {
        row["sys_id"]: {"incident_state": "state", "assigned_to": "assignee"}.get(row["field"], row["field"])
        for row in view.rows("metric_definition")
    }
    groups, stories = view.known("sys_user_group"), defaultdict(list)
    for row in view.rows("metric_instance"):
        stories[row["id"], row["definition"]].append(row)
    closed = {
        record for (record, one), rows in stories.items() if fields[one] == "state" and _last(rows)["end"]
    }
    for (record, definition), rows in stories.items():
        field, before = fields[definition], None
        for row, after in zip_longest(ordered := sorted(rows, key=_begins), ordered[1:]):
            changed, said = _time("sys_updated_on")(row), _value(field, row, groups)
            yield row["sys_id"], (changed, record, field, before, said, _time("start")(row))
            before = said
            if row["end"] and (after is None or _apart(row["end"], after["start"]) > _CLOCKS_APART):
                before = None
                # A state is never empty, and what ends with its record was not emptied.
                if field != "state" and not (after is None and record in closed):
                    emptied = (changed, record, field, said, None, _time("end")(row))
                    yield f"{row['sys_id']}:emptied", emptied


def _begins(row: Row) -> tuple[str, str, str]:
    return row["start"], row["end"] or "9", row["sys_id"]


def _last(rows: Iterable[Row]) -> Row:
    return max(rows, key=_begins)


def _apart(before: str, after: str) -> timedelta:
    return datetime.fromisoformat(after) - datetime.fromisoformat(before)


def _value(field: str, row: Row, groups: Mapping[str, Row]) -> object:
    name: object = row["value"] or row["field_value"] or None
    if field == "assignment_group":
        return groups.get(row["field_value"], {}).get("name") or name
    return bool(name) if field == "assignee" else name


def _events(view: View) -> dict[str, Values]:
    # The day's count is an instance's own: it minds no hidden rows, and says nothing about when it was made.
    oldest = _oldest_day(view)
    counts = Counter(
        f"{row['time_of_event'][:10]}:{'|'.join(row.get(name, '') for name in _EVENT_GROUPS)}"
        for row in view.instance.truth("em_event", visible=False)
        if row["time_of_event"] >= oldest
    )
    return {name: (None, number) for name, number in counts.items()}


def _oldest_day(view: View) -> str:
    return (view.instance.clock.now() - timedelta(days=_EVENT_DAYS)).strftime("%Y-%m-%d")


_EVENT_GROUPS = ("source", "type", "severity", "state")


def found(kind: str, view: View, evidence: EvidenceStore, source: str) -> list[tuple[str, Values]]:
    """Return what evidence has: id, time of change and values of every record that is not deleted."""
    columns = columns_of(kind, view)
    listed = ", ".join(f'"{name}"' for name in ("id", "updated_at", *columns))
    held = evidence.query(f"SELECT {listed} FROM {relation(kind)} WHERE source = '{source}'").to_pylist()
    oldest = _oldest_day(view) if kind == "event" else ""
    return [(row["id"], _comparable(kind, row, columns)) for row in held if row["id"] >= oldest]


def _comparable(kind: str, row: Mapping[str, object], columns: tuple[str, ...]) -> Values:
    values = dict(row)
    if kind == "event":
        values["updated_at"] = None
    if kind == "transition" and row["field"] == "assignee":
        # A pseudonym: whether there is one is what can be compared.
        for name in ("old_value", "new_value"):
            values[name] = None if row[name] is None else True
    return (values["updated_at"], *(values[name] for name in columns))


def differences(
    kind: str,
    view: View,
    held: list[tuple[str, Values]],
    *,
    until: datetime | None = None,
    whole: bool = True,
) -> list[str]:
    """Return what is lost, doubled, changed, or there without being in the instance.

    With `until`, rows that changed since do not matter; without `whole`, only identifiers and times of
    change do, and nobody minds what is gone by now.
    """
    wanted = expected(kind, view)
    if until is not None:
        limit = until.replace(tzinfo=None)
        wanted = {
            name: row for name, row in wanted.items() if not isinstance(row[0], datetime) or row[0] < limit
        }
    stored = dict(held)
    said = [f"{len(held) - len(stored)} twice"] if len(held) > len(stored) else []
    lost = wanted.keys() - stored.keys()
    said += [f"{len(lost)} of {len(wanted)} lost"] if lost else []
    more = stored.keys() - wanted.keys() if whole else set()
    said += [f"{len(more)} too many"] if more else []
    cut = slice(None) if whole else slice(1)
    other = [name for name in wanted.keys() & stored.keys() if wanted[name][cut] != stored[name][cut]]
    if other:
        name = min(other)
        said.append(f"{len(other)} different, such as {name}: {stored[name][cut]} for {wanted[name][cut]}")
    return [f"{kind}: {one}" for one in said]


def visible_and_all(kind: str, instance: SandboxServiceNow) -> tuple[int, int]:
    """Return how many rows of a kind's tables can be seen, and how many there are."""
    tables = TABLES.get(kind, ())
    counts = [[len(instance.truth(name, visible=seen)) for name in tables] for seen in (True, False)]
    return sum(counts[0]), sum(counts[1])
