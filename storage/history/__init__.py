"""History: assessments and all that explains them, runs, ledgers and bookmarks.

Importing this package is cheap: `History` and the database libraries behind it are loaded when the name
is first used, so write `history.History.open(...)` or import it where it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.history.assessments import (
    ALL_DEPARTMENTS,
    IndicatorPoint,
    Page,
    StoredAssessment,
    StoredAttribute,
    StoredIndicator,
    StoredOverall,
    StoredPractice,
    StoredSource,
)
from storage.history.runs import JobRun, LedgerRow, PlannedJob, Run, Standing

if TYPE_CHECKING:
    from storage.history.store import History

__all__ = [
    "ALL_DEPARTMENTS",
    "History",
    "IndicatorPoint",
    "JobRun",
    "LedgerRow",
    "Page",
    "PlannedJob",
    "Run",
    "Standing",
    "StoredAssessment",
    "StoredAttribute",
    "StoredIndicator",
    "StoredOverall",
    "StoredPractice",
    "StoredSource",
]


def __getattr__(name: str) -> object:
    """Load `History` when it is first used."""
    if name == "History":
        from storage.history.store import History

        return History
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
