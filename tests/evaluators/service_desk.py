"""Requests, contacts, articles and their uses for tests: records that give no cause for complaint."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from evaluators.policy import Exclusions, Policy
from evaluators.results import Measurement
from tests.evaluators.world import EVERYTHING_COUNTS, World, moment

DESK_KINDS = (
    "incident",
    "problem",
    "request",
    "knowledge",
    "knowledge_use",
    "survey",
    "service_level",
    "group",
    "configuration_item",
    "ci_relationship",
)
ALL_KNOWN = Policy(automation=("svc_*",), active_users=200, exclusions=Exclusions(enabled=False))
"""Identity lists and active users are configured."""

REQUEST: Mapping[str, Any] = {
    "type": "item",
    "opened_at": "2026-05-04 09:00",
    "acknowledged_at": "2026-05-04 10:00",
    "item": "New laptop",
    "category": "Hardware",
    "service_id": "workplace",
    "channel": "portal",
    "priority": 3,
    "receiving_group": "Service Desk",
    "assignment_group": "Service Desk",
    "requester": "person:caller",
    "fulfiller": "person:ann",
    "model_defined": True,
    "reassignment_count": 0,
    "reopen_count": 0,
}
"""A request of a Monday in May, to be fulfilled in five days and fulfilled after one."""
TARGET = timedelta(days=5)

ARTICLE: Mapping[str, Any] = {
    "created_at": "2026-01-05 09:00",
    "published_at": "2026-01-06 09:00",
    "revised_at": "2026-01-06 09:00",
    "valid_until": "2027-01-01 00:00",
    "published": True,
    "category": "Hardware",
    "service_id": "workplace",
    "owner_group": "Service Desk",
    "owner_active": True,
    "author_group": "Service Desk",
}

USE: Mapping[str, Any] = {"used_at": "2026-05-04 09:30", "type": "linked"}


def request(world: World, **columns: Any) -> str:
    """Add a request opened `on` a day and fulfilled so long `after`, never for None."""
    values = {**REQUEST, **columns}
    opened = moment(values.pop("on", values["opened_at"]))
    after = values.pop("after", timedelta(days=1))
    values["opened_at"] = opened
    if "acknowledged_at" not in columns:
        values["acknowledged_at"] = opened + timedelta(hours=1)
    if "due_at" not in columns:
        values["due_at"] = opened + TARGET
    if "fulfilled_at" not in columns and after is not None:
        values["fulfilled_at"] = opened + after
    return world.record("request", **values)


def requests(world: World, count: int, **columns: Any) -> list[str]:
    """Add `count` alike requests."""
    return [request(world, **columns) for _ in range(count)]


def article(world: World, **columns: Any) -> str:
    """Add a published article."""
    return world.record("knowledge", **{**ARTICLE, **columns})


def use(world: World, article_id: str | None, **columns: Any) -> str:
    """Add a use of an article."""
    return world.record("knowledge_use", **{**USE, "article_id": article_id, **columns})


def taken(world: World, indicator: str, **more: Any) -> Measurement:
    """Measure a shipped indicator in a world that has every kind of the service desk."""
    for kind in DESK_KINDS:
        world.delivers(kind)
    return world.measure(indicator, more.pop("policy", EVERYTHING_COUNTS), **more).measurement
