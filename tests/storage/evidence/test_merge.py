from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.errors import FatalError
from storage.evidence.store import EvidenceStore, MergeCounts, Record, Value
from storage.records import KINDS
from storage.records.schema import ColumnType
from tests.storage.evidence.builders import DAY, held, incident, rows, store

LAWS = settings(
    derandomize=True, max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

COPIES = st.builds(
    incident,
    st.integers(0, 5),
    day=st.integers(0, 3),
    revision=st.integers(0, 2),
    priority=st.one_of(st.none(), st.integers(1, 5)),
)
BATCHES = st.lists(COPIES, max_size=12)
# Two copies that are equally new and differ are decided by arrival across merges, so laws about
# pieces are about copies that say which is newer.
DECIDED = st.lists(
    COPIES, max_size=12, unique_by=lambda record: (record.id, record.updated_at, record.revision)
)


def test_records_come_back_as_they_were_merged(tmp_path: Path) -> None:
    record = incident(1, day=2, revision=7, priority=2, major=True, category="Network", resolved_at=DAY)
    with store(tmp_path) as evidence:
        assert evidence.merge("corp", "incident", [record]) == MergeCounts(received=1, inserted=1)
    with store(tmp_path) as evidence:
        assert held(evidence) == {"INC0001": record}


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_of_every_kind_can_be_filled_and_read(tmp_path: Path, kind: str) -> None:
    record = Record("1", {column.name: FILLED[column.type] for column in KINDS[kind].mapped}, {}, DAY)
    with store(tmp_path) as evidence:
        evidence.merge("corp", kind, [record])
        assert held(evidence, kind=kind) == {"1": record}
        computed = [f'"{column.name}"' for column in KINDS[kind].stored]
        [row] = rows(evidence, f'SELECT {", ".join(computed)} FROM "{kind}"')
    assert None not in row


def test_times_are_kept_in_utc_with_microseconds(tmp_path: Path) -> None:
    moment = datetime(2026, 7, 1, 12, 0, 0, 123456, timezone(timedelta(hours=5, minutes=30)))
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1, resolved_at=moment)])
        assert held(evidence)["INC0001"].values["resolved_at"] == moment
        assert rows(evidence, "SELECT resolved_at FROM incident") == [
            (datetime(2026, 7, 1, 6, 30, 0, 123456),)
        ]


def test_the_zone_a_time_is_written_in_changes_nothing(tmp_path: Path) -> None:
    elsewhere = DAY.astimezone(timezone(timedelta(hours=-7)))
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1, resolved_at=DAY)])
        same = replace(incident(1, resolved_at=elsewhere), updated_at=elsewhere)
        assert evidence.merge("corp", "incident", [same]).unchanged == 1


def test_columns_that_a_record_says_about_itself_are_computed(tmp_path: Path) -> None:
    record = incident(
        1, resolved_at=DAY + timedelta(hours=1, milliseconds=900), resolver="automation:aa", created_by=None
    )
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [record])
        assert rows(evidence, "SELECT resolution_seconds, resolver_type, creator_type FROM incident") == [
            (3600, "automation", None)
        ]


def test_a_duration_is_negative_where_the_record_says_so(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1, resolved_at=DAY - timedelta(seconds=90))])
        assert rows(evidence, "SELECT resolution_seconds FROM incident") == [(-90,)]


def test_a_second_merge_of_the_same_writes_nothing(tmp_path: Path) -> None:
    batch = [incident(number, priority=2) for number in range(50)]
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", batch)
        before = evidence.version()
    file = tmp_path / "evidence.duckdb"
    content, written = file.read_bytes(), file.stat().st_mtime_ns
    with store(tmp_path) as evidence:
        assert evidence.merge("corp", "incident", batch) == MergeCounts(received=50, unchanged=50)
        assert evidence.version() == before
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (content, written)


def test_an_empty_merge_is_nothing(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        assert evidence.merge("corp", "incident", []) == MergeCounts()
        assert evidence.version().number == 0


def test_an_older_copy_never_overwrites(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1, day=5, priority=1)])
        assert evidence.merge("corp", "incident", [incident(1, day=4, priority=3)]).older == 1
        assert held(evidence)["INC0001"].values["priority"] == 1


def test_of_equal_times_the_lower_revision_is_older(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1, revision=2, priority=1)])
        assert evidence.merge("corp", "incident", [incident(1, revision=1, priority=3)]).older == 1


def test_a_changed_mapping_of_the_same_copy_is_written(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1, category="a")])
        assert evidence.merge("corp", "incident", [incident(1, category="b")]).updated == 1
        assert held(evidence)["INC0001"].values["category"] == "b"


def test_a_changed_kept_field_is_written(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1)])
        assert (
            evidence.merge("corp", "incident", [replace(incident(1), kept={"u_site": "York"})]).updated == 1
        )
        assert held(evidence)["INC0001"].kept == {"u_site": "York"}


def test_a_copy_without_a_time_is_not_older(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1, day=3, priority=1)])
        assert evidence.merge("corp", "incident", [incident(1, day=None, priority=2)]).updated == 1
        assert evidence.merge("corp", "incident", [incident(1, day=1, priority=3)]).updated == 1


def test_a_value_that_is_gone_is_emptied(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1, category="a", resolved_at=DAY)])
        evidence.merge("corp", "incident", [incident(1, day=1)])
        assert rows(evidence, "SELECT category, resolved_at, resolution_seconds FROM incident") == [
            (None, None, None)
        ]


def test_sources_and_kinds_do_not_touch_each_other(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1, priority=1)])
        evidence.merge("apps", "incident", [incident(1, priority=2)])
        evidence.merge("corp", "problem", [Record("INC0001", {"priority": 3})])
        assert rows(evidence, "SELECT source, priority FROM incident ORDER BY source") == [
            ("apps", 2),
            ("corp", 1),
        ]
        assert evidence.ids("corp", "problem") == ["INC0001"]


def test_a_batch_larger_than_a_chunk_is_one_merge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.evidence.intake.CHUNK", 7)
    stream = (incident(number % 40, day=number // 40) for number in range(100))
    with store(tmp_path) as evidence:
        counts = evidence.merge("corp", "incident", stream)
        assert counts == MergeCounts(received=100, repeated=60, inserted=40)
        assert evidence.version().number == 1
        assert {record.updated_at for record in held(evidence).values()} == {
            DAY + timedelta(days=1),
            DAY + timedelta(days=2),
        }


def test_a_stream_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.evidence.intake.CHUNK", 2)

    def broken() -> Iterator[Record]:
        yield from (incident(number) for number in range(5))
        raise OSError("the export went away")

    with store(tmp_path) as evidence:
        with pytest.raises(OSError, match="the export went away"):
            evidence.merge("corp", "incident", broken())
        assert evidence.ids("corp", "incident") == []
        assert evidence.merge("corp", "incident", [incident(1)]).inserted == 1


def test_stored_records_can_be_merged_again_while_they_are_read(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", (incident(number) for number in range(25_000)))
        mapped = (
            replace(record, values={**record.values, "category": "new"})
            for batch in evidence.records("corp", "incident")
            for record in batch
        )
        assert evidence.merge("corp", "incident", mapped).updated == 25_000
        batches = [[record.id for record in batch] for batch in evidence.records("corp", "incident")]
        for batch in evidence.records("corp", "incident"):
            evidence.merge("corp", "incident", [replace(r, values={"category": "x"}) for r in batch])
        assert rows(evidence, "SELECT count(*), min(category), max(category) FROM incident") == [
            (25_000, "x", "x")
        ]
    assert len(batches) > 1
    assert [name for batch in batches for name in batch] == sorted(
        f"INC{number:04d}" for number in range(25_000)
    )


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("priority", "2", "'priority' must be a whole number"),
        ("priority", True, "'priority' must be a whole number"),
        ("priority", 2**63, "'priority' must be a whole number of 64 bits"),
        ("category", 7, "'category' must be a text"),
        ("major", 1, "'major' must be True or False"),
        ("resolved_at", "2026-03-02", "'resolved_at' must be a datetime"),
        ("resolved_at", DAY.replace(tzinfo=None), "'resolved_at' must be a datetime with a time zone"),
        ("colour", "red", "has no column 'colour'"),
        ("resolution_seconds", 5, "has no column 'resolution_seconds'"),
        ("category", "\ud800", "cannot be stored"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(
    tmp_path: Path, column: str, value: Value, expected: str
) -> None:
    with store(tmp_path) as evidence:
        with pytest.raises(FatalError, match=expected) as failure:
            evidence.merge("corp", "incident", [incident(1), replace(incident(2), values={column: value})])
        assert "INC0002" in failure.value.message or expected == "cannot be stored"
        assert failure.value.hint
        assert evidence.ids("corp", "incident") == []


@pytest.mark.parametrize(
    "record",
    [
        Record("", {}),
        Record("1", {}, {}, DAY.replace(tzinfo=None)),
        Record("1", {}, {"field": object()}),
    ],
)
def test_a_record_without_a_proper_frame_is_refused(tmp_path: Path, record: Record) -> None:
    with store(tmp_path) as evidence, pytest.raises(FatalError):
        evidence.merge("corp", "incident", [record])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvidenceStore]:
    """One store for all laws; every example uses a source of its own."""
    with store(tmp_path_factory.mktemp("laws")) as evidence:
        yield evidence


@LAWS
@given(batch=BATCHES)
def test_law_counts_add_up(shared: EvidenceStore, batch: list[Record]) -> None:
    source = str(next(SOURCES))
    for _ in range(2):
        counts = shared.merge(source, "incident", batch)
        assert counts.received == len(batch)
        assert counts.received == (
            counts.repeated + counts.inserted + counts.updated + counts.unchanged + counts.older
        )
    assert len(held(shared, source)) == len({record.id for record in batch})


@LAWS
@given(batch=BATCHES)
def test_law_merging_again_changes_nothing(shared: EvidenceStore, batch: list[Record]) -> None:
    source = str(next(SOURCES))
    shared.merge(source, "incident", batch)
    before = shared.version()
    assert shared.merge(source, "incident", batch).written == 0
    assert shared.version() == before


@LAWS
@given(batch=BATCHES, seed=st.integers(0, 1000))
def test_law_the_order_within_a_batch_does_not_matter(
    shared: EvidenceStore, batch: list[Record], seed: int
) -> None:
    assert _after(shared, batch) == _after(shared, _shuffled(batch, seed))


@LAWS
@given(batch=DECIDED, cut=st.integers(0, 12), seed=st.integers(0, 1000))
def test_law_pieces_in_any_order_give_what_one_batch_gives(
    shared: EvidenceStore, batch: list[Record], cut: int, seed: int
) -> None:
    pieces = _shuffled(batch, seed)
    assert _after(shared, batch) == _after(shared, pieces[:cut], pieces[cut:])


@LAWS
@given(batch=DECIDED)
def test_law_the_newest_copy_is_the_one_that_stays(shared: EvidenceStore, batch: list[Record]) -> None:
    newest: dict[str, Record] = {}
    for record in sorted(batch, key=_age):
        newest[record.id] = record
    after = _after(shared, *([record] for record in batch))
    assert {name: _age(record) for name, record in after.items()} == {
        name: _age(record) for name, record in newest.items()
    }


SOURCES = count()

FILLED: dict[ColumnType, Value] = {
    ColumnType.TEXT: "person:ab",
    ColumnType.INTEGER: -(2**63),
    ColumnType.BOOLEAN: False,
    ColumnType.TIMESTAMP: datetime(1999, 12, 31, 23, 59, 59, 999999, UTC),
    ColumnType.DATE: date(2026, 2, 28),  # type: ignore[dict-item]  # a day is allowed, see Value
}


def _age(record: Record) -> tuple[datetime, int]:
    assert record.updated_at is not None
    return record.updated_at, record.revision


def _shuffled(batch: list[Record], seed: int) -> list[Record]:
    shuffled = list(batch)
    random.Random(seed).shuffle(shuffled)
    return shuffled


def _after(evidence: EvidenceStore, *batches: list[Record]) -> dict[str, Record]:
    source = str(next(SOURCES))
    for batch in batches:
        evidence.merge(source, "incident", batch)
    return held(evidence, source)
