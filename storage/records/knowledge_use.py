"""Uses of knowledge articles."""

from __future__ import annotations

from storage.records.build import boolean, identity_type, integer, person, text, timestamp
from storage.records.schema import RecordKind

KNOWLEDGE_USE = RecordKind(
    "knowledge_use",
    "One reading, linking, search or vote.",
    (
        timestamp("used_at", "When it happened"),
        text("type", "viewed, suggested, linked, solved, created, revised, searched or voted"),
        text("article_id", "Article that was used; empty for a search without a result"),
        text("record_kind", "Kind of the record it was used on"),
        text("record_id", "Record it was used on"),
        person("user", "Identity that used it"),
        text("user_group", "Group of the user"),
        text("channel", "Where it was used: portal, chat, agent desk …"),
        text("session", "Session it belongs to, as a keyed hash or number"),
        integer("reading_seconds", "How long it was read"),
        boolean("helpful", "The vote, where there was one"),
        identity_type("user_type", "user"),
    ),
)
