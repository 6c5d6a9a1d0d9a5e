"""Satisfaction surveys."""

from __future__ import annotations

from storage.records.build import integer, note, person, seconds, text, timestamp
from storage.records.schema import RecordKind

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
    ),
)
