"""What the records beside the incidents are built on: the incidents, who and what there is, and chance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sandbox.organisation.assumptions import Assumptions
from sandbox.organisation.clock import DAY
from sandbox.organisation.numbers import Flags, Integers, Words, stream
from sandbox.organisation.series import Period
from sandbox.organisation.structure import Structure
from sandbox.organisation.table import Columns, Table, times, words
from storage.records import KINDS
from storage.records.schema import FieldClass

NEVER = 1 << 40
"""A second far after every period."""
LEFT_OUT = {
    "group": frozenset({"parent_id"}),
    "change": frozenset({"parent_id"}),
    "release": frozenset({"parent_id"}),
    "request": frozenset({"incident_id"}),
    "service_level": frozenset({"edited"}),
    "survey": frozenset({"points"}),
}
"""Mapped columns that the organisation has no values for."""
LOCATIONS = ("Lisbon", "Porto", "Lyon", "Basel", "Gdansk")


@dataclass(frozen=True)
class Cases:
    """The incidents as far as other records refer to them, one element by incident."""

    table: Table
    ids: Words
    opened: Integers
    acknowledged: Integers
    resolved: Integers
    """When it really was, or will be after the period."""
    clean: Flags
    healed: Flags
    priority: Integers
    category: Integers
    channel: Integers
    group: Integers
    service: Integers
    item: Integers
    """Items from `healed_from` on belong to automation."""
    healed_from: int
    problem: Integers

    @property
    def service_known(self) -> Flags:
        """Whether the service, and with it the item, stands in the record."""
        return _known(self.table, "service_id")

    @property
    def item_known(self) -> Flags:
        """Whether the item stands in the record."""
        return _known(self.table, "ci_id")

    def column(self, name: str) -> Words:
        """Return a column of the incident records."""
        return words(self.table.columns[name])


@dataclass(frozen=True)
class World:
    """The organisation while its further records are made."""

    structure: Structure
    period: Period
    seed: int
    assumptions: Assumptions
    cases: Cases

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the random numbers of one purpose; none of those the incidents are drawn from."""
        return stream(self.seed, f"further {purpose}")

    def volume(self, per_incident: float) -> int:
        """Return a number in proportion to the incidents, at least 1."""
        return max(1, round(per_incident * len(self.cases.ids)))

    def happened(self, seconds: Integers) -> Flags:
        """Say what lies before the end of the period."""
        return np.asarray(seconds < self.period.end, dtype=np.bool_)

    def times(
        self, seconds: Integers, where: Flags | None = None
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.datetime64]]:
        """Return moments as the records show them: nothing that is still to happen."""
        past = self.happened(seconds)
        return times(seconds, past if where is None else past & where)

    def latest(self, *moments: tuple[Integers, Flags | None]) -> Integers:
        """Return the last of these moments that has happened."""
        found = np.zeros(len(moments[0][0]), dtype=np.int64)
        for seconds, where in moments:
            counts = self.happened(seconds) if where is None else self.happened(seconds) & where
            found = np.maximum(found, np.where(counts, seconds, 0))
        return found

    @cached_property
    def groups(self) -> Words:
        """Names of the groups."""
        return words(list(self.structure.groups))

    @cached_property
    def services(self) -> Words:
        """Names of the services, which are their ids."""
        return words(list(self.structure.services))

    def members(self, group: Integers, generator: np.random.Generator) -> Words:
        """Draw a member of each of these groups."""
        people = words([name for members in self.structure.people for name in members])
        sizes = np.array([len(members) for members in self.structure.people])
        starts = np.cumsum(sizes) - sizes
        return words(people[starts[group] + generator.integers(0, 1 << 30, len(group)) % sizes[group]])

    def callers(self, count: int, generator: np.random.Generator) -> Words:
        """Draw persons who call."""
        return words(list(self.structure.callers))[generator.integers(0, len(self.structure.callers), count)]

    def some_group(self, count: int, generator: np.random.Generator) -> Integers:
        """Draw groups by their share of the work."""
        return np.asarray(generator.choice(len(self.groups), count, p=self.structure.weights), dtype=np.int64)

    def some_service(self, count: int, generator: np.random.Generator) -> Integers:
        """Draw services, the first ones more often, as the incidents do."""
        return np.asarray((len(self.services) * generator.random(count) ** 1.6).astype(np.int64))

    def moments(self, count: int, generator: np.random.Generator) -> Integers:
        """Draw moments of the period, in order."""
        span = self.period.end - self.period.start - DAY
        return np.asarray(np.sort(self.period.start + generator.integers(0, span, count)), dtype=np.int64)


def record_table(kind: str, columns: Columns) -> Table:
    """Return records of a kind with its columns in their order."""
    return Table({name: columns[name] for name in columns_of(kind)})


def columns_of(kind: str) -> tuple[str, ...]:
    """Return what the organisation's records of a kind have: every mapped column, texts in words."""
    names = dict.fromkeys(
        column.name.rsplit("_", 1)[0] if column.field_class is FieldClass.TEXT else column.name
        for column in KINDS[kind].mapped
    )
    return ("id", *(name for name in names if name not in LEFT_OUT.get(kind, ())), "updated_at")


def numbered(prefix: str, count: int) -> Words:
    """Return ids from 1 on."""
    return words([f"{prefix}{number:07d}" for number in range(1, count + 1)])


def reference(ids: Words, positions: Integers) -> Words:
    """Return the ids at these positions, None for those below 0."""
    return words(ids[np.maximum(positions, 0)], positions >= 0)


def _known(table: Table, name: str) -> Flags:
    return np.asarray(table.columns[name] != None, dtype=np.bool_)  # noqa: E711 - by element
