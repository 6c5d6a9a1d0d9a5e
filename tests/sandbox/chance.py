"""Whether a share that was drawn record by record lies where its probability puts it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from math import sqrt
from typing import Any

from sandbox.organisation import Organisation
from sandbox.organisation.table import Table

Row = Mapping[str, Any]
UNTIL = date(2026, 6, 17)
END = datetime.combine(UNTIL, time(0), UTC)
DAY = timedelta(days=1)
DEVIATIONS = 3.3
"""One of a thousand shares lies farther off; the seeds of the tests are fixed."""


def moment(cell: object) -> datetime | None:
    """Read a moment of a record."""
    return datetime.fromisoformat(cell) if isinstance(cell, str) else None


def known(cell: object) -> datetime:
    """Read a moment that has to be there."""
    found = moment(cell)
    assert found is not None
    return found


def rows_of(table: Table) -> list[Row]:
    """Return records that are not cancelled, duplicates or children."""
    return [row for row in table.rows() if not row.get("disposition") and not row.get("parent_id")]


def within(rows: Iterable[Row], column: str, days: float, until_days: float = 0) -> list[Row]:
    """Return the records of a window that ends so many days before the end of the period."""
    since, until = END - days * DAY, END - until_days * DAY
    return [row for row in rows if (at := moment(row[column])) is not None and since <= at < until]


def planted(organisation: Organisation, practice: str) -> dict[str, float]:
    """Return the planted raw values of a practice by indicator."""
    truth: Any = organisation.truth["practices"]
    return {name: entry["value"] for name, entry in truth[practice]["indicators"].items()}


def share(rows: list[Row], test: Callable[[Row], object]) -> tuple[int, int]:
    """Count the records that pass, and all."""
    return sum(bool(test(row)) for row in rows), len(rows)


def agrees(counted: tuple[int, int], percent: float, *, least: int = 30, off: float = 0.0) -> bool:
    """Say whether so many of so many are likely at a planted share; `off` allows further points."""
    good, count = counted
    chance = percent / 100
    spread = DEVIATIONS * sqrt(max(chance * (1 - chance), 0.002) / max(count, 1))
    return count >= least and abs(good / count - chance) <= spread + off / 100
