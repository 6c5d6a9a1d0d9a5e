"""Codes and labels of choice fields, as an instance has them in sys_choice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sandbox.servicenow.fill.columns import Translator, reference, stamps
from sandbox.servicenow.store import Row

SINCE = "2020-01-01 00:00:00"
TASK_TABLE: Mapping[str, str] = {
    "incident": "incident",
    "request": "sc_req_item",
    "problem": "problem",
    "change": "change_request",
}
"""Table of the tasks of a record kind."""
CONTACT = "interaction"
"""Table of contacts with the service desk, which are no tasks."""
INCIDENT_STATE = {
    "New": "1",
    "In Progress": "2",
    "On Hold": "3",
    "Resolved": "6",
    "Closed": "7",
    "Canceled": "8",
}
GERMAN_INCIDENT_STATE = {
    "Neu": "1",
    "In Bearbeitung": "2",
    "Zurückgestellt": "3",
    "Gelöst": "6",
    "Geschlossen": "7",
    "Abgebrochen": "8",
}
OLD_INCIDENT_STATE = {**INCIDENT_STATE, "On Hold": "4"}
"""From before the state model: what waits has a state of its own for each reason."""
_OLD_LABELS = {"3": "Awaiting Problem", "4": "Awaiting User Info", "5": "Awaiting Evidence"}
PROBLEM_STATE = {
    "New": "101",
    "Assess": "102",
    "Root Cause Analysis": "103",
    "Fix in Progress": "104",
    "Resolved": "106",
    "Closed": "107",
}
RESOLUTION_CODE = {
    "Fix applied": "fix_applied",
    "Risk accepted": "risk_accepted",
    "Cause not found": "cause_not_found",
    "Canceled": "canceled",
    "Duplicate": "duplicate",
}
CHANGE_STATE = {
    "New": "-5",
    "Assess": "-4",
    "Authorize": "-3",
    "Scheduled": "-2",
    "Implement": "-1",
    "Review": "0",
    "Closed": "3",
    "Canceled": "4",
}
CHANGE_CLOSE = {
    "Successful": "successful",
    "Successful with issues": "successful_issues",
    "Unsuccessful": "unsuccessful",
}
TASK_STATE = {
    "Pending": "-5",
    "Open": "1",
    "Work in Progress": "2",
    "Closed Complete": "3",
    "Closed Incomplete": "4",
    "Closed Skipped": "7",
}
RELEASE_STATE = {"Pending": "-5", "Open": "1", "Work in Progress": "2", "Complete": "3", "Incomplete": "4"}
STAGE = {
    "Waiting for approval": "waiting_for_approval",
    "Fulfilment": "fulfillment",
    "Completed": "complete",
    "Request cancelled": "request_cancelled",
    "Rejected": "rejected",
}
OPERATIONAL_STATUS = {"Operational": "1", "Non-Operational": "2", "Repair in Progress": "3", "Retired": "6"}
INSTALL_STATUS = {"Installed": "1", "In Maintenance": "3", "Retired": "7", "Absent": "100"}
GROUP_SOURCE = {"rule": "2", "topology": "4", "text": "5", "None": "6"}
CLASS = {
    "service": "cmdb_ci_service",
    "server": "cmdb_ci_server",
    "application": "cmdb_ci_appl",
    "network device": "cmdb_ci_netgear",
    "database": "cmdb_ci_db_instance",
}
CHOICES: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("incident", "state"): INCIDENT_STATE,
    ("incident", "incident_state"): INCIDENT_STATE,
    ("problem", "state"): PROBLEM_STATE,
    ("problem", "problem_state"): PROBLEM_STATE,
    ("problem", "resolution_code"): RESOLUTION_CODE,
    ("change_request", "state"): CHANGE_STATE,
    ("change_request", "close_code"): CHANGE_CLOSE,
    ("task", "state"): TASK_STATE,
    ("rm_release", "state"): RELEASE_STATE,
    ("sc_req_item", "stage"): STAGE,
    ("cmdb_ci", "operational_status"): OPERATIONAL_STATUS,
    ("cmdb_ci", "install_status"): INSTALL_STATUS,
    ("em_alert", "group_source"): GROUP_SOURCE,
}


def place(translator: Translator, kind: str, record: str) -> tuple[str, str]:
    """Return the table, and the sys_id if there is one, of what a record of another kind is about."""
    table = CONTACT if record in translator.contacts else TASK_TABLE.get(kind, "task")
    return table, reference(table, record) if record else ""


def code(label: str) -> str:
    """Return the code that a label without one gets: small letters and underscores."""
    return label.lower().replace(" ", "_")


def recoded(rows: Iterable[Row], field: str, codes: Mapping[str, str]) -> None:
    """Replace labels by codes; a label without one gets its own words as code."""
    for row in rows:
        label = row[field]
        row[field] = codes.get(label) or code(label)


def choice_rows(
    further: Mapping[tuple[str, str], Iterable[str]], *, old_states: bool = False
) -> Iterator[Row]:
    """Return sys_choice: the known codes, and by table and field further labels with codes of their own."""
    added = {where: {label: code(label) for label in labels} for where, labels in further.items()}
    for (table, element), labels in {**CHOICES, **added}.items():
        for position, (label, value) in enumerate(labels.items()):
            yield _choice(table, element, value, label, sequence=str(position))
    # what trips a reader: another language, and a code that is no longer in use
    for label, value in GERMAN_INCIDENT_STATE.items():
        yield _choice("incident", "state", value, label, language="de")
    yield _choice("incident", "state", "5", "Awaiting Evidence", inactive="true")
    for value, label in _OLD_LABELS.items() if old_states else ():
        yield _choice("incident", "state", value, label)


def _choice(table: str, element: str, value: str, label: str, **further: str) -> Row:
    language = further.get("language", "en")
    return {
        "sys_id": reference("sys_choice", f"{table}.{element}.{value}.{language}"),
        "name": table,
        "element": element,
        "value": value,
        "label": label,
        "language": language,
        "sequence": "0",
        "inactive": "false",
        **stamps(SINCE),
        **further,
    }


def named(table: str, name: str, /, **more: str) -> Row:
    """Return a row of a table of names, there since the instance began."""
    return {"sys_id": reference(table, name), "name": name, **more, **stamps(SINCE)}
