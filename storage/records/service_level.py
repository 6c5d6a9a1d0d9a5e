"""Service levels: SLA, OLA and contract clocks attached to records."""

from __future__ import annotations

from storage.records.build import boolean, derived, from_record, integer, text, timestamp
from storage.records.schema import ColumnType, RecordKind

SERVICE_LEVEL = RecordKind(
    "service_level",
    "One clock with one target, attached to one record.",
    (
        text("record_kind", "Kind of the record it is attached to"),
        text("record_id", "The record it is attached to"),
        text("name", "Name of its definition"),
        text("type", "SLA, OLA or contract (UC)"),
        text("target", "What is promised: response or resolution"),
        integer("target_seconds", "Promised duration"),
        timestamp("started_at", "When the clock started"),
        timestamp("stopped_at", "When the clock stopped"),
        timestamp("due_at", "Planned end, moved by pauses"),
        timestamp("original_due_at", "Planned end before any pause"),
        boolean("breached", "The promise was broken", current=False),
        boolean("cancelled", "Detached before it stopped"),
        integer("elapsed_seconds", "Elapsed on the clock's schedule, without pauses"),
        integer("paused_seconds", "Time the clock stood still"),
        from_record(
            "clock_seconds",
            ColumnType.INTEGER,
            "Stopped minus started, wall clock",
            "started_at",
            "stopped_at",
        ),
        boolean("edited", "Repaired or changed by hand after it stopped"),
        derived(
            "stopped_on", ColumnType.DATE, "Day the clock stopped, in the assessment's zone", "stopped_at"
        ),
        derived(
            "assignment_group",
            ColumnType.TEXT,
            "Group of the incident or request it is attached to",
            "record_id",
            "incident.assignment_group|request.assignment_group",
        ),
        derived(
            "department",
            ColumnType.TEXT,
            "Department of the group of its record",
            "record_id",
            "incident.assignment_group|request.assignment_group",
        ),
        derived(
            "service_id",
            ColumnType.TEXT,
            "Service of the incident or request it is attached to",
            "record_id",
            "incident.service_id|request.service_id",
        ),
        derived(
            "record_excluded",
            ColumnType.BOOLEAN,
            "Attached to a record that does not count: cancelled, duplicate, test, spam, migrated, or a "
            "child incident",
            "record_id",
        ),
        derived(
            "settled",
            ColumnType.BOOLEAN,
            "A promise to users (no OLA or contract) on an incident or request that is known, stopped and "
            "not cancelled",
            "record_id",
            "stopped_at",
        ),
        derived(
            "start_offset_seconds",
            ColumnType.INTEGER,
            "Seconds from the opening of its record to the start of the clock",
            "record_id",
            "started_at",
            "incident.opened_at|request.opened_at",
        ),
        derived(
            "stop_offset_seconds",
            ColumnType.INTEGER,
            "Seconds from the resolution of its record to the stop of the clock",
            "record_id",
            "stopped_at",
            "incident.resolved_at|request.fulfilled_at",
        ),
    ),
)
