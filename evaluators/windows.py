"""Windows: which days an indicator looks at (section 5.1, errata B6 and A1)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evaluators.policy import Policy
from storage.records.schema import ColumnType, RecordKind

STANDARD_DAYS = 90


class Window(BaseModel):
    """Days, weeks or months up to the assessment's day, by one date column of the record."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    of: str
    """Date column that places a record: opened_on, resolved_on …"""
    days: Annotated[int, Field(gt=0, le=3660)] | None = None
    weeks: Annotated[int, Field(gt=0, le=520)] | None = None
    months: Annotated[int, Field(gt=0, le=120)] | None = None
    ending_days_ago: Annotated[int, Field(ge=0, le=3660)] = 0
    """Days left out at the end, so that the records had time to finish."""

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if sum(length is not None for length in (self.days, self.weeks, self.months)) != 1:
            raise ValueError("a window has exactly one of days, weeks and months")
        return self

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the date column for this kind."""
        column = kind.by_name.get(self.of)
        if column is None or column.type is not ColumnType.DATE:
            dates = [column.name for column in kind.columns if column.type is ColumnType.DATE]
            return [
                f"window of: '{self.of}' is not a date column of {kind.name}; choose from {', '.join(dates)}"
            ]
        return []

    def bounds(self, as_of: date, policy: Policy) -> tuple[date, date]:
        """Return the first day and the day after the last; a fixed cohort replaces every window."""
        if policy.cohort is not None:
            return policy.cohort.since, policy.cohort.until
        if self.weeks is not None:
            until = as_of - timedelta(days=as_of.weekday())
            return until - timedelta(weeks=self.weeks), until
        if self.months is not None:
            until = as_of.replace(day=1)
            return _months_before(until, self.months), until
        until = as_of - timedelta(days=self.ending_days_ago)
        return until - timedelta(days=self._days(policy)), until

    def _days(self, policy: Policy) -> int:
        days = self.days or 0
        return policy.window_days if days == STANDARD_DAYS and not self.ending_days_ago else days


def _months_before(first_of_month: date, months: int) -> date:
    total = first_of_month.year * 12 + first_of_month.month - 1 - months
    return date(total // 12, total % 12 + 1, 1)
