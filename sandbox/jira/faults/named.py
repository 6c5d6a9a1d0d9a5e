"""Faults of a site by name, and scripts of them as they stand in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.jira.faults import answers, bodies
from sandbox.serving import transport
from sandbox.serving.fault import Fault
from sandbox.serving.named import Named

FAULTS: Mapping[str, Callable[..., Fault]] = {
    "broken": bodies.broken,
    "burst": answers.burst,
    "capped-history": bodies.capped_history,
    "content-type": transport.content_type,
    "empty-page": bodies.empty_page,
    "expired-token": answers.expired_token,
    "failed-issues": bodies.failed_issues,
    "forbidden": answers.forbidden,
    "forbidden-page": answers.forbidden_page,
    "gateway": answers.gateway,
    "hang": transport.hang,
    "last-with-token": bodies.last_with_token,
    "late": transport.late,
    "login-page": answers.login_page,
    "quota": answers.quota,
    "rate-limited": answers.rate_limited,
    "removed": answers.removed,
    "repeated": bodies.repeated,
    "repeated-token": bodies.repeated_token,
    "reset": transport.reset,
    "skipped": bodies.skipped,
    "slow": transport.slow,
    "stalled": transport.stalled,
    "status": lambda code=503, retry_after="": answers.status(code, retry_after=retry_after),
    "truncated": transport.truncated,
    "unauthenticated": answers.unauthenticated,
    "unavailable": answers.unavailable,
    "warned": bodies.warned,
}
"""What makes a fault, by the name it has on the command line and in scripts."""

_ROUGH = ("broken", "burst", "forbidden-page", "gateway", "reset", "status", "truncated", "unavailable")
_NAMED = Named(FAULTS, _ROUGH)
named = _NAMED.named
scripted = _NAMED.scripted
