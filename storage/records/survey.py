"""Satisfaction surveys."""

from __future__ import annotations

from storage.records.build import derived, integer, note, person, seconds, text, timestamp
from storage.records.schema import ColumnType, RecordKind

SURVEY = RecordKind(
    "survey",
    "One satisfaction survey sent to one person about one record.",
    (
        timestamp("sent_at", "When it was sent"),
        timestamp("answered_at", "When it was answered; empty without an answer"),
        text("name", "Name of the survey"),
        text("record_kind", "Kind of the record it is about"),
        text("record_id", "Record it is about"),
        text("service_id", "Service it is about"),
        text("assignment_group", "Group whose work it is about"),
        person("respondent", "Person who was asked"),
        integer("score", "Satisfaction from 0 to 100 (five points: 25 times one less than the mark)"),
        *note("comment", "Comment"),
        seconds("answer_seconds", "Answered minus sent", "sent_at", "answered_at"),
        integer("points", "Marks on its scale: 5, 10, 11 for 0 to 10; empty means 5"),
        derived("sent_on", ColumnType.DATE, "Day sent, in the assessment's zone", "sent_at"),
        derived("answered_on", ColumnType.DATE, "Day answered, in the assessment's zone", "answered_at"),
        derived(
            "department",
            ColumnType.TEXT,
            "Department of the group of its record, else of the group whose work it is about",
            "record_id|assignment_group",
        ),
        derived(
            "record_excluded",
            ColumnType.BOOLEAN,
            "About a record that does not count: cancelled, duplicate, test, spam, migrated, or a child",
            "record_id",
        ),
        derived(
            "target_met",
            ColumnType.BOOLEAN,
            "The resolution target of its record was met, or a request's due date where it has no clock; "
            "empty without target",
            "record_id",
            "service_level:|incident.made_sla|request.due_at",
        ),
        derived(
            "low_rating",
            ColumnType.BOOLEAN,
            "At most 2 of 5 marks, or 6 of 10; empty without an answer",
            "score",
        ),
    ),
)
