"""A daemon that is killed at random moments: stores open clean, no due time is lost or done twice."""

from __future__ import annotations

import multiprocessing
import signal
import time
from multiprocessing.context import ForkServerContext
from pathlib import Path
from random import Random

from scheduler.daemon.daemon import Daemon, Signals
from storage.evidence import open_store
from storage.history.store import History
from tests.scheduler.daemon.processes import Place, wait

KILLS = 40


def live(file: Path) -> None:
    """Run a daemon until it is killed or stopped."""
    signals = Signals()
    signal.signal(signal.SIGTERM, lambda *_: setattr(signals, "stop", True))
    Daemon(file, lambda _: None, signals).run()


def fork_server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "storage.evidence.duckdb_store", "connectors.files"])
    return context


def test_killed_at_random_moments_it_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    """Among them are moments in migration, sync, assessment and backup."""
    place, context, chance = Place(tmp_path), fork_server(), Random(11)
    place.configure(more="assess: {schedule: every 2 s}\nbackup: {schedule: every 3 s, keep: 3}")
    file = tmp_path / "itsm-maturity.yaml"
    for _ in range(KILLS):
        process = context.Process(target=live, args=(file,))
        process.start()
        time.sleep(chance.choice((0.05, 0.2, 0.5, 1.0)) * chance.uniform(0.5, 1.5))
        process.kill()
        process.join(30)
    process = context.Process(target=live, args=(file,))
    process.start()
    before = place.done()
    wait(lambda: place.done() > before + 4, "further runs", 60)
    process.terminate()
    process.join(30)
    assert process.exitcode == 0
    with (
        History.open(place.history, tmp_path) as history,
        open_store("duckdb:evidence.duckdb", tmp_path) as evidence,
    ):
        rows, assessments = history.job_runs(100_000), history.assessments(limit=1000, detail=True)
        assert evidence.ids("exports", "incident") == ["INC1", "INC2"]
        for each in assessments.items:
            assert history.assessment(each.id).practices, "each is whole"
    for job, seconds in (("sync exports", 1), ("assess", 2), ("backup", 3)):
        mine = [row for row in rows if row.job == job]
        due = sorted({row.due_at for row in mine})
        assert len(due) == (due[-1] - due[0]).total_seconds() / seconds + 1, (
            f"{job}: no due time is without a row"
        )
        done = [row.due_at for row in mine if row.state == "done"]
        assert len(done) == len(set(done)), f"{job}: no due time was done twice"
    stored = sum(row.state == "done" for row in rows if row.job == "assess")
    assert assessments.total == stored, "each assessment belongs to one run"
    assert len([row for row in rows if row.state == "failed"]) > KILLS / 8, "many a run was killed"
