"""Windows: which days an indicator looks at (section 5.1, errata B6 and A1)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evaluators.policy import Policy
from evaluators.statistics.periods import month_index, month_start
from storage.records.schema import ColumnType, RecordKind

STANDARD_DAYS = 90
LENGTHS = ("days", "weeks", "months", "quarters")


class Window(BaseModel):
    """Days, weeks, months or quarters up to the assessment's day by one date column, or today's state."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    of: str | None = None
    """Date column that places a record: opened_on, resolved_on …; none in a snapshot."""
    days: Annotated[int, Field(gt=0, le=3660)] | None = None
    weeks: Annotated[int, Field(gt=0, le=520)] | None = None
    months: Annotated[int, Field(gt=0, le=120)] | None = None
    quarters: Annotated[int, Field(gt=0, le=40)] | None = None
    ending_days_ago: Annotated[int, Field(ge=0, le=3660)] = 0
    """Days left out at the end, so that the records had time to finish."""
    snapshot: bool = False
    """All records as they are at the start of the assessment's day. Months say how far back `past` looks."""
    opened: str | None = None
    """Date column: of a snapshot, only records opened before that day …"""
    ended: str | None = None
    """… and not ended before it."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        lengths = [name for name in LENGTHS if getattr(self, name) is not None]
        if not self.snapshot:
            self._refuse_parts_of_snapshots()
            if len(lengths) != 1:
                raise ValueError("a window has exactly one of days, weeks, months and quarters")
        elif self.of is not None or self.ending_days_ago or lengths not in ([], ["months"]):
            raise ValueError("a snapshot takes no other keys than months, opened and ended")
        elif (self.opened is None) != (self.ended is None):
            raise ValueError("opened and ended stand together: records open at the start of the day")
        return self

    def _refuse_parts_of_snapshots(self) -> None:
        if self.of is None:
            raise ValueError("the key 'of' is missing: the date column that places a record")
        if self.opened is not None or self.ended is not None:
            raise ValueError("opened and ended belong to a snapshot (snapshot: true)")

    @property
    def columns(self) -> tuple[str, ...]:
        """Date columns that it reads."""
        return tuple(name for name in (self.of, self.opened, self.ended) if name is not None)

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the date columns for this kind."""
        found = []
        for key in ("of", "opened", "ended"):
            name = getattr(self, key)
            column = kind.by_name.get(name) if name is not None else None
            if name is not None and (column is None or column.type is not ColumnType.DATE):
                dates = ", ".join(each.name for each in kind.columns if each.type is ColumnType.DATE)
                choice = f"choose from {dates}" if dates else "it has none"
                found.append(f"window {key}: '{name}' is not a date column of {kind.name}; {choice}")
        return found

    def bounds(self, as_of: date, policy: Policy) -> tuple[date, date]:
        """Return the first day and the day after the last; a fixed cohort replaces every window of days.

        A snapshot shows the end of the day before; with months it reaches back to the first of them.
        """
        if self.snapshot:
            shown = as_of - timedelta(days=1)
            first = month_start(month_index(shown) + 1 - self.months) if self.months else shown
            return first, as_of
        if policy.cohort is not None:
            return policy.cohort.since, policy.cohort.until
        if self.weeks is not None:
            until = as_of - timedelta(days=as_of.weekday())
            return until - timedelta(weeks=self.weeks), until
        if self.months is not None:
            return month_start(month_index(as_of) - self.months), as_of.replace(day=1)
        if self.quarters is not None:
            quarter = month_index(as_of) // 3
            return month_start(3 * (quarter - self.quarters)), month_start(3 * quarter)
        until = as_of - timedelta(days=self.ending_days_ago)
        return until - timedelta(days=self._days(policy)), until

    def conditions(self, dated_by: str, first: date, until: date) -> tuple[str, ...]:
        """Return the conditions on days; `dated_by` stands in for `of` in a fixed cohort."""
        if not self.snapshot:
            return (f"{dated_by} >= DATE '{first}'", f"{dated_by} < DATE '{until}'")
        if self.opened is None:
            return ()
        return (
            f"{self.opened} < DATE '{until}'",
            f"({self.ended} IS NULL OR {self.ended} >= DATE '{until}')",
        )

    def _days(self, policy: Policy) -> int:
        days = self.days or 0
        return policy.window_days if days == STANDARD_DAYS and not self.ending_days_ago else days
