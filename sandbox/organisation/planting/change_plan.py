"""What is planted in changes looks at: which are carried out, and when."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.organisation.numbers import Flags, Integers
from sandbox.organisation.planting.draft import Draft
from sandbox.organisation.world import World


@dataclass(frozen=True)
class Work:
    """One element by change; those that are cancelled stay as they are."""

    going: Flags
    """Not cancelled."""
    done: Flags
    """Carried out before the end of the period."""
    started: Integers
    ended: Integers
    """NEVER where it is still to come."""


@dataclass(frozen=True)
class Types:
    """One element by change."""

    emergency: Flags
    standard: Flags
    flowing: Flags
    """Low-risk: authorised, carried out and verified without people."""
    authorised: Flags
    """Shall be authorised before it starts."""

    @property
    def normal(self) -> Flags:
        """Neither standard nor emergency."""
        return ~self.standard & ~self.emergency


@dataclass(frozen=True)
class Fixed:
    """One element by change: what empty fields have to respect."""

    pinned: Flags
    """Part of a collision, or incidents follow on it: place, window, times and group have to stay."""
    failed: Flags


def look_at(world: World, draft: Draft) -> Work:
    """Return what the changes' own times say."""
    going = ~draft.known("changes", "disposition")
    ended = draft.seconds("changes", "actual_end_at")
    return Work(going, going & (ended < world.period.end), draft.seconds("changes", "actual_start_at"), ended)
