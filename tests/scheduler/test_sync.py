from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from connectors.contract import Rejection, SettingProblem
from scheduler.ledger import ConnectorReport
from scheduler.sync import Options, sync
from storage.errors import ConfigurationError, FatalError, RetriableError
from storage.evidence.store import EvidenceVersion, KindState, Record, Support
from storage.history import LedgerRow
from tests.scheduler.platform import (
    START,
    MemoryWorkspace,
    Part,
    Platform,
    incident,
    incidents,
    transition,
)


def one(workspace: MemoryWorkspace, options: Options = Options()) -> ConnectorReport:  # noqa: B008
    (report,) = sync(workspace, options=options).connectors
    return report


def row(report: ConnectorReport, kind: str = "incident") -> LedgerRow:
    return next(each.row for each in report.records if each.row.kind == kind)


def stored(workspace: MemoryWorkspace, source: str = "one", kind: str = "incident") -> list[str]:
    with workspace.evidence() as evidence:
        return list(evidence.ids(source, kind))


def version(workspace: MemoryWorkspace) -> EvidenceVersion:
    with workspace.evidence() as evidence:
        return evidence.version()


def support(workspace: MemoryWorkspace, kind: str = "incident") -> Support:
    with workspace.evidence() as evidence:
        return next(each for each in evidence.supports() if each.kind == kind)


def test_a_sync_stores_every_record_and_says_what_came(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(3), counted=3), Part(incidents(2, first=4), counted=2)]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        report = sync(workspace)
        found = row(report.connectors[0])
        assert stored(workspace) == [f"INC0000{number}" for number in range(1, 6)]
    assert (found.counted, found.received, found.stored, found.changed) == (5, 5, 5, 0)
    assert (found.requests, found.outcome, report.exit_code) == (2, "stored", 0)


def test_a_second_sync_reads_and_writes_nothing(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(3))]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        before = version(workspace)
        report = one(workspace)
        assert version(workspace) == before
    assert platform.reads == 1
    assert row(report).outcome == "unchanged"


def test_only_windows_after_the_bookmark_are_read(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(3))]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        platform.windows["incident"].append(Part([incident(2, minutes=5, category="mail"), incident(9)]))
        found = row(one(workspace))
    assert platform.reads == 2
    assert (found.received, found.stored, found.changed) == (2, 1, 1)


def test_full_ignores_the_bookmarks(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(3))]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        found = row(one(workspace, Options(full=True)))
    assert platform.reads == 2
    assert (found.received, found.unchanged, found.outcome) == (3, 3, "unchanged")


def test_since_reads_again_and_leaves_bookmarks_and_deletions_alone(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(3))]}, complete=True)
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        one(workspace, Options(since=date(2026, 1, 1)))
        platform.windows = {"incident": [Part(incidents(1))]}
        one(workspace, Options(since=date(2026, 1, 1)))
        assert len(stored(workspace)) == 3
        assert row(one(workspace)).received == 1, "a plain sync still starts at the beginning"


def test_a_new_evidence_store_is_filled_from_the_beginning(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(3))]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        (tmp_path / "evidence.duckdb").unlink()
        sync(workspace)
        assert len(stored(workspace)) == 3


def test_a_complete_window_deletes_what_is_gone(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(5))]}, complete=True)
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        platform.windows["incident"].append(Part(incidents(4)))
        found = row(one(workspace))
        assert stored(workspace) == [f"INC0000{number}" for number in range(1, 5)]
    assert found.deleted == 1


def test_too_many_deletions_are_not_believed_unless_full(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(120))]}, complete=True)
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        platform.windows = {"incident": [Part(incidents(120)), Part(incidents(50))]}
        report = sync(workspace)
        found = row(report.connectors[0])
        assert len(stored(workspace)) == 120
        assert (found.outcome, found.deleted, report.exit_code) == ("partial", 0, 1)
        assert "70 of 120" in found.message
        assert "--full" in found.message
        platform.windows = {"incident": [Part(incidents(50))]}
        assert row(one(workspace, Options(full=True))).deleted == 70
        assert len(stored(workspace)) == 50


def test_nothing_is_deleted_while_rows_cannot_be_read(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(5))]}, complete=True)
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        damaged = Part(incidents(4), rejected=[Rejection("line 6", "no date")])
        platform.windows["incident"].append(damaged)
        assert row(one(workspace, Options(full=True))).deleted == 0
        assert len(stored(workspace)) == 5


def test_companions_of_a_complete_window_are_deleted_with_it(tmp_path: Path) -> None:
    part = Part(incidents(2), brought=[transition(1), transition(2)])
    platform = Platform({"incident": [part]}, complete=True)
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        platform.windows["incident"].append(Part(incidents(2), brought=[transition(2)]))
        report = one(workspace)
        assert stored(workspace, kind="transition") == ["incident:INC00002:state:0"]
    assert row(report, "transition").deleted == 1


def test_rejected_rows_are_something_to_look_at(tmp_path: Path) -> None:
    part = Part(incidents(2), rejected=[Rejection("line 4", "'soon' is no time")])
    with MemoryWorkspace(tmp_path, one=Platform({"incident": [part]})) as workspace:
        report = sync(workspace)
        (kind,) = report.connectors[0].records
        assert len(stored(workspace)) == 2
    assert (report.exit_code, kind.row.rejected) == (1, 1)
    assert kind.rejections == ("line 4: 'soon' is no time",)


@pytest.mark.parametrize("part", [Part(incidents(2), counted=3), Part(incidents(2), hidden=1)])
def test_rows_that_did_not_come_are_something_to_look_at(tmp_path: Path, part: Part) -> None:
    with MemoryWorkspace(tmp_path, one=Platform({"incident": [part]})) as workspace:
        report = sync(workspace)
    assert report.exit_code == 1
    assert report.connectors[0].outcome == "partial"


def test_a_window_that_fails_stores_nothing_of_it_and_keeps_the_ones_before(tmp_path: Path) -> None:
    broken = Part(incidents(2, first=4), fails=RetriableError("The platform is busy.", hint="Try later."))
    platform = Platform({"incident": [Part(incidents(3)), broken]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        report = sync(workspace)
        assert len(stored(workspace)) == 3
        assert report.exit_code == 3
        assert row(report.connectors[0]).message == "The platform is busy. Try later."
        broken.fails = None
        found = row(one(workspace))
        assert len(stored(workspace)) == 5
    assert found.received == 2, "the first window was not read again"


def test_one_connector_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    down = Platform({"incident": [Part(incidents(1))]}, unreachable=FatalError("The password is wrong."))
    up = Platform({"incident": [Part(incidents(2))]})
    with MemoryWorkspace(tmp_path, down=down, up=up) as workspace:
        report = sync(workspace)
        assert len(stored(workspace, "up")) == 2
    assert [each.outcome for each in report.connectors] == ["failed", "stored"]
    assert report.exit_code == 3


def clock(number: int) -> Record:
    return Record(f"SLA{number}", {"name": "P1 resolution"})


def test_one_kind_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    broken = Part(incidents(1), fails=FatalError("The file is damaged."))
    platform = Platform({"incident": [broken], "service_level": [Part([clock(1)])]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        report = one(workspace)
    assert row(report).outcome == "failed"
    assert row(report, "service_level").outcome == "stored"


def test_records_the_store_refuses_fail_their_kind_alone(tmp_path: Path) -> None:
    strange = Record("INC1", {"colour": "blue"})
    platform = Platform({"incident": [Part([strange])], "service_level": [Part([clock(1)])]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        report = one(workspace)
    assert row(report).outcome == "failed"
    assert "colour" in row(report).message
    assert row(report, "service_level").outcome == "stored"


@pytest.mark.parametrize(
    ("state", "outcome"),
    [(KindState.DENIED, "denied"), (KindState.ABSENT, "absent"), (KindState.HIDDEN, "hidden")],
)
def test_a_kind_that_cannot_be_read_is_named_and_declared_so(
    tmp_path: Path, state: KindState, outcome: str
) -> None:
    platform = Platform({"incident": [Part(incidents(1))]}, states={"incident": state})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        report = sync(workspace)
        assert support(workspace).state is state
        assert support(workspace).synced_at is None
    assert row(report.connectors[0]).outcome == outcome
    assert (platform.reads, report.exit_code) == (0, 1)


def test_support_says_which_columns_and_when_it_was_read_completely(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(1))]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        first = support(workspace)
        sync(workspace)
        second = support(workspace)
    assert first.columns == platform.columns
    assert first.synced_at is not None
    assert second.synced_at is not None
    assert second.synced_at > first.synced_at, "nothing to read means everything is there"


def test_a_failed_sync_does_not_claim_to_be_complete(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(1))]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        before = support(workspace).synced_at
        platform.windows["incident"].append(Part([], fails=FatalError("gone")))
        sync(workspace)
        assert support(workspace).synced_at == before


def test_a_kind_that_is_no_longer_configured_is_declared_absent(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(1))], "service_level": []})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        del platform.windows["service_level"]
        sync(workspace)
        assert support(workspace, "service_level").state is KindState.ABSENT


def test_remap_changes_stored_records_without_asking_the_platform(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(3))]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        platform.unreachable = FatalError("The platform is gone.")
        platform.mapped_to = "assignment_group"
        platform.columns |= {"assignment_group"}
        report = sync(workspace, options=Options(remap=True))
        with workspace.evidence() as evidence:
            groups = evidence.query("SELECT assignment_group FROM incident ORDER BY id").to_pydict()
        assert support(workspace).columns == platform.columns
        again = row(one(workspace, Options(remap=True)))
    assert groups == {"assignment_group": ["group 1", "group 2", "group 3"]}
    assert (report.exit_code, row(report.connectors[0]).changed) == (0, 3)
    assert again.outcome == "unchanged"


def test_remap_keeps_what_a_probe_found_to_be_unreadable_out(tmp_path: Path) -> None:
    promise = frozenset({"opened_at", "category", "service_id"})
    platform = Platform(
        {"incident": [Part(incidents(3))]}, columns=promise, tracked=frozenset({"state", "assignee"})
    )
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        platform.lacking = frozenset({"service_id", "assignee"})
        sync(workspace)
        platform.mapped_to = "assignment_group"
        platform.columns |= {"assignment_group"}
        sync(workspace, options=Options(remap=True))
        found = support(workspace)
    assert found.columns == {"opened_at", "category", "assignment_group"}
    assert found.tracked == {"state"}, "mapping again makes no history"


def test_remap_does_not_bring_back_a_column_that_is_unreadable_by_now(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(3))]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        platform.lacking = frozenset({"category"})
        sync(workspace)
        sync(workspace, options=Options(remap=True))
        assert support(workspace).columns == {"opened_at"}, "older records still hold a category"


def test_remap_drops_columns_that_are_no_longer_mapped(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(3))]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        platform.columns = frozenset({"opened_at"})
        sync(workspace, options=Options(remap=True))
        assert support(workspace).columns == {"opened_at"}


WINDOW_END = START + timedelta(days=30)


def test_a_deletion_does_not_outlive_a_record_that_is_restored_later(tmp_path: Path) -> None:
    """The window ended long ago by our clock, so the moment of the commit would outweigh the newer copy."""
    gone = Part(deleted=["INC00001"], until=WINDOW_END)
    platform = Platform({"incident": [Part(incidents(2)), gone]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        assert row(one(workspace)).deleted == 1
        assert stored(workspace) == ["INC00002"]
        after = int((WINDOW_END - START) / timedelta(minutes=1)) + 5
        platform.windows["incident"].append(
            Part([incident(1, minutes=after)], until=WINDOW_END + timedelta(days=1))
        )
        sync(workspace)
        assert stored(workspace) == ["INC00001", "INC00002"]


def test_a_record_that_is_older_than_its_deletion_stays_away(tmp_path: Path) -> None:
    gone = Part(deleted=["INC00001"], until=WINDOW_END)
    platform = Platform({"incident": [Part(incidents(2)), gone, Part([incident(1, minutes=5)])]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        assert stored(workspace) == ["INC00002"]


def test_a_record_that_is_deleted_and_restored_in_one_window_stays(tmp_path: Path) -> None:
    both = Part([incident(1, minutes=5)], deleted=["INC00001"], until=WINDOW_END)
    platform = Platform({"incident": [Part(incidents(2)), both]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        assert row(one(workspace)).deleted == 0
        assert stored(workspace) == ["INC00001", "INC00002"]


def test_a_record_that_was_missing_while_a_list_was_read_is_gone_as_of_its_beginning(tmp_path: Path) -> None:
    """It may be restored before the list is committed, with a stamp from the time between."""
    platform = Platform({"incident": [Part(incidents(2)), Part(present=["INC00002"], complete=True)]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        restored = incident(1)
        committing = 0

        def restore(what: str, done: int, total: int | None) -> None:
            nonlocal restored, committing
            if what == "one: storing incident":
                committing += 1
                restored = replace(restored, updated_at=workspace.now())

        sync(workspace, progress=restore)
        assert (committing, stored(workspace)) == (2, ["INC00002"])
        platform.windows["incident"].append(Part([restored]))
        sync(workspace)
        assert stored(workspace) == ["INC00001", "INC00002"]


def test_progress_counts_the_rows_of_all_windows_of_a_kind(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    parts = [Part(incidents(3), counted=3), Part(incidents(2, first=4), counted=2)]
    platform = Platform({"incident": parts, "service_level": [Part([clock(1)], counted=1)]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace, progress=lambda what, done, total: seen.append((what, done, total)))
    read = [(done, total) for what, done, total in seen if what == "one: reading incident"]
    assert read == [(3, 3), (5, 5)]
    assert seen[-1] == ("one: storing service_level", 1, 1), "another kind begins at nothing"


def test_wrong_settings_stop_everything_before_anything_is_read(tmp_path: Path) -> None:
    wrong = Platform(
        {"incident": [Part(incidents(1))]}, found=[SettingProblem(("map",), "there is no column u_x")]
    )
    fine = Platform({"incident": [Part(incidents(1))]})
    with (
        MemoryWorkspace(tmp_path, one=wrong, two=fine) as workspace,
        pytest.raises(ConfigurationError) as error,
    ):
        sync(workspace)
    assert (wrong.reads, fine.reads) == (0, 0)
    assert "there is no column u_x" in error.value.message


def test_every_run_is_in_history_with_its_ledger(tmp_path: Path) -> None:
    platform = Platform({"incident": [Part(incidents(2), counted=2), Part(incidents(1, first=3), counted=1)]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        sync(workspace)
        (run,) = workspace.history.runs()
        lines = workspace.history.ledger(run.id)
    assert (run.kind, run.connector, run.outcome) == ("sync", "one", "stored")
    assert run.finished_at is not None
    assert [line.received for line in lines] == [2, 1], "one row for each window"


def test_a_run_that_breaks_off_stays_visible(tmp_path: Path) -> None:
    broken = Part(incidents(1), fails=KeyboardInterrupt())  # type: ignore[arg-type]
    with MemoryWorkspace(tmp_path, one=Platform({"incident": [broken]})) as workspace:
        with pytest.raises(KeyboardInterrupt):
            sync(workspace)
        (run,) = workspace.history.runs()
    assert run.finished_at is None


def test_a_run_that_breaks_off_before_storing_remembers_nothing_it_did_not_store(tmp_path: Path) -> None:
    def stop(what: str, done: int, total: int | None) -> None:
        if what == "one: storing incident" and done == 5:
            raise KeyboardInterrupt

    platform = Platform({"incident": [Part(incidents(3)), Part(incidents(2, first=4))]})
    with MemoryWorkspace(tmp_path, one=platform) as workspace:
        with pytest.raises(KeyboardInterrupt):
            sync(workspace, progress=stop)
        assert len(stored(workspace)) == 3
        assert row(one(workspace)).received == 2
        assert len(stored(workspace)) == 5


def test_records_come_back_as_they_were_sent_through_a_spool_on_disk(tmp_path: Path) -> None:
    from connectors.contract import Batch
    from scheduler.spool import Spool

    sent = incidents(50)
    with Spool(in_memory_bytes=100) as spool:
        spool.add(Batch({"incident": sent[:20]}))
        spool.add(Batch({"incident": sent[20:], "transition": [transition(1)]}))
        assert list(spool.records("incident")) == sent
        assert list(spool.records("incident")) == sent, "it can be read twice"
        assert spool.ids("transition") == {"incident:INC00001:state:0"}
        assert spool.kinds == ("incident", "transition")
