"""The evidence store: bulk copies of the platforms' records, columnar and rebuildable.

Importing this package loads no engine; `open_store` does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.evidence.store import EvidenceStore


def open_store(url: str, folder: Path, *, wait: float = 60.0) -> EvidenceStore:
    """Return the store that `url` names, to be opened by `with`.

    `duckdb:evidence.duckdb` is relative to `folder`, `duckdb:/var/lib/evidence.duckdb` absolute. While
    another process holds the file, `with` waits up to `wait` seconds and then raises RetriableError.
    Raises UsageError when `url` names no engine.
    """
    from storage.evidence.urls import duckdb_file

    file = duckdb_file(url, folder)
    from storage.evidence.duckdb_store import DuckDBStore

    return DuckDBStore(file, wait=wait)


def relation(kind: str) -> str:
    """Return a record kind as it is written in a query: quoted, since `group` is a word of SQL."""
    return f'"{kind}"'
