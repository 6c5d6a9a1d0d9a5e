"""Incidents, problems, changes, releases and requests, with the rows that hang on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sandbox.servicenow.fill import codes, fields
from sandbox.servicenow.fill.columns import (
    Records,
    Translator,
    custom_types,
    reference,
    span,
    stamps,
    text,
)
from sandbox.servicenow.store import Row, Tables

_EDITED = timedelta(minutes=15)
"""By so much the end of a clock was moved that somebody edited: nothing else on it says so."""
_ENDED = frozenset(
    {"Closed", "Canceled", "Closed Complete", "Closed Incomplete", "Closed Skipped", "Complete"}
)


def add_kind(
    tables: Tables,
    translator: Translator,
    records: Records,
    *,
    kind: str,
    table: str,
    specification: Mapping[str, str],
    classes: bool = False,
) -> list[Row]:
    """Return the rows of a record kind, with fields of a customer's own for what has no other place.

    They are not in the tables yet, so that codes can be set; `classes` leaves sys_class_name alone.
    """
    rows = translator.rows(records, table, specification)
    custom = translator.custom(records, kind, specification.values())
    for name, values in custom.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value
    tables.define(table, fields=custom_types(kind, custom))
    if not classes:
        for row in rows:
            row["sys_class_name"] = table
    return rows


def add_incidents(tables: Tables, translator: Translator, records: Records, *, old_states: bool) -> None:
    """Add incidents."""
    rows = add_kind(
        tables, translator, records, kind="incident", table="incident", specification=fields.INCIDENT
    )
    states = codes.OLD_INCIDENT_STATE if old_states else codes.INCIDENT_STATE
    for row in rows:
        row["active"] = text(row["state"] not in _ENDED)
        row["major_incident_state"] = "accepted" if row["major_incident_state"] == "true" else ""
        row["hold_reason"] = "1" if row["state"] == "On Hold" else ""
        if row["u_disposition"] == "duplicate":
            row["close_code"] = "Duplicate"
    codes.recoded(rows, "state", states)
    for row in rows:
        row["incident_state"] = row["state"]
        row["category"] = codes.code(row["category"])
    tables.add("incident", rows)


def add_problems(tables: Tables, translator: Translator, records: Records) -> None:
    """Add problems."""
    rows = add_kind(
        tables, translator, records, kind="problem", table="problem", specification=fields.PROBLEM
    )
    for row, accepted in zip(rows, translator.cells(records, "risk_accepted"), strict=True):
        row["active"] = text(row["state"] not in _ENDED)
        if row["u_disposition"] == "cancelled":
            row["resolution_code"] = "Canceled"
        elif accepted == "true":
            row["resolution_code"] = "Risk accepted"
        row["category"], row["subcategory"] = codes.code(row["category"]), codes.code(row["subcategory"])
    codes.recoded(rows, "state", codes.PROBLEM_STATE)
    codes.recoded([row for row in rows if row["resolution_code"]], "resolution_code", codes.RESOLUTION_CODE)
    for row in rows:
        row["problem_state"] = row["state"]
    tables.add("problem", rows)


def add_changes(tables: Tables, translator: Translator, records: Records) -> None:
    """Add changes with their approvals, affected items and services, models and release."""
    rows = add_kind(
        tables, translator, records, kind="change", table="change_request", specification=fields.CHANGE
    )
    models = translator.cells(records, "model")
    for row, model in zip(rows, models, strict=True):
        row["active"] = text(row["state"] not in _ENDED)
        row["category"] = codes.code(row["category"])
        field = "std_change_producer_version" if row["type"] == "standard" else "chg_model"
        row[field] = reference(field, model) if model else ""
    for field in ("std_change_producer_version", "chg_model"):
        named = {model for row, model in zip(rows, models, strict=True) if model and row.get(field)}
        tables.add(field, [codes.named(field, model, active="true") for model in sorted(named)])
    codes.recoded(rows, "state", codes.CHANGE_STATE)
    codes.recoded([row for row in rows if row["close_code"]], "close_code", codes.CHANGE_CLOSE)
    _set_approvals(translator, records, rows)
    tables.add("change_request", rows)
    _add_approvals(tables, translator, records, rows)
    _add_affected(tables, records, rows)
    _add_change_tasks(tables, translator, records, rows)
    links = zip(rows, translator.cells(records, "release_id", "rm_release"), strict=True)
    tables.add("rm_m2m_release_task", [_release_link(row, release) for row, release in links if release])


def _set_approvals(translator: Translator, records: Records, rows: Sequence[Row]) -> None:
    """Set when approval was given: by an approver, or by the policy that lets a gated change pass at once."""
    times = translator.cells(records, "approved_at", "moment")
    gates = translator.cells(records, "gate_passed")
    for row, at, gate in zip(rows, times, gates, strict=True):
        if gate == "true":
            row["approval"] = "approved"
        row["approval_set"] = at or (row["opened_at"] if gate == "true" else "")


def _release_link(row: Row, release: str) -> Row:
    key = reference("rm_m2m_release_task", row["sys_id"])
    return {"sys_id": key, "release": release, "task": row["sys_id"], **stamps(row["sys_created_on"])}


def _add_change_tasks(tables: Tables, translator: Translator, records: Records, rows: Sequence[Row]) -> None:
    """Add an implementation task, which whoever implements ends, and a review once the change is closed."""
    implementers = translator.cells(records, "implementer", "sys_user")
    tasks: list[Row] = []
    for row, implementer in zip(rows, implementers, strict=True):
        ended = row["work_end"] if implementer else ""
        tasks.append(_change_task(row, "implementation", ended, implementer))
        if row["closed_at"] and ended:
            tasks.append(_change_task(row, "review", row["closed_at"], row["assigned_to"]))
    tables.add("change_task", tasks)


def _change_task(change: Row, kind: str, ended: str, by: str) -> Row:
    return {
        "sys_id": reference("change_task", f"{change['sys_id']}.{kind}"),
        "number": f"CTASK{change['number'][3:]}{kind[0]}",
        "change_request": change["sys_id"],
        "change_task_type": kind,
        "state": "3" if ended else "1",
        "active": text(not ended),
        "opened_at": change["opened_at"],
        "closed_at": ended,
        "closed_by": by if ended else "",
        "assigned_to": change["assigned_to"],
        "assignment_group": change["assignment_group"],
        **stamps(change["sys_created_on"]),
        "sys_updated_on": max(ended, change["sys_created_on"]),
    }


def _add_approvals(tables: Tables, translator: Translator, records: Records, rows: Sequence[Row]) -> None:
    """Add a row for each approval given, the last one by the approver at the time that the record has."""
    people = list(translator.people) or ["svc_approval"]
    approvers = translator.cells(records, "approver")
    times = translator.cells(records, "approved_at", "moment")
    counts = _numbers(records, "approval_count")
    approvals: list[Row] = []
    for at, row in enumerate(rows):
        asked = min(row["opened_at"], times[at] or row["opened_at"])
        for number in range(counts[at]):
            last = number == counts[at] - 1
            name = approvers[at] if last and approvers[at] else people[(at + number) % len(people)]
            approvals.append(
                _approval(row, number, translator.person(name), "approved", asked, times[at] or asked)
            )
        if not counts[at] and row.get("approval") == "requested":
            approver = translator.person(people[at % len(people)])
            approvals.append(_approval(row, 0, approver, "requested", asked, asked))
    tables.add("sysapproval_approver", approvals)


def _approval(task: Row, number: int, approver: str, state: str, asked: str, decided: str) -> Row:
    return {
        "sys_id": reference("sysapproval_approver", f"{task['sys_id']}.{number}"),
        "sysapproval": task["sys_id"],
        "approver": approver,
        "state": state,
        "source_table": task["sys_class_name"],
        **stamps(asked),
        "sys_updated_on": decided,
    }


def _add_affected(tables: Tables, records: Records, rows: Sequence[Row]) -> None:
    items, services = _numbers(records, "affected_ci_count"), _numbers(records, "affected_service_count")
    own = [row["cmdb_ci"] for row in rows]
    tables.add("task_ci", _links("task_ci", "ci_item", rows, items, own))
    table = "task_cmdb_ci_service"
    own = [row["business_service"] for row in rows]
    tables.add(table, _links(table, "cmdb_ci_service", rows, services, own))


def _links(
    table: str, field: str, rows: Sequence[Row], counts: Sequence[int], own: Sequence[str]
) -> Iterator[Row]:
    """Link a task with its own item first, then with those of the tasks after it."""
    known = [key for key in own if key]
    for at, row in enumerate(rows):
        for number in range(counts[at] if known else 0):
            target = own[at] if not number and own[at] else known[(at + number) % len(known)]
            key = reference(table, f"{row['sys_id']}.{number}")
            yield {"sys_id": key, "task": row["sys_id"], field: target, **stamps(row["sys_created_on"])}


def _numbers(records: Records, column: str) -> list[int]:
    if column not in records.columns:
        return [0] * len(records)
    return [int(cell or 0) for cell in records.column(column)]


def add_releases(tables: Tables, translator: Translator, records: Records) -> None:
    """Add releases; the plugin is there from then on."""
    rows = add_kind(
        tables, translator, records, kind="release", table="rm_release", specification=fields.RELEASE
    )
    for row in rows:
        row["active"] = text(row["state"] not in _ENDED)
    codes.recoded(rows, "state", codes.RELEASE_STATE)
    tables.add("rm_release", rows)


def add_requests(tables: Tables, translator: Translator, records: Records) -> None:
    """Add requested items with their request, tasks, approvals and catalogue items."""
    rows = add_kind(
        tables, translator, records, kind="request", table="sc_req_item", specification=fields.REQUEST
    )
    fulfilled = translator.cells(records, "fulfilled_at", "moment")
    for row, at in zip(rows, fulfilled, strict=True):
        row["active"] = text(row["state"] not in _ENDED)
        row["approval"] = ""
        # An item is closed as it is fulfilled.
        row["closed_at"] = at or row["closed_at"]
    codes.recoded(rows, "state", codes.TASK_STATE)
    codes.recoded(rows, "stage", codes.STAGE)
    _add_requests_above(tables, translator, records, rows)
    _add_approvals(tables, translator, records, rows)
    _add_catalogue(tables, translator, records)
    tables.add("sc_req_item", rows)
    tables.add("sc_task", list(_tasks(rows, _numbers(records, "task_count"))))


def _add_requests_above(
    tables: Tables, translator: Translator, records: Records, rows: Sequence[Row]
) -> None:
    above: dict[str, Row] = {}
    for number, row in zip(translator.cells(records, "parent_id"), rows, strict=True):
        if number and number not in above:
            names = ("opened_at", "opened_by", "requested_for", "state", "active")
            kept = {name: row[name] for name in names}
            above[number] = {
                "sys_id": reference("sc_request", number),
                "number": number,
                **kept,
                **stamps(row["sys_created_on"]),
            }
    tables.add("sc_request", above.values())


def _tasks(rows: Iterable[Row], counts: Sequence[int]) -> Iterator[Row]:
    for row, count in zip(rows, counts, strict=True):
        for number in range(count):
            yield {
                "sys_id": reference("sc_task", f"{row['sys_id']}.{number}"),
                "number": f"SCTASK{row['number'][4:]}{number}",
                "request_item": row["sys_id"],
                "request": row["request"],
                "state": row["state"],
                "active": row["active"],
                "opened_at": row["opened_at"],
                "closed_at": row["closed_at"],
                "assignment_group": row["assignment_group"],
                "assigned_to": row["assigned_to"],
                **stamps(row["sys_created_on"]),
            }


def _add_catalogue(tables: Tables, translator: Translator, records: Records) -> None:
    names, spans = translator.cells(records, "item"), translator.cells(records, "target_seconds", "span")
    categories = translator.cells(records, "category")
    defined = translator.cells(records, "model_defined")
    items: dict[str, Row] = {}
    for name, length, category, model in zip(names, spans, categories, defined, strict=True):
        if name and name not in items:
            items[name] = {
                **codes.named("sc_cat_item", name, active="true"),
                "delivery_time": length,
                "category": reference("sc_category", category) if category else "",
                "flow_designer_flow": reference("sys_hub_flow", name) if model == "true" else "",
            }
    tables.add("sc_cat_item", items.values())
    titles = sorted({category for category in categories if category})
    tables.add(
        "sc_category",
        [{"sys_id": reference("sc_category", t), "title": t, **stamps(codes.SINCE)} for t in titles],
    )


def add_service_levels(tables: Tables, translator: Translator, records: Records) -> None:
    """Add task_sla and their definitions."""
    rows = translator.rows(records, "task_sla", fields.SERVICE_LEVEL)
    tasks = (translator.cells(records, name) for name in ("record_kind", "record_id"))
    for row, kind, task in zip(rows, *tasks, strict=True):
        row["task"] = reference(codes.TASK_TABLE.get(kind, "incident"), task) if task else ""
    definitions: dict[str, Row] = {}
    names = ("name", "type", "target", "target_seconds", "elapsed_seconds", "record_kind")
    columns = [records.column(name) for name in names]
    edited = translator.cells(records, "edited")
    for row, was_edited, (name, type_, target, promised, elapsed, kind) in zip(
        rows, edited, zip(*columns, strict=True), strict=True
    ):
        _complete_clock(row, float(elapsed or 0), float(promised or 1))
        if was_edited == "true" and row["end_time"]:
            row["end_time"] = str(datetime.fromisoformat(row["end_time"]) + _EDITED)
        definitions[str(name)] = {
            **codes.named("contract_sla", str(name), active="true"),
            "type": text(type_),
            "target": text(target),
            "duration": span(promised),
            "collection": codes.TASK_TABLE.get(str(kind), "task"),
        }
    tables.add("contract_sla", definitions.values())
    tables.add("task_sla", rows)


def _complete_clock(row: Row, elapsed: float, promised: float) -> None:
    stopped = bool(row["end_time"])
    cancelled = row["stage"] == "true"
    row["stage"] = "cancelled" if cancelled else "completed" if stopped else "in_progress"
    row["active"] = text(not stopped and not cancelled)
    row["business_percentage"] = row["percentage"] = f"{100 * elapsed / promised:.2f}"
    row["duration"] = row["business_duration"]


def add_outages(tables: Tables, translator: Translator, records: Records) -> None:
    """Add outages."""
    rows = add_kind(
        tables, translator, records, kind="outage", table="cmdb_ci_outage", specification=fields.OUTAGE
    )
    planned = translator.cells(records, "planned")
    for row, is_planned in zip(rows, planned, strict=True):
        row["type"] = "planned" if is_planned == "true" else row["type"]
    tables.add("cmdb_ci_outage", rows)
