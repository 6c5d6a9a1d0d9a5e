from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from storage.evidence.store import KindState, Record, Support
from tests.storage.evidence.builders import DAY, incident, store


def test_a_new_store_has_an_identity_and_number_0(tmp_path: Path) -> None:
    with store(tmp_path, "a.duckdb") as one, store(tmp_path, "b.duckdb") as other:
        assert one.version().number == 0
        assert one.version().store != other.version().store
        assert one.version().content == other.version().content


def test_the_identity_stays_when_the_file_is_opened_again(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1)])
        before = evidence.version()
    with store(tmp_path) as evidence:
        assert evidence.version() == before


def test_the_number_counts_what_changed_anything(tmp_path: Path) -> None:
    numbers = []
    with store(tmp_path) as evidence:
        for change in (
            lambda: evidence.merge("corp", "incident", [incident(1)]),
            lambda: evidence.merge("corp", "incident", [incident(1)]),
            lambda: evidence.merge("corp", "incident", [incident(1, day=1)]),
            lambda: evidence.delete("corp", "incident", ["INC0001"], DAY),
            lambda: evidence.delete("corp", "incident", ["INC0001"], DAY),
        ):
            change()
            numbers.append(evidence.version().number)
    assert numbers == [1, 1, 2, 3, 3]


def test_equal_records_give_equal_content_whatever_the_way(tmp_path: Path) -> None:
    batch = [incident(number, category=str(number)) for number in range(30)]
    with store(tmp_path, "a.duckdb") as one, store(tmp_path, "b.duckdb") as other:
        one.merge("corp", "incident", batch)
        other.merge("corp", "incident", [incident(3, day=-1), incident(99)])
        other.merge("corp", "problem", [Record("PRB1", {})])
        for record in reversed(batch):
            other.merge("corp", "incident", [record])
        other.delete("corp", "problem", ["PRB1"], DAY)
        other.delete("corp", "incident", ["INC0099"], DAY)
        assert one.version().content == other.version().content


@pytest.mark.parametrize(
    "changed",
    [
        incident(1, category="b"),
        incident(1, day=1, category="a"),
        incident(1, revision=1, category="a"),
        incident(2, category="a"),
        replace(incident(1, category="a"), kept={"u_site": "York"}),
    ],
)
def test_another_record_gives_another_content(tmp_path: Path, changed: Record) -> None:
    with store(tmp_path, "a.duckdb") as one, store(tmp_path, "b.duckdb") as other:
        one.merge("corp", "incident", [incident(1, category="a")])
        other.merge("corp", "incident", [changed])
        assert one.version().content != other.version().content


def test_the_same_record_of_another_source_or_kind_is_another_content(tmp_path: Path) -> None:
    contents = set()
    for number, (source, kind) in enumerate((("a", "problem"), ("b", "problem"), ("a", "change"))):
        with store(tmp_path, f"{number}.duckdb") as evidence:
            evidence.merge(source, kind, [Record("1", {})])
            contents.add(evidence.version().content)
    assert len(contents) == 3


def test_taking_a_change_back_gives_the_old_content(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1, category="a")])
        before = evidence.version()
        evidence.merge("corp", "incident", [incident(1, category="b")])
        assert evidence.version().content != before.content
        evidence.merge("corp", "incident", [incident(1, category="a")])
        after = evidence.version()
        assert (after.content, after.number) == (before.content, 3)


def test_what_a_source_can_say_is_kept_and_replaced(tmp_path: Path) -> None:
    old = Support("corp", "incident", KindState.EMPTY)
    new = Support(
        "corp",
        "incident",
        KindState.READABLE,
        frozenset({"opened_at", "priority"}),
        frozenset({"state"}),
        DAY + timedelta(microseconds=1),
    )
    other = Support("apps", "problem", KindState.DENIED)
    with store(tmp_path) as evidence:
        for support in (old, other, new):
            evidence.declare(support)
    with store(tmp_path) as evidence:
        assert evidence.supports() == (other, new)


def test_declaring_the_same_again_changes_nothing_but_the_time(tmp_path: Path) -> None:
    support = Support("corp", "incident", KindState.READABLE, frozenset({"priority"}), synced_at=DAY)
    later = replace(support, synced_at=DAY + timedelta(days=1))
    with store(tmp_path) as evidence:
        evidence.declare(support)
        before = evidence.version()
        evidence.declare(later)
        assert evidence.version() == before
        assert evidence.supports() == (later,)
        evidence.declare(replace(later, columns=frozenset({"priority", "state"})))
        assert evidence.version().number == before.number + 1
        assert evidence.version().content == before.content
