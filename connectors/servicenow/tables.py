"""Which table and field every record kind is read from: data, and the place to look for what is read.

Section 4 of the reference. Both state models and both vocabularies of close codes are met in the field;
labels come from sys_choice, and what is written here holds where those cannot be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.servicenow.answers import Row
from connectors.servicenow.sources import Companion, Source, Table, chosen, constant, first, label, shown

RECORD_KINDS: Mapping[str, str] = {
    "incident": "incident",
    "problem": "problem",
    "change_request": "change",
    "rm_release": "release",
    "sc_req_item": "request",
    "sn_devops_pipeline_execution": "release",
    "em_alert": "alert",
    "kb_knowledge": "knowledge",
    "cmdb_ci": "configuration_item",
}
"""Record kind of a platform table that other rows refer to by name."""

INCIDENT_STATES = {
    "1": "New",
    "2": "In Progress",
    "3": "On Hold",
    "4": "Awaiting User Info",
    "5": "Awaiting Evidence",
    "6": "Resolved",
    "7": "Closed",
    "8": "Canceled",
}
PROBLEM_STATES = {
    "1": "Open",
    "2": "Known Error",
    "3": "Pending Change",
    "4": "Closed",
    "101": "New",
    "102": "Assess",
    "103": "Root Cause Analysis",
    "104": "Fix in Progress",
    "106": "Resolved",
    "107": "Closed",
}
CHANGE_STATES = {
    "-5": "New",
    "-4": "Assess",
    "-3": "Authorize",
    "-2": "Scheduled",
    "-1": "Implement",
    "0": "Review",
    "3": "Closed",
    "4": "Canceled",
}
TASK_STATES = {
    "-5": "Pending",
    "1": "Open",
    "2": "Work in Progress",
    "3": "Closed Complete",
    "4": "Closed Incomplete",
    "7": "Closed Skipped",
}
OPERATIONAL_STATES = {
    "1": "Operational",
    "2": "Non-Operational",
    "3": "Repair in Progress",
    "4": "DR Standby",
    "5": "Ready",
    "6": "Retired",
}
_CHANGE_OUTCOMES = {
    "successful": "successful",
    "Successful": "successful",
    "successful_issues": "successful_with_issues",
    "Successful with issues": "successful_with_issues",
    "unsuccessful": "failed",
    "Unsuccessful": "failed",
    "backed_out": "backed_out",
    "Backed out": "backed_out",
}
_DEPLOYMENT_OUTCOMES = {
    **dict.fromkeys(("success", "successful", "succeeded", "passed"), "successful"),
    **dict.fromkeys(("failure", "failed", "error", "unsuccessful"), "failed"),
    **dict.fromkeys(("rolled_back", "rollback"), "rolled_back"),
}
_CANCELLED = {"Canceled": "cancelled", "Cancelled": "cancelled"}
_SERVICE_CLASSES = dict.fromkeys(
    (
        "cmdb_ci_service",
        "cmdb_ci_service_discovered",
        "cmdb_ci_service_auto",
        "cmdb_ci_service_manual",
        "cmdb_ci_service_business",
        "cmdb_ci_service_technical",
        "cmdb_ci_service_calculated",
        "service_offering",
    ),
    "true",
)
_LOWER_TYPES = {name.title(): name for name in ("normal", "standard", "emergency", "expedited")}


def _approvals(rows: Sequence[Row]) -> Mapping[str, str]:
    """Count approvals and find the last one; a decision's time is that of its row's last update."""
    given = [row for row in rows if row.get("state") == "approved"]
    asked = [row for row in rows if row.get("state") != "not requested"]
    last = max(given, key=lambda row: (row.get("sys_updated_on", ""), row["sys_id"]), default={})
    return {
        "approvals": str(len(given)),
        "approvals_asked": str(len(asked)),
        "asked_at": min((row.get("sys_created_on", "") for row in asked), default=""),
        "approved_at": last.get("sys_updated_on", ""),
        "approver": last.get("approver", ""),
    }


def _votes(rows: Sequence[Row]) -> Mapping[str, str]:
    """Count the votes of readers."""
    said = [row.get("useful", "").casefold() for row in rows]
    return {"helpful": str(said.count("yes")), "unhelpful": str(said.count("no"))}


def _used(rows: Sequence[Row]) -> Mapping[str, str]:
    """Say whether an article was linked."""
    return {"knowledge_used": "true" if rows else "false"}


def _implementer(rows: Sequence[Row]) -> Mapping[str, str]:
    """Find who ended the last implementation task; whoever it was assigned to, where nobody is said to."""
    done = [row for row in rows if row.get("change_task_type") == "implementation" and row.get("closed_at")]
    last = max(done, key=lambda row: (row["closed_at"], row["sys_id"]), default={})
    return {"implementer": last.get("closed_by") or last.get("assigned_to") or ""}


def _pipeline(rows: Sequence[Row]) -> Mapping[str, str]:
    """Find the pipeline that carried out a change last."""
    last = max(rows, key=lambda row: (row.get("end_time", ""), row["sys_id"]), default={})
    return {"pipeline_run": last.get("pipeline.name") or last.get("pipeline_name") or ""}


def _release(rows: Sequence[Row]) -> Mapping[str, str]:
    """Find the release that a change was linked with last."""
    last = max(rows, key=lambda row: (row.get("sys_created_on", ""), row["sys_id"]), default={})
    return {"linked_release": last.get("release") or ""}


def _counted(table: str, parent: str, cell: str) -> Companion:
    return Companion(table, parent, (), (cell,), lambda rows: {cell: str(len(rows))})


def _score(rows: Sequence[Row]) -> Mapping[str, str]:
    """Average the answers of one survey, each on the scale of its own question, 0 worst to 100 best.

    `normalized_value` would not do: the platform weights it by question and multiplies it by the survey's
    scale factor. An answer without a known scale (a text, a date) counts for nothing.
    """
    marks = [mark for row in rows if (mark := _mark(row)) is not None]
    return {"score": str(round(sum(marks) / len(marks))) if marks else ""}


def _mark(row: Row) -> float | None:
    low = _number(row.get("metric.lowest") or row.get("metric.min"))
    high = _number(row.get("metric.highest") or row.get("metric.max"))
    value = _number(row.get("actual_value"))
    if low is None or high is None or value is None or not low <= value <= high or low == high:
        return None
    share = 100 * (value - low) / (high - low)
    return 100 - share if row.get("metric.scale") == "low" else share


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _ends(rows: Sequence[Row]) -> Mapping[str, str]:
    """Find the least and the greatest value among the choices of a question."""
    values = [value for row in rows if (value := _number(row.get("value"))) is not None]
    return {
        "lowest": str(min(values)) if values else "",
        "highest": str(max(values)) if values else "",
    }


COMPLETED: Mapping[str, Companion] = {
    "asmt_metric": Companion("asmt_metric_definition", "metric", ("value",), ("lowest", "highest"), _ends)
}
"""What is added to the rows that others refer to: questions with choices have no bounds of their own."""


_APPROVALS = Companion(
    "sysapproval_approver",
    "sysapproval",
    ("approver", "state", "sys_created_on", "sys_updated_on"),
    ("approvals", "approvals_asked", "asked_at", "approved_at", "approver"),
    _approvals,
)

_ARTICLES = Companion("m2m_kb_task", "task", (), ("knowledge_used",), _used)

_WORK: Mapping[str, str | Source] = {
    "opened_at": "opened_at",
    "closed_at": "closed_at",
    "priority": "priority",
    "service_id": first("business_service", "service_offering"),
    "ci_id": "cmdb_ci",
    "assignment_group": first("assignment_group.name", "assignment_group"),
    "assignee": first("assigned_to.user_name", "assigned_to"),
    "created_by": "sys_created_by",
    "reassignment_count": "reassignment_count",
}
"""What all tasks have."""

_TASK_HISTORY = {
    "state": "state",
    "assignment_group": "assignment_group",
    "assigned_to": "assignee",
    "priority": "priority",
}

INCIDENT = Table(
    "incident",
    "incident",
    {
        **_WORK,
        "resolved_at": "resolved_at",
        "state": label("state", INCIDENT_STATES),
        "disposition": chosen(
            "state", {"8": "cancelled"}, then=chosen("close_code", {"Duplicate": "duplicate"})
        ),
        "impact": "impact",
        "urgency": "urgency",
        "major": chosen("major_incident_state", {"accepted": "true"}, "false"),
        "category": label("category"),
        "subcategory": label("subcategory"),
        "caller": first("caller_id.user_name", "caller_id"),
        "resolver": first("resolved_by.user_name", "resolved_by"),
        "channel": "contact_type",
        "reopen_count": "reopen_count",
        "close_code": "close_code",
        "resolution_note": "close_notes",
        "problem_id": "problem_id",
        "caused_by_change_id": "caused_by",
        "fix_change_id": "rfc",
        "parent_id": "parent_incident",
        "made_sla": "made_sla",
        "knowledge_used": "knowledge_used",
    },
    companions=(_ARTICLES,),
    tracked={**_TASK_HISTORY, "incident_state": "state", "category": "category", "cmdb_ci": "ci_id"},
)

PROBLEM = Table(
    "problem",
    "problem",
    {
        **_WORK,
        "known_error_at": "known_error_at",
        "resolved_at": "resolved_at",
        "state": label("state", PROBLEM_STATES),
        "disposition": chosen("resolution_code", {"canceled": "cancelled", "duplicate": "duplicate"}),
        "impact": "impact",
        "urgency": "urgency",
        "major": "major_problem",
        "category": label("category"),
        "subcategory": label("subcategory"),
        "resolver": first("resolved_by.user_name", "resolved_by"),
        "known_error": "known_error",
        "root_cause_note": "cause_notes",
        "workaround_note": "workaround",
        "fix_note": "fix_notes",
        "resolution_code": "resolution_code",
        "risk_accepted": chosen("resolution_code", {"risk_accepted": "true"}, "false"),
        "first_incident_id": "first_reported_by_task",
        "incident_count": "related_incidents",
        "fix_change_id": "rfc",
        "duplicate_of_id": "duplicate_of",
        "review_outcome": "review_outcome",
        "reopen_count": "reopen_count",
    },
    tracked={**_TASK_HISTORY, "problem_state": "state", "known_error": "known_error"},
)

CHANGE = Table(
    "change",
    "change_request",
    {
        **_WORK,
        "approved_at": "approved_at",
        "planned_start_at": "start_date",
        "planned_end_at": "end_date",
        "actual_start_at": "work_start",
        "actual_end_at": "work_end",
        "state": label("state", CHANGE_STATES),
        # In the old state model 4 means Closed Incomplete, so the label is asked first.
        "disposition": Source(("state@label", "state"), {**_CANCELLED, "4": "cancelled"}, strict=True),
        "type": shown("type", _LOWER_TYPES),
        "model": first("std_change_producer_version.name", "chg_model.name"),
        "risk": "risk",
        "impact": "impact",
        "category": label("category"),
        "affected_ci_count": "affected_cis",
        "affected_service_count": "affected_services",
        "requester": first("requested_by.user_name", "requested_by"),
        "approver": first("approver.user_name", "approver"),
        "implementer": first("implementer.user_name", "implementer"),
        "approval": "approval",
        "approval_count": "approvals",
        "unauthorised": "unauthorized",
        "conflict_status": "conflict_status",
        "outside_maintenance": "outside_maintenance_schedule",
        "production": "production_system",
        "close_code": "close_code",
        "outcome": chosen("close_code", _CHANGE_OUTCOMES),
        "justification_note": "justification",
        "implementation_plan_note": "implementation_plan",
        "backout_plan_note": "backout_plan",
        "test_plan_note": "test_plan",
        "close_note": "close_notes",
        "review_outcome": "review_status",
        "pipeline": "pipeline_run",
        "release_id": "linked_release",
        "parent_id": "parent",
    },
    companions=(
        _APPROVALS,
        Companion(
            "change_task",
            "change_request",
            ("change_task_type", "closed_at", "closed_by", "assigned_to"),
            ("implementer",),
            _implementer,
        ),
        Companion(
            "sn_devops_pipeline_execution",
            "change_request",
            ("pipeline", "pipeline.name", "pipeline_name", "end_time"),
            ("pipeline_run",),
            _pipeline,
        ),
        Companion(
            "rm_m2m_release_task", "task", ("release", "sys_created_on"), ("linked_release",), _release
        ),
        _counted("task_ci", "task", "affected_cis"),
        _counted("task_cmdb_ci_service", "task", "affected_services"),
    ),
    tracked={
        **{name: canonical for name, canonical in _TASK_HISTORY.items() if canonical != "priority"},
        "type": "type",
        "risk": "risk",
        "business_service": "service_id",
        "cmdb_ci": "ci_id",
        "approval": "approval",
        "start_date": "planned_start_at",
        "end_date": "planned_end_at",
    },
)

RELEASE = Table(
    "release",
    "rm_release",
    {
        "type": constant("release"),
        "name": "number",
        "product": "product",
        "service_id": first("business_service", "service_offering"),
        "ci_id": "cmdb_ci",
        "opened_at": "opened_at",
        "planned_at": "end_date",
        "started_at": "work_start",
        "released_at": "work_end",
        "state": label("state", TASK_STATES),
        "disposition": chosen("state", {"7": "cancelled"}),
        "outcome": chosen("state", {"3": "successful", "4": "failed"}),
        "model": "release_type",
        "assignment_group": first("assignment_group.name", "assignment_group"),
        "owner": first("assigned_to.user_name", "assigned_to"),
        "created_by": "sys_created_by",
        "parent_id": "parent",
        "change_count": "linked_tasks",
    },
    companions=(_counted("rm_m2m_release_task", "release", "linked_tasks"),),
    tracked={
        "state": "state",
        "end_date": "planned_at",
        "assignment_group": "assignment_group",
        "assigned_to": "owner",
    },
)

DEPLOYMENT = Table(
    "release",
    "sn_devops_pipeline_execution",
    {
        "type": constant("deployment"),
        "name": first("number", "execution_number"),
        "pipeline": first("pipeline.name", "pipeline_name", "pipeline"),
        "environment": "environment",
        "opened_at": "sys_created_on",
        "started_at": "start_time",
        "released_at": "end_time",
        "state": first("state", "status", "execution_status"),
        "outcome": chosen(
            "result", _DEPLOYMENT_OUTCOMES, then=chosen("execution_status", _DEPLOYMENT_OUTCOMES)
        ),
        "change_id": "change_request",
        "created_by": "sys_created_by",
        "executor": "triggered_by",
    },
    audited=False,
)
"""A run of a pipeline (DevOps Change Velocity); field names differ between its releases."""

CONFIGURATION_ITEM = Table(
    "configuration_item",
    "cmdb_ci",
    {
        "name": "name",
        "class": "sys_class_name",
        "status": label("operational_status", OPERATIONAL_STATES),
        "operational": chosen("operational_status", {"1": "true"}, "false"),
        "service": chosen("sys_class_name", _SERVICE_CLASSES, "false"),
        "environment": "environment",
        "location": first("location.name", "location"),
        "model": first("model_id.name", "model_id"),
        "support_group": first("support_group.name", "support_group"),
        "owner_group": first("managed_by_group.name", "managed_by_group"),
        "owner": first("owned_by.user_name", "owned_by", "managed_by.user_name", "managed_by"),
        "serial_number": "serial_number",
        "host_name": "fqdn",
        "ip_address": "ip_address",
        "correlation_id": "correlation_id",
        "duplicate_of_id": "duplicate_of",
        "discovery_source": "discovery_source",
        "created_at": "sys_created_on",
        "first_discovered_at": "first_discovered",
        "last_discovered_at": "last_discovered",
        "verified_at": "attested_date",
        "created_by": "sys_created_by",
        "changed_by": "sys_updated_by",
    },
    tracked={
        "operational_status": "status",
        "environment": "environment",
        "support_group": "support_group",
        "managed_by_group": "owner_group",
        "owned_by": "owner",
    },
)

CI_RELATIONSHIP = Table(
    "ci_relationship",
    "cmdb_rel_ci",
    {
        "parent_id": "parent",
        "child_id": "child",
        "type": first("type.name", "type"),
        "discovery_source": "sys_rel_source",
        "created_at": "sys_created_on",
        "created_by": "sys_created_by",
    },
    audited=False,
)

SERVICE_MEMBERSHIP = Table(
    "ci_relationship",
    "svc_ci_assoc",
    {
        "parent_id": "service_id",
        "child_id": "ci_id",
        "type": constant("service membership"),
        "created_at": "sys_created_on",
        "created_by": "sys_created_by",
    },
    audited=False,
)
"""Which items a mapped service consists of."""

ALERT = Table(
    "alert",
    "em_alert",
    {
        "opened_at": first("initial_remote_time", "sys_created_on"),
        "last_event_at": first("last_event_time", "last_remote_time"),
        "closed_at": "closed",
        "monitor": "source",
        "node": "node",
        "resource": "resource",
        "metric": "metric_name",
        "message_key": "message_key",
        "type": first("event_class", "type"),
        "severity": "severity",
        "state": "state",
        "maintenance": "maintenance",
        "ci_id": "cmdb_ci",
        "assignment_group": first("assignment_group.name", "assignment_group"),
        "assignee": first("assigned_to.user_name", "assigned_to"),
        "acknowledged_by": first("acknowledged_by.user_name", "acknowledged_by"),
        "closed_by": first("closed_by.user_name", "closed_by"),
        "incident_id": "incident",
        "parent_id": "parent",
        "grouping": label("group_source"),
        "event_count": "event_count",
        "flap_count": "flap_count",
        "knowledge_id": "knowledge_article",
    },
    audited=False,
    tracked={"state": "state", "severity": "severity", "incident": "incident_id"},
)

SERVICE_LEVEL = Table(
    "service_level",
    "task_sla",
    {
        "record_kind": Source(("sla.collection",), RECORD_KINDS),
        "record_id": "task",
        "name": first("sla.name", "sla"),
        "type": "sla.type",
        "target": "sla.target",
        "target_seconds": "sla.duration",
        "started_at": "start_time",
        "stopped_at": "end_time",
        "due_at": "planned_end_time",
        "original_due_at": "original_breach_time",
        "breached": "has_breached",
        "cancelled": chosen("stage", {"cancelled": "true"}, "false"),
        "elapsed_seconds": first("business_duration", "duration"),
        "paused_seconds": first("business_pause_duration", "pause_duration"),
    },
    clauses=("active=false",),
    audited=False,
)

REQUEST = Table(
    "request",
    "sc_req_item",
    {
        **_WORK,
        "type": constant("item"),
        "approval_requested_at": "asked_at",
        "approved_at": "approved_at",
        "due_at": "due_date",
        "fulfilled_at": "closed_at",
        "state": label("state", TASK_STATES),
        "stage": label("stage"),
        "disposition": chosen(
            "state",
            {"7": "cancelled"},
            then=chosen("stage", {"request_cancelled": "cancelled", "Request Cancelled": "cancelled"}),
        ),
        "item": first("cat_item.name", "cat_item"),
        "category": "cat_item.category.title",
        "channel": "contact_type",
        "location": first("location.name", "location"),
        "requester": first("opened_by.user_name", "opened_by"),
        # Older releases have it in the request above alone.
        "requested_for": first("requested_for.user_name", "requested_for", "request.requested_for.user_name"),
        "fulfiller": first("closed_by.user_name", "closed_by"),
        "target_seconds": "cat_item.delivery_time",
        "task_count": "tasks",
        "approval_count": "approvals_asked",
        "knowledge_used": "knowledge_used",
        "parent_id": "request",
    },
    companions=(_APPROVALS, _counted("sc_task", "request_item", "tasks"), _ARTICLES),
    tracked={**_TASK_HISTORY, "stage": "stage"},
)

KNOWLEDGE = Table(
    "knowledge",
    "kb_knowledge",
    {
        "created_at": "sys_created_on",
        "published_at": "published",
        "revised_at": "sys_updated_on",
        "valid_until": "valid_to",
        "retired_at": "retired",
        "state": "workflow_state",
        "published": chosen("workflow_state", {"published": "true"}, "false"),
        "knowledge_base": first("kb_knowledge_base.title", "kb_knowledge_base"),
        "type": "article_type",
        "category": first("kb_category.label", "kb_category"),
        "service_id": "cmdb_ci",
        "owner_group": first("ownership_group.name", "ownership_group"),
        "author": first("author.user_name", "author"),
        "version": "version",
        "origin_id": "source",
        "view_count": "sys_view_count",
        "use_count": "use_count",
        "flagged": "flagged",
        "helpful_votes": "helpful",
        "unhelpful_votes": "unhelpful",
        "body": "text",
    },
    companions=(Companion("kb_feedback", "article", ("useful",), ("helpful", "unhelpful"), _votes),),
    tracked={"workflow_state": "state", "ownership_group": "owner_group", "version": "version"},
)

KNOWLEDGE_USES = (
    Table(
        "knowledge_use",
        "kb_use",
        {
            "used_at": first("view_time", "sys_created_on"),
            "type": chosen("used", {"true": "linked"}, "viewed"),
            "article_id": "article",
            "user": first("user.user_name", "user"),
            "session": "session_id",
        },
        audited=False,
    ),
    Table(
        "knowledge_use",
        "m2m_kb_task",
        {
            "used_at": "sys_created_on",
            "type": constant("linked"),
            "article_id": "kb_knowledge",
            "record_id": "task",
            "user": "sys_created_by",
        },
        audited=False,
    ),
    Table(
        "knowledge_use",
        "kb_feedback",
        {
            "used_at": "sys_created_on",
            "type": constant("voted"),
            "article_id": "article",
            "record_id": "task",
            "user": first("user.user_name", "user"),
            "helpful": chosen("useful", {"yes": "true", "no": "false"}),
        },
        audited=False,
    ),
)

SURVEY = Table(
    "survey",
    "asmt_assessment_instance",
    {
        "sent_at": "sys_created_on",
        "answered_at": "taken_on",
        "name": first("metric_type.name", "metric_type"),
        "record_kind": chosen("trigger_table", dict(RECORD_KINDS)),
        "record_id": first("task_id", "trigger_id"),
        "respondent": first("user.user_name", "user"),
        "score": "score",
    },
    companions=(
        Companion(
            "asmt_metric_result",
            "instance",
            (
                "metric",
                "actual_value",
                *(f"metric.{name}" for name in ("min", "max", "scale", "lowest", "highest")),
            ),
            ("score",),
            _score,
        ),
    ),
    audited=False,
)

OUTAGE = Table(
    "outage",
    "cmdb_ci_outage",
    {
        "started_at": "begin",
        "ended_at": "end",
        "type": "type",
        "planned": chosen("type", {"planned": "true"}, "false"),
        "ci_id": "cmdb_ci",
        "incident_id": "task_number",
    },
    audited=False,
)

GROUP = Table(
    "group",
    "sys_user_group",
    {
        "name": "name",
        "type": "type",
        "parent_id": "parent",
        # The platform has no department of a group; that of its manager stands for it.
        "department": first("u_department.name", "u_department", "manager.department.name"),
        "business_unit": first("u_department.business_unit.name", "manager.department.business_unit.name"),
        "manager": first("manager.user_name", "manager"),
        "active": "active",
        "created_at": "sys_created_on",
        "member_count": "members",
        "active_member_count": "active_members",
    },
)
"""Read whole each time, with its members counted by the instance."""

GROUP_CELLS = ("members", "active_members")

TRANSITION = Table(
    "transition",
    "metric_instance",
    {
        name: name
        for name in ("record_kind", "record_id", "field", "old_value", "new_value", "at", "sequence", "actor")
    },
    audited=False,
)
"""Made by `history`, since a row does not say what was there before."""

EVENT = Table(
    "event",
    "em_event",
    {
        "occurred_at": "day",
        "monitor": "source",
        "type": "type",
        "severity": "severity",
        "state": "state",
        "ignored": chosen("state", {"Ignored": "true"}, "false"),
        "event_count": "count",
    },
    audited=False,
    cursor="time_of_event",
)
"""Counted by the instance for each day, never read row by row."""

EVENT_GROUPS = ("source", "type", "severity", "state")

TABLES: Mapping[str, tuple[Table, ...]] = {
    "incident": (INCIDENT,),
    "problem": (PROBLEM,),
    "change": (CHANGE,),
    "release": (RELEASE, DEPLOYMENT),
    "configuration_item": (CONFIGURATION_ITEM,),
    "ci_relationship": (CI_RELATIONSHIP, SERVICE_MEMBERSHIP),
    "event": (EVENT,),
    "alert": (ALERT,),
    "service_level": (SERVICE_LEVEL,),
    "request": (REQUEST,),
    "knowledge": (KNOWLEDGE,),
    "knowledge_use": KNOWLEDGE_USES,
    "survey": (SURVEY,),
    "outage": (OUTAGE,),
    "group": (GROUP,),
    "transition": (TRANSITION,),
}
"""Tables of every record kind, the one that decides whether the kind is there first."""
