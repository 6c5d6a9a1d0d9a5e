"""Conditions that several derivations write into their queries."""

from __future__ import annotations

from collections.abc import Sequence


def counts(alias: str) -> str:
    """A record that is not cancelled, a duplicate, a test or spam, and no child of another one (X0)."""
    return f"({alias}.disposition IS NULL AND {alias}.parent_id IS NULL)"


def urgent(alias: str) -> str:
    """An incident of priority 1 or 2, or a major one."""
    return f"(COALESCE({alias}.priority <= 2, FALSE) OR COALESCE({alias}.major, FALSE))"


def implementation_end(alias: str) -> str:
    """When a change was carried out: the end of the work, else when the record was closed."""
    return f"COALESCE({alias}.actual_end_at, {alias}.closed_at)"


def implemented(alias: str) -> str:
    """A change that was carried out: not cancelled, and its work has ended or the record was closed."""
    return f"({alias}.disposition IS NULL AND {implementation_end(alias)} IS NOT NULL)"


def cluster(alias: str) -> str:
    """What recurring records have in common, empty where a part of it is not known.

    The same configuration item, or the same service where none is named, and the same subcategory, or the
    same category where none is named (section 7, problem: "same service/CI and symptom or category").
    """
    place = f"COALESCE({alias}.ci_id, {alias}.service_id)"
    symptom = f"COALESCE({alias}.subcategory, {alias}.category)"
    return f"{alias}.source || '/' || {place} || '/' || {symptom}"


def fulfilled_by_machine(alias: str) -> str:
    """A fulfilled request without a task of a person; tasks decide, then who fulfilled it.

    One that a person fulfilled is never without a person, whatever its tasks say.
    """
    return (
        f"({alias}.fulfilled_at IS NOT NULL "
        f"AND COALESCE({alias}.manual_task_count = 0, {alias}.fulfiller_type = 'automation', FALSE) "
        f"AND COALESCE({alias}.fulfiller_type, 'automation') = 'automation')"
    )


PUT_TO_USE = ("viewed", "linked", "solved")
"""Types of use that put an article to use; a suggestion nobody opened does not."""


def put_to_use(alias: str) -> str:
    """A use that opened an article, linked it or solved something with it."""
    types = ", ".join(f"'{name}'" for name in PUT_TO_USE)
    return f"({alias}.article_id IS NOT NULL AND COALESCE({alias}.type IN ({types}), FALSE))"


def available(alias: str) -> str:
    """An article that readers can see."""
    return f"(COALESCE({alias}.published, FALSE) AND {alias}.retired_at IS NULL)"


def fits(column: str, patterns: Sequence[str]) -> str:
    """A text that fits one of the patterns of names, without case; an empty one fits none."""
    quoted = [pattern.lower().replace("'", "''") for pattern in patterns]
    tests = [f"lower({column}) GLOB '{pattern}'" for pattern in quoted]
    return f"COALESCE({' OR '.join(tests) or 'FALSE'}, FALSE)"
