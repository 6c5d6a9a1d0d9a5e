"""What makes us doubt: the gaming monitor and the quality gate, by the indicators they touch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from evaluators.catalogue import Practice
from evaluators.examination import Examination
from evaluators.gaming import Suspicion
from evaluators.gaming.monitor import monitor
from evaluators.gaming.scene import Scene
from evaluators.quality import QualityFinding
from evaluators.quality.gate import examine


@dataclass(frozen=True)
class Doubts:
    """All that lowers coverage and confidence; none of it changes a value (errata B2, B5, B18, C3)."""

    suspicions: tuple[Suspicion, ...] = ()
    quality: tuple[QualityFinding, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be looked for, and why."""

    def alerts(self, indicators: Collection[str]) -> tuple[str, ...]:
        """Return the titles of the open alerts that touch any of these indicators."""
        return tuple(
            each.title for each in self.suspicions if not set(each.indicators).isdisjoint(indicators)
        )

    def failed_checks(self, indicator: str) -> int:
        """Return how many different checks make an indicator doubtful."""
        return len({each.check for each in self.quality if indicator in each.indicators})


def doubts_of(examination: Examination, practices: Sequence[Practice], now: datetime) -> Doubts:
    """Look for what is doubtful in the evidence of these practices."""
    watched = monitor(examination, practices)
    indicators = [indicator for practice in practices for indicator in practice.indicators]
    quality, notes = examine(Scene(examination), indicators, now)
    return Doubts(watched.suspicions, quality, (*watched.notes, *notes))
