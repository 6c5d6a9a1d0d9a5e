"""Transitions: what changed on a record, when, by whom."""

from __future__ import annotations

from storage.records.build import derived, integer, person, text, timestamp
from storage.records.schema import ColumnType, RecordKind

_DRIFT = ("at", "old_value", "configuration_item.controlled", "configuration_item.environment")

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
        derived(
            "drifted_on",
            ColumnType.DATE,
            "Day a value changed on a configuration item in production that is under change control; empty "
            "for all other changes",
            *_DRIFT,
            current=True,
        ),
        derived(
            "drift_explained",
            ColumnType.BOOLEAN,
            "An authorised change of that item, or a deployment to it, ran within 24 hours",
            *_DRIFT,
            "change.ci_id",
            "change.approved_at|change.gate_passed",
            "change.actual_start_at|change.planned_start_at",
            current=True,
        ),
        derived(
            "drifted_team",
            ColumnType.TEXT,
            "Group that owns or supports that item",
            "configuration_item.owner_group|configuration_item.support_group",
            current=True,
        ),
        derived("department", ColumnType.TEXT, "Department of that group", "drifted_team", current=True),
    ),
)
