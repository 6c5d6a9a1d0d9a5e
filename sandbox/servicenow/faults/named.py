"""Faults of an instance by name, and scripts of them as they stand in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.servicenow.faults import answers, bodies
from sandbox.serving import transport
from sandbox.serving.fault import Fault
from sandbox.serving.named import Named

FAULTS: Mapping[str, Callable[..., Fault]] = {
    "accepted": answers.accepted,
    "batch-unserviced": answers.batch_unserviced,
    "cancelled": bodies.cancelled,
    "content-type": transport.content_type,
    "hang": transport.hang,
    "hibernating": answers.hibernating,
    "login-redirect": answers.login_redirect,
    "overloaded": answers.overloaded,
    "rate-limited": answers.rate_limited,
    "repeated": bodies.repeated,
    "reset": transport.reset,
    "second-factor": answers.second_factor,
    "slow": transport.slow,
    "status": lambda code=503, retry_after="": answers.status(code, retry_after=retry_after),
    "truncated": transport.truncated,
    "unauthenticated": answers.unauthenticated,
}
"""What makes a fault, by the name it has on the command line and in scripts."""

_ROUGH = ("accepted", "cancelled", "overloaded", "rate-limited", "reset", "status", "truncated")
_NAMED = Named(FAULTS, _ROUGH)
named = _NAMED.named
scripted = _NAMED.scripted
