"""Transitions: what changed on a record, when, by whom."""

from __future__ import annotations

from storage.records.build import integer, person, text, timestamp
from storage.records.schema import RecordKind

TRANSITION = RecordKind(
    "transition",
    "One change of one tracked field of one record; the first value counts as a change from empty.",
    (
        text("record_kind", "Kind of the record that changed"),
        text("record_id", "The record that changed"),
        text("field", "Canonical name of the field: state, assignment_group, assignee …"),
        text("old_value", "Value before; a keyed hash where the field is a person"),
        text("new_value", "Value after; a keyed hash where the field is a person"),
        timestamp("at", "When it changed"),
        integer("sequence", "Order among the changes of this record, from 0"),
        person("actor", "Identity that made the change"),
    ),
)
