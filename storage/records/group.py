"""Groups that work on records."""

from __future__ import annotations

from storage.records.build import boolean, integer, person, text, timestamp
from storage.records.schema import RecordKind

GROUP = RecordKind(
    "group",
    "A group that records are assigned to, with its place in the organisation.",
    (
        text("name", "Name", current=True),
        text("type", "What it does: support, approval …", current=True),
        text("parent_id", "Group above it", current=True),
        text("department", "Department as the platform names it", current=True),
        text("business_unit", "Business unit as the platform names it", current=True),
        text("location", "Location", current=True),
        person("manager", "Person who leads it", current=True),
        boolean("active", "It is in use", current=True),
        integer("member_count", "Members", current=True),
        integer("active_member_count", "Members who are active", current=True),
        timestamp("created_at", "When it was created"),
    ),
)
