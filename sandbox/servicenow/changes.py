"""Changes rows as the platform does: stamps, counters, and a trace of what was deleted."""

from __future__ import annotations

import random
from collections.abc import Mapping
from threading import Lock

from sandbox.servicenow.store import Row, Tables
from sandbox.serving.clock import Clock


class Writer:
    """Inserts, updates and deletes with the instance's clock."""

    def __init__(self, tables: Tables, clock: Clock, *, seed: int = 1, user: str = "system") -> None:
        self._tables = tables
        self._clock = clock
        self._user = user
        self._random = random.Random(seed)  # noqa: S311
        self._lock = Lock()

    def new_id(self) -> str:
        """Return a fresh sys_id."""
        with self._lock:
            return f"{self._random.getrandbits(128):032x}"

    def insert(self, table: str, values: Mapping[str, str]) -> Row:
        """Insert a row; stamps that are given stay (a back-dated write)."""
        now = self._clock.text()
        row = {
            "sys_id": self.new_id(),
            "sys_created_on": now,
            "sys_created_by": self._user,
            "sys_updated_on": now,
            "sys_updated_by": self._user,
            "sys_mod_count": "0",
            **values,
        }
        return self._tables.put(table, row)

    def update(self, table: str, key: str, values: Mapping[str, str]) -> Row | None:
        """Change a row and its stamps; a stamp that is given stays. None where there is no such row."""
        with self._tables.lock:
            row = self._tables.row(table, key)
            if row is None:
                return None
            stamps = {
                "sys_updated_on": self._clock.text(),
                "sys_updated_by": self._user,
                "sys_mod_count": str(int(row.get("sys_mod_count") or 0) + 1),
            }
            return self._tables.put(row["sys_class_name"], {**row, **stamps, **values})

    def silently(self, table: str, key: str, values: Mapping[str, str]) -> Row | None:
        """Change a row without moving its stamps, as scripts with autoSysFields(false) do."""
        with self._tables.lock:
            row = self._tables.row(table, key)
            return None if row is None else self._tables.put(row["sys_class_name"], {**row, **values})

    def delete(self, table: str, key: str, *, audited: bool = True) -> bool:
        """Delete a row; what is `audited` leaves a row in sys_audit_delete."""
        row = self._tables.drop(table, key)
        if row is not None and audited:
            self.insert("sys_audit_delete", {"tablename": row["sys_class_name"], "documentkey": key})
        return row is not None
