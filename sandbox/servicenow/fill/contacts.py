"""Contacts with the service desk: interactions, and the incidents that they turned into."""

from __future__ import annotations

from datetime import datetime

from sandbox.servicenow.fill import codes, fields
from sandbox.servicenow.fill.columns import Records, Translator, reference, span, stamps, text
from sandbox.servicenow.fill.tasks import add_kind
from sandbox.servicenow.store import Row, Tables

_RELATED = "interaction_related_record"


def add_contacts(tables: Tables, translator: Translator, records: Records) -> None:
    """Add interactions; what was settled neither then nor later was abandoned."""
    rows = add_kind(
        tables, translator, records, kind="request", table=codes.CONTACT, specification=fields.CONTACT
    )
    answers = translator.cells(records, "acknowledged_at", "moment")
    names = ("assignee", "fulfiller", "incident_id", "fulfilled_at")
    cells = (translator.cells(records, name) for name in names)
    for row, answered, assignee, fulfiller, incident, fulfilled in zip(rows, answers, *cells, strict=True):
        row["assigned_to"] = translator.person(fulfiller or assignee)
        row["wait_time"] = _waited(row["opened_at"], answered)
        row["active"] = text(not row["closed_at"])
        row["state"] = _state(row, settled=bool(fulfilled or incident))
        if incident:
            tables.add(_RELATED, [_related(row, incident)])
    tables.add(codes.CONTACT, rows)


def _waited(opened: str, answered: str) -> str:
    if not answered:
        return ""
    return span(int((datetime.fromisoformat(answered) - datetime.fromisoformat(opened)).total_seconds()))


def _state(row: Row, *, settled: bool) -> str:
    if not row["closed_at"]:
        return "work_in_progress"
    return "closed_complete" if settled else "closed_abandoned"


def _related(contact: Row, incident: str) -> Row:
    task = reference("incident", incident)
    return {
        "sys_id": reference(_RELATED, contact["sys_id"]),
        "interaction": contact["sys_id"],
        "document_table": "incident",
        "document_id": task,
        "task": task,
        "type": "task",
        **stamps(contact["closed_at"] or contact["opened_at"]),
    }
