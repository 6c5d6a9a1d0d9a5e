"""What all detectors look at: the records that count, the days, and what a source can say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from evaluators.examination import Examination
from evaluators.tellers import told_by
from storage.evidence import relation

RECENT_DAYS = 90
PAST_DAYS = 270
"""With the recent ones a year, so that every season is in it."""


@dataclass(frozen=True)
class Scene:
    """The evidence of an examination up to its day; the derive step has been done."""

    examination: Examination
    _kept: dict[str, Any] = field(default_factory=dict, compare=False)

    @cached_property
    def until(self) -> date:
        """Return the day after the last; a fixed cohort's own end."""
        cohort = self.examination.policy.cohort
        return cohort.until if cohort is not None else self.examination.as_of

    @cached_property
    def since(self) -> date:
        """Return the first of the recent days."""
        return self.until - timedelta(days=RECENT_DAYS)

    @cached_property
    def past_since(self) -> date:
        """Return the first day of the organisation's own past."""
        return self.since - timedelta(days=PAST_DAYS)

    def recently(self, column: str) -> str:
        """Return the condition that a date or moment lies in the recent days."""
        return self.between(column, self.since, self.until)

    def formerly(self, column: str) -> str:
        """Return the condition that a date or moment lies in the past that is compared with."""
        return self.between(column, self.past_since, self.since)

    def between(self, column: str, first: date, until: date) -> str:
        """Return the condition that a date or moment lies in [first, until)."""
        return f"({column} >= DATE '{first}' AND {column} < DATE '{until}')"

    def records(self, kind: str, *needs: str, counted: bool = True) -> str | None:
        """Return the records of a kind as a subquery, None when no source can say what is needed.

        Only those of sources that fill every need; `counted` leaves out what never counts (X0).
        """
        found = self.examination.supports.answerable(kind, needs)
        if found.state is not None:
            return None
        conditions = [told_by(found.tellers)]
        if counted:
            # What cannot be left out is noted with the indicators.
            conditions += replace(self.examination.populations, notes=[]).counted(kind, found.tellers)
        return f"(SELECT * FROM {relation(kind)} WHERE {' AND '.join(conditions)})"

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        if query not in self._kept:
            self._kept[query] = self.examination.store.query(query).to_pylist()
        rows: list[dict[str, Any]] = self._kept[query]
        return rows

    def row(self, query: str) -> dict[str, Any]:
        """Return the only row of a query, numbers that are missing as 0."""
        [row] = self.rows(query)
        return {name: 0 if value is None else value for name, value in row.items()}
