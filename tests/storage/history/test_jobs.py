"""What became of every due time of a job is a row, and one daemon alone can write it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from storage.errors import RetriableError, UsageError
from storage.history import JobRun, PlannedJob
from storage.history.lease import LeadershipLostError
from storage.history.store import History
from tests.storage.history.places import Place
from tests.storage.history.processes import fork_server, lead_and_write
from tests.storage.history.samples import NOON, assessment, ledger_row

HOUR = timedelta(hours=1)


def begun(due: datetime = NOON, attempt: int = 1) -> JobRun:
    return JobRun("sync corp", due, attempt, "running", started_at=due + timedelta(seconds=2))


def test_a_job_run_is_listed_while_it_goes_on_and_says_later_how_it_ended(history: History) -> None:
    history.add_job_runs([begun()])
    assert history.job_runs() == [begun()]
    done = replace(begun(), state="done", finished_at=NOON + HOUR, message="120 stored")
    history.end_job_run(done)
    assert history.job_runs() == [done]


def test_a_due_time_is_begun_once(history: History) -> None:
    history.add_job_runs([begun()])
    with pytest.raises(UsageError, match="break its rules"):
        history.add_job_runs([JobRun("sync corp", NOON - HOUR, 0, "missed"), begun()])
    assert history.job_runs() == [begun()]


def test_a_run_ends_once(history: History) -> None:
    history.add_job_runs([begun()])
    history.end_job_run(replace(begun(), state="failed"))
    with pytest.raises(UsageError, match="no run of sync corp is going on"):
        history.end_job_run(replace(begun(), state="done"))


def test_a_state_nobody_knows_is_refused(history: History) -> None:
    with pytest.raises(UsageError, match="break its rules"):
        history.add_job_runs([replace(begun(), state="perhaps")])


def test_a_job_is_expected_from_its_planning_or_from_its_last_row_on(history: History) -> None:
    history.plan_job(PlannedJob("assess", "{}", NOON))
    assert history.planned_jobs() == [PlannedJob("assess", "{}", NOON)]
    history.add_job_runs([JobRun("assess", NOON + HOUR, 0, "missed")])
    assert history.planned_jobs() == [PlannedJob("assess", "{}", NOON + HOUR)]
    history.plan_job(PlannedJob("assess", "changed", NOON + 3 * HOUR))
    assert history.planned_jobs() == [PlannedJob("assess", "changed", NOON + 3 * HOUR)]


def test_a_forgotten_job_is_expected_no_more_and_keeps_its_rows(history: History) -> None:
    history.plan_job(PlannedJob("assess", "{}", NOON))
    history.add_job_runs([JobRun("assess", NOON, 0, "missed")])
    history.forget_job("assess")
    assert history.planned_jobs() == []
    assert len(history.job_runs()) == 1


def test_the_last_try_is_neither_a_missed_nor_a_skipped_time(history: History) -> None:
    assert history.last_try("sync corp") is None
    history.add_job_runs([begun(), JobRun("sync corp", NOON + HOUR, 0, "skipped"), begun(NOON, 2)])
    history.add_job_runs([JobRun("sync corp", NOON + 2 * HOUR, 0, "missed")])
    assert history.last_try("sync corp") == begun(NOON, 2)
    assert [each.state for each in history.job_runs(2)] == ["missed", "running"]
    assert history.job_runs(state="running", job="sync corp") == [begun(NOON, 2), begun()]


def test_one_leads_until_it_lets_go_and_the_number_grows(history: History) -> None:
    first = history.take_lease("one")
    assert first is not None
    assert history.take_lease("two") is None
    history.renew_lease(first)
    history.release_lease(first)
    second = history.take_lease("two")
    assert second is not None
    assert second.fence == first.fence + 1


WRITES: dict[str, Any] = {
    "assessment": lambda history: history.save_assessment(assessment()),
    "catalogue": lambda history: history.save_catalogue("1.0", {"version": "1.0"}),
    "bookmark": lambda history: history.set_bookmark("corp", "incident", "store-1", "x", NOON),
    "run": lambda history: history.start_run("sync", "corp", NOON),
    "job run": lambda history: history.add_job_runs([begun()]),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_who_does_not_lead_any_more_commits_nothing(place: Place, write: Any) -> None:
    with place.open() as late, place.open() as other:
        lease = late.take_lease("late")
        assert lease is not None
        late.write_only_as(lease)
        run = late.start_run("sync", "corp", NOON)
        late.add_ledger(run, ledger_row())
        other.release_lease(lease)
        assert other.take_lease("other") is not None
        with pytest.raises(LeadershipLostError, match="commits nothing any more"):
            write(late)
        with pytest.raises(LeadershipLostError):
            late.renew_lease(lease)
        assert (other.latest(), other.job_runs(), len(other.runs())) == (None, [], 1)


def test_a_lease_that_ran_out_and_that_nobody_took_still_stands(place: Place) -> None:
    with place.open() as history:
        lease = history.take_lease("one")
        assert lease is not None
        history.write_only_as(lease)
        history.release_lease(lease)
        history.start_run("sync", "corp", NOON)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_another_takes_over_within_30_s_from_a_leader_in_the_middle_of_a_commit(
    place: Place, number: signal.Signals
) -> None:
    if place.embedded:
        pytest.skip("on SQLite one daemon alone may start")
    place.open().close()
    context = fork_server()
    writing, ended = context.Event(), context.Event()
    process = context.Process(target=lead_and_write, args=(place, writing, ended))
    process.start()
    assert writing.wait(60)
    assert process.pid is not None
    os.kill(process.pid, number)
    stopped = time.monotonic()
    with place.open() as history:
        lease = None
        while lease is None and time.monotonic() < stopped + 30:
            with contextlib.suppress(RetriableError):
                lease = history.take_lease("other")
            time.sleep(0.5)
        assert lease is not None
        assert lease.fence == 2
        if number == signal.SIGSTOP:
            os.kill(process.pid, signal.SIGCONT)
            process.join(30)
            assert ended.is_set(), "the late one was told"
        process.join(30)
        assert history.runs() == [], "and it committed nothing"
