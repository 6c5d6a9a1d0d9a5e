"""Replies that break off, stand still, drip or come under a wrong name."""

from __future__ import annotations

from dataclasses import replace

from sandbox.serving.exchange import Delivery, Reply
from sandbox.serving.fault import Fault, Strike


def reset(sent: float = 0.0) -> Fault:
    """Reset the connection after a share of the body, at once by default."""
    return Fault("reset", lambda strike: _delivered(strike, Delivery(cut=sent, reset=True)))


def hang() -> Fault:
    """Never answer; the connection stays open until the server stops."""
    return Fault("hang", lambda strike: _delivered(strike, Delivery(hang=True)))


def stalled(sent: float = 0.5) -> Fault:
    """Send a share of the body, then nothing more; the connection stays open until the server stops."""
    return Fault("stalled", lambda strike: _delivered(strike, Delivery(cut=sent, hang=True)))


def late(seconds: float = 1.0) -> Fault:
    """Let the first byte wait."""
    return Fault("late", lambda strike: _delivered(strike, Delivery(wait=seconds)))


def slow(bytes_a_second: int = 200) -> Fault:
    """Let the reply drip, so that no single read takes long but the whole does."""
    size = max(bytes_a_second // 10, 1)
    return Fault("slow", lambda strike: _delivered(strike, Delivery(trickle=size)))


def truncated(kept: float = 0.5) -> Fault:
    """End the body early and close the connection, though Content-Length promised more."""

    def effect(strike: Strike) -> Reply:
        delivery = replace(strike.reply.delivery, cut=kept)
        return replace(strike.reply, delivery=delivery)

    return Fault("connection closed early", effect)


def content_type(name: str = "text/html") -> Fault:
    """Answer rightly under a wrong Content-Type."""
    return Fault(f"content type {name}", lambda strike: replace(strike.reply, content_type=name))


def _delivered(strike: Strike, delivery: Delivery) -> Reply:
    return replace(strike.reply, delivery=delivery)
