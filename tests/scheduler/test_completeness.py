"""How complete evidence says it is, against how complete it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Rejection
from evaluators.catalogue import shipped
from evaluators.completeness import with_completeness
from evaluators.results import Assessment, OverallResult, PracticeResult, SourceState
from scheduler.completeness import completeness, with_standings
from scheduler.sync import Options, sync
from storage.errors import RetriableError
from storage.history import Standing
from tests.scheduler.platform import START, MemoryWorkspace, Part, Platform, incidents, transition

LATER = START + timedelta(days=60)


def source(workspace: MemoryWorkspace, kind: str = "incident") -> SourceState:
    """Return what an assessment says of a kind."""
    with workspace.evidence() as evidence:
        version = evidence.version()
        support = next(each for each in evidence.supports() if each.kind == kind)
        held = len(evidence.ids("one", kind))
    state = SourceState("one", kind, support.state.value, support.synced_at, held)
    (found,) = with_standings([state], workspace.history.standings(version.store))
    return found


def known(workspace: MemoryWorkspace, kind: str = "incident") -> tuple[int | None, int | None, float | None]:
    found = source(workspace, kind)
    return found.hidden, found.rejected, found.completeness


def window(count: int, *, first: int = 1, hidden: int = 0, **more: object) -> Part:
    """Return a stretch of time in which the platform counts `hidden` rows more than it sends."""
    part = Part(incidents(count, first), counted=count + hidden, hidden=hidden, until=LATER)
    return replace(part, **more)  # type: ignore[arg-type]


def test_what_came_whole_is_complete(tmp_path: Path) -> None:
    with MemoryWorkspace(tmp_path, one=Platform({"incident": [window(3), window(2, first=4)]})) as workspace:
        sync(workspace)
        assert known(workspace) == (0, 0, 1.0)


def test_hidden_rows_of_the_first_reading_are_missing(tmp_path: Path) -> None:
    platform = Platform({"incident": [window(40, hidden=6), window(50, first=41, hidden=4)]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        assert known(workspace) == (10, 0, 0.9)


def test_rows_that_were_counted_and_did_not_come_are_hidden_too(tmp_path: Path) -> None:
    short = Part(incidents(9), counted=10, until=LATER)
    with MemoryWorkspace(tmp_path, one=Platform({"incident": [short]})) as workspace:
        sync(workspace)
        assert known(workspace) == (1, 0, 0.9)


def test_hidden_rows_of_earlier_syncs_stay_missing(tmp_path: Path) -> None:
    platform = Platform({"incident": [window(90, hidden=10)]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        platform.windows["incident"].append(window(10, first=91))
        sync(workspace)
        sync(workspace)
        assert known(workspace) == (10, 0, 100 / 110), "a clean increment does not make up for it"


def test_a_row_hidden_by_an_increment_may_be_stored_in_an_older_form(tmp_path: Path) -> None:
    platform = Platform({"incident": [window(10)]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        platform.windows["incident"].append(window(0, hidden=2))
        sync(workspace)
        assert known(workspace) == (2, 0, 0.8)


def test_unreadable_rows_are_missing(tmp_path: Path) -> None:
    bad = window(9, counted=10, rejected=[Rejection("row 10", "no date")])
    with MemoryWorkspace(tmp_path, one=Platform({"incident": [bad]})) as workspace:
        sync(workspace)
        assert known(workspace) == (0, 1, 8 / 9)


def test_a_list_of_all_identifiers_says_how_many_are_hidden_now(tmp_path: Path) -> None:
    platform = Platform({"incident": [window(8, hidden=5), window(0, hidden=5)]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        names = [f"INC{number:05d}" for number in range(1, 9)]
        platform.windows["incident"].append(Part(present=names, counted=10, hidden=2, complete=True))
        sync(workspace)
        assert known(workspace) == (2, 0, 0.8)


def test_stored_records_that_a_list_no_longer_shows_are_out_of_date(tmp_path: Path) -> None:
    """Two of ten were hidden since: their old copies are kept, and are not what is there."""
    platform = Platform({"incident": [window(10)]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        names = [f"INC{number:05d}" for number in range(1, 9)]
        platform.windows["incident"].append(Part(present=names, counted=10, hidden=2, complete=True))
        sync(workspace)
        assert source(workspace).records == 10
        assert known(workspace) == (2, 0, 0.8)


def test_a_list_forgets_no_row_that_could_not_be_read(tmp_path: Path) -> None:
    bad = window(0, counted=1, rejected=[Rejection("row 1", "no date")])
    names = [f"INC{number:05d}" for number in range(1, 11)]
    platform = Platform({"incident": [window(10), bad, Part(present=names, counted=10, complete=True)]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        assert known(workspace) == (0, 1, 0.9), "the stored copy of that row may be an old one"


def test_deletions_that_are_not_believed_count_as_missing(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(120), counted=120)]}, complete=True)
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        platform.windows["incident"].append(Part(incidents(50), counted=50))
        sync(workspace)
        assert known(workspace) == (0, 0, 50 / 120)


def test_an_export_that_is_mended_is_complete_again(tmp_path: Path) -> None:
    bad = Part(incidents(9), counted=10, rejected=[Rejection("line 10", "no date")])
    platform = Platform({"incident": [bad]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        assert known(workspace) == (0, 1, 8 / 9)
        platform.windows["incident"] = [Part(incidents(10), counted=10)]
        sync(workspace)
        assert known(workspace) == (0, 0, 1.0)


def test_a_full_sync_replaces_what_was_missing_once_it_has_ended(tmp_path: Path) -> None:
    platform = Platform({"incident": [window(5, hidden=5), window(5, first=6)]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        broken = window(5, first=6, fails=RetriableError("busy"))
        platform.windows["incident"] = [window(5, hidden=1), broken]
        sync(workspace, options=Options(full=True))
        assert known(workspace)[0] == 6, "half of it replaces nothing"
        broken.fails = None
        sync(workspace, options=Options(full=True))
        assert known(workspace) == (1, 0, 0.9)


def test_reading_a_part_again_replaces_nothing(tmp_path: Path) -> None:
    platform = Platform({"incident": [window(8, hidden=2)]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        platform.windows["incident"] = [Part(incidents(8), counted=8, complete=True)]
        sync(workspace, options=Options(since=date(2026, 1, 1)))
        assert known(workspace) == (2, 0, 0.8)


def test_nothing_is_known_before_everything_was_read_once(tmp_path: Path) -> None:
    broken = window(5, first=6, fails=RetriableError("busy"))
    platform = Platform({"incident": [window(4, hidden=1), broken]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        with workspace.evidence() as evidence:
            (standing,) = workspace.history.standings(evidence.version().store)
        assert (standing.whole, standing.hidden, standing.rejected) == (False, None, None)
        broken.fails = None
        sync(workspace)
        assert known(workspace) == (1, 0, 0.9), "the reading that was broken off counts with its rest"


def test_nothing_is_known_where_the_platform_does_not_count(tmp_path: Path) -> None:
    platform = Platform({"incident": [window(5), window(5, first=6, counted=None)]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        assert known(workspace) == (None, None, None)


def test_a_list_that_nobody_counted_tells_nothing_of_hidden_rows(tmp_path: Path) -> None:
    names = [f"INC{number:05d}" for number in range(1, 9)]
    listed = Part(present=names, complete=True)
    with MemoryWorkspace(tmp_path, one=Platform({"incident": [window(8, hidden=2), listed]})) as workspace:
        sync(workspace)
        assert known(workspace) == (2, 0, 0.8)


def test_evidence_of_before_this_was_kept_is_unknown_until_everything_is_named(tmp_path: Path) -> None:
    platform = Platform({"incident": [window(8)]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        with workspace.evidence() as evidence:
            evidence.merge("one", "incident", incidents(8))
            store = evidence.version().store
        workspace.history.set_bookmark("one", "incident", store, "1", workspace.now())
        platform.windows["incident"].append(window(2, first=9))
        sync(workspace)
        assert known(workspace) == (None, None, None)
        names = [f"INC{number:05d}" for number in range(1, 11)]
        platform.windows["incident"].append(Part(present=names, counted=10, complete=True))
        sync(workspace)
        assert known(workspace) == (0, 0, 1.0)


def test_new_evidence_begins_with_nothing_known(tmp_path: Path) -> None:
    platform = Platform({"incident": [window(8, hidden=2)]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        (tmp_path / "evidence.duckdb").unlink()
        platform.windows["incident"] = [window(10)]
        sync(workspace)
        assert known(workspace) == (0, 0, 1.0)


def test_an_empty_kind_that_was_read_lacks_nothing(tmp_path: Path) -> None:
    with MemoryWorkspace(tmp_path, one=Platform({"incident": []})) as workspace:
        sync(workspace)
        assert known(workspace) == (0, 0, 1.0)


def test_a_kind_of_which_every_row_is_hidden_is_not_complete(tmp_path: Path) -> None:
    with MemoryWorkspace(tmp_path, one=Platform({"incident": [window(0, hidden=5)]})) as workspace:
        sync(workspace)
        assert known(workspace) == (5, 0, 0.0)


def test_history_is_as_complete_as_the_records_it_came_with(tmp_path: Path) -> None:
    part = window(4, counted=5, brought=[transition(n) for n in range(1, 5)])
    with MemoryWorkspace(tmp_path, one=Platform({"incident": [part]})) as workspace:
        sync(workspace)
        assert known(workspace, "transition") == (1, 0, 0.8)


amounts = st.integers(0, 30)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(amounts, amounts, amounts, amounts, amounts)
def test_the_share_is_never_larger_than_the_truth(
    current: int, never: int, stale: int, vanished: int, unseen: int
) -> None:
    """Of what is there, `current` and `stale` rows are stored (the latter in an old form), as are `vanished`
    ones that a list no longer named; `never` and `unseen` rows never came."""
    standing = Standing(
        "one",
        "incident",
        "incident",
        "store",
        whole=True,
        base_hidden=never + vanished,
        doubtful=vanished,
        windows_hidden=stale + unseen,
    )
    there = current + never + stale + vanished + unseen
    share = completeness(current + stale + vanished, [standing])
    assert 0 <= share <= 1
    assert share <= (current / there if there else 1.0)


@pytest.mark.parametrize("missing", [1, 7])
def test_nothing_stored_and_something_missing_is_nothing(missing: int) -> None:
    standing = Standing("one", "incident", "incident", "store", whole=True, windows_hidden=missing)
    assert completeness(0, [standing]) == 0.0


READ_AT = START + timedelta(days=1)


def assessed(*sources: SourceState) -> PracticeResult:
    """Return the incident practice of an assessment that stands on these sources."""
    overall = OverallResult(None, None, None, None, None)
    practice = PracticeResult("incident", None, 1, 1, 1, 1.0, 0.0, 0.0, "low", 0.0, None, "", "", (), ())
    bare = Assessment(
        "a", START, date(2026, 1, 5), "live", "1", "p", "s", 1, "c", overall, (practice,), sources
    )
    return with_completeness(bare, shipped()).practices[0]


def read(kind: str, share: float | None) -> SourceState:
    missing = None if share is None else 0
    return SourceState("one", kind, "readable", READ_AT, 100, missing, missing, share)


def test_a_practice_is_as_complete_as_its_least_complete_kind() -> None:
    found = assessed(read("incident", 0.9), read("transition", 0.5), read("survey", 0.1))
    assert found.completeness == 0.5, "a kind that no indicator reads does not matter"
    assert {"incident", "transition", "service_level"} <= set(found.kinds)
    assert "survey" not in found.kinds


def test_a_practice_with_one_unknown_kind_is_unknown() -> None:
    assert assessed(read("incident", 1.0), read("transition", None)).completeness is None
    assert assessed().completeness is None


def test_a_kind_that_cannot_be_read_has_no_completeness() -> None:
    denied = SourceState("one", "service_level", "denied", None, 0)
    assert assessed(read("incident", 0.9), denied).completeness == 0.9
