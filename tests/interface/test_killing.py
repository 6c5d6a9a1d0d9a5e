from __future__ import annotations

from pathlib import Path

from scheduler.workspace import open_workspace
from tests.interface.killing import kill_assess, kill_sync


def test_a_sync_killed_in_the_middle_loses_and_doubles_nothing(fresh: Path) -> None:
    kills = kill_sync(fresh, kills=4, seed=11)
    assert any(kill.struck for kill in kills)
    with open_workspace(fresh / "itsm-maturity.yaml") as workspace:
        runs = workspace.history.runs()
    assert runs[0].outcome is not None


def test_an_assessment_killed_in_the_middle_leaves_no_half_assessment(fresh: Path) -> None:
    kills = kill_assess(fresh, kills=4, seed=12)
    assert any(kill.struck for kill in kills)
