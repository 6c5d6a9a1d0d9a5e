"""What a sync writes into evidence: a window's records, its deletions, and what a source can say.

Every function opens evidence, writes and closes it again; none waits for a platform while it is open.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from connectors.contract import Capability, Reading, Window
from scheduler import ledger
from scheduler.completeness import Loss, loss_of
from scheduler.spool import Spool
from scheduler.workspace import Workspace
from storage.evidence.store import EvidenceStore, KindState, Support
from storage.history import LedgerRow

GUARDED_RECORDS, GUARDED_SHARE = 100, 0.5
"""A complete window that would delete more than this share of at least so many records is not believed."""


class Deletions(Enum):
    """Whether records that a complete window lacks are deleted."""

    NEVER = "never"
    PLAUSIBLE = "plausible"
    """Unless there are too many of them to be believed."""
    BELIEVED = "believed"


@dataclass(frozen=True)
class Stored:
    """What became of a window."""

    lines: list[LedgerRow]
    brought: tuple[str, ...]
    """Kinds that came along."""
    loss: Loss


def commit_window(
    workspace: Workspace,
    source: str,
    window: Window,
    reading: Reading,
    spool: Spool,
    deletions: Deletions,
    begun: datetime,
) -> Stored:
    """Store a window's records, one merge for each kind; `begun` is when reading it began."""
    lines, doubtful = [], {}
    kinds = tuple(dict.fromkeys((window.kind, *window.brings, *spool.kinds)))
    # Gone as of the window's end, or of the moment before it was read: a later one would keep a record away
    # that was restored since.
    gone_at = window.until or window.as_of or begun
    with workspace.evidence() as evidence:
        for kind in kinds:
            line = ledger.row(source, kind, "stored")
            if kind == window.kind:
                line = ledger.with_reading(line, window, reading)
            counts = evidence.merge(source, kind, spool.records(kind), present=window.complete)
            line = ledger.with_counts(line, counts)
            if window.complete and deletions is not Deletions.NEVER:
                missing = _Missing(window, reading, spool, deletions, gone_at)
                line, doubtful[kind] = missing.delete(evidence, line)
            lines.append(line)
        lines = _with_deletions(evidence, source, lines, spool, gone_at)
    loss = loss_of(reading, doubtful, listing=spool.names_only(window.kind))
    return Stored([ledger.judged(line) for line in lines], kinds[1:], loss)


def _with_deletions(
    evidence: EvidenceStore, source: str, lines: list[LedgerRow], spool: Spool, at: datetime
) -> list[LedgerRow]:
    """Delete what the platform says is gone and add it to the ledger rows, new ones where a kind has none."""
    by_kind = {line.kind: line for line in lines}
    for kind, names in spool.deletions.items():
        line = by_kind.get(kind) or ledger.row(source, kind, "stored")
        by_kind[kind] = replace(line, deleted=line.deleted + evidence.delete(source, kind, names, at))
    return list(by_kind.values())


@dataclass(frozen=True)
class _Missing:
    """The stored records that a complete window lacks."""

    window: Window
    reading: Reading
    spool: Spool
    deletions: Deletions
    at: datetime

    def delete(self, evidence: EvidenceStore, line: LedgerRow) -> tuple[LedgerRow, int]:
        """Delete them, if the window can be believed; return the ledger row, and how many were kept."""
        stored = [
            name for name in evidence.ids(line.connector, line.kind) if self._speaks_of(name, line.kind)
        ]
        gone = sorted(set(stored) - self.spool.ids(line.kind))
        if not gone:
            return line, 0
        doubt = _doubt(line.kind, len(gone), len(stored), self.reading, self.deletions)
        if doubt:
            return replace(line, outcome="partial", message=doubt), len(gone)
        return replace(line, deleted=evidence.delete(line.connector, line.kind, gone, self.at)), 0

    def _speaks_of(self, name: str, kind: str) -> bool:
        """Say whether the window decides about a record: of a kind it brings only about its own."""
        own = self.window
        return kind == own.kind or (kind in own.brings and name.startswith(f"{own.kind}:"))


def _doubt(kind: str, gone: int, stored: int, reading: Reading, deletions: Deletions) -> str:
    if reading.rejected or reading.hidden:
        return f"{gone:,} stored {kind} records did not come, but not every row could be read: kept."
    few = stored < GUARDED_RECORDS or gone <= GUARDED_SHARE * stored
    if few or deletions is Deletions.BELIEVED:
        return ""
    return (
        f"{gone:,} of {stored:,} stored {kind} records are no longer there, too many to believe: kept. "
        "If they are really gone, run sync --full."
    )


def declare(
    workspace: Workspace, source: str, kind: str, capability: Capability, state: KindState, *, complete: bool
) -> None:
    """Store what a source can say about a kind; `complete` when everything there is was just read."""
    with workspace.evidence() as evidence:
        before = support_of(evidence, source, kind)
        synced = workspace.now() if complete else (before.synced_at if before else None)
        columns, tracked, feeds = capability.columns, capability.tracked, capability.feeds
        evidence.declare(Support(source, kind, state, columns, tracked, synced, feeds))


def withdraw(workspace: Workspace, source: str, kinds: Collection[str]) -> None:
    """Declare kinds that are no longer configured as absent, so that nothing is concluded from them."""
    with workspace.evidence() as evidence:
        for support in evidence.supports():
            obsolete = support.source == source and support.kind not in kinds
            if obsolete and support.state is not KindState.ABSENT:
                evidence.declare(Support(source, support.kind, KindState.ABSENT, synced_at=support.synced_at))


def support_of(evidence: EvidenceStore, source: str, kind: str) -> Support | None:
    """Return what a source is known to say about a kind."""
    found = (each for each in evidence.supports() if (each.source, each.kind) == (source, kind))
    return next(found, None)
