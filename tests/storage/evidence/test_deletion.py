from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from storage.evidence.store import MergeCounts
from tests.storage.evidence.builders import DAY, held, incident, rows, store

LATER = DAY + timedelta(days=10)


def test_a_deleted_record_is_gone_from_everything_but_the_file(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1), incident(2)])
        assert evidence.delete("corp", "incident", ["INC0001"], LATER) == 1
        assert evidence.ids("corp", "incident") == ["INC0002"]
        assert list(held(evidence)) == ["INC0002"]
        assert rows(evidence, "SELECT id FROM incident") == [("INC0002",)]
        assert rows(evidence, "SELECT count(*) FROM stored.incident") == [(2,)]


def test_deleting_again_or_the_unknown_counts_nothing(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1)])
        evidence.delete("corp", "incident", ["INC0001"], LATER)
        before = evidence.version()
        assert evidence.delete("corp", "incident", ["INC0001", "INC0001", "nobody"], LATER) == 0
        assert evidence.delete("corp", "incident", [], LATER) == 0
        assert evidence.delete("apps", "incident", ["INC0001"], LATER) == 0
        assert evidence.version() == before


def test_a_copy_older_than_the_deletion_does_not_bring_it_back(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1)])
        evidence.delete("corp", "incident", ["INC0001"], LATER)
        assert evidence.merge("corp", "incident", [incident(1)]) == MergeCounts(received=1, older=1)
        assert evidence.merge("corp", "incident", [incident(1, day=9)]).older == 1
        assert evidence.ids("corp", "incident") == []


def test_a_list_of_all_there_are_brings_an_old_record_back(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1)])
        evidence.delete("corp", "incident", ["INC0001"], LATER)
        assert evidence.merge("corp", "incident", [incident(1)], present=True).updated == 1
        assert list(evidence.ids("corp", "incident")) == ["INC0001"]


def test_a_copy_as_new_as_the_deletion_brings_it_back(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1)])
        evidence.delete("corp", "incident", ["INC0001"], LATER)
        assert evidence.merge("corp", "incident", [incident(1, day=10)]).updated == 1
        assert list(evidence.ids("corp", "incident")) == ["INC0001"]


def test_a_copy_without_a_time_brings_it_back_even_unchanged(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1, day=None)])
        evidence.delete("corp", "incident", ["INC0001"], LATER)
        assert evidence.merge("corp", "incident", [incident(1, day=None)]).updated == 1
        assert list(evidence.ids("corp", "incident")) == ["INC0001"]


def test_a_record_that_came_back_can_be_deleted_again(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        for _ in range(2):
            evidence.merge("corp", "incident", [incident(1, day=None)])
            assert evidence.delete("corp", "incident", ["INC0001"], LATER) == 1
        assert evidence.ids("corp", "incident") == []
