"""The daemon as a process: it starts, reloads, stops, and may be killed at any moment."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from interface.cli.app import main
from scheduler.daemon.runner import STOPPED
from storage.history import JobRun
from storage.history.store import History
from tests.scheduler.daemon.processes import Place, daemon, wait


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_it_runs_jobs_when_they_are_due_and_stops_when_asked(place: Place) -> None:
    place.configure(
        more='backup: {schedule: every 1 s, folder: copies, keep: 2}\nassess: {schedule: "0 6 * * MON"}'
    )
    with daemon(place) as process:
        process.until("sync exports  done")
        process.until("backup  done")
        process.send(signal.SIGTERM)
        asked = time.monotonic()
        assert process.running.wait(30) == 0
        assert time.monotonic() - asked <= 10
    assert {row.state for row in place.rows()} <= {"done", "skipped", "missed", "failed"}
    copies = list((place.folder / "copies").glob("maturity-*Z.db"))
    assert 1 <= len(copies) <= 2
    with closing(sqlite3.connect(copies[0])) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_history_shows_what_became_of_every_due_time(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.configure()
    with History.open(place.history, place.folder) as history:
        due = datetime(2026, 1, 5, 9, tzinfo=UTC)
        again = due + timedelta(minutes=3)
        failed = JobRun("sync exports", due, 1, "failed", due, due, again, "The platform is away.")
        history.add_job_runs([failed, JobRun("assess", due, 0, "missed", message="Nobody was there.")])
    file = str(place.folder / "itsm-maturity.yaml")
    assert main(["-c", file, "history", "--runs"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "sync exports failed The platform is away. Tried again at 5 Jan 2026 09:03 UTC" in shown
    assert "assess missed Nobody was there." in shown
    assert "Nothing has run yet" not in shown
    assert main(["-c", file, "history", "--runs", "--json"]) == 0
    (missed, tried) = orjson.loads(capsys.readouterr().out)
    assert (missed["kind"], missed["job"], missed["state"], missed["due_at"]) == (
        "job",
        "assess",
        "missed",
        "2026-01-05T09:00:00Z",
    )
    assert tried["retry_at"] == "2026-01-05T09:03:00Z"


def test_a_second_one_on_the_same_sqlite_history_refuses_to_start(place: Place) -> None:
    place.configure("every 1 h")
    with daemon(place) as first:
        first.until("leading")
        with daemon(place, "second") as second:
            assert second.running.wait(40) == 2
            assert "Another daemon runs on this history already, and SQLite is for one." in second.said
        assert first.running.poll() is None


def test_a_wrong_configuration_is_told_and_the_one_of_before_stays_in_force(place: Place) -> None:
    place.configure("every 1 h")
    with daemon(place) as process:
        process.until("leading")
        place.configure("evry 1 s")
        process.send(signal.SIGHUP)
        process.until("itsm-maturity.yaml:6:15 connectors.exports.schedule: 'evry 1 s' is not a cron line")
        process.until("The configuration of before stays in force.")
        place.configure("every 1 s")
        process.send(signal.SIGHUP)
        process.until("reloaded  1 jobs are scheduled.")
        process.until("sync exports  done")


def test_killed_again_and_again_it_goes_on_where_it_was(place: Place) -> None:
    place.configure(more="backup: {schedule: every 2 s}")
    for moment in (0.1, 0.4, 0.9):
        with daemon(place) as process:
            process.until("leading")
            process.until("started")
            time.sleep(moment)
            process.send(signal.SIGKILL)
    before = place.done()
    with daemon(place) as process:
        wait(lambda: place.done() > before + 1, "further runs")
        process.send(signal.SIGTERM)
        assert process.running.wait(30) == 0
    rows = place.rows()
    begun = [(row.job, row.due_at) for row in rows if row.state == "done"]
    assert len(begun) == len(set(begun)), "no due time was done twice"
    due = sorted({row.due_at for row in rows if row.job == "sync exports"})
    assert len(due) == (due[-1] - due[0]).total_seconds() + 1, "every second has its row"
    assert all(row.retry_at for row in rows if row.message == STOPPED)


def test_nothing_to_schedule_is_told(place: Place) -> None:
    (place.folder / "itsm-maturity.yaml").write_text("connectors: {}\n")
    with daemon(place) as process:
        assert process.running.wait(40) == 2
        assert "Nothing is scheduled, so there is nothing to run." in process.said
