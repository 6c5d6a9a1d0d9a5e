from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from storage.errors import FatalError
from storage.evidence.tables import create
from storage.records import KINDS
from storage.records.schema import Column, ColumnType, Origin, RecordKind
from tests.storage.evidence.builders import held, incident, rows, store

LATER_COLUMNS = ("category", "knowledge_used", "creator_type")


def test_a_file_of_an_older_release_gets_the_columns_it_lacks(tmp_path: Path) -> None:
    _older(tmp_path, lambda column: column.name not in LATER_COLUMNS)
    with duckdb.connect(str(tmp_path / "evidence.duckdb")) as connection:
        connection.execute(
            "INSERT INTO stored.incident (source, id, revision, kept, content_hash, priority) "
            "VALUES ('corp', 'INC0001', 0, '{}', 1, 2)"
        )
    with store(tmp_path) as evidence:
        assert rows(evidence, "SELECT id, priority, category, creator_type FROM incident") == [
            ("INC0001", 2, None, None)
        ]
        evidence.merge("corp", "incident", [incident(2, category="a", created_by="person:1")])
        assert rows(evidence, "SELECT category, creator_type FROM incident WHERE id = 'INC0002'") == [
            ("a", "person")
        ]


def test_growing_keeps_identity_version_and_content(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1, priority=1)])
        before = evidence.version()
    with duckdb.connect(str(tmp_path / "evidence.duckdb")) as connection:
        connection.execute("DROP VIEW incident")
        connection.execute("ALTER TABLE stored.incident DROP COLUMN category")
        connection.execute("UPDATE meta.store SET kinds = 'older'")
    with store(tmp_path) as evidence:
        assert evidence.version() == before
        assert evidence.merge("corp", "incident", [incident(1, priority=1)]).unchanged == 1


def test_a_file_of_an_older_release_gets_the_kinds_it_lacks(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "evidence.duckdb")) as connection:
        create(connection, {"incident": KINDS["incident"]})
    with store(tmp_path) as evidence:
        assert rows(evidence, 'SELECT count(*) FROM "group"') == [(0,)]


def test_derived_columns_of_another_shape_are_derived_again(tmp_path: Path) -> None:
    _older(tmp_path, lambda column: column.name != "department")
    with duckdb.connect(str(tmp_path / "evidence.duckdb")) as connection:
        connection.execute("INSERT INTO meta.derived VALUES ('incident', 'old')")
    with store(tmp_path) as evidence:
        assert evidence.derived_fingerprint("incident") is None
        evidence.store_derived("incident", pa.table({"source": ["a"], "id": ["b"], "department": ["c"]}), "x")


def test_a_file_that_is_up_to_date_is_not_written_when_opened(tmp_path: Path) -> None:
    with store(tmp_path):
        pass
    written = (tmp_path / "evidence.duckdb").stat().st_mtime_ns
    with store(tmp_path) as evidence:
        assert held(evidence) == {}
    assert (tmp_path / "evidence.duckdb").stat().st_mtime_ns == written


def test_a_column_that_changed_its_type_is_named(tmp_path: Path) -> None:
    changed = tuple(
        replace(column, type=ColumnType.TEXT) if column.name == "priority" else column
        for column in KINDS["incident"].columns
    )
    with duckdb.connect(str(tmp_path / "evidence.duckdb")) as connection:
        create(connection, {"incident": replace(KINDS["incident"], columns=changed)})
    with pytest.raises(FatalError, match="'priority' of 'incident' is VARCHAR") as failure, store(tmp_path):
        pass
    assert "full sync" in failure.value.hint


def _older(folder: Path, had: object) -> None:
    assert callable(had)
    kinds: dict[str, RecordKind] = {
        name: replace(kind, columns=tuple(column for column in kind.columns if had(column)))
        for name, kind in KINDS.items()
    }
    assert any(len(kinds[name].columns) < len(KINDS[name].columns) for name in kinds)
    with duckdb.connect(str(folder / "evidence.duckdb")) as connection:
        create(connection, kinds)


def test_what_is_computed_at_ingest_has_a_computation() -> None:
    from storage.evidence.computed import COMPUTATIONS

    for kind in KINDS.values():
        assert list(COMPUTATIONS[kind.name]) == [c.name for c in kind.of_origin(Origin.RECORD)]


def test_a_computed_column_nobody_computes_is_noticed() -> None:
    from storage.evidence.computed import computation

    odd = Column("odd", ColumnType.TEXT, "Odd", origin=Origin.RECORD, needs=("category",))
    with pytest.raises(NotImplementedError, match=r"incident\.odd"):
        computation(KINDS["incident"], odd)
