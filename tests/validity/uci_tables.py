"""Turns the public log into the table rows of the instance that it came from, as an export would hold them.

The log has one row per update of an incident, ServiceNow one row per incident and its history beside it:

- `incident`: the literal last row of each number (section 11, A3), in ServiceNow's field names.
- `metric_definition`, `metric_instance`: how long state, group and assignee had each value, as the three
  definitions of a delivered instance measure it. An empty value has no row.
- `sys_audit`: who changed these three fields. First values were inserted, which is not audited.
- `sys_user`, `sys_user_group`, `sys_choice`: what these rows refer to. The log numbers people column by
  column, so that `Resolver 17` and `Resolved by 15` are two users even where one person was both.

What does not fit:

- When an incident was taken up, and when it was resolved in spite of an empty `resolved_at` (1,556 times), is
  told by the log's rows and by no field of ServiceNow. Both become own fields, `u_acknowledged_at` and
  `u_resolved_at`, worked out by the rules of section 11 (A12, A4) as a business rule would. Without the first
  one the history has to answer, for which a first value is no change: 92.42 % respond in time, not 93.45 %.
- The log's times are cut to the minute. Where a field had several values within one minute, and another one
  at its end, the log says in which order and the rows of `metric_instance` do not: `unordered`, 21 histories.
- One update of `INC0000137` bears an earlier time than the one before it, so that its first state ends before
  it begins. Sorted by time, its states come in another order than in the log.
- A field that was emptied and filled within one minute was never empty as `metric_instance` tells it.
- 53,076 rows have no `sys_created_at`, which no row of ServiceNow lacks; the opening stands in.
- Changes of other fields have no metric definition. `priority`, `category` and `cmdb_ci` have no history.
- Problems, changes and CIs are known by name alone: the references are there, the rows are not.
- State codes are not in the log, only labels; they are those of the old state model, and 9 for the state
  `Awaiting Vendor`, which is the owner's own.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

import orjson

from sandbox.servicenow import sys_id
from tests.validity.workplace import UCI_CONFIGURATION

Row = dict[str, str]
_NAMES = re.compile(r"names: \[(.*?)\]", re.DOTALL)
COLUMNS = re.split(r",\s*", _NAMES.findall(UCI_CONFIGURATION.read_text(encoding="utf-8"))[0])
"""The log by position, as the example names it: the header of some copies is damaged."""
STATES = {
    "New": "1",
    "Active": "2",
    "Awaiting Problem": "3",
    "Awaiting User Info": "4",
    "Awaiting Evidence": "5",
    "Resolved": "6",
    "Closed": "7",
    "Awaiting Vendor": "9",
}
FOLLOWED = {
    "incident_state": "Incident State Duration",
    "assignment_group": "Assignment Group",
    "assigned_to": "Assigned to Duration",
}
"""Metric definitions by the field that they follow."""
_REFERENCES = {
    "caller_id": "sys_user",
    "opened_by": "sys_user",
    "assigned_to": "sys_user",
    "resolved_by": "sys_user",
    "assignment_group": "sys_user_group",
    "cmdb_ci": "cmdb_ci",
    "problem_id": "problem",
    "rfc": "change_request",
    "caused_by": "change_request",
    "location": "cmn_location",
    "vendor": "core_company",
}
_MOMENTS = ("opened_at", "resolved_at", "closed_at")
_NUMBERED = ("priority", "impact", "urgency")
_CODED = ("category", "subcategory")
_RENAMED = {
    "closed_code": "close_code",
    "sys_created_at": "sys_created_on",
    "sys_updated_at": "sys_updated_on",
    "incident_state": "state",
}
_NAMED = {"sys_user": "user_name", "sys_user_group": "name"}
_INSTALLED = "2015-01-01 00:00:00"


@dataclass(frozen=True)
class Change:
    """One value that a followed field took, and who gave it; None for empty."""

    field: str
    before: str | None
    value: str | None
    at: str
    user: str
    position: int


def stories(log: Path) -> dict[str, list[Row]]:
    """Return the rows of each incident in the order of the file, empty cells as empty texts."""
    found: dict[str, list[Row]] = {}
    for cells in rows_of(log):
        row = {name: "" if cell == "?" else cell for name, cell in zip(COLUMNS, cells, strict=True)}
        found.setdefault(row["number"], []).append(row)
    return found


def rows_of(log: Path) -> Iterator[list[str]]:
    """Yield the cells of each row of the zipped log, without the header."""
    with zipfile.ZipFile(log) as archive, archive.open(archive.namelist()[0]) as stream:
        yield from list(csv.reader(io.TextIOWrapper(stream, encoding="utf-8", newline="")))[1:]


def unordered(rows: Sequence[Row]) -> list[str]:
    """Return the fields of which an incident's metric instances do not say in which order it had its values.

    These are several values that began and ended in the same minute, and whatever goes back in time.
    """
    found = []
    for field, changes in _by_field(_changes(rows)).items():
        steps = list(pairwise(changes))
        brief = Counter(one.at for one, after in steps if one.value is not None and one.at == after.at)
        if max(brief.values(), default=0) > 1 or any(one.at > after.at for one, after in steps):
            found.append(field)
    return found


def write_tables(incidents: Mapping[str, Sequence[Row]], folder: Path) -> None:
    """Write one file of JSON lines for each table."""
    changes = {number: list(_changes(rows)) for number, rows in incidents.items()}
    _write(folder, "incident", (_incident(rows) for rows in incidents.values()))
    _write(folder, "metric_definition", (_definition(field, name) for field, name in FOLLOWED.items()))
    _write(folder, "metric_instance", (row for key, own in changes.items() for row in _metrics(key, own)))
    _write(folder, "sys_audit", (row for key, own in changes.items() for row in _audits(key, own)))
    values = _values(incidents.values())
    _write(folder, "sys_choice", _choices(values))
    for table, name in _NAMED.items():
        texts = {text for field, to in _REFERENCES.items() if to == table for text in values[field]}
        _write(folder, table, (_stamped(table, text) | {name: text} for text in sorted(texts)))


def moment(text: str) -> str:
    """Return a time of the log as ServiceNow writes it; the log does not say its zone, UTC is taken."""
    return _moment(text) if text else ""


@cache
def _moment(text: str) -> str:
    return datetime.strptime(text, "%d/%m/%Y %H:%M").strftime("%Y-%m-%d %H:%M:%S")


def raw(field: str, text: str) -> str:
    """Return what the database has where people see `text`: a sys_id, a code."""
    if not text:
        return ""
    if field in _REFERENCES:
        return _reference(_REFERENCES[field], text)
    if field == "incident_state":
        return STATES.get(text, text)
    if field in _NUMBERED:
        return text.partition(" ")[0]
    return text.casefold().replace(" ", "_") if field in _CODED else text


@cache
def _reference(table: str, text: str) -> str:
    return sys_id(table, text)


def _incident(rows: Sequence[Row]) -> Row:
    last = rows[-1]
    row = {
        _RENAMED.get(name, name): moment(text) if name in _MOMENTS else raw(name, text)
        for name, text in last.items()
    }
    taken = next((each for each in rows if each["assigned_to"] or each["incident_state"] != "New"), None)
    resolved = next((each for each in rows if each["incident_state"] == "Resolved"), None)
    return row | {
        "sys_id": sys_id("incident", last["number"]),
        "incident_state": row["state"],
        "sys_created_on": moment(last["sys_created_at"] or last["opened_at"]),
        "sys_updated_on": moment(last["sys_updated_at"]),
        "u_acknowledged_at": moment(taken["sys_updated_at"]) if taken else "",
        "u_resolved_at": row["resolved_at"]
        or (moment(resolved["sys_updated_at"]) if resolved else row["closed_at"]),
    }


def _changes(rows: Sequence[Row]) -> Iterator[Change]:
    for field in FOLLOWED:
        before: str | None = None
        for position, row in enumerate(rows):
            value = row[field] or None
            if value != before:
                at = moment(row["sys_updated_at"])
                yield Change(field, before, value, at, row["sys_updated_by"], position)
            before = value


def _by_field(changes: Iterable[Change]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.field, []).append(change)
    return found


def _metrics(number: str, changes: Sequence[Change]) -> Iterator[Row]:
    """Yield a row for each value that a field had; the last one has no end, of a closed incident too."""
    for own in _by_field(changes).values():
        ends = [*(change.at for change in own[1:]), ""]
        for change, end in zip(own, ends, strict=True):
            if change.value is not None:
                yield _metric(number, change, end)


def _metric(number: str, change: Change, end: str) -> Row:
    return {
        **_stamped("metric_instance", f"{number} {change.field} {change.position}", change.at),
        "table": "incident",
        "id": _reference("incident", number),
        "definition": _reference("metric_definition", change.field),
        "field": f"incident.{change.field}",
        "field_value": raw(change.field, change.value or ""),
        "value": change.value or "",
        "start": change.at,
        "end": end,
        "calculation_complete": "true" if end else "false",
        **({"sys_updated_on": max(change.at, end), "sys_mod_count": "1"} if end else {}),
    }


def _audits(number: str, changes: Iterable[Change]) -> Iterator[Row]:
    for change in changes:
        if change.position:
            key = f"{number} {change.field} {change.position}"
            yield _stamped("sys_audit", key, change.at) | {
                "tablename": "incident",
                "documentkey": _reference("incident", number),
                "fieldname": change.field,
                "oldvalue": raw(change.field, change.before or ""),
                "newvalue": raw(change.field, change.value or ""),
                "user": change.user,
            }


def _definition(field: str, name: str) -> Row:
    said = {"name": name, "table": "incident", "field": field, "type": "field_value_duration"}
    return _stamped("metric_definition", field) | said | {"active": "true"}


def _values(incidents: Iterable[Sequence[Row]]) -> dict[str, set[str]]:
    """Return every text that stands somewhere in a field, by field."""
    found: dict[str, set[str]] = {name: set() for name in COLUMNS}
    for rows in incidents:
        for row in rows:
            for name, text in row.items():
                if text:
                    found[name].add(text)
    return found


def _choices(values: Mapping[str, set[str]]) -> Iterator[Row]:
    states = values["incident_state"] & STATES.keys()
    labels = {
        **dict.fromkeys(("state", "incident_state"), states),
        **{f: values[f] for f in (*_NUMBERED, *_CODED)},
    }
    for element, texts in labels.items():
        for text in sorted(texts):
            yield _stamped("sys_choice", f"{element} {text}") | {
                "name": "incident",
                "element": element,
                "value": raw("incident_state" if element == "state" else element, text),
                "label": text,
                "language": "en",
                "inactive": "false",
            }


def _stamped(table: str, key: str, at: str = _INSTALLED) -> Row:
    return {
        "sys_id": sys_id(table, key),
        "sys_created_on": at,
        "sys_created_by": "system",
        "sys_updated_on": at,
        "sys_updated_by": "system",
        "sys_mod_count": "0",
    }


def _write(folder: Path, table: str, rows: Iterable[Row]) -> None:
    with (folder / f"{table}.jsonl").open("wb") as stream:
        stream.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
