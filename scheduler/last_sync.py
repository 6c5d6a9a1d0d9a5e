"""What the last sync of each connector could not read, for the assessments made after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluators.results import SourceState
from scheduler.ledger import NOT_READ, KindReport, totals
from storage.evidence import relation
from storage.evidence.store import EvidenceStore
from storage.history import History, LedgerRow, Run

FAILED = "failed"
UNREAD = frozenset({FAILED, *NOT_READ.values()})
"""Outcomes of a kind that was not read to its end."""
TO_DO = {
    True: "When that is mended, run itsm-maturity sync again.",
    False: "What to ask an administrator for: itsm-maturity check.",
}
"""What to do about a kind, by whether reading it failed."""
LOOKED_THROUGH = 1000
"""Runs among which the last sync of a connector is looked for."""


@dataclass(frozen=True)
class LastSync:
    """A connector's last sync; `run` is None where it never had one."""

    connector: str
    run: Run | None
    unread: tuple[LedgerRow, ...] = ()
    """One row for each kind that was not read to its end."""


def last_syncs(history: History, connectors: Iterable[str]) -> list[LastSync]:
    """Return the last sync of each connector."""
    latest: dict[str | None, Run] = {}
    for run in history.runs(LOOKED_THROUGH):
        if run.kind == "sync":
            latest.setdefault(run.connector, run)
    return [_last_sync(history, name, latest.get(name)) for name in connectors]


def _last_sync(history: History, connector: str, run: Run | None) -> LastSync:
    rows = history.ledger(run.id) if run else []
    lines = [total.row for total in totals([KindReport(row) for row in rows])]
    return LastSync(connector, run, tuple(line for line in lines if line.outcome in UNREAD))


def with_unread(
    sources: Sequence[SourceState], syncs: Iterable[LastSync], evidence: EvidenceStore
) -> tuple[SourceState, ...]:
    """Add the kinds of which nothing but a failed reading is known."""
    known = {(each.source, each.kind) for each in sources}
    added = [
        SourceState(each.connector, line.kind, line.outcome, None, _held(evidence, each.connector, line.kind))
        for each in syncs
        for line in each.unread
        if (each.connector, line.kind) not in known
    ]
    return tuple(sorted((*sources, *added), key=lambda each: (each.source, each.kind)))


def _held(evidence: EvidenceStore, source: str, kind: str) -> int:
    """Return how many records of a kind came before its first reading failed."""
    counted = evidence.query(f"SELECT source, COUNT(*) AS n FROM {relation(kind)} GROUP BY 1")
    return next((int(row["n"]) for row in counted.to_pylist() if row["source"] == source), 0)


def advice(syncs: Iterable[LastSync]) -> Iterator[str]:
    """Yield what was not read, why, and what to do about it: one sentence for all kinds with one reason."""
    for each in syncs:
        if each.run is None:
            yield f"{each.connector} was never synced: run itsm-maturity sync {each.connector}."
        elif each.run.finished_at is None:
            yield (
                f"The last sync of {each.connector} runs still, or was stopped: itsm-maturity sync "
                f"{each.connector} goes on where it is."
            )
        elif each.run.outcome == FAILED and not each.unread:
            yield f"The last sync of {each.connector} failed: {each.run.message.rstrip('.')}. {TO_DO[True]}"
        reasons: dict[tuple[str, str], list[str]] = {}
        for line in each.unread:
            reasons.setdefault((line.outcome, line.message), []).append(line.kind)
        yield from _sentences(each.connector, reasons)


def _sentences(connector: str, reasons: Mapping[tuple[str, str], Sequence[str]]) -> Iterator[str]:
    for (outcome, message), kinds in reasons.items():
        why = f": {message.rstrip('.')}" if message else ""
        todo = TO_DO[outcome == FAILED]
        yield f"{connector} {', '.join(kinds)} {outcome} in the last sync{why}. {todo}"
