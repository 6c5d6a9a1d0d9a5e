"""What goes on in an instance while it is read: scripted, seeded, done before a request is answered."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from sandbox.servicenow.changes import Writer
from sandbox.servicenow.exchange import Request
from sandbox.servicenow.store import Row, Tables
from sandbox.serving import mutation
from sandbox.serving.clock import Clock, written


@dataclass(frozen=True)
class Scene:
    """What a mutation works on."""

    table: str
    tables: Tables
    writer: Writer
    clock: Clock
    random: random.Random
    later: Callable[[int, Callable[[], object]], None]
    """Do something when so many further requests of the table have come."""

    def chosen(self, count: int) -> list[Row]:
        """Return some of the table's rows by chance."""
        ids = self.tables.view(self.table).ids
        keys = self.random.sample(ids, min(count, len(ids)))
        return [row for key in keys if (row := self.tables.row(self.table, key))]

    def copies(self, count: int) -> list[Row]:
        """Return rows like those that are there, with fresh ids and numbers and without stamps."""
        likenesses = self.chosen(count) or [{"sys_id": ""}]
        return [self._copy(likenesses[at % len(likenesses)]) for at in range(count)]

    def _copy(self, row: Row) -> Row:
        fresh = {name: text for name, text in row.items() if name not in _STAMPS}
        fresh["sys_id"] = f"{self.random.getrandbits(128):032x}"
        if row.get("number"):
            fresh["number"] = f"{row['number'][:3]}L{self.random.getrandbits(40):012d}"
        return fresh


_STAMPS = frozenset({"sys_created_on", "sys_created_by", "sys_updated_on", "sys_updated_by", "sys_mod_count"})


Mutation: TypeAlias = mutation.Mutation[Scene]


def inserts(count: int = 1) -> Mutation:
    """Insert rows, created now."""

    def effect(scene: Scene) -> None:
        for row in scene.copies(count):
            scene.writer.insert(scene.table, row)

    return Mutation("insert", effect)


def updates(count: int = 1) -> Mutation:
    """Update rows, which moves their stamp to now."""

    def effect(scene: Scene) -> None:
        for row in scene.chosen(count):
            scene.writer.update(scene.table, row["sys_id"], {})

    return Mutation("update", effect)


def deletes(count: int = 1, *, audited: bool = True) -> Mutation:
    """Delete rows; without `audited` nothing shows it."""

    def effect(scene: Scene) -> None:
        for row in scene.chosen(count):
            scene.writer.delete(scene.table, row["sys_id"], audited=audited)

    return Mutation("delete", effect)


def burst(count: int = 3000, *, age: timedelta = timedelta(0)) -> Mutation:
    """Insert many rows in one second, `age` before now."""

    def effect(scene: Scene) -> None:
        stamp = written(scene.clock.now() - age)
        with scene.tables.lock:
            for row in scene.copies(count):
                scene.writer.insert(scene.table, {**row, "sys_created_on": stamp, "sys_updated_on": stamp})

    return Mutation("burst", effect)


def back_dated(count: int = 1, *, age: timedelta = timedelta(days=3)) -> Mutation:
    """Insert rows whose stamps lie in the past, as imports do."""
    return Mutation("back-dated", burst(count, age=age).effect)


def silent(count: int = 1, **values: str) -> Mutation:
    """Change rows without moving their stamps, as scripts with autoSysFields(false) do."""

    def effect(scene: Scene) -> None:
        for row in scene.chosen(count):
            scene.writer.silently(scene.table, row["sys_id"], values or {"short_description": "changed"})

    return Mutation("silent", effect)


def late_commits(count: int = 1, *, after: int = 3, age: timedelta = timedelta(0)) -> Mutation:
    """Stamp rows now, or `age` before, and let them appear only `after` further requests of the table."""

    def effect(scene: Scene) -> None:
        stamp = written(scene.clock.now() - age)
        rows = [{**row, "sys_created_on": stamp, "sys_updated_on": stamp} for row in scene.copies(count)]
        scene.later(after, lambda: [scene.writer.insert(scene.table, row) for row in rows])

    return Mutation("late commit", effect)


def churn(share: float = 0.5) -> Mutation:
    """Rewrite active service levels, as the jobs do that count their percentage."""

    def effect(scene: Scene) -> None:
        active = [row for row in scene.tables.rows(scene.table) if row.get("active") == "true"]
        for row in scene.random.sample(active, int(len(active) * share)):
            percentage = float(row.get("business_percentage") or 0) + 1
            scene.writer.update(scene.table, row["sys_id"], {"business_percentage": f"{percentage:g}"})

    return Mutation("churn", effect)


def rotation(kept: timedelta = timedelta(days=7)) -> Mutation:
    """Drop rows older than `kept`, as tables that are rotated do; no trace is left."""

    def effect(scene: Scene) -> None:
        limit = written(scene.clock.now() - kept)
        for row in scene.tables.rows(scene.table):
            if row.get("sys_created_on", "") < limit:
                scene.writer.delete(scene.table, row["sys_id"], audited=False)

    return Mutation("rotation", effect)


class Life(mutation.Life[Scene, Request]):
    """The script of one instance."""

    def __init__(
        self, mutations: Sequence[Mutation], tables: Tables, writer: Writer, clock: Clock, seed: int = 1
    ) -> None:
        super().__init__(mutations, tables.lock, seed)
        self._tables = tables
        self._writer = writer
        self._clock = clock
        self._waiting: list[tuple[str, int, Callable[[], object]]] = []

    def settle(self) -> None:
        """Commit everything that is still on its way."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for _, _, commit in waiting:
            commit()

    def _scene(self, request: Request, chance: random.Random) -> Scene:
        table = request.table

        def later(after: int, commit: Callable[[], object]) -> None:
            self._waiting.append((table, after, commit))

        return Scene(table, self._tables, self._writer, self._clock, chance, later)

    def _arrive(self, request: Request) -> None:
        kept = []
        for name, left, commit in self._waiting:
            left -= name == request.table
            if left <= 0:
                commit()
            else:
                kept.append((name, left, commit))
        self._waiting = kept
