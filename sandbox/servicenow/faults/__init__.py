"""Faults of an instance and of the way to it: each by its constructor, `.at(…)` says when it strikes."""

from __future__ import annotations

from sandbox.servicenow.faults.answers import (
    accepted,
    batch_unserviced,
    hibernating,
    login_redirect,
    overloaded,
    rate_limited,
    second_factor,
    status,
    unauthenticated,
)
from sandbox.servicenow.faults.bodies import cancelled, repeated
from sandbox.serving.fault import Fault
from sandbox.serving.transport import content_type, hang, reset, slow, truncated

__all__ = [
    "Fault",
    "accepted",
    "batch_unserviced",
    "cancelled",
    "content_type",
    "hang",
    "hibernating",
    "login_redirect",
    "overloaded",
    "rate_limited",
    "repeated",
    "reset",
    "second_factor",
    "slow",
    "status",
    "truncated",
    "unauthenticated",
]
