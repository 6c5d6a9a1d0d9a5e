"""Several daemons on one PostgreSQL: one leads, another takes over, a late one commits nothing."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from config.schedules import Schedule
from scheduler.daemon.due import Timetable
from scheduler.daemon.jobs import Job, Outcome
from scheduler.daemon.runner import Runner
from storage.history.lease import LeadershipLostError
from storage.history.store import History
from tests.scheduler.daemon.processes import Network, Place, Process, daemon, wait
from tests.storage.history.places import Place as HistoryPlace
from tests.storage.history.places import Server

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Slow:
    """A run of three simulated seconds that writes history at its end, if it may."""

    history: History
    clock: list[datetime]
    ends: datetime

    def outcome(self) -> Outcome | None:
        if self.clock[0] < self.ends:
            return None
        self.history.start_run("assess", None, self.clock[0])
        return Outcome("done")

    def stop(self) -> None:
        """A frozen process hears nothing."""


@dataclass
class Simulated:
    """A daemon on a simulated clock that all share."""

    history: History
    clock: list[datetime]

    def __post_init__(self) -> None:
        self.runner = Runner(self.history, self._launch, lambda _: None)

    def _launch(self, _: Job) -> Slow:
        return Slow(self.history, self.clock, self.clock[0] + 3 * SECOND)


def test_a_hundred_take_overs_at_random_moments_lose_no_time_and_do_none_twice(place: HistoryPlace) -> None:
    """Leaders are killed (never heard of again) or frozen (wake up later and try to go on)."""
    chance, clock, refused = Random(7), [NOON], 0
    jobs = {"job": Job("job", Schedule.model_validate({"every": "5 s"}), lambda *_: Outcome("done"))}
    with ExitStack() as stack:
        histories = [stack.enter_context(place.open()) for _ in range(3)]
        frozen: dict[int, Simulated] = {}
        for number in range(100):
            history = histories[number % 3]
            history.write_only_as(None)
            lease = history.take_lease(f"daemon {number}", 0)
            history.write_only_as(lease)
            leader = Simulated(history, clock)
            leader.runner.begin(jobs, clock[0])
            for late in frozen.values():
                with pytest.raises(LeadershipLostError):
                    late.history.require_lease()
                if late.runner.going:
                    # Beyond the end of its run, and beyond its next due time.
                    with pytest.raises(LeadershipLostError):
                        late.runner.tick(clock[0] + 10 * SECOND)
                    refused += 1
            for _ in range(chance.randint(1, 14)):
                clock[0] += SECOND
                leader.runner.tick(clock[0])
            frozen.pop((number + 1) % 3, None)
            if chance.random() < 0.7:
                frozen[number % 3] = leader
        while leader.runner.going:
            clock[0] += SECOND
            leader.runner.tick(clock[0])
        rows, writes = history.job_runs(10_000), len(history.runs(10_000))
    done = [row.due_at for row in rows if row.state == "done"]
    assert len(done) == len(set(done)) == writes, "each run committed once, and no late one"
    times = Timetable("job", jobs["job"].schedule).between(NOON, max(row.due_at for row in rows))
    assert sorted({row.due_at for row in rows}) == times
    assert refused > 20
    assert len(done) > 50


def leads(process: Process) -> bool:
    return "leading" in process.said


def test_another_takes_over_from_a_killed_and_from_a_frozen_leader(server: Server, tmp_path: Path) -> None:
    name = f"daemons_{tmp_path.name}".replace("-", "_").lower()[:60]
    server.execute(f"CREATE DATABASE {name}")
    place = Place(tmp_path, server.url(name))
    place.configure()
    with daemon(place, "one") as one:
        one.until("sync exports  done")
        with daemon(place, "two") as two, daemon(place, "three") as three:
            two.until("waiting")
            three.until("waiting")
            taken = [took_over(one, (two, three), signal.SIGKILL)]
            leader, other = (two, three) if leads(two) else (three, two)
            leader.until("sync exports  done")
            taken.append(took_over(leader, (other,), signal.SIGSTOP))
            before = place.done()
            leader.send(signal.SIGCONT)
            leader.until("Another daemon has taken over, so this one commits nothing any more.")
            wait(lambda: place.done() > before + 1, "further runs")
            other.send(signal.SIGTERM)
            assert other.running.wait(30) == 0
            wait(lambda: leader.said.count("leading") == 2, "the woken one leads again", 30)
    assert max(taken) < 30
    rows = place.rows()
    done = [row.due_at for row in rows if row.state == "done"]
    assert len(done) == len(set(done)), "no due time was done twice"
    due = sorted({row.due_at for row in rows})
    assert len(due) == (due[-1] - due[0]).total_seconds() + 1, "no due time is without a row"
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def took_over(leader: Process, others: tuple[Process, ...], number: signal.Signals) -> float:
    """Stop the leader and return after how many seconds another led."""
    begun = time.monotonic()
    leader.send(number)
    wait(lambda: any(map(leads, others)), "another leads", 40)
    return time.monotonic() - begun


def test_a_leader_that_was_cut_off_is_replaced_and_finds_that_out(server: Server, tmp_path: Path) -> None:
    name = f"cut_{tmp_path.name}".replace("-", "_").lower()[:60]
    server.execute(f"CREATE DATABASE {name}")
    network, place = Network(server.host), Place(tmp_path, server.url(name))
    try:
        place.configure()
        near = Place(tmp_path / "cut", network.url(name))
        near.folder.mkdir()
        near.configure()
        with daemon(near) as leader:
            leader.until("sync exports  done")
            with daemon(place) as other:
                other.until("waiting")
                begun = time.monotonic()
                network.break_off()
                other.until("leading")
                assert time.monotonic() - begun < 30
                assert "cannot be reached" in leader.said or "lost the connection" in leader.said
                other.until("sync exports  done")
                network.cut = False
                leader.until("Another daemon has taken over, so this one commits nothing any more.")
        done = [row.due_at for row in place.rows() if row.state == "done"]
        assert len(done) == len(set(done)), "no due time was done twice"
    finally:
        network.close()
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_server_that_drops_all_connections_loses_no_due_time(server: Server, tmp_path: Path) -> None:
    name = f"dropped_{tmp_path.name}".replace("-", "_").lower()[:60]
    server.execute(f"CREATE DATABASE {name}")
    place = Place(tmp_path, server.url(name))
    place.configure()
    with daemon(place) as process:
        process.until("sync exports  done")
        for _ in range(3):
            server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            # A run that was hit failed, and waits a minute; the times meanwhile are skipped, not lost.
            further = len(place.rows()) + 2
            wait(lambda further=further: len(place.rows()) > further, "further rows")  # type: ignore[misc]
        process.send(signal.SIGTERM)
        assert process.running.wait(30) == 0
    due = sorted({row.due_at for row in place.rows()})
    assert len(due) == (due[-1] - due[0]).total_seconds() + 1, "no due time is without a row"
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
