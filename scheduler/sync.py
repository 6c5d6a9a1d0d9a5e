"""Sync: pulls what changed from the platforms into evidence and proves what came.

For each window: read it into a spool, then open evidence and commit it, then write its ledger rows, then its
bookmark. A run killed anywhere loses nothing and repeats at most one window.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from time import perf_counter

from connectors.contract import Asked, Capability, Connector, ProbeResult, Reading, Window
from scheduler import ledger
from scheduler.commit import Deletions, Stored, commit_window, declare, support_of, withdraw
from scheduler.completeness import Tally
from scheduler.ledger import REJECTIONS_SHOWN, ConnectorReport, KindReport, SyncReport
from scheduler.progress import Progress, silent
from scheduler.spool import Spool
from scheduler.workspace import Workspace
from storage.errors import (
    ConfigurationError,
    FatalError,
    ItsmMaturityError,
    Problem,
    RetriableError,
    SkippableError,
)
from storage.evidence.store import Feed, KindState, Record, Support
from storage.history import LedgerRow

PLATFORM_ERRORS = (FatalError, RetriableError, SkippableError)
"""What a connector raises when its platform or file cannot be read."""


class StoreBusyError(ItsmMaturityError):
    """Evidence cannot be written now, so that no connector's records can be stored."""


@dataclass(frozen=True)
class Options:
    """How to sync."""

    full: bool = False
    """Read everything again, whatever the bookmarks say, and believe every deletion."""
    since: date | None = None
    """Read again from this day on; bookmarks stay where they are and nothing is deleted."""
    remap: bool = False
    """Map stored records again without asking the platform."""

    @property
    def afresh(self) -> bool:
        """Whether bookmarks are left aside."""
        return self.full or self.since is not None


INCREMENTAL = Options()
"""Reads what changed since the last time."""


def sync(
    workspace: Workspace,
    names: Sequence[str] = (),
    options: Options = INCREMENTAL,
    progress: Progress = silent,
) -> SyncReport:
    """Pull what changed through the named connectors (all without names) into evidence.

    Raises ConfigurationError before anything is read when settings contradict a platform, UsageError for an
    unknown connector, FatalError or RetriableError when a store cannot be used. A platform that fails is
    reported and does not stop the others.
    """
    connectors = workspace.connectors(names, since=options.since, afresh=options.full)
    with ExitStack() as ends:
        ours = {
            name: each
            for name, each in connectors.items()
            if ends.enter_context(workspace.history.turn(name))
        }
        if not options.remap:
            _refuse_wrong_settings(workspace, ours)
        turns = {name: _ConnectorSync(workspace, name, ours[name], options, progress) for name in ours}
        return SyncReport(
            tuple(turns[name].run() if name in turns else _busy(workspace, name) for name in connectors)
        )


def _busy(workspace: Workspace, name: str) -> ConnectorReport:
    """Say that another sync reads a source, and since when."""
    running = (each for each in workspace.history.runs() if each.kind == "sync" and each.connector == name)
    begun = next((f" since {each.started_at:%Y-%m-%d %H:%M} UTC" for each in running if not each.outcome), "")
    said = f"{name}: another sync of it has been running{begun}, so nothing was read. Wait for its end."
    return ConnectorReport(name, "failed", (), said)


def _refuse_wrong_settings(workspace: Workspace, connectors: Mapping[str, Connector]) -> None:
    problems: list[Problem] = []
    for name, connector in connectors.items():
        try:
            problems += workspace.setting_problems(name, connector.problems())
        except (FatalError, RetriableError):
            continue  # the platform cannot be asked: its own turn reports that
    if problems:
        raise ConfigurationError(problems, hint="Mend these settings; nothing was read.")


@dataclass
class _ConnectorSync:
    """One connector's turn."""

    workspace: Workspace
    name: str
    connector: Connector
    options: Options
    progress: Progress
    identifier: str = ""
    reports: list[KindReport] = field(default_factory=list)
    failed: bool = False
    before: Reading = field(default_factory=Reading)
    """What the windows of the present kind brought before the present one."""
    probed: dict[str, Asked] = field(default_factory=dict)
    """What the probe of each kind took, until it stands in the ledger."""
    told: Asked = field(default_factory=Asked)
    """What stands in the ledger of what the connector asked."""

    def run(self) -> ConnectorReport:
        """Do it, with its start and its end in history; a killed run stays visible as unfinished."""
        history = self.workspace.history
        self.identifier = history.start_run("sync", self.name, self.workspace.now())
        try:
            report = self._remap() if self.options.remap else self._pull()
        except Exception as error:
            history.finish_run(self.identifier, "failed", self.workspace.now(), _sentence(error))
            raise
        history.finish_run(self.identifier, report.outcome, self.workspace.now(), report.message)
        return report

    def _pull(self) -> ConnectorReport:
        capabilities = self.connector.capabilities()
        try:
            probed = {result.kind: result for result in self.connector.probe()}
        except (FatalError, RetriableError) as error:
            for kind in capabilities:
                self._report(ledger.row(self.name, kind, "failed", _sentence(error)))
            return self._summary(_sentence(error))
        self.probed = {kind: result.asked for kind, result in probed.items()}
        self.told = sum(self.probed.values(), Asked())
        with self.workspace.evidence() as evidence:
            identity = evidence.version().store
        for kind, capability in capabilities.items():
            self._pull_kind(
                kind, capability, probed.get(kind) or ProbeResult(kind, KindState.UNKNOWN), identity
            )
        withdraw(self.workspace, self.name, capabilities)
        return self._summary()

    def _remap(self) -> ConnectorReport:
        """Map every stored record again with today's settings, from what was kept with it."""
        for kind, capability in self.connector.capabilities().items():
            try:
                self._remap_kind(kind, capability)
            except (FatalError, SkippableError) as error:
                self._report(ledger.row(self.name, kind, "failed", _sentence(error)))
        return self._summary()

    def _remap_kind(self, kind: str, capability: Capability) -> None:
        started = perf_counter()
        filled = _Filled()
        with self.workspace.evidence() as evidence, Spool() as spool:
            for batch in evidence.records(self.name, kind):
                mapped = [self.connector.remap(kind, record) for record in batch]
                filled.note(batch, mapped)
                spool.keep(kind, mapped)
                self.progress(f"{self.name}: mapping {kind} again", spool.count(kind), None)
            counts = evidence.merge(self.name, kind, spool.records(kind))
            before = support_of(evidence, self.name, kind)
            if before is not None:
                evidence.declare(filled.support(before, capability))
        line = ledger.with_counts(ledger.row(self.name, kind, "stored"), counts)
        self._report(ledger.judged(replace(line, seconds=perf_counter() - started)))

    def _pull_kind(self, kind: str, capability: Capability, probed: ProbeResult, identity: str) -> None:
        # What the platform turned out to deliver counts, not what the settings promise.
        capability = probed.capability or capability
        if probed.state in ledger.NOT_READ:
            outcome = ledger.NOT_READ[probed.state]
            self._report(ledger.row(self.name, kind, outcome, probed.detail))
            declare(self.workspace, self.name, kind, capability, probed.state, complete=False)
        elif self._pull_windows(kind, identity):
            state = KindState.READABLE if probed.state is KindState.UNKNOWN else probed.state
            declare(self.workspace, self.name, kind, capability, state, complete=not self.failed)
        else:
            self.failed = True

    def _pull_windows(self, kind: str, identity: str) -> bool:
        """Read and store the windows of a kind, oldest first; False when the platform failed."""
        history = self.workspace.history
        bookmark = None if self.options.afresh else history.bookmark(self.name, kind, identity)
        tally, self.before = self._tally(kind, identity, bookmark), Reading()
        windows = self.connector.windows(kind, bookmark)
        while True:
            try:
                window = next(windows, None)
            except PLATFORM_ERRORS as error:
                self._report(ledger.row(self.name, kind, "failed", _sentence(error)))
                return False
            if window is None:
                if self.connector.asked != self.told:
                    # Planning asked as well, and found nothing more to read.
                    self._report(ledger.row(self.name, kind, "unchanged"))
                tally.end()
                return True
            lines = self._pull_window(window, tally)
            if any(line.outcome == "failed" for line in lines):
                return False
            if self.options.since is None and not _wants_mending(window, lines):
                history.set_bookmark(self.name, kind, identity, window.bookmark, self.workspace.now())

    def _tally(self, kind: str, identity: str, bookmark: str | None) -> Tally:
        partial = self.options.since is not None
        beginning = bookmark is None and not partial
        empty = False
        if beginning:
            with self.workspace.evidence() as evidence:
                empty = not evidence.ids(self.name, kind)
        return Tally(
            self.workspace.history,
            self.name,
            kind,
            identity,
            beginning=beginning,
            empty=empty,
            partial=partial,
        )

    def _pull_window(self, window: Window, tally: Tally) -> list[LedgerRow]:
        """Read and store one window and return its ledger; nothing is remembered of one that failed."""
        reading, started, begun = Reading(), perf_counter(), self.workspace.now()
        stored = None
        with Spool() as spool:
            try:
                self._read(window, reading, spool)
                stored = self._commit(window, reading, spool, begun)
            except PLATFORM_ERRORS as error:
                line = ledger.row(self.name, window.kind, "failed", _sentence(error))
        lines = stored.lines if stored else [ledger.with_reading(line, window, reading)]
        if stored:
            # Before the bookmark: a run that is killed between them counts the window twice, not never.
            tally.add(window, stored.brought, stored.loss)
        for line in lines:
            if line.kind == window.kind:
                self._report(replace(line, seconds=perf_counter() - started), reading)
            else:
                self._report(line)
        self.before.received += reading.received
        self.before.counted = (self.before.counted or 0) + (reading.counted or reading.received)
        return lines

    def _commit(self, window: Window, reading: Reading, spool: Spool, begun: datetime) -> Stored:
        self._show("storing", window, reading)
        try:
            return commit_window(self.workspace, self.name, window, reading, spool, self._deletions(), begun)
        except RetriableError as error:
            # Somebody else holds evidence: waiting for it again with every window would take hours.
            raise StoreBusyError(error.message, hint=error.hint) from error

    def _read(self, window: Window, reading: Reading, spool: Spool) -> None:
        for batch in self.connector.read(window, reading):
            spool.add(batch)
            self._show("reading", window, reading)

    def _show(self, doing: str, window: Window, reading: Reading) -> None:
        """Tell how many rows of the kind came so far, of how many that were counted in the windows so far."""
        counted = None if reading.counted is None else (self.before.counted or 0) + reading.counted
        self.progress(f"{self.name}: {doing} {window.kind}", self.before.received + reading.received, counted)

    def _deletions(self) -> Deletions:
        if self.options.since is not None:
            return Deletions.NEVER
        return Deletions.BELIEVED if self.options.full else Deletions.PLAUSIBLE

    def _report(self, line: LedgerRow, reading: Reading | None = None) -> None:
        line = self._with_requests(line)
        self.workspace.history.add_ledger(self.identifier, line)
        rejected = reading.rejected[:REJECTIONS_SHOWN] if reading else []
        self.reports.append(KindReport(line, tuple(f"{each.position}: {each.reason}" for each in rejected)))

    def _with_requests(self, line: LedgerRow) -> LedgerRow:
        """Add what led up to a row: the probe of its kind, and planning."""
        asked = self.connector.asked
        new, probe, self.told = asked - self.told, self.probed.pop(line.kind, Asked()), asked
        requests, retries = max(line.requests, new.requests), max(line.retries, new.retries)
        return replace(line, requests=requests + probe.requests, retries=retries + probe.retries)

    def _summary(self, message: str = "") -> ConnectorReport:
        reported = {report.row.kind for report in self.reports}
        for kind in self.connector.capabilities():
            if kind not in reported:
                self._report(ledger.row(self.name, kind, "unchanged"))
        records = tuple(ledger.totals(self.reports))
        outcome = ledger.worst(report.row.outcome for report in records)
        return ConnectorReport(self.name, outcome, records, message or _first_message(records))


@dataclass
class _Filled:
    """Columns, by feed, that hold a value in some record, before and after mapping again."""

    before: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    after: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, before: Sequence[Record], after: Sequence[Record]) -> None:
        """Note the columns of some records."""
        for names, records in ((self.before, before), (self.after, after)):
            for record in records:
                filled = {name for name, value in record.values.items() if value is not None}
                for feed in {record.feed, ""}:
                    names[feed] |= filled

    def support(self, before: Support, capability: Capability) -> Support:
        """Return what the source can say now: what it was found to deliver, and what the mapping made new.

        The settings promise more than the platform delivers, and nobody asked the platform. A column that
        was filled before and is not supported was found to be unreadable since, so it stays out.
        """
        whole = self._now("", before, capability)
        feeds = {
            name: self._now(name, feed, capability.feeds.get(name, capability))
            for name, feed in before.feeds.items()
        }
        return replace(before, columns=whole.columns, tracked=whole.tracked, feeds=feeds)

    def _now(self, feed: str, before: Support | Feed, promised: Capability | Feed) -> Feed:
        found = before.columns | (self.after[feed] - self.before[feed])
        return Feed(promised.columns & found, promised.tracked & before.tracked)


def _wants_mending(window: Window, lines: Sequence[LedgerRow]) -> bool:
    """Say whether a snapshot held rows that could not be read.

    It is read again each time until it is mended, so that a scheduled sync does not turn green by itself.
    """
    return window.since is None and window.until is None and any(line.rejected for line in lines)


def _first_message(records: Sequence[KindReport]) -> str:
    return next((f"{each.row.kind}: {each.row.message}" for each in records if each.row.message), "")


def _sentence(error: BaseException) -> str:
    """Return what went wrong and what to do about it; the name alone of an error that is not ours."""
    if isinstance(error, ItsmMaturityError):
        return " ".join(part for part in (error.message, error.hint) if part)
    return type(error).__name__
