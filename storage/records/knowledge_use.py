"""Uses of knowledge articles."""

from __future__ import annotations

from storage.records.build import boolean, derived, identity_type, integer, person, text, timestamp
from storage.records.schema import ColumnType, RecordKind

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
        derived("used_on", ColumnType.DATE, "Day it happened, in the assessment's zone", "used_at"),
        derived("department", ColumnType.TEXT, "Department of the using group", "user_group|record_id"),
        derived(
            "put_to_use",
            ColumnType.BOOLEAN,
            "An article was viewed, linked or used to solve something",
            "type",
            "article_id",
        ),
        derived(
            "using_group",
            ColumnType.TEXT,
            "Group of the user, or else of the ticket it was used on",
            "user_group|record_id",
        ),
        derived(
            "by_self_service",
            ColumnType.BOOLEAN,
            "Used on the portal or through a chatbot; empty without a channel",
            "channel",
        ),
        derived(
            "article_author_group",
            ColumnType.TEXT,
            "Group of the article's author",
            "article_id",
            "knowledge.author_group",
        ),
        derived(
            "contributing_group",
            ColumnType.TEXT,
            "Group that wrote or improved the article: of its author, or of who created or revised it here",
            "article_id",
            "knowledge.author_group",
        ),
        derived(
            "article_used_on",
            ColumnType.DATE,
            "Day the article was put to use; where it was created or revised here, the last such day",
            "used_at",
            "type",
            "article_id",
        ),
        derived(
            "article_revised_on",
            ColumnType.DATE,
            "Day the article was last written, revised or confirmed",
            "article_id",
            "knowledge.revised_at|knowledge.confirmed_at",
            current=True,
        ),
        derived(
            "session_solved",
            ColumnType.BOOLEAN,
            "On the first use of each portal session: an article was read for 30 seconds and the user made "
            "no contact on its topic in the next 24 hours; an estimate",
            "used_at",
            "type",
            "article_id",
            "session",
            "channel",
            "user",
            "reading_seconds",
            "incident.caller|request.requester",
            "knowledge.service_id|knowledge.category",
        ),
    ),
)
