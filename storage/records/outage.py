"""Outages: times in which a service or configuration item was not available as agreed."""

from __future__ import annotations

from storage.records.build import boolean, integer, seconds, text, timestamp
from storage.records.schema import RecordKind

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
    ),
)
