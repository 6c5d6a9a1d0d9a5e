"""The daemon's life: becomes the leader, runs jobs, reloads its configuration, and stops when asked."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic, sleep

import config
from config import Configuration
from scheduler.daemon.jobs import Job, jobs_of
from scheduler.daemon.runner import Runner, Said, Work
from scheduler.daemon.work import GuardedWorkspace, ThreadWork
from storage.errors import ItsmMaturityError, UsageError
from storage.history import History
from storage.history.database import resolve
from storage.history.lease import LEASE_SECONDS, LeadershipLostError, Lease

TURN = "-daemon"
"""Name of the lock that one daemon holds beside a SQLite history; no connector's name has a dash."""
LOOK_SECONDS, RENEW_SECONDS, PATIENCE_SECONDS = 0.5, 3.0, 8.0
"""How often the clock is looked at, how often the lease is renewed, how long runs may take to stop."""
LONGEST_TROUBLE = 8.0
"""Seconds between two tries of a store that cannot be used: shorter than a lease holds."""


@dataclass
class Signals:
    """What was asked of the daemon from outside."""

    stop: bool = False
    reload: bool = False


@dataclass
class Daemon:
    """One daemon on one configuration file."""

    file: Path
    tell: Callable[[Said], None]
    signals: Signals = field(default_factory=Signals)
    watch: bool = False
    """Reload a configuration that was changed without being asked."""

    def run(self) -> bool:
        """Run until asked to stop; True where every run ended before it.

        Raises ConfigurationError and UsageError for what cannot be begun, UsageError where another daemon
        runs on the same SQLite history.
        """
        configuration = config.load(self.file, os.environ)
        jobs = jobs_of(configuration)
        with ExitStack() as open_until_end:
            history = open_until_end.enter_context(History.open(configuration.history, configuration.folder))
            embedded = resolve(configuration.history, configuration.folder, 0).embedded
            if embedded and not open_until_end.enter_context(history.turn(TURN)):
                raise UsageError(
                    "Another daemon runs on this history already, and SQLite is for one.",
                    hint="Stop the other one, or keep history in PostgreSQL, where several take turns.",
                )
            leader = Leader(history, configuration, jobs, self.tell, takes_turns=not embedded)
            self._loop(leader)
            self.tell(Said(now(), "", "stopping", "Runs finish the page in hand."))
            return leader.end()

    def _loop(self, leader: Leader) -> None:
        trouble, changed = 0.0, self._changed()
        while not self.signals.stop:
            if self.watch and changed != self._changed():
                changed, self.signals.reload = self._changed(), True
            try:
                self._reload(leader)
                leader.look(now())
                trouble = 0.0
            except LeadershipLostError as error:
                leader.step_down()
                self._complain(error)
            except ItsmMaturityError as error:
                # A store that is locked, full or restarted: whatever was not noted is noted later.
                trouble = min(max(1.0, trouble * 2), LONGEST_TROUBLE)
                self._complain(error, f" Tried again in {trouble:.0f} s.")
                self._rest(trouble)
            self._rest(LOOK_SECONDS)

    def _reload(self, leader: Leader) -> None:
        if not self.signals.reload:
            return
        self.signals.reload = False
        try:
            configuration = config.load(self.file, os.environ)
            if configuration.history != leader.configuration.history:
                raise UsageError("history has another address now, which takes a restart.")
            leader.adopt(configuration, jobs_of(configuration))
        except ItsmMaturityError as error:
            self._complain(error, " The configuration of before stays in force.")
        else:
            self.tell(Said(now(), "", "reloaded", f"{len(leader.jobs)} jobs are scheduled."))

    def _complain(self, error: ItsmMaturityError, after: str = "") -> None:
        text = " ".join(part for part in (error.message, error.hint) if part)
        self.tell(Said(now(), "", "trouble", text + after))

    def _rest(self, seconds: float) -> None:
        # In small pieces: a clock that jumps, or a signal, is seen at once.
        end = monotonic() + seconds
        while not self.signals.stop and monotonic() < end:
            sleep(min(LOOK_SECONDS, max(0.0, end - monotonic())))

    def _changed(self) -> float:
        try:
            return self.file.stat().st_mtime
        except OSError:
            return 0.0


class Leader:
    """Leads when nobody else does, and runs jobs while it leads."""

    def __init__(
        self,
        history: History,
        configuration: Configuration,
        jobs: dict[str, Job],
        tell: Callable[[Said], None],
        *,
        takes_turns: bool,
    ) -> None:
        self.configuration = configuration
        self.jobs = jobs
        self._history = history
        self._tell = tell
        self._takes_turns = takes_turns
        self._holder = f"{socket.gethostname()} {os.getpid()}"
        self._lease: Lease | None = None
        self._renewed = 0.0
        self._told_to_wait = False
        self._runner: Runner | None = None
        self._works: list[Work] = []

    def look(self, at: datetime) -> None:
        """Do what there is to do at a moment."""
        if self._runner is None:
            self._take_over(at)
        elif self._takes_turns and monotonic() - self._renewed >= RENEW_SECONDS and self._lease:
            self._history.renew_lease(self._lease)
            self._renewed = monotonic()
        if self._runner is not None:
            self._runner.tick(at)

    def adopt(self, configuration: Configuration, jobs: dict[str, Job]) -> None:
        """Go on with another configuration; runs that go on keep theirs."""
        if self._runner is not None:
            self._runner.adopt(jobs, now())
        self.configuration, self.jobs = configuration, jobs

    def step_down(self) -> None:
        """Lead no more: runs that still go on are asked to end, and can commit nothing."""
        if self._runner is not None:
            self._runner.stop()
        self._runner, self._lease = None, None
        self._history.write_only_as(None)

    def end(self) -> bool:
        """Let runs finish the page in hand, note what became of them and let another lead.

        True where all ended; a run that waits for a platform may not, and loses nothing when it is killed.
        """
        if self._runner is None or self._lease is None:
            return self._all_ended()
        self._runner.stop()
        deadline = monotonic() + PATIENCE_SECONDS
        while not self._all_ended() and monotonic() < deadline:
            sleep(0.05)
        ended = self._all_ended()
        if ended or self._fence_off():
            self._runner.abandon(now())
            self._history.release_lease(self._lease)
        return ended

    def _fence_off(self) -> bool:
        """Keep runs that did not end from committing after they were noted as stopped."""
        assert self._lease is not None, "only who leads ends runs"  # noqa: S101
        self._history.release_lease(self._lease)
        self._history.write_only_as(None)
        self._lease = self._history.take_lease(self._holder)
        self._history.write_only_as(self._lease)
        # Where another daemon was quicker, it notes them.
        return self._lease is not None

    def _take_over(self, at: datetime) -> None:
        if not self._all_ended():
            return
        # The lock beside a SQLite history is enough there, so that a restart after a crash need not wait.
        seconds = LEASE_SECONDS if self._takes_turns else 0
        lease = self._history.take_lease(self._holder, seconds)
        if lease is None:
            if not self._told_to_wait:
                self._tell(
                    Said(at, "", "waiting", "Another daemon leads; this one takes over when that ends.")
                )
            self._told_to_wait = True
            sleep(LOOK_SECONDS)
            return
        self._renewed, self._lease, self._works = monotonic(), lease, []
        self._history.write_only_as(lease)
        runner = Runner(self._history, self._launch, self._tell)
        try:
            runner.begin(self.jobs, at)
        except ItsmMaturityError:
            self.step_down()
            raise
        self._runner, self._told_to_wait = runner, False
        self._tell(Said(at, "", "leading", f"{len(self.jobs)} jobs are scheduled."))

    def _launch(self, job: Job) -> Work:
        assert self._lease is not None, "only who leads launches"  # noqa: S101
        work = ThreadWork(job, partial(GuardedWorkspace, self.configuration, self._lease))
        self._works = [each for each in self._works if each.outcome() is None] + [work]
        return work

    def _all_ended(self) -> bool:
        return all(each.outcome() is not None for each in self._works)


def now() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)
