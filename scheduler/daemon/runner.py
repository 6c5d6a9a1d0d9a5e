"""Runs jobs when they are due; each due time leaves a row in history, whatever becomes of it.

Rows come first: a run is noted before it begins and its end before it is forgotten, so that whoever comes
after a killed daemon finds what was going on and tries it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from config.schedules import Schedule
from scheduler.daemon.due import Known, Timetable, Try, step, wake
from scheduler.daemon.jobs import DONE, FAILED, Job, Outcome
from storage.history import History, JobRun, PlannedJob

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
"""Wait after a first failure, doubled with each further one up to the longest."""
STOPPED = "It was stopped before its end, and is tried again."
COMMITTED = "It was stopped after its result was stored."
SLEPT = "Nobody was there to run it (asleep, switched off or busy); the last of these times stands for it."
CHANGED = "Nobody was there to run it before its schedule was changed."


class Work(Protocol):
    """A run that goes on."""

    def outcome(self) -> Outcome | None:
        """Return how it ended; None while it goes on."""

    def stop(self) -> None:
        """Ask it to end after the page in hand."""


@dataclass(frozen=True)
class Said:
    """One thing that happened, for whoever watches."""

    at: datetime
    job: str
    event: str
    message: str = ""


@dataclass
class _Entry:
    job: Job
    timetable: Timetable
    known: Known
    wake: datetime | None = None
    """When there is something to do next; None where that has to be found out."""


@dataclass
class _Going:
    row: JobRun
    work: Work


class Runner:
    """The jobs of the daemon that leads."""

    def __init__(self, history: History, launch: Callable[[Job], Work], tell: Callable[[Said], None]) -> None:
        self._history = history
        self._launch = launch
        self._tell = tell
        self._entries: dict[str, _Entry] = {}
        self._going: dict[str, _Going] = {}

    @property
    def going(self) -> bool:
        """Whether any run goes on."""
        return bool(self._going)

    def begin(self, jobs: Mapping[str, Job], now: datetime) -> None:
        """Take over: what was going on when the daemon before was stopped failed, and is tried again."""
        for row in self._history.job_runs(1000, state="running"):
            self._end(row, self._left_by(row, jobs.get(row.job)), now, now)
        self.adopt(jobs, now)

    def adopt(self, jobs: Mapping[str, Job], now: datetime) -> None:
        """Run these jobs from now on; those that go on are not disturbed.

        Times that passed by an earlier schedule are accounted for by that one.
        """
        planned = {each.name: each for each in self._history.planned_jobs()}
        for name in planned.keys() - jobs.keys():
            self._history.forget_job(name)
        entries = {}
        for name, job in jobs.items():
            text, before = job.schedule.text(), planned.get(name)
            if before is None or before.schedule != text:
                if before is not None:
                    self._account(before, now)
                before = PlannedJob(name, text, now)
                self._history.plan_job(before)
            entries[name] = _Entry(job, Timetable(name, job.schedule), self._known(name, before.since))
        self._entries = entries

    def tick(self, now: datetime) -> None:
        """Note what ended, and begin what is due."""
        for name, going in list(self._going.items()):
            outcome = going.work.outcome()
            if outcome is not None:
                self._finish(name, going.row, outcome, now)
        for entry in self._entries.values():
            while entry.wake is None or entry.wake <= now:
                self._advance(entry, now)

    def stop(self) -> None:
        """Ask all runs to end."""
        for going in self._going.values():
            going.work.stop()

    def abandon(self, now: datetime) -> None:
        """Note what still goes on as stopped; the next daemon begins with it."""
        for name, going in list(self._going.items()):
            entry = self._entries.get(name)
            left = self._left_by(going.row, entry.job if entry else None)
            self._finish(name, going.row, going.work.outcome() or left, now)

    def _left_by(self, row: JobRun, job: Job | None) -> Outcome:
        """Return what became of a run that cannot say so any more."""
        whole = job is not None and job.committed(self._history, row.started_at or row.due_at)
        return Outcome(DONE, COMMITTED) if whole else Outcome(FAILED, STOPPED)

    def _known(self, name: str, since: datetime) -> Known:
        going, last = self._going.get(name), self._history.last_try(name)
        running = Try(going.row.due_at, going.row.attempt) if going else None
        if last is None or last.state != FAILED:
            return Known(since, running)
        return Known(since, running, Try(last.due_at, last.attempt), last.retry_at)

    def _account(self, planned: PlannedJob, now: datetime) -> None:
        """Note the times of a schedule that is no longer in force as missed."""
        timetable = Timetable(planned.name, Schedule.of_text(planned.schedule))
        known = Known(planned.since)
        while known.since < now:
            found = step(timetable, known, now)
            passed = (*found.missed, *((found.start.due,) if found.start else ()))
            self._history.add_job_runs(_rows(planned.name, passed, "missed", CHANGED))
            if found.since == known.since:
                return
            known = Known(found.since)

    def _advance(self, entry: _Entry, now: datetime) -> None:
        name, known = entry.job.name, entry.known
        found = step(entry.timetable, known, now)
        rows = _rows(name, found.missed, "missed", SLEPT)
        rows += _rows(name, found.skipped, "skipped", _why_skipped(known))
        started = found.start and JobRun(name, found.start.due, found.start.attempt, "running", now)
        self._history.add_job_runs([*rows, started] if started else rows)
        for row in rows:
            self._tell(Said(now, name, row.state, f"due {_moment(row.due_at)}. {row.message}"))
        entry.known = replace(known, since=found.since)
        if started:
            entry.known = Known(found.since, running=found.start)
            self._tell(Said(now, name, "started", f"due {_moment(started.due_at)}"))
            self._going[name] = _Going(started, self._launch(entry.job))
        entry.wake = wake(entry.timetable, entry.known)

    def _finish(self, name: str, row: JobRun, outcome: Outcome, now: datetime) -> None:
        wait = min(FIRST_WAIT * 2 ** min(row.attempt - 1, 10), LONGEST_WAIT)
        again = now + max(wait, timedelta(seconds=outcome.retry_after))
        stopped = outcome.message == STOPPED
        failed = self._end(row, outcome, now, now if stopped else again)
        del self._going[name]
        entry = self._entries.get(name)
        if entry is not None:
            tried = Try(row.due_at, row.attempt) if failed.retry_at else None
            entry.known = Known(entry.known.since, failed=tried, retry_at=failed.retry_at)
            entry.wake = None

    def _end(self, row: JobRun, outcome: Outcome, now: datetime, again: datetime) -> JobRun:
        retry_at = again if outcome.state != DONE else None
        ended = replace(row, state=outcome.state, finished_at=now, retry_at=retry_at, message=outcome.message)
        self._history.end_job_run(ended)
        when = f" Tried again at {_moment(retry_at)}." if retry_at else ""
        self._tell(Said(now, row.job, outcome.state, outcome.message + when))
        return ended


def _rows(job: str, times: Iterable[datetime], state: str, message: str) -> list[JobRun]:
    return [JobRun(job, due, 0, state, message=message) for due in times]


def _why_skipped(known: Known) -> str:
    if known.running is not None:
        return f"The run that was due {_moment(known.running.due)} still went on."
    tried = known.failed.attempt if known.failed else 0
    until = f" until {_moment(known.retry_at)}" if known.retry_at else ""
    return f"It waited{until} after {tried} failed tries."


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
