from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from storage.errors import FatalError, UsageError
from storage.evidence import relation
from storage.evidence.store import Record
from storage.records import KINDS
from tests.storage.evidence.builders import DAY, incident, rows, store

DERIVED = {"source": ["corp"], "id": ["INC0001"], "department": ["Networks"], "opened_on": [date(2026, 3, 2)]}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_relation_with_all_its_columns(tmp_path: Path, kind: str) -> None:
    with store(tmp_path) as evidence:
        table = evidence.query(f"SELECT * FROM {relation(kind)}")
    each = KINDS[kind]
    assert table.column_names == [
        *("source", "id", "updated_at", "feed"),
        *(column.name for column in (*each.stored, *each.derived)),
    ]


def test_types_arrive_as_promised(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        schema = evidence.query("SELECT opened_at, priority, major, category, opened_on FROM incident").schema
    assert schema.types == [pa.timestamp("us"), pa.int64(), pa.bool_(), pa.string(), pa.date32()]


def test_derived_columns_are_empty_until_derived(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1)])
        assert rows(evidence, "SELECT id, department FROM incident") == [("INC0001", None)]
        assert evidence.derived_fingerprint("incident") is None


def test_derived_columns_are_seen_by_queries(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1), incident(2)])
        before = evidence.version()
        evidence.store_derived("incident", pa.table(DERIVED), "abc")
        assert evidence.version() == before
    with store(tmp_path) as evidence:
        assert rows(evidence, "SELECT id, department, opened_on FROM incident ORDER BY id") == [
            ("INC0001", "Networks", date(2026, 3, 2)),
            ("INC0002", None, None),
        ]
        assert evidence.derived_fingerprint("incident") == "abc"


def test_deriving_again_replaces_everything(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1), incident(2)])
        evidence.store_derived("incident", pa.table(DERIVED), "abc")
        evidence.store_derived(
            "incident", pa.table({"source": ["corp"], "id": ["INC0002"], "paused_seconds": [60]}), "def"
        )
        assert rows(evidence, "SELECT department, paused_seconds FROM incident ORDER BY id") == [
            (None, None),
            (None, 60),
        ]
        assert evidence.derived_fingerprint("incident") == "def"


def test_a_kind_without_derived_columns_keeps_its_fingerprint(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.store_derived("problem", pa.table({"source": ["corp"], "id": ["PRB1"]}), "abc")
        assert evidence.derived_fingerprint("problem") == "abc"


def test_derived_rows_of_another_shape_are_refused_and_nothing_is_replaced(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1)])
        evidence.store_derived("incident", pa.table(DERIVED), "abc")
        for wrong in ({"id": ["1"]}, {**DERIVED, "colour": ["red"]}, {**DERIVED, "paused_seconds": ["long"]}):
            with pytest.raises(FatalError):
                evidence.store_derived("incident", pa.table(wrong), "def")
        assert evidence.derived_fingerprint("incident") == "abc"
        assert rows(evidence, "SELECT department FROM incident") == [("Networks",)]


def test_a_query_may_have_common_tables_and_keeps_its_order(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "group", [Record(str(number), {}) for number in range(5)])
        sql = "WITH late AS (SELECT id FROM \"group\" WHERE id > '1') SELECT * FROM late ORDER BY id DESC"
        assert rows(evidence, sql) == [("4",), ("3",), ("2",)]


def test_sums_of_whole_numbers_are_exact(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(number, priority=2**60) for number in range(4)])
        assert rows(evidence, "SELECT CAST(sum(priority) AS VARCHAR) FROM incident") == [(str(2**62),)]


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "SELECT 1; SELECT 2",
        "DELETE FROM stored.incident",
        "INSERT INTO meta.derived VALUES ('a', 'b')",
        "DROP VIEW incident",
        "COPY (SELECT 1) TO 'stolen.csv'",
        "ATTACH 'other.duckdb'",
        "PRAGMA version",
        "SET threads = 1",
        "SELECT * FROM incidents",
        "SELECT nothing FROM incident",
        "SELECT * FRO incident",
        "SELECT CAST('a' AS BIGINT)",
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM 'records.parquet'",
    ],
)
def test_everything_but_one_select_over_evidence_is_refused(tmp_path: Path, sql: str) -> None:
    with store(tmp_path) as evidence:
        with pytest.raises(UsageError) as failure:
            evidence.query(sql)
        assert failure.value.hint
        assert "\n" not in failure.value.message
        assert rows(evidence, "SELECT 1") == [(1,)]


def test_variables_of_the_caller_are_not_seen(tmp_path: Path) -> None:
    secrets = pa.table({"a": [1]})
    with store(tmp_path) as evidence, pytest.raises(UsageError, match="secrets"):
        evidence.query("SELECT * FROM secrets")
    assert secrets.num_rows == 1


def test_an_unknown_kind_is_a_wrong_use(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        for call in (
            lambda: evidence.merge("corp", "incidents", []),
            lambda: evidence.ids("corp", "incidents"),
            lambda: evidence.records("corp", "incidents"),
            lambda: evidence.delete("corp", "incidents", [], DAY),
            lambda: evidence.derived_fingerprint("incidents"),
        ):
            with pytest.raises(UsageError, match="did you mean 'incident'"):
                call()
