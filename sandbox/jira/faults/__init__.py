"""Faults of a site and of the way to it: each by its constructor, `.at("search/jql", …)` says when."""

from __future__ import annotations

from sandbox.jira.faults.answers import (
    burst,
    expired_token,
    forbidden,
    forbidden_page,
    gateway,
    login_page,
    quota,
    rate_limited,
    removed,
    status,
    unauthenticated,
    unavailable,
)
from sandbox.jira.faults.bodies import (
    broken,
    capped_history,
    empty_page,
    failed_issues,
    last_with_token,
    repeated,
    repeated_token,
    skipped,
    warned,
)
from sandbox.serving.fault import Fault
from sandbox.serving.transport import content_type, hang, late, reset, slow, stalled, truncated

__all__ = [
    "Fault",
    "broken",
    "burst",
    "capped_history",
    "content_type",
    "empty_page",
    "expired_token",
    "failed_issues",
    "forbidden",
    "forbidden_page",
    "gateway",
    "hang",
    "last_with_token",
    "late",
    "login_page",
    "quota",
    "rate_limited",
    "removed",
    "repeated",
    "repeated_token",
    "reset",
    "skipped",
    "slow",
    "stalled",
    "status",
    "truncated",
    "unauthenticated",
    "unavailable",
    "warned",
]
