from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scheduler.sync import sync
from tests.scheduler.platform import MemoryWorkspace, Part, Platform, incidents


def test_a_second_sync_of_a_source_says_that_one_is_running_and_since_when(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(2))]})
    with MemoryWorkspace(tmp_path, one=platform) as running:
        running.history.start_run("sync", "one", running.now())
        with running.history.turn("one"), MemoryWorkspace(tmp_path, one=platform) as workspace:
            report = sync(workspace)
        since = f"{running.now():%Y-%m-%d %H:%M} UTC"
        (found,) = report.connectors
        assert (report.exit_code, found.outcome, found.records) == (3, "failed", ())
        assert f"another sync of it has been running since {since}" in found.message
        assert list(stored(running)) == []


def stored(workspace: MemoryWorkspace) -> Sequence[str]:
    with workspace.evidence() as evidence:
        return evidence.ids("one", "incident")


def test_another_source_is_read_all_the_same(tmp_path: Path) -> None:
    one, two = (Platform({"incident": [Part(incidents(2))]}) for _ in range(2))
    with MemoryWorkspace(tmp_path, one=one, two=two) as workspace:
        with workspace.history.turn("one"):
            report = sync(workspace)
        assert [each.outcome for each in report.connectors] == ["failed", "stored"]
        assert sync(workspace).exit_code == 0
