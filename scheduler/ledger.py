"""The ledger of a sync: what was asked of each platform, what came, and how that is to be judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from connectors.contract import Reading, Window
from storage.evidence.store import KindState, MergeCounts
from storage.history import LedgerRow

SEVERITY = ("unchanged", "stored", "partial", "hidden", "absent", "denied", "failed")
"""Outcomes from good to bad; a connector's outcome is its worst kind's."""

FINE = frozenset({"unchanged", "stored"})
"""Outcomes nobody needs to look at."""

NOT_READ = {KindState.ABSENT: "absent", KindState.DENIED: "denied", KindState.HIDDEN: "hidden"}
"""Outcome of a kind that a probe found to be unreadable."""

REJECTIONS_SHOWN = 5


@dataclass(frozen=True)
class KindReport:
    """What came of one record kind, all its windows together."""

    row: LedgerRow
    rejections: tuple[str, ...] = ()
    """The first rows that could not be read, with their place and reason."""


@dataclass(frozen=True)
class ConnectorReport:
    """What came of one connector."""

    connector: str
    outcome: str
    records: tuple[KindReport, ...]
    message: str = ""


@dataclass(frozen=True)
class SyncReport:
    """What came of a sync."""

    connectors: tuple[ConnectorReport, ...]

    @property
    def exit_code(self) -> int:
        """0 all fine, 1 something to look at or nothing to sync, 3 a platform failed."""
        outcomes = {report.outcome for report in self.connectors}
        if "failed" in outcomes:
            return 3
        return 0 if outcomes and outcomes <= FINE else 1


def row(connector: str, kind: str, outcome: str, message: str = "") -> LedgerRow:
    """Return a ledger row on which nothing has come yet."""
    return LedgerRow(
        connector,
        kind,
        counted=None,
        received=0,
        distinct=0,
        stored=0,
        changed=0,
        unchanged=0,
        older=0,
        deleted=0,
        hidden=0,
        rejected=0,
        requests=0,
        retries=0,
        seconds=0.0,
        outcome=outcome,
        message=message,
    )


def with_reading(line: LedgerRow, window: Window, reading: Reading) -> LedgerRow:
    """Add what a connector says about the window it read."""
    return replace(
        line,
        counted=reading.counted,
        received=reading.received,
        hidden=reading.hidden,
        rejected=len(reading.rejected),
        requests=reading.requests,
        retries=reading.retries,
        window_since=window.since,
        window_until=window.until,
    )


def with_counts(line: LedgerRow, counts: MergeCounts) -> LedgerRow:
    """Add what a merge did."""
    return replace(
        line,
        received=line.received or counts.received,
        distinct=counts.received - counts.repeated,
        stored=counts.inserted,
        changed=counts.updated,
        unchanged=counts.unchanged,
        older=counts.older,
    )


def judged(line: LedgerRow) -> LedgerRow:
    """Return a row with its outcome, unless that is already a bad one.

    Rows that were rejected or hidden, or fewer than the platform counted, are something to look at.
    """
    if line.outcome not in FINE:
        return line
    problem = _problem(line)
    if problem:
        return replace(line, outcome="partial", message=line.message or problem)
    written = line.stored + line.changed + line.deleted
    return replace(line, outcome="stored" if written else "unchanged")


def _problem(line: LedgerRow) -> str:
    if line.rejected:
        return f"{line.rejected:,} rows could not be read and were left out."
    if line.hidden:
        return f"{line.hidden:,} rows are there but hidden from this user."
    if line.counted is not None and line.received < line.counted:
        return f"The platform counts {line.counted:,} rows, {line.received:,} came."
    return ""


def totals(reports: Sequence[KindReport]) -> Iterator[KindReport]:
    """Yield one report per kind, in the order the kinds first came."""
    for kind in dict.fromkeys(report.row.kind for report in reports):
        mine = [report for report in reports if report.row.kind == kind]
        total = mine[0]
        for report in mine[1:]:
            total = _sum(total, report)
        yield total


def worst(outcomes: Iterable[str]) -> str:
    """Return the worst of some outcomes; unchanged without any."""
    return max(outcomes, key=SEVERITY.index, default="unchanged")


def _sum(one: KindReport, other: KindReport) -> KindReport:
    left, right = one.row, other.row
    bad = max((left, right), key=lambda line: SEVERITY.index(line.outcome))
    counted = (
        None if left.counted is None and right.counted is None else (left.counted or 0) + (right.counted or 0)
    )
    line = replace(
        left,
        counted=counted,
        outcome=bad.outcome,
        message=bad.message,
        window_until=right.window_until or left.window_until,
        **{name: getattr(left, name) + getattr(right, name) for name in _ADDED},
    )
    if bad.message and bad.message == _problem(bad):
        # A sentence on one window's figures is one on all of them now.
        line = replace(line, message=_problem(line))
    return KindReport(line, (one.rejections + other.rejections)[:REJECTIONS_SHOWN])


_ADDED = (
    "received",
    "distinct",
    "stored",
    "changed",
    "unchanged",
    "older",
    "deleted",
    "hidden",
    "rejected",
    "requests",
    "retries",
    "seconds",
)
