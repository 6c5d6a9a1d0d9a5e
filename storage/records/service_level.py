"""Service levels: SLA, OLA and contract clocks attached to records."""

from __future__ import annotations

from storage.records.build import boolean, from_record, integer, text, timestamp
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
    ),
)
