"""What lets an account read each table: a role as shipped, the plugin it comes with, or an own rule.

Roles are those of the reference and of the platform's documentation. Where none is known that reads a table
and does no more, the role is empty and an own read rule is what helps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_RELEASES = "com.snc.release_management_v2"
_EVENTS = "Event Management (com.glideapp.itom.snac)"
_DEVOPS = "DevOps Change Velocity (sn_devops)"
_SURVEYS = "Assessments and Surveys"
PAGE = "see docs/servicenow.md."


@dataclass(frozen=True)
class Right:
    """How one table can be had."""

    role: str = ""
    """Role as shipped that reads it; empty where only an own rule does."""
    plugin: str = ""
    """What brings the table; empty for those that every instance has."""


RIGHTS: Mapping[str, Right] = {
    "incident": Right("sn_incident_read", "com.snc.incident_management"),
    "problem": Right("sn_problem_read", "com.snc.problem"),
    **dict.fromkeys(
        ("change_request", "change_task"), Right("sn_change_read", "com.snc.change_management.state_model")
    ),
    "std_change_producer_version": Right("sn_change_read"),
    "chg_model": Right("sn_change_read"),
    **dict.fromkeys(("sysapproval_approver", "task_ci", "task_cmdb_ci_service"), Right("itil")),
    **dict.fromkeys(("rm_release", "rm_m2m_release_task"), Right("", _RELEASES)),
    **dict.fromkeys(
        ("sn_devops_pipeline_execution", "sn_devops_pipeline"), Right("sn_devops.viewer", _DEVOPS)
    ),
    **dict.fromkeys(("sc_request", "sc_req_item", "sc_task"), Right("sn_request_read")),
    **dict.fromkeys(("sc_cat_item", "sc_category"), Right()),
    **dict.fromkeys(
        ("interaction", "interaction_related_record"), Right("interaction_agent", "com.glide.interaction")
    ),
    "task_sla": Right("itil", "com.snc.sla"),
    "contract_sla": Right("sn_sla_definition_read", "com.snc.sla"),
    **dict.fromkeys(
        ("cmdb_ci", "cmdb_ci_service", "cmdb_rel_ci", "cmdb_rel_type", "cmdb_model", "svc_ci_assoc"),
        Right("cmdb_read", "com.snc.cmdb"),
    ),
    **dict.fromkeys(("em_event", "em_alert"), Right("evt_mgmt_user", _EVENTS)),
    **dict.fromkeys(
        ("kb_knowledge", "kb_use", "m2m_kb_task", "kb_feedback", "kb_knowledge_base", "kb_category"),
        Right("knowledge", "com.snc.knowledge_advanced"),
    ),
    **dict.fromkeys(
        (
            "asmt_assessment_instance",
            "asmt_metric_result",
            "asmt_metric",
            "asmt_metric_definition",
            "asmt_metric_type",
        ),
        Right("assessment_admin", _SURVEYS),
    ),
    "cmdb_ci_outage": Right("itil"),
    **dict.fromkeys(("metric_definition", "metric_instance"), Right("itil")),
    **dict.fromkeys(("sys_user_group", "sys_user_grmember", "sys_user"), Right()),
    **dict.fromkeys(("cmn_department", "business_unit", "cmn_location"), Right()),
    **dict.fromkeys(("sys_choice", "sys_dictionary", "sys_db_object"), Right()),
    **dict.fromkeys(("sys_audit_delete", "sys_audit"), Right()),
}
"""Every table that is asked for, by name."""


def grant(table: str) -> str:
    """Say what to do about a table that may not be read."""
    role = RIGHTS[table].role
    own = f"a read rule on {table}.* for a role of the account"
    return f"Grant {role}, or add {own}; {PAGE}" if role else f"Add {own}; {PAGE}"


def grant_filter(table: str, field: str) -> str:
    """Say what to do about a field that queries may not name."""
    return f"Add query_range and query_match rules on {table}.{field} for a role of the account; {PAGE}"


def grant_field(table: str, fields: str) -> str:
    """Say what to do about fields that may not be read."""
    return f"Add a read rule on {fields} of {table} for a role of the account; {PAGE}"


def activate(table: str) -> str:
    """Say what to do about a table that is not there."""
    plugin = RIGHTS[table].plugin
    return (
        f"Activate the plugin {plugin}, if it is in use."
        if plugin
        else "Check whether it was renamed or removed."
    )
