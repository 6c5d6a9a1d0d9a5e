"""How complete the evidence of a source is: running sums of its ledger, and the share they come to.

What is missing is a matter of all windows that were ever read, not of the last sync: a row that the account
could not see a year ago is still missing. So each evidence store has a `Standing` for each source and kind,
which is kept beside the ledger and follows these rules:

* Windows of time add up. A row that is hidden again because it changed or because windows overlap counts
  again, which makes too many of them, never too few.
* A window that names everything there is (a comparison of all identifiers) tells how many rows are hidden
  now, so it replaces what windows said about hidden rows. Rows that could not be read stay counted, since the
  stored copy of such a row may be an old one.
* A window that holds everything there is, with its contents, replaces all. So does a reading from the
  beginning (`sync --full`) once it has reached its end; until then its windows add up as well.
* A reading without bounds that does not claim to hold everything (an export, the clocks that run now)
  replaces the one before it.
* Nothing is known before a kind was read from its beginning to its end, or where the platform does not count.

The share is what is held and up to date, over all there is. Of a row that a later window missed an old copy
may be stored, so each of these takes a stored record away; a stored record that was not named although it
should have been, and was kept, counts as missing. So the share can be too small, never too large.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from connectors.contract import Reading, Window
from evaluators.results import SourceState
from storage.history import History, Standing


@dataclass(frozen=True)
class Loss:
    """What one window did not bring."""

    hidden: int | None
    """Rows that were counted and did not come; None where nobody counted."""
    rejected: int = 0
    doubtful: Mapping[str, int] | None = None
    """By kind: stored records that the window lacks and that were kept."""
    listing: bool = False
    """Whether it named records without their contents."""


def loss_of(reading: Reading, doubtful: Mapping[str, int], *, listing: bool) -> Loss:
    """Return what a window did not bring."""
    counted = reading.counted
    hidden = None if counted is None else max(reading.hidden, counted - reading.received, 0)
    return Loss(hidden, len(reading.rejected), doubtful, listing)


def with_window(before: Standing, window: Window, loss: Loss, *, first: bool = False) -> Standing:
    """Return a standing once a window is stored; `first` where nothing of the kind was stored before."""
    if window.complete:
        return _with_everything(before, loss)
    if window.since is None and window.until is None:
        return replace(before, snapshot_hidden=loss.hidden, snapshot_rejected=loss.rejected)
    if first:
        # Rows that could not be read stay with the windows: a list that replaces the base forgets none.
        hidden, rejected = _sum(before.base_hidden, loss.hidden), before.windows_rejected + loss.rejected
        return replace(before, base_hidden=hidden, windows_rejected=rejected)
    return with_part(before, loss)


def with_part(before: Standing, loss: Loss) -> Standing:
    """Return a standing once some window is stored that replaces nothing."""
    hidden, rejected = _sum(before.windows_hidden, loss.hidden), before.windows_rejected + loss.rejected
    return replace(before, windows_hidden=hidden, windows_rejected=rejected)


def _with_everything(before: Standing, loss: Loss) -> Standing:
    doubtful = (loss.doubtful or {}).get(before.kind, 0)
    if loss.listing and loss.hidden is None:
        # What was not counted tells nothing about hidden rows; that records were not named it does tell.
        return replace(before, doubtful=max(before.doubtful, doubtful))
    bare = Standing(before.connector, before.kind, before.read_with, before.evidence_store)
    kept = replace(before, windows_hidden=0, snapshot_hidden=0) if loss.listing else bare
    return replace(
        kept,
        begun=True,
        whole=True,
        base_hidden=loss.hidden,
        base_rejected=loss.rejected,
        doubtful=doubtful,
    )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


class Tally:
    """Keeps the standing of a kind, and of what comes along with it, while its windows are stored.

    `beginning` is a reading of all there is, `empty` whether nothing of the kind was stored before it;
    `partial` is a reading of a part that somebody asked for, whose windows will be read again.
    """

    def __init__(
        self,
        history: History,
        connector: str,
        kind: str,
        evidence_store: str,
        *,
        beginning: bool = False,
        empty: bool = False,
        partial: bool = False,
    ) -> None:
        self._history = history
        self._key = (connector, kind, evidence_store)
        self._first, self._partial = beginning and empty, partial
        found = [each for each in history.standings(evidence_store, connector) if each.read_with == kind]
        self._known = {} if self._first else {each.kind: each for each in found}
        self._anew: dict[str, Standing] | None = {} if beginning and not empty else None

    def add(self, window: Window, brought: Iterable[str], loss: Loss) -> None:
        """Note what a stored window did not bring, of its own kind and of those that came along."""
        for kind in dict.fromkeys((window.kind, *brought)):
            before = self._known.get(kind) or self._new(kind, begun=self._first)
            after = (
                with_part(before, loss)
                if self._partial
                else with_window(before, window, loss, first=self._first)
            )
            self._known[kind] = after
            self._history.save_standing(after)
            if self._anew is not None:
                self._anew[kind] = with_window(
                    self._anew.get(kind) or self._new(kind, begun=True), window, loss
                )

    def end(self) -> None:
        """Note that the kind was read to its end."""
        if self._partial:
            return
        _, own, _ = self._key
        read = self._known if self._anew is None else self._anew
        if self._first or self._anew is not None:
            read.setdefault(own, self._new(own, begun=True))
        for kind, standing in read.items():
            ended = replace(standing, whole=standing.begun)
            if ended != self._known.get(kind) or self._first:
                self._history.save_standing(ended)

    def _new(self, kind: str, *, begun: bool) -> Standing:
        connector, own, evidence_store = self._key
        return Standing(connector, kind, own, evidence_store, begun=begun)


def with_standings(sources: Iterable[SourceState], standings: Iterable[Standing]) -> tuple[SourceState, ...]:
    """Return the sources of an assessment with what is known to be missing of them."""
    known: dict[tuple[str, str], list[Standing]] = {}
    for standing in standings:
        known.setdefault((standing.connector, standing.kind), []).append(standing)
    return tuple(_with_standings(each, known.get((each.source, each.kind), [])) for each in sources)


def _with_standings(source: SourceState, standings: list[Standing]) -> SourceState:
    hidden = [each.hidden for each in standings if each.hidden is not None]
    rejected = [each.rejected for each in standings if each.rejected is not None]
    if source.synced_at is None or not standings or len(hidden) < len(standings):
        return source
    share = completeness(source.records, standings)
    return replace(source, hidden=sum(hidden), rejected=sum(rejected), completeness=share)


def completeness(records: int, standings: Iterable[Standing]) -> float:
    """Return the least share (0-1) of what there is that is held and up to date; see the rules above.

    (records - doubtful - L) / (records - doubtful + max(B, doubtful)), where B are the rows missing from the
    base, which are not stored unless they are doubtful, and L those missing from what was read since.
    """
    base = doubtful = since = 0
    for each in standings:
        base += (each.base_hidden or 0) + each.base_rejected
        doubtful += each.doubtful
        since += (each.windows_hidden or 0) + each.windows_rejected
        since += (each.snapshot_hidden or 0) + each.snapshot_rejected
    there = records - doubtful + max(base, doubtful)
    if there <= 0:
        return 0.0 if since else 1.0
    return max(0, records - doubtful - since) / there
