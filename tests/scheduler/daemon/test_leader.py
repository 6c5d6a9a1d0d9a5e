"""What a leader does with runs that hang, with stores that fail, and when it leads no more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

import config
from config.schedules import Schedule
from scheduler.daemon import daemon as module
from scheduler.daemon.daemon import Leader, now
from scheduler.daemon.jobs import Job, Outcome, jobs_of
from scheduler.daemon.runner import STOPPED, Runner, Said
from scheduler.daemon.work import GuardedWorkspace, ThreadWork
from scheduler.progress import Progress
from scheduler.workspace import Workspace
from storage.errors import ConfigurationError, RetriableError, UsageError
from storage.history import JobRun
from storage.history.lease import LEASE_SECONDS, LeadershipLostError
from storage.history.store import History
from tests.storage.history.places import Place

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@contextmanager
def leading(
    place: Place, run: Callable[[Workspace, Progress], Outcome], *, takes_turns: bool = False
) -> Iterator[tuple[Leader, History, list[Said]]]:
    """Lead one job that is due each second."""
    file = place.folder / "itsm-maturity.yaml"
    file.write_text(f"history: {place.url!r}\n")
    job = Job("job", Schedule.model_validate({"every": "1 s"}), run)
    said: list[Said] = []
    with place.open() as history:
        leader = Leader(history, config.load(file, {}), {"job": job}, said.append, takes_turns=takes_turns)
        leader.look(now())
        yield leader, history, said


def look_until(leader: Leader, so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not so():
        assert time.monotonic() < deadline
        leader.look(now())
        time.sleep(0.02)


def test_a_run_ends_after_the_page_in_hand_when_the_daemon_is_stopped(place: Place) -> None:
    pages = []

    def run(_workspace: Workspace, progress: Progress) -> Outcome:
        while True:
            pages.append("begun")
            time.sleep(0.05)
            pages.append("ended")
            progress("reading", len(pages), None)

    with leading(place, run) as (leader, history, _said):
        look_until(leader, lambda: len(pages) > 4)
        assert leader.end(), "all runs ended"
        assert pages[-1] == "ended"
        (row,) = history.job_runs(state="failed")
        assert (row.message, row.retry_at is not None) == (STOPPED, True)


def test_a_run_that_waits_for_its_platform_does_not_hold_up_the_stop(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.3)
    late, begun, refused = Event(), Event(), Event()

    def run(workspace: Workspace, _progress: Progress) -> Outcome:
        begun.set()
        late.wait(30)
        with pytest.raises(LeadershipLostError):
            workspace.history.start_run("assess", None, NOON)
        refused.set()
        return Outcome("done")

    with leading(place, run) as (leader, history, _said):
        look_until(leader, begun.is_set)
        assert not leader.end(), "one was left to be killed"
        assert [row.message for row in history.job_runs(state="failed")] == [STOPPED]
        late.set()
        assert refused.wait(20), "what it writes after it was noted as stopped is refused"


def test_the_time_to_stop_is_shorter_than_ten_seconds_and_than_the_lease() -> None:
    assert min(10, LEASE_SECONDS) > module.PATIENCE_SECONDS + 2 * module.LOOK_SECONDS


def test_a_run_of_a_leader_that_was_replaced_commits_nothing(place: Place) -> None:
    frozen, woken, refused = Event(), Event(), list[str]()

    def run(workspace: Workspace, _progress: Progress) -> Outcome:
        frozen.set()
        woken.wait(20)
        for write in (
            lambda: workspace.history.start_run("sync", "corp", NOON),
            lambda: workspace.evidence().__enter__(),
        ):
            with pytest.raises(LeadershipLostError):
                write()
            refused.append("refused")
        return Outcome("done")

    with leading(place, run) as (leader, _history, _said), place.open() as other:
        look_until(leader, frozen.is_set)
        other.take_lease("other", 0)
        other.take_lease("other", 0)
        woken.set()
        deadline = time.monotonic() + 20
        while len(refused) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert refused == ["refused", "refused"]
        with pytest.raises(LeadershipLostError):
            look_until(leader, lambda: False)
        leader.step_down()
        assert [row.state for row in other.job_runs(state="running")] == ["running"]


def test_an_error_of_a_run_is_told_without_what_a_library_says(tmp_path: Path) -> None:
    def run(*_: Any) -> Outcome:
        raise ValueError("password=hunter2")

    (tmp_path / "c.yaml").write_text("connectors: {}\n")
    found = ended(tmp_path, run)
    assert found == Outcome("failed", "Something went wrong inside itsm-maturity (ValueError).")


def test_a_platform_s_wish_when_to_be_asked_again_is_kept(tmp_path: Path) -> None:
    def run(*_: Any) -> Outcome:
        raise RetriableError("too many requests", hint="Wait.", retry_after=900)

    assert ended(tmp_path, run) == Outcome("failed", "too many requests Wait.", 900)


def ended(folder: Path, run: Callable[..., Outcome]) -> Outcome:
    file = folder / "itsm-maturity.yaml"
    file.write_text("connectors: {}\n")
    job, configuration = Job("job", Schedule.model_validate({"every": "1 s"}), run), config.load(file, {})
    with History.open(configuration.history, folder) as history:
        lease = history.take_lease("me", 0)
        assert lease is not None
        work = ThreadWork(job, lambda stop: GuardedWorkspace(configuration, lease, stop))
        deadline = time.monotonic() + 20
        while (found := work.outcome()) is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    return found


class Failing:
    """A history whose next writes fail, as when a disk is full or a server is restarted."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.times = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._history, name)
        if name not in ("add_job_runs", "end_job_run"):
            return found

        def write(*arguments: Any) -> Any:
            if self.times:
                self.times -= 1
                raise RetriableError("history is held by another process")
            return found(*arguments)

        return write


class Ended:
    """A run that is over as soon as it has begun."""

    def outcome(self) -> Outcome:
        return Outcome("done")

    def stop(self) -> None:
        """Nothing is left to stop."""


def test_what_could_not_be_noted_is_noted_later_and_nothing_is_run_twice(place: Place) -> None:
    launched: list[str] = []

    def launch(job: Job) -> Ended:
        launched.append(job.name)
        return Ended()

    job = Job("job", Schedule.model_validate({"every": "1 min"}), lambda *_: Outcome("done"))
    with place.open() as history:
        failing: Any = Failing(history)
        runner = Runner(failing, launch, lambda _: None)
        runner.begin({"job": job}, NOON)
        for second in range(1, 240):
            failing.times = int(second in (60, 61, 75, 120, 121, 180, 182))
            try:
                runner.tick(NOON + second * SECOND)
            except RetriableError:
                continue
        rows = history.job_runs()[::-1]
    assert [(row.due_at - NOON).seconds for row in rows] == [60, 120, 180]
    assert {row.state for row in rows} == {"done"}
    assert len(launched) == 3


def test_a_clock_that_is_set_back_runs_nothing_twice(place: Place) -> None:
    job = Job("job", Schedule.model_validate({"every": "1 min"}), lambda *_: Outcome("done"))
    with place.open() as history:
        runner = Runner(history, lambda _: Ended(), lambda _: None)
        runner.begin({"job": job}, NOON)
        for second in (*range(0, 200, 10), *range(20, 400, 10)):
            runner.tick(NOON + second * SECOND)
        rows = history.job_runs()[::-1]
    assert [(row.due_at - NOON).seconds for row in rows] == [60, 120, 180, 240, 300, 360]


def test_a_clock_that_jumps_ahead_misses_what_it_jumped_over(place: Place) -> None:
    job = Job("job", Schedule.model_validate({"every": "1 min"}), lambda *_: Outcome("done"))
    with place.open() as history:
        runner = Runner(history, lambda _: Ended(), lambda _: None)
        runner.begin({"job": job}, NOON)
        runner.tick(NOON + 60 * SECOND)
        runner.tick(NOON + 250 * SECOND)
        states = [row.state for row in history.job_runs()[::-1]]
    assert states == ["done", "missed", "missed", "running"]


def test_a_row_of_a_due_time_stands_before_its_run_begins(place: Place) -> None:
    job = Job("job", Schedule.model_validate({"every": "1 min"}), lambda *_: Outcome("done"))
    with place.open() as history:
        noted: list[list[JobRun]] = []

        def launch(_: Job) -> Ended:
            noted.append(history.job_runs(state="running"))
            return Ended()

        runner = Runner(history, launch, lambda _: None)
        runner.begin({"job": job}, NOON)
        runner.tick(NOON + 61 * SECOND)
    assert [len(each) for each in noted] == [1]


def loaded(folder: Path, text: str) -> config.Configuration:
    (folder / "itsm-maturity.yaml").write_text(text)
    return config.load(folder / "itsm-maturity.yaml", {})


def test_a_backup_of_postgresql_is_refused_with_what_to_do(tmp_path: Path) -> None:
    text = 'history: "postgresql://db/itsm"\nbackup: {schedule: "@daily"}\n'
    with pytest.raises(UsageError, match="on SQLite alone"):
        jobs_of(loaded(tmp_path, text))


def test_a_password_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    text = """\
connectors:
  corp:
    type: servicenow
    url: https://corp.service-now.com
    auth: {type: basic, user: reader, password: "${SN_PASSWORD}"}
    schedule: every 30 min
"""
    with pytest.raises(ConfigurationError, match=r"5:50 connectors\.corp\.auth\.password"):
        jobs_of(loaded(tmp_path, text))
