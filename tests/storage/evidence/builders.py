"""Stores and records for the tests of the evidence store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.evidence import open_store
from storage.evidence.store import EvidenceStore, Record, Value

DAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


def store(folder: Path, name: str = "evidence.duckdb", *, wait: float = 60.0) -> EvidenceStore:
    return open_store(f"duckdb:{name}", folder, wait=wait)


def incident(number: int, *, day: int | None = 0, revision: int = 0, **values: Value) -> Record:
    """An incident whose copy is from `day` days after DAY; None for a copy that does not say."""
    updated_at = None if day is None else DAY + timedelta(days=day)
    return Record(f"INC{number:04d}", {"opened_at": DAY, **values}, {"u_site": "Leeds"}, updated_at, revision)


def held(open_store: EvidenceStore, source: str = "corp", kind: str = "incident") -> dict[str, Record]:
    """All that is stored and not deleted, by id."""
    return {record.id: record for batch in open_store.records(source, kind) for record in batch}


def rows(open_store: EvidenceStore, sql: str) -> list[tuple[object, ...]]:
    """Rows of a query."""
    return [tuple(row.values()) for row in open_store.query(sql).to_pylist()]
