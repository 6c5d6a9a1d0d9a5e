"""What a check of the data-quality gate says: a count for a human, never another value."""

from __future__ import annotations

from dataclasses import dataclass

SAMPLED = 5
"""Ids of doubtful records that are named."""


@dataclass(frozen=True)
class QualityFinding:
    """Doubtful records of one kind that one check counted (section 4).

    A failed check halves the coverage of the indicators that read what is doubtful (erratum B5). It never
    changes a value.
    """

    check: str
    """Name of the check, `future-moments`."""
    title: str
    sentence: str
    """For a human: what was counted, of how many, and how many are usual."""
    record_kind: str
    columns: tuple[str, ...]
    """What is doubtful, `resolved_at`; empty where it is the whole record."""
    suspects: int
    total: int
    limit: float | None
    """Share (0-1) above which the check fails; None where it only counts."""
    failed: bool
    indicators: tuple[str, ...]
    """Indicators whose coverage is halved, by id; empty where the check holds."""
    sample: tuple[str, ...] = ()
    """Ids of doubtful records, at most five."""

    @property
    def share(self) -> float:
        """Return the doubtful share (0-1)."""
        return self.suspects / self.total if self.total else 0.0
