"""Knowledge articles, with the columns the knowledge indicators need."""

from __future__ import annotations

from storage.records.build import (
    boolean,
    derived,
    identity_type,
    integer,
    note,
    person,
    text,
    timestamp,
)
from storage.records.schema import ColumnType, RecordKind

KNOWLEDGE = RecordKind(
    "knowledge",
    "An article that tells how to solve, do or understand something.",
    (
        timestamp("created_at", "When it was created"),
        timestamp("published_at", "When it was first published"),
        timestamp("revised_at", "When its content was last revised", current=True),
        timestamp("confirmed_at", "When it was last confirmed as valid", current=True),
        timestamp("valid_until", "When it ceases to be valid", current=True),
        timestamp("retired_at", "When it was retired"),
        text("state", "State as the platform names it", current=True),
        boolean("published", "Readers can see it", current=True),
        text("knowledge_base", "Knowledge base it belongs to", current=True),
        text("type", "Type: known error, how-to …", current=True),
        text("category", "Category", current=True),
        text("service_id", "Service it concerns", current=True),
        text("owner_group", "Group that owns it", current=True),
        person("owner", "Person who owns it", current=True),
        boolean("owner_active", "Its owner is still active", current=True),
        person("author", "Person who wrote it"),
        text("author_group", "Group of the author"),
        text("version", "Version", current=True),
        text("problem_id", "Problem or known error it describes"),
        text("origin_kind", "Kind of the record it was created from"),
        text("origin_id", "Record it was created from"),
        integer("helpful_votes", "Votes that it helped", current=True),
        integer("unhelpful_votes", "Votes that it did not help", current=True),
        integer("view_count", "Times it was read", current=True),
        integer("use_count", "Times it was used on a record", current=True),
        boolean("flagged", "A reader marked it as wrong", current=True),
        *note("body", "Text of the article"),
        identity_type("author_type", "author"),
        derived("department", ColumnType.TEXT, "Department of the owner group", "owner_group", current=True),
        derived(
            "available",
            ColumnType.BOOLEAN,
            "Readers can see it and it is not retired",
            "published",
            current=True,
        ),
        derived(
            "expires_on",
            ColumnType.DATE,
            "Last day it is valid, in the assessment's zone; empty for always, and where the platform has no "
            "such day",
            "valid_until|published",
            current=True,
        ),
        derived(
            "actively_owned",
            ColumnType.BOOLEAN,
            "Its owner is active, or the group that owns it is in use",
            "owner_active|owner_group",
            "owner_active|group.active",
            current=True,
        ),
    ),
    tracked=("state", "owner", "owner_group", "version"),
)
