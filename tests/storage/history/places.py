"""Where a test's history lives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from storage.history.database import Location, create, resolve
from storage.history.store import History


@dataclass(frozen=True)
class Place:
    """A fresh SQLite file or PostgreSQL database."""

    url: str
    folder: Path

    @property
    def embedded(self) -> bool:
        return self.url.startswith("sqlite:")

    @property
    def location(self) -> Location:
        return resolve(self.url, self.folder, wait=60)

    def open(self) -> History:
        return History.open(self.url, self.folder)

    def execute(self, statement: str) -> Sequence[Sequence[Any]]:
        """Run one statement past the product."""
        engine = create(self.location)
        try:
            with engine.begin() as connection:
                result = connection.exec_driver_sql(statement)
                return [tuple(row) for row in result] if result.returns_rows else []
        finally:
            engine.dispose()


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server of this test run, reached through a socket in `host`."""

    host: str

    def url(self, database: str = "postgres", login: str = "postgres") -> str:
        return f"postgresql://{login}@/{database}?host={self.host}"

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []
