"""Incidents, problems, changes and requests as issues, with their way through the stock workflows."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.jira.fill.builder import Builder, Draft
from sandbox.jira.fill.records import Row, rows
from sandbox.jira.fill.template import PRIORITIES, field_id
from sandbox.jira.store import Group, Moment, Option, item
from sandbox.jira.store.values import ApprovalValue

AUTOMATION = "svc_automation"
_IMPACT = ("Extensive / Widespread", "Significant / Large", "Moderate / Limited", "Minor / Localized")
_URGENCY = ("Critical", "High", "Medium", "Low")
_RISK = ("Critical", "High", "Medium", "Low")
_INCIDENT_STATES: Mapping[str, str] = {
    "New": "Open",
    "In Progress": "Work in progress",
    "On Hold": "Pending",
    "Resolved": "Completed",
    "Closed": "Closed",
    "Canceled": "Canceled",
}
_MINUTES = 60_000
_COMMON = frozenset(
    {"id", "opened_at", "updated_at", "state", "priority", "impact", "urgency", "assignment_group"}
    | {"assignee", "created_by", "service_id", "ci_id", "category", "channel", "caller"}
)
USED: Mapping[str, frozenset[str]] = {
    "incident": _COMMON | {"major", "parent_id", "problem_id", "caused_by_change_id", "fix_change_id"},
    "problem": _COMMON | {"origin", "root_cause_note", "workaround_note", "fix_change_id", "knowledge_id"},
    "change": _COMMON
    | {"type", "risk", "planned_start_at", "planned_end_at", "implementation_plan_note", "release_id"}
    | {"backout_plan_note", "test_plan_note", "problem_id", "incident_id"},
    "request": _COMMON | {"item", "requester", "parent_id", "incident_id"},
}
"""Columns that have a place of their own in an issue; the others become fields of a customer's own."""


def incidents(builder: Builder, organisation: object) -> list[Draft]:
    """Return incidents; their history is told apart (`live`)."""
    drafts = [_incident(builder, row) for row in rows(organisation, "incidents")]
    for draft in drafts:
        row = draft.row
        if row.get("acknowledged_at"):
            who = row.get("assignee") or AUTOMATION
            draft.comments.append((row["acknowledged_at"], who, "We are looking into it.", True))
    builder.own(drafts, USED["incident"])
    return drafts


def _incident(builder: Builder, row: Row) -> Draft:
    draft = _draft(builder, "incident", row, "Incident")
    draft.fields["summary"] = f"{row.get('category') or 'Incident'}: {row['id']}"
    draft.fields |= builder.custom(
        {"Major incident": builder.option("Major incident", "Yes") if row.get("major") else None}
    )
    return draft


def live(builder: Builder, organisation: object, drafts: Iterable[Draft], objects: Mapping[str, int]) -> None:
    """Write the histories that transitions tell; what was there from the begin is no entry.

    `objects` are numbers of Assets by item.
    """
    by_id = {(draft.kind, draft.row["id"]): draft for draft in drafts}
    histories = _Histories(builder, objects)
    for change in rows(organisation, "transitions"):
        draft = by_id.get((change["record_kind"], change["record_id"]))
        if draft is not None and not (change["old_value"] is None and change["at"] <= draft.created):
            histories.add(draft, change)


Side = tuple[Any, str | None]
"""One side of a change: what the field holds, and the words for it."""


class _Histories:
    """Writes changes as entries of history."""

    def __init__(self, builder: Builder, objects: Mapping[str, int]) -> None:
        self._builder = builder
        self._objects = objects
        self._ids = {"assignee": "assignee", "priority": "priority"}
        self._ids["ci_id"] = field_id(builder.site, "Affected assets")
        if builder.traps.group_field:
            self._ids["assignment_group"] = field_id(builder.site, "Assignment group")

    def add(self, draft: Draft, change: Row) -> None:
        """Add one change of a record; somebody unknown made what has no actor."""
        who, at, name = change["actor"] or "", change["at"], change["field"]
        if name == "state" and draft.kind == "incident":
            draft.path.append((at, _INCIDENT_STATES[change["new_value"]], who))
        elif name in self._ids:
            before, after = (self._side(name, change[column]) for column in ("old_value", "new_value"))
            shown = {"assignment_group": "Assignment group", "ci_id": "Affected assets"}.get(name, "")
            draft.changes.append((at, who, item(self._ids[name], before, after, shown)))

    def _side(self, name: str, value: str | None) -> Side:
        if not value:
            return None, None
        site = self._builder.site
        if name == "assignee":
            user = site.user(value)
            return user, user.display
        if name == "priority":
            found = site.english("priority", PRIORITIES[int(value) - 1])
            return found.id, found.name
        if name == "ci_id":
            number = self._objects.get(value)
            return (str(number), f"{value} (ITSM-{number})") if number else (None, None)
        return value, value


def _draft(builder: Builder, kind: str, row: Row, type_: str) -> Draft:
    """Return what every ticket has."""
    priority = row.get("priority")
    fields: dict[str, Any] = {
        "priority": builder.site.english("priority", PRIORITIES[priority - 1]) if priority else None,
        "assignee": builder.user(row.get("assignee")),
    }
    fields |= builder.custom(
        {
            "Impact": _chosen(builder, "Impact", _IMPACT, row.get("impact")),
            "Urgency": _chosen(builder, "Urgency", _URGENCY, row.get("urgency")),
            "Operational categorization": builder.option("Operational categorization", row.get("category")),
            "Source": builder.option("Source", row.get("channel")),
        }
    )
    group: Group | None = builder.group(row.get("assignment_group"))
    if builder.traps.group_field:
        fields |= builder.custom({"Assignment group": group})
    caller = row.get("caller") or row.get("requester") or row.get("created_by")
    if caller:
        fields["reporter"] = builder.user(caller)
    author = row.get("created_by") or caller or AUTOMATION
    return Draft(kind, row, type_, row["opened_at"], author, fields, updated=row.get("updated_at") or 0)


def _chosen(builder: Builder, name: str, words: tuple[str, ...], rank: int | None) -> Option | None:
    return builder.option(name, words[rank - 1]) if rank and rank <= len(words) else None


def problems(builder: Builder, organisation: object) -> list[Draft]:
    """Return problems; when root cause and workaround became known is an entry of history."""
    drafts = []
    for row in rows(organisation, "problems"):
        draft = _draft(builder, "problem", row, "Problem")
        who = row.get("assignee") or AUTOMATION
        draft.fields["summary"] = f"{row.get('subcategory') or row.get('category') or 'Problem'}: {row['id']}"
        begun = row.get("root_cause_at") or row.get("resolved_at") or row["opened_at"] + 20 * _MINUTES
        looked = min(row["opened_at"] + 10 * _MINUTES, begun)
        draft.path += [(looked, "Under review", who), (looked, "Under investigation", who)]
        cause = row.get("root_cause_note") or row.get("root_cause_code")
        _noted(builder, draft, "Root cause", cause, row.get("root_cause_at"))
        reason = builder.option("Investigation reason", row.get("origin"))
        draft.fields |= builder.custom({"Investigation reason": reason})
        _noted(builder, draft, "Workaround", row.get("workaround_note"), row.get("known_error_at"))
        _ended(draft, row, "resolved_at", "Completed", who)
        drafts.append(draft)
    builder.own(drafts, USED["problem"])
    return drafts


def _noted(builder: Builder, draft: Draft, name: str, words: str | None, at: int | None) -> None:
    if not words:
        return
    id_ = field_id(builder.site, name)
    draft.fields[id_] = words
    if at is not None:
        who = draft.row.get("assignee") or AUTOMATION
        draft.changes.append((at, who, item(id_, (None, None), (None, words), name)))


def _ended(draft: Draft, row: Row, column: str, done: str, who: str) -> None:
    """Write the last steps: done, then closed; a cancelled ticket is cancelled when it was closed."""
    closed = row.get("closed_at")
    if row.get("disposition") == "cancelled" or row.get("state") == "Canceled":
        draft.path.append((closed or row.get("updated_at") or draft.created, "Canceled", who))
        return
    if row.get(column) is not None:
        draft.path.append((row[column], done, who))
    if closed is not None:
        draft.path.append((max(closed, row.get(column) or 0), "Closed", AUTOMATION))


def changes(builder: Builder, organisation: object) -> list[Draft]:
    """Return changes; what approved, began and ended them are steps of the workflow."""
    drafts = []
    for row in rows(organisation, "changes"):
        draft = _draft(builder, "change", row, "Change")
        draft.fields["summary"] = f"{row.get('model') or 'Change'}: {row['id']}"
        kind = row.get("type")
        draft.fields |= builder.custom(
            {
                "Change type": builder.option("Change type", kind.capitalize() if kind else None),
                "Change risk": _chosen(builder, "Change risk", _RISK, row.get("risk")),
                "Implementation plan": row.get("implementation_plan_note"),
                "Backout plan": row.get("backout_plan_note"),
                "Test plan": row.get("test_plan_note"),
                "Planned start": _moment(row.get("planned_start_at")),
                "Planned end": _moment(row.get("planned_end_at")),
                "Change start date": _moment(row.get("actual_start_at")),
                "Change completion date": _moment(row.get("actual_end_at")),
                "Approvals": _change_approvals(builder, row),
            }
        )
        _carried_out(draft, row)
        drafts.append(draft)
    builder.own(drafts, USED["change"])
    return drafts


def _change_approvals(builder: Builder, row: Row) -> list[ApprovalValue] | None:
    """Return the approvals of a change; one that a gate let pass is approved at once, by a rule."""
    if row.get("gate_passed") and row.get("approved_at") is None:
        row = {**row, "approver": AUTOMATION, "approval_count": 1, "approved_at": row["opened_at"]}
    return approvals(builder, row, row.get("approved_at"), row["opened_at"])


def _carried_out(draft: Draft, row: Row) -> None:
    approver = row.get("approver") or row.get("assignee") or AUTOMATION
    implementer = row.get("implementer") or row.get("assignee") or AUTOMATION
    approved = row.get("approved_at")
    if approved is not None:
        if row.get("type") == "normal":
            asked = max(row["opened_at"], approved - 60 * _MINUTES)
            draft.path += [(asked, "Planning", approver), (asked, "Awaiting CAB approval", approver)]
        draft.path.append((approved, "Awaiting implementation", approver))
    if row.get("actual_start_at") is not None:
        draft.path.append((row["actual_start_at"], "Implementing", implementer))
    _ended(draft, row, "actual_end_at", "Resolved", implementer)


def day(ms: int) -> str:
    """Return the day of a moment, as fields without a time of day hold it."""
    return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()


def _moment(ms: int | None) -> Moment | None:
    return None if ms is None else Moment(ms)


def approvals(builder: Builder, row: Row, given: int | None, asked: int) -> list[ApprovalValue] | None:
    """Return the approvals of a ticket, the last by its approver; None where none was asked for."""
    count = int(row.get("approval_count") or 0) or int(row.get("approval") == "requested")
    if not count:
        return None
    people = [name for name in (row.get("approver"), row.get("assignee"), "change.board") if name]
    last = builder.site.user(people[0])
    decision = "approved" if given is not None else "pending"
    if row.get("stage") == "Rejected":
        decision = "declined"
    empty = hash_share(str(row["id"])) < builder.traps.empty_approvals
    approvers = () if empty else ((last, decision),)
    done = None if decision == "pending" or empty else (given or row.get("closed_at"))
    number = builder.site.next_id()
    return [
        ApprovalValue(number + at, "Approval", asked, done, "pending" if empty else decision, approvers)
        for at in range(count)
    ]


def hash_share(key: str) -> float:
    """Return a number from 0 to 1 that a key always has."""
    return zlib.crc32(key.encode()) / 0x1_0000_0000


def requests(builder: Builder, organisation: object) -> list[Draft]:
    """Return requests; those with an approval begin by waiting for it."""
    drafts = []
    for row in rows(organisation, "requests"):
        if row.get("type") == "contact":
            continue  # Nobody raises an issue for a call that was answered at once.
        asked = row.get("approval_requested_at")
        type_ = "Service Request with Approvals" if asked is not None else "Service Request"
        draft = _draft(builder, "request", row, type_)
        draft.fields["summary"] = f"{row.get('item') or 'Request'}: {row['id']}"
        if row.get("due_at") is not None:
            draft.fields["duedate"] = day(row["due_at"])
        if asked is not None:
            given = approvals(builder, row, row.get("approved_at"), asked)
            draft.fields |= builder.custom({"Approvals": given})
        _fulfilled(draft, row)
        drafts.append(draft)
    builder.own(drafts, USED["request"])
    return drafts


def _fulfilled(draft: Draft, row: Row) -> None:
    who = row.get("fulfiller") or row.get("assignee") or AUTOMATION
    approved, answered = row.get("approved_at"), row.get("acknowledged_at")
    if approved is not None:
        draft.path.append((approved, "Waiting for support", row.get("approver") or AUTOMATION))
    if answered is not None:
        draft.comments.append((answered, who, "We are looking into it.", True))
        if row.get("approval_requested_at") is None or approved is not None:
            draft.path.append((max(answered, approved or 0), "In Progress", who))
    if row.get("stage") == "Rejected":
        draft.path.append((row.get("closed_at") or row["updated_at"], "Declined", who))
        return
    _ended(draft, row, "fulfilled_at", "Resolved", who)


MAKERS: Mapping[str, Callable[[Builder, object], list[Draft]]] = {
    "incident": incidents,
    "problem": problems,
    "change": changes,
    "request": requests,
}
"""What makes the issues of a record kind."""
