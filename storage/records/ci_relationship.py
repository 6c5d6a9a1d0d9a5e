"""Relationships between configuration items."""

from __future__ import annotations

from storage.records.build import identity_type, person, text, timestamp
from storage.records.schema import RecordKind

CI_RELATIONSHIP = RecordKind(
    "ci_relationship",
    "One dependency between two configuration items.",
    (
        text("parent_id", "Configuration item that depends", current=True),
        text("child_id", "Configuration item it depends on", current=True),
        text("type", "Type of dependency as the platform names it", current=True),
        text("discovery_source", "What found or entered it", current=True),
        timestamp("created_at", "When the record was created"),
        person("created_by", "Identity that created the record"),
        identity_type("creator_type", "created_by"),
    ),
)
