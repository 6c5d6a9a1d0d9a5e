"""Alerts: what monitoring shows to somebody, with the columns the monitoring indicators need."""

from __future__ import annotations

from storage.records.build import boolean, identity_type, integer, person, seconds, text, timestamp
from storage.records.schema import RecordKind

ALERT = RecordKind(
    "alert",
    "One or more events that ask for attention.",
    (
        timestamp("opened_at", "When its first event happened"),
        timestamp("acknowledged_at", "When it was first acknowledged"),
        timestamp("ticketed_at", "When an incident was first linked"),
        timestamp("remediated_at", "When an automated remediation first ran"),
        timestamp("last_event_at", "When its last event happened", current=True),
        timestamp("closed_at", "When it was closed"),
        text("monitor", "Monitoring tool it comes from"),
        text("node", "Host or object it concerns"),
        text("resource", "Resource of the node"),
        text("metric", "What was measured"),
        text("message_key", "Key under which equal alerts are one"),
        text("type", "Type or class: threshold, anomaly, warning …"),
        integer("severity", "Severity, 1 critical to 5 information"),
        text("state", "State as the platform names it", current=True),
        boolean("maintenance", "It fell into a maintenance window"),
        boolean("shown", "It was shown to persons"),
        boolean("early_warning", "A warning or anomaly, before harm is done"),
        text("ci_id", "Configuration item it is bound to"),
        text("service_id", "Service it is bound to"),
        text("assignment_group", "Group that is responsible"),
        person("assignee", "Person it is or was last assigned to"),
        person("acknowledged_by", "Identity that acknowledged it"),
        person("closed_by", "Identity that closed it"),
        text("incident_id", "Incident it led to or is linked to"),
        boolean("incident_created_automatically", "The incident was created by automation"),
        text("parent_id", "Alert it is grouped under"),
        text("grouping", "How it was grouped: rule, topology, text …"),
        integer("event_count", "Events it stands for", current=True),
        integer("flap_count", "Times it went up and down", current=True),
        boolean("work_recorded", "A person recorded work on it"),
        text("remediation", "Outcome of the automated remediation: successful, failed; empty where none ran"),
        boolean("condition_cleared", "The monitored condition cleared before it was closed"),
        text("knowledge_id", "Article it points to"),
        seconds("acknowledge_seconds", "Acknowledged minus opened", "opened_at", "acknowledged_at"),
        seconds("ticket_seconds", "Incident linked minus opened", "opened_at", "ticketed_at"),
        seconds("remediation_seconds", "Automated remediation minus opened", "opened_at", "remediated_at"),
        seconds("open_seconds", "Closed minus opened", "opened_at", "closed_at"),
        identity_type("acknowledger_type", "acknowledged_by"),
        identity_type("closer_type", "closed_by"),
    ),
    tracked=("state", "severity", "assignment_group", "assignee", "incident_id"),
)
