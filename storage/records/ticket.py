"""Derived columns that incidents and requests have in common, so that both can be read as one."""

from __future__ import annotations

from storage.records.build import derived
from storage.records.schema import Column, ColumnType

ARTICLE = "knowledge_used|knowledge_use.record_id"
"""An article on a ticket shows on the ticket itself or among the uses."""
OPENED = "knowledge_used|each:knowledge_use.record_id"
"""Whether one was opened shows only where every kind of use names its ticket."""


_BINDING = (
    derived(
        "ci_valid",
        ColumnType.BOOLEAN,
        "Bound to an item or service that exists and was in operation",
        "ci_id|service_id",
        "configuration_item.operational",
        current=True,
    ),
    derived(
        "service_known",
        ColumnType.BOOLEAN,
        "Bound to a service that exists, or to an item that is one or that one depends on directly",
        "service_id|ci_id",
        "configuration_item.service",
        current=True,
    ),
    derived(
        "target_attached",
        ColumnType.BOOLEAN,
        "A resolution target was attached and not cancelled before it stopped",
        "service_level:",
    ),
)
"""What it concerns and by when it has to be resolved."""

_PROGRESS = (
    derived(
        "group_count",
        ColumnType.INTEGER,
        "Different groups it was assigned to; empty without group history",
        "transition:assignment_group",
    ),
    derived(
        "internal_targets_complete",
        ColumnType.BOOLEAN,
        "Every stay of more than 4 business hours with a group had an OLA or contract clock; empty "
        "without group history",
        "transition:assignment_group",
        "service_level:",
    ),
    derived(
        "at_risk",
        ColumnType.BOOLEAN,
        "A resolution clock passed 75 % of its target; empty without a clock that stopped",
        "service_level.target_seconds",
        "service_level.stopped_at",
    ),
    derived(
        "risk_averted",
        ColumnType.BOOLEAN,
        "It was reassigned or its priority raised between 75 % of the target and the breach, and the "
        "target was met; empty without a clock that stopped",
        "service_level.target_seconds",
        "service_level.breached",
        "transition:assignment_group|transition:assignee",
        "transition:priority",
    ),
)
"""How it went from group to group against its targets."""


def ticket_columns(
    *, ended_at: str, ended_by: tuple[str, ...], group: str, contact: tuple[str, ...] = ()
) -> tuple[Column, ...]:
    """Declare the columns of a kind of tickets.

    `ended_at` is when a ticket ends, `ended_by` what tells whether an automation did it, `group` what tells
    which group had it first, and `contact` what tells calls to the desk, where they are of the same kind:
    a source that has none of them says nothing of contacts.
    """
    return (
        *_BINDING,
        *_contact(ended_by, contact),
        *_first_contact(ended_at, group, contact),
        *_articles(ended_at),
        *_PROGRESS,
    )


def _contact(ended_by: tuple[str, ...], contact: tuple[str, ...]) -> tuple[Column, ...]:
    return (
        derived(
            "contact_channel",
            ColumnType.TEXT,
            "How a person made contact: portal, chatbot, phone, chat, desk, email or other; empty without a "
            "channel, for what machines opened, and for incidents that a recorded contact turned into",
            "channel",
            *contact,
        ),
        derived(
            "contact_answered",
            ColumnType.BOOLEAN,
            "Answered in time: 5 minutes by phone, chat or at the desk, else one business day; empty for "
            "what is no contact",
            "channel",
            "opened_at",
            "acknowledged_at|transition:assignee|transition:state",
        ),
        derived(
            "contact_due_at",
            ColumnType.TIMESTAMP,
            "When a contact has to be answered",
            "channel",
            "opened_at",
        ),
        derived(
            "human_handled",
            ColumnType.BOOLEAN,
            "A person had to do with it: it was not ended by an automation alone",
            *ended_by,
            "policy:automation",
        ),
        derived(
            "active_users",
            ColumnType.INTEGER,
            "Active users of the organisation in the month it was opened",
            "opened_at",
            "policy:active_users",
        ),
    )


def _first_contact(ended_at: str, group: str, contact: tuple[str, ...]) -> tuple[Column, ...]:
    return (
        derived(
            "received_by_desk",
            ColumnType.BOOLEAN,
            "The first group it reached is a service desk by its name or type; empty where no first group "
            "is known",
            group,
            *contact,
        ),
        derived(
            "resolved_at_first_contact",
            ColumnType.BOOLEAN,
            "Solved by the first group it reached within one business day, and not reopened",
            "opened_at",
            ended_at,
            group,
            "reopen_count|transition:state",
        ),
    )


def _articles(ended_at: str) -> tuple[Column, ...]:
    cell = ("service_id", "category", "knowledge.service_id", "knowledge.category")
    return (
        derived(
            "article_used", ColumnType.BOOLEAN, "An article was linked to it, or opened while on it", OPENED
        ),
        derived(
            "article_linked",
            ColumnType.BOOLEAN,
            "An article was linked to it, used to solve it, or written from it",
            ARTICLE,
        ),
        derived(
            "solved_with_article",
            ColumnType.BOOLEAN,
            "An article that was there before it ended was linked to it or used to solve it",
            ended_at,
            ARTICLE,
        ),
        derived(
            "topic_documented",
            ColumnType.BOOLEAN,
            "There is a published article today on its service and category",
            *cell,
            "knowledge.published",
            current=True,
        ),
        derived(
            "gap_closed",
            ColumnType.BOOLEAN,
            "Of the ticket that made a new issue: a used article on its service and category followed within "
            "30 days. A new issue is the first time that five tickets were opened in 30 days without an "
            "article; empty on all other tickets and in the first 30 days of a source",
            "opened_at",
            *cell,
            "knowledge.published_at",
            "knowledge_use.article_id|knowledge.use_count",
        ),
    )
