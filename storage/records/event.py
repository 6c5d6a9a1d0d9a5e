"""Events: changes of state that monitoring reports."""

from __future__ import annotations

from storage.records.build import boolean, derived, integer, text, timestamp
from storage.records.schema import ColumnType, RecordKind

EVENT = RecordKind(
    "event",
    "A change of state that monitoring reported, or a count of equal ones.",
    (
        timestamp("occurred_at", "When it happened"),
        text("monitor", "Monitoring tool that reported it"),
        text("node", "Host or object it happened on"),
        text("resource", "Resource of the node"),
        text("metric", "What was measured"),
        text("type", "Type or class of event; heartbeat where it only says that the object lives"),
        text("message_key", "Key under which equal events are one"),
        integer("severity", "Severity, 1 critical to 5 information; 0 clears"),
        text("state", "What became of it: processed, ignored, error …", current=True),
        boolean("ignored", "Filtered out"),
        text("ci_id", "Configuration item it is bound to"),
        text("service_id", "Service it is bound to"),
        text("alert_id", "Alert it went into"),
        integer("event_count", "Events this record stands for; empty means one"),
        derived("occurred_on", ColumnType.DATE, "Day it happened, in the assessment's zone", "occurred_at"),
        derived(
            "department",
            ColumnType.TEXT,
            "Department of the group that supports its item or service",
            "ci_id|service_id",
            "configuration_item.support_group",
            current=True,
        ),
        derived("events", ColumnType.INTEGER, "Events it stands for, at least one", "occurred_at"),
        derived("heartbeat", ColumnType.BOOLEAN, "It only says that something lives", "type"),
    ),
)
