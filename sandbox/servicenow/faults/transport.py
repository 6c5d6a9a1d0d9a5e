"""Connections that break, stand still or drip."""

from __future__ import annotations

from dataclasses import replace

from sandbox.servicenow.faults.fault import Fault, Strike
from sandbox.servicenow.wire.exchange import Delivery, Reply


def reset(sent: float = 0.0) -> Fault:
    """Reset the connection after a share of the body, at once by default."""
    return Fault("reset", lambda strike: _delivered(strike, Delivery(cut=sent, reset=True)))


def hang() -> Fault:
    """Never answer; the connection stays open until the instance stops."""
    return Fault("hang", lambda strike: _delivered(strike, Delivery(hang=True)))


def slow(bytes_a_second: int = 200) -> Fault:
    """Let the reply drip, so that no single read takes long but the whole does."""
    size = max(bytes_a_second // 10, 1)
    return Fault("slow", lambda strike: _delivered(strike, Delivery(trickle=size)))


def _delivered(strike: Strike, delivery: Delivery) -> Reply:
    return replace(strike.reply, delivery=delivery)
