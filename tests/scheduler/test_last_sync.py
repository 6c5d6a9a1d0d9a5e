"""An assessment names what the sync before it could not read, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluators.results import Assessment, SourceState
from scheduler.assess import assess_now
from scheduler.sync import sync
from storage.errors import FatalError
from storage.evidence.store import KindState
from tests.scheduler.platform import MemoryWorkspace, Part, Platform, incidents

REFUSED = FatalError("problem: the account may not read it.", hint="Grant itil.")
CONFIGURED = """\
evidence: duckdb:evidence.duckdb
connectors:
  corp: {type: files, records: {incident: {path: x.csv, columns: {id: id}}}}
"""


def assessed(folder: Path, platform: Platform, *, synced: bool = True) -> Assessment:
    """Sync a platform as connector `corp` and assess what came."""
    (folder / "itsm-maturity.yaml").write_text(CONFIGURED, "utf-8")
    with MemoryWorkspace(folder, corp=platform) as workspace:
        if synced:
            sync(workspace)
        return assess_now(workspace, practices=["incident", "problem"])


def source(assessment: Assessment, kind: str) -> SourceState:
    (found,) = [each for each in assessment.sources if each.kind == kind]
    return found


def test_a_kind_that_failed_from_the_start_is_listed_with_what_to_do(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(3))], "problem": [Part(fails=REFUSED)]})
    found = assessed(tmp_path, platform)
    failed = source(found, "problem")
    assert (failed.state, failed.synced_at, failed.records, failed.completeness) == ("failed", None, 0, None)
    (note,) = [each for each in found.notes if "corp problem" in each]
    assert "failed in the last sync: problem: the account may not read it. Grant itil." in note
    assert "run itsm-maturity sync again" in note


def test_a_kind_that_failed_half_way_says_how_many_records_came(tmp_path: Path) -> None:
    parts = [Part(incidents(5)), Part(incidents(2, first=6), fails=REFUSED)]
    platform = Platform({"problem": [Part()], "incident": parts})
    found = source(assessed(tmp_path, platform), "incident")
    assert (found.state, found.records) == ("failed", 5)


def test_a_kind_that_was_read_before_and_fails_now_stays_readable_and_is_named(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(3))], "problem": [Part()]})
    before = source(assessed(tmp_path, platform), "incident")
    platform.windows["incident"].append(Part(fails=REFUSED))
    found = assessed(tmp_path, platform)
    assert source(found, "incident") == before
    assert any(each.startswith("corp incident failed in the last sync") for each in found.notes)


def test_a_kind_that_may_not_be_read_says_where_to_learn_what_to_ask_for(tmp_path: Path) -> None:
    platform = Platform(
        {"incident": [Part(incidents(3))], "problem": [Part()]}, states={"problem": KindState.DENIED}
    )
    found = assessed(tmp_path, platform)
    assert source(found, "problem").state == "denied"
    (note,) = [each for each in found.notes if each.startswith("corp problem denied")]
    assert note.endswith("itsm-maturity check.")


def test_a_connector_that_was_never_synced_is_named(tmp_path: Path) -> None:
    assessed(tmp_path, Platform({"incident": [Part(incidents(3))]}))
    text = CONFIGURED + "  apps: {type: files, records: {problem: {path: y.csv, columns: {id: id}}}}\n"
    (tmp_path / "itsm-maturity.yaml").write_text(text, "utf-8")
    with MemoryWorkspace(tmp_path) as workspace:
        found = assess_now(workspace, practices=["incident"])
    assert "apps was never synced: run itsm-maturity sync apps." in found.notes


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (False, "The last sync of corp runs still, or was stopped: itsm-maturity sync corp goes on"),
        (True, "The last sync of corp failed: no room is left. When that is mended, run itsm-maturity sync"),
    ],
)
def test_a_sync_that_did_not_end_well_is_named(tmp_path: Path, ended: bool, words: str) -> None:
    platform = Platform({"incident": [Part(incidents(3))], "problem": [Part()]})
    assessed(tmp_path, platform)
    with MemoryWorkspace(tmp_path, corp=platform) as workspace:
        run = workspace.history.start_run("sync", "corp", workspace.now())
        if ended:
            workspace.history.finish_run(run, "failed", workspace.now(), "no room is left.")
    found = assessed(tmp_path, platform, synced=False)
    assert any(each.startswith(words) for each in found.notes)


def test_where_all_went_well_nothing_is_said(tmp_path: Path) -> None:
    found = assessed(tmp_path, Platform({"incident": [Part(incidents(3))], "problem": [Part()]}))
    assert not [each for each in found.notes if "sync" in each]
