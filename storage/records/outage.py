"""Outages: times in which a service or configuration item was not available as agreed."""

from __future__ import annotations

from storage.records.build import boolean, derived, integer, seconds, text, timestamp
from storage.records.schema import ColumnType, RecordKind

OUTAGE = RecordKind(
    "outage",
    "A time in which a service or configuration item was not available as agreed.",
    (
        timestamp("started_at", "When it began"),
        timestamp("ended_at", "When it was over"),
        text("type", "outage, degradation or planned"),
        boolean("planned", "It was planned"),
        text("service_id", "Service that was out"),
        text("ci_id", "Configuration item that was out"),
        text("incident_id", "Incident it belongs to"),
        text("change_id", "Change that caused it"),
        integer("affected_users", "Persons affected"),
        seconds("outage_seconds", "Ended minus started", "started_at", "ended_at"),
        derived("started_on", ColumnType.DATE, "Day it began, in the assessment's zone", "started_at"),
        derived(
            "department",
            ColumnType.TEXT,
            "Department of the group that supports the service or item that was out",
            "service_id|ci_id",
            "configuration_item.support_group",
            current=True,
        ),
    ),
)
