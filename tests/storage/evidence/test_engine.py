"""Names the calls of DuckDB that the evidence store relies on, so that an upgrade that breaks one is seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from storage.evidence.failures import is_held
from storage.evidence.locking import connect


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(tmp_path / "canary.duckdb", 0)
    connection.execute("CREATE TABLE t (source VARCHAR, id VARCHAR, h BIGINT, deleted_at TIMESTAMP)")
    connection.execute("INSERT INTO t VALUES ('a', '1', 10, now()::TIMESTAMP), ('b', '1', 10, NULL)")
    yield connection
    connection.close()


def test_merge_has_composite_keys_parameters_and_matched_updates(engine: duckdb.DuckDBPyConnection) -> None:
    merged = engine.execute(
        "MERGE INTO t USING (SELECT $1::VARCHAR AS source, v.* FROM (VALUES ('1', 11), ('2', 12)) v(id, h)) s"
        " ON t.source = s.source AND t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET h = s.h, deleted_at = NULL "
        "WHEN NOT MATCHED THEN INSERT (source, id, h) VALUES (s.source, s.id, s.h) "
        "RETURNING merge_action, id",
        ["a"],
    ).fetchall()
    assert sorted(merged) == [("INSERT", "2"), ("UPDATE", "1")]
    assert engine.execute("SELECT * FROM t ORDER BY source, id").fetchall() == [
        ("a", "1", 11, None),
        ("a", "2", 12, None),
        ("b", "1", 10, None),
    ]


def test_a_registered_arrow_table_is_inserted_by_name(engine: duckdb.DuckDBPyConnection) -> None:
    engine.execute("CREATE TEMP TABLE staging (id VARCHAR, opened TIMESTAMP, h BIGINT)")
    moment = pa.array([datetime(2026, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    engine.register("incoming", pa.table({"h": [-(2**63)], "opened": moment, "id": ["x"]}))
    engine.execute("INSERT INTO staging BY NAME SELECT * FROM incoming")
    engine.unregister("incoming")
    [(name, at, number)] = engine.execute("SELECT * FROM staging").fetchall()
    assert (name, at.replace(tzinfo=UTC), number) == ("x", datetime(2026, 1, 1, tzinfo=UTC), -(2**63))
    with pytest.raises(duckdb.CatalogException):
        engine.sql("SELECT * FROM incoming")


def test_a_temporary_table_does_not_touch_the_file(engine: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    engine.execute("CHECKPOINT")
    before = (tmp_path / "canary.duckdb").read_bytes()
    engine.execute("CREATE TEMP TABLE big AS SELECT range AS n FROM range(100000)")
    engine.execute("CHECKPOINT")
    assert (tmp_path / "canary.duckdb").read_bytes() == before


def test_a_relation_gives_arrow_with_parameters_and_in_order(engine: duckdb.DuckDBPyConnection) -> None:
    table = engine.sql("SELECT source FROM t WHERE id = $1 ORDER BY source DESC", params=["1"])
    assert table.to_arrow_table().to_pydict() == {"source": ["b", "a"]}


def test_a_cursor_streams_a_snapshot_while_the_connection_writes(engine: duckdb.DuckDBPyConnection) -> None:
    engine.execute("CREATE TABLE many AS SELECT range AS n FROM range(50000)")
    cursor = engine.cursor()
    reader = cursor.sql("SELECT n FROM many ORDER BY n").to_arrow_reader(10_000)
    first = next(iter(reader))
    engine.execute("DELETE FROM many")
    assert first.num_rows + sum(batch.num_rows for batch in reader) == 50_000
    cursor.close()


def test_ddl_and_data_roll_back_together(engine: duckdb.DuckDBPyConnection) -> None:
    engine.begin()
    engine.execute("ALTER TABLE t ADD COLUMN extra VARCHAR")
    engine.execute("CREATE OR REPLACE VIEW v AS SELECT extra FROM t")
    engine.execute("UPDATE t SET h = 0")
    engine.rollback()
    assert engine.execute("SELECT sum(h::HUGEINT)::VARCHAR FROM t").fetchall() == [("20",)]
    assert engine.execute("SELECT count(*) FROM duckdb_columns() WHERE column_name = 'extra'").fetchall() == [
        (0,)
    ]


def test_statements_tell_their_type_before_they_run(engine: duckdb.DuckDBPyConnection) -> None:
    statements = engine.extract_statements("WITH a AS (SELECT 1) SELECT * FROM a; DELETE FROM t")
    assert [statement.type for statement in statements] == [
        duckdb.StatementType.SELECT,
        duckdb.StatementType.DELETE,
    ]


def test_a_local_day_can_be_taken_from_a_utc_time(engine: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT CAST(timezone('Europe/London', timezone('UTC', TIMESTAMP '2026-06-30 23:30:00')) AS DATE)"
    [(day,)] = engine.execute(sql).fetchall()
    assert day.isoformat() == "2026-07-01"


def test_a_held_file_is_told_by_its_message(engine: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file = tmp_path / "canary.duckdb"
    with pytest.raises(duckdb.Error) as same_process:
        duckdb.connect(str(file))
    assert is_held(same_process.value)
    with duckdb.connect() as other, pytest.raises(duckdb.Error) as attached:
        other.execute(f"ATTACH '{file}'")
    assert is_held(attached.value)
    assert not is_held(duckdb.IOException("Permission denied"))
