"""Every expected run is a row: done, missed, skipped or failed, whatever happens meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from config.schedules import Schedule
from scheduler.daemon.due import Timetable
from scheduler.daemon.jobs import Job, Outcome
from scheduler.daemon.runner import STOPPED, Runner, Said
from storage.history import JobRun
from storage.history.store import History

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)


@dataclass
class Simulated:
    """A run that ends when the simulated clock has come to its end."""

    ends: datetime
    ended: Outcome
    clock: Callable[[], datetime]
    stopped: bool = False

    def outcome(self) -> Outcome | None:
        if self.stopped:
            return Outcome("failed", STOPPED)
        return self.ended if self.clock() >= self.ends else None

    def stop(self) -> None:
        self.stopped = True


@dataclass
class World:
    """Daemons on one history with a clock that a test moves."""

    folder: Path
    now: datetime = MONDAY
    takes: dict[str, timedelta] = field(default_factory=dict)
    fails: Callable[[str, datetime], bool] = lambda _name, _now: False
    said: list[Said] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)

    def schedule(self, **lines: str) -> None:
        self.jobs = {name: job(name, line) for name, line in lines.items()}

    def daemon(self) -> Runner:
        """Start a daemon; the one before is as good as killed."""
        history = History.open("sqlite:maturity.db", self.folder)
        runner = Runner(history, self._launch, self.said.append)
        runner.begin(self.jobs, self.now)
        return runner

    def go_on(self, runner: Runner, until: datetime, every: timedelta = MINUTE) -> None:
        while self.now < until:
            self.now += every
            runner.tick(self.now)

    def rows(self, name: str) -> list[JobRun]:
        with History.open("sqlite:maturity.db", self.folder) as history:
            return history.job_runs(100_000, job=name)[::-1]

    def _launch(self, job: Job) -> Simulated:
        failed = self.fails(job.name, self.now)
        ended = Outcome("failed", "The platform is away.") if failed else Outcome("done")
        return Simulated(self.now + self.takes.get(job.name, MINUTE), ended, lambda: self.now)


def job(name: str, line: str) -> Job:
    return Job(name, Schedule(cron=line, time_zone="Europe/London"), lambda *_: Outcome("done"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world whose thousands of commits do not wait for the disk."""

    def hurry(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    event.listen(Pool, "checkout", hurry)
    yield World(tmp_path)
    event.remove(Pool, "checkout", hurry)


def states(rows: list[JobRun]) -> list[tuple[str, str]]:
    return [(f"{row.due_at:%d %H:%M}", row.state) for row in rows]


def test_a_run_is_a_row_from_its_begin_to_its_end(world: World) -> None:
    world.schedule(assess="15 9 * * *")
    runner = world.daemon()
    world.go_on(runner, MONDAY + 15 * MINUTE)
    assert world.rows("assess") == [JobRun("assess", world.now, 1, "running", started_at=world.now)]
    world.go_on(runner, MONDAY + 20 * MINUTE)
    (row,) = world.rows("assess")
    assert (row.state, row.finished_at) == ("done", MONDAY + 16 * MINUTE)


def test_a_job_never_runs_twice_at_a_time_and_what_was_skipped_is_told(world: World) -> None:
    world.schedule(sync="*/10 * * * *")
    world.takes["sync"] = 25 * MINUTE
    world.go_on(world.daemon(), MONDAY + 69 * MINUTE)
    assert states(world.rows("sync")) == [
        ("05 09:10", "done"),
        ("05 09:20", "skipped"),
        ("05 09:30", "skipped"),
        ("05 09:40", "done"),
        ("05 09:50", "skipped"),
        ("05 10:00", "skipped"),
    ]
    assert "The run that was due 2026-01-05 09:10:00 UTC still went on." in world.rows("sync")[1].message


def test_jobs_do_not_wait_for_each_other(world: World) -> None:
    world.schedule(sync="10 * * * *", assess="15 * * * *")
    world.takes["sync"] = 5 * HOUR
    world.go_on(world.daemon(), MONDAY + 30 * MINUTE)
    assert [row.state for row in world.rows("assess")] == ["done"]


def test_a_failed_job_backs_off_and_says_when_it_tries_again(world: World) -> None:
    world.schedule(assess="0 10 * * *")
    world.fails = lambda _name, now: now < MONDAY + 90 * MINUTE
    world.go_on(world.daemon(), MONDAY + 4 * HOUR)
    rows = world.rows("assess")
    assert [row.attempt for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.state for row in rows] == ["failed"] * 5 + ["done"]
    assert {row.due_at for row in rows} == {MONDAY + HOUR}
    waits = [row.retry_at - row.finished_at for row in rows[:-1] if row.retry_at and row.finished_at]
    assert waits == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE, 16 * MINUTE]
    failures = [each.message for each in world.said if each.event == "failed"]
    assert failures[0] == "The platform is away. Tried again at 2026-01-05 10:02:00 UTC."


def test_times_that_come_while_a_failed_job_waits_are_skipped(world: World) -> None:
    world.schedule(sync="*/5 * * * *")
    world.fails = lambda _name, now: now < MONDAY + 18 * MINUTE
    world.go_on(world.daemon(), MONDAY + 39 * MINUTE)
    rows = world.rows("sync")
    assert {"done", "failed", "skipped"} == {row.state for row in rows}
    assert any("after 4 failed tries" in row.message for row in rows)


def test_what_a_killed_daemon_was_doing_failed_and_is_tried_again_at_once(world: World) -> None:
    world.schedule(assess="0 10 * * *")
    world.takes["assess"] = 30 * MINUTE
    world.go_on(world.daemon(), MONDAY + 70 * MINUTE)
    world.now += 10 * MINUTE
    runner = world.daemon()
    world.go_on(runner, MONDAY + 3 * HOUR)
    first, second = world.rows("assess")
    assert (first.state, first.message) == ("failed", STOPPED)
    assert (second.state, second.attempt, second.due_at) == ("done", 2, first.due_at)


def test_a_killed_run_that_had_left_its_whole_result_is_not_run_again(world: World) -> None:
    world.schedule(assess="0 10 * * *")
    world.takes["assess"] = 30 * MINUTE
    world.go_on(world.daemon(), MONDAY + 70 * MINUTE)
    asked: list[datetime] = []

    def committed(_history: History, since: datetime) -> bool:
        asked.append(since)
        return True

    world.jobs["assess"] = replace(world.jobs["assess"], committed=committed)
    world.go_on(world.daemon(), MONDAY + 3 * HOUR)
    assert asked == [MONDAY + HOUR]
    assert [row.state for row in world.rows("assess")] == ["done"]


def test_a_stopped_run_is_tried_again_by_the_next_daemon(world: World) -> None:
    world.schedule(assess="0 10 * * *")
    world.takes["assess"] = 30 * MINUTE
    runner = world.daemon()
    world.go_on(runner, MONDAY + 70 * MINUTE)
    runner.stop()
    runner.abandon(world.now)
    world.go_on(world.daemon(), MONDAY + 3 * HOUR)
    assert [row.state for row in world.rows("assess")] == ["failed", "done"]


def test_what_was_due_while_no_daemon_ran_is_missed_but_the_last(world: World) -> None:
    world.schedule(sync="0 * * * *")
    world.go_on(world.daemon(), MONDAY + 90 * MINUTE)
    world.now = MONDAY + 5 * HOUR + 30 * MINUTE
    world.go_on(world.daemon(), MONDAY + 6 * HOUR - MINUTE)
    assert [row.state for row in world.rows("sync")] == ["done", "missed", "missed", "missed", "done"]


def test_a_new_schedule_holds_from_now_on_and_the_old_one_is_accounted_for(world: World) -> None:
    world.schedule(sync="0 * * * *")
    world.go_on(world.daemon(), MONDAY + 90 * MINUTE)
    world.now = MONDAY + 3 * HOUR + 30 * MINUTE
    world.schedule(sync="45 * * * *")
    world.go_on(world.daemon(), MONDAY + 5 * HOUR)
    assert states(world.rows("sync")) == [
        ("05 10:00", "done"),
        ("05 11:00", "missed"),
        ("05 12:00", "missed"),
        ("05 12:45", "done"),
        ("05 13:45", "done"),
    ]


def test_a_changed_configuration_leaves_what_goes_on_alone(world: World) -> None:
    world.schedule(sync="0 10 * * *", assess="0 11 * * *")
    world.takes["sync"] = 30 * MINUTE
    runner = world.daemon()
    world.go_on(runner, MONDAY + 70 * MINUTE)
    world.schedule(assess="30 11 * * *")
    runner.adopt(world.jobs, world.now)
    world.go_on(runner, MONDAY + 3 * HOUR)
    assert [row.state for row in world.rows("sync")] == ["done"]
    assert states(world.rows("assess")) == [("05 11:30", "done")]


@pytest.mark.parametrize("begin", ["2026-03-10", "2026-10-10"], ids=["spring", "autumn"])
def test_a_month_with_a_clock_change_restarts_and_a_long_sleep_accounts_for_every_run(
    world: World, begin: str
) -> None:
    """A month in seconds: a daemon that is killed each fourth day, a machine that sleeps 9 hours."""
    start = datetime.fromisoformat(begin).replace(hour=3, minute=7, tzinfo=UTC)
    lines = {"sync": "*/30 * * * *", "assess": "30 1 * * *", "weekly": "0 6 1 * MON", "hourly": "5 * * * *"}
    world.now, world.takes = start, {"sync": 40 * MINUTE, "assess": 3 * HOUR}
    world.fails = lambda name, now: name == "hourly" and now.hour in (4, 5)
    world.schedule(**lines)
    for days in range(0, 32, 4):
        runner = world.daemon()
        world.go_on(runner, start + (days + 4) * DAY - 2 * HOUR, 5 * MINUTE)
        if days == 12:
            world.now += 9 * HOUR
            world.go_on(runner, world.now + HOUR)
    while runner.going:
        world.go_on(runner, world.now + MINUTE)
    for name, line in lines.items():
        rows = world.rows(name)
        told = {row.due_at for row in rows}
        last = max(told)
        expected = Timetable(name, job(name, line).schedule).between(start, last)
        assert sorted(told) == expected, name
        assert last > start + 30 * DAY or name == "weekly"
        at_first = Counter(row.due_at for row in rows if row.attempt <= 1)
        assert max(at_first.values()) == 1, "one row for each time"
        assert all(row.state != "running" for row in rows)
    # In the repeated hour once, in the skipped one at its end: one run for each day.
    nights = {row.due_at for row in world.rows("assess")}
    assert len({night.date() for night in nights}) == len(nights)
    assert {row.state for row in world.rows("sync")} == {"done", "skipped", "missed", "failed"}
