"""Conditions on clocks that several derivations write into their queries."""

from __future__ import annotations


def internal(alias: str) -> str:
    """A clock between teams or with a supplier (OLA, underpinning contract) and no promise to users."""
    return f"COALESCE(regexp_matches(lower({alias}.type), '^(ola|uc|operational|.*contract)'), FALSE)"


def attached(alias: str) -> str:
    """A clock that was not cancelled before it stopped (inc-sla-coverage)."""
    return f"({alias}.stopped_at IS NOT NULL OR NOT COALESCE({alias}.cancelled, FALSE))"
