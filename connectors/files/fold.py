"""Folds a log, one row per update, into one story per record: its last row and all that changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.files import conditions
from connectors.files.mapping import RecordMapping
from connectors.files.readers import Row
from connectors.files.settings import Log, RecordFile
from connectors.files.sources import Source
from connectors.files.values import Cell, UnreadableError, text_of
from storage.errors import FatalError

Reject = Callable[[str, str], None]
"""Takes the position of a row that cannot be used, and the reason."""
_TOLERATED_BACKWARDS = 0.01
"""Share of steps back in time that clocks of a platform explain; one log of 141,712 real rows has one."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_Look = Callable[[Sequence[Cell], datetime], Cell]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one field with history; the first value is a change from empty."""

    field: str
    old: str | None
    new: str | None
    at: datetime
    actor: str | None


@dataclass(slots=True)
class Story:
    """What the rows of one key tell."""

    key: str
    last: Row | None = None
    """The literal last row: what is empty in it is not filled from earlier ones (section 11, A3)."""
    at: datetime | None = None
    """Time of the last row."""
    found: dict[str, Cell] = field(default_factory=dict)
    """First and last values and times, by the cell they are kept under."""
    changes: list[Change] = field(default_factory=list)
    held: list[Row] = field(default_factory=list)
    """Rows that wait to be put in order."""


class Fold:
    """The rules of one log. Rows of different keys may be mixed; within a key their order counts."""

    def __init__(self, settings: RecordFile, log: Log, mapping: RecordMapping) -> None:
        self._names = mapping.wanted
        index = {name: number for number, name in enumerate(self._names)}
        self._log = log
        self._mapping = mapping
        self._moment = mapping.conversion.timestamp
        self._key = index[settings.key or ""]
        self._at = index[log.at]
        self._actor = index[log.actor] if log.actor else None
        self._order = [index[name] for name in log.order_by]
        self._history = [(name, index[source.field or ""]) for name, source in settings.history.items()]
        leaves = {leaf.cell: leaf for _, _, leaf in settings.sources() if leaf.needs_log}
        self._steps = self._backwards = 0
        self._looks = [(cell, leaf.last is not None, _look(leaf, index)) for cell, leaf in leaves.items()]

    def stories(self, rows: Iterable[Row], reject: Reject) -> Iterator[Story]:
        """Yield one story per key; a row that cannot be used is rejected and takes no part.

        One story per key is held in memory until the end, with `grouped` only that of the current key. Raises
        FatalError when the order of the file is not the order of events (newest first, or one log twice).
        """
        told: dict[str, Story] = {}
        done: set[str] = set()
        for row in rows:
            name = self._name(row, reject)
            if name is None:
                continue
            if self._log.grouped and name not in told:
                yield from self._finished(told, reject)
                self._refuse_return(name, row, done)
            self._add(told.setdefault(name, Story(name)), row, reject)
        yield from self._finished(told, reject)
        self._refuse_disorder()

    def _name(self, row: Row, reject: Reject) -> str | None:
        """Return the key of a row; None for one that has no key or no time."""
        try:
            self._at_of(row.cells)
            return self._text(row.cells, self._key)
        except UnreadableError as error:
            reject(row.position, str(error))
            return None

    def _text(self, cells: Sequence[Cell], index: int) -> str:
        """Return a cell as text; raises UnreadableError when it is empty."""
        try:
            if cells[index] is None:
                raise UnreadableError("is empty")
            return text_of(cells[index])
        except UnreadableError as error:
            raise UnreadableError(f"{self._names[index]}: {error}") from None

    def _add(self, story: Story, row: Row, reject: Reject) -> None:
        if self._order:
            story.held.append(row)
            return
        try:
            self._apply(story, row)
        except UnreadableError as error:
            reject(row.position, str(error))

    def _finished(self, told: dict[str, Story], reject: Reject) -> Iterator[Story]:
        for name in list(told):
            story = told.pop(name)
            for row in sorted(story.held, key=self._rank):
                try:
                    self._apply(story, row)
                except UnreadableError as error:
                    reject(row.position, str(error))
            story.held = []
            if story.last is not None:
                yield story

    def _refuse_return(self, name: str, row: Row, done: set[str]) -> None:
        if name in done:
            raise FatalError(
                f"The rows of one record do not stand together: {row.position} goes back to an earlier one.",
                hint="Take `grouped` out of `log`.",
            )
        done.add(name)

    def _refuse_disorder(self) -> None:
        if not self._order and self._backwards > _TOLERATED_BACKWARDS * self._steps:
            raise FatalError(
                f"{self._backwards:,} of {self._steps:,} updates are earlier than the one before them of the "
                "same record: the file is not in the order of time, or holds the same rows twice.",
                hint=f"Add `order_by: [{self._log.at}]` to `log`.",
            )

    def _rank(self, row: Row) -> list[tuple[int, float, str]]:
        return [self._sort_key(row.cells[number]) for number in self._order]

    def _sort_key(self, cell: Cell) -> tuple[int, float, str]:
        """Order numbers by size, times by time, other texts by letters, empty ones first."""
        try:
            text = "" if cell is None else text_of(cell)
        except UnreadableError:
            text = ""
        if _NUMBER.fullmatch(text):
            return (1, float(text), "")
        try:
            return (2, self._moment(text).timestamp(), "")
        except UnreadableError:
            return (3 if text else 0, 0.0, text)

    def _apply(self, story: Story, row: Row) -> None:
        """Let a row take part, wholly or, where one of its cells cannot be read, not at all."""
        cells = row.cells
        at = self._at_of(cells)
        changes = list(self._changes(story.last.cells if story.last else None, cells, at))
        found = {
            cell: look(cells, at)
            for cell, later_wins, look in self._looks
            if later_wins or cell not in story.found
        }
        story.found |= {cell: value for cell, value in found.items() if value is not None}
        story.changes += changes
        if story.at is not None:
            self._steps += 1
            self._backwards += at < story.at
        story.last, story.at = row, at

    def _at_of(self, cells: Sequence[Cell]) -> datetime:
        text = self._text(cells, self._at)
        try:
            return self._moment(text)
        except UnreadableError as error:
            raise UnreadableError(f"{self._log.at}: {error}") from None

    def _changes(
        self, before: Sequence[Cell] | None, cells: Sequence[Cell], at: datetime
    ) -> Iterator[Change]:
        for name, index in self._history:
            was = before[index] if before else None
            if cells[index] == was:
                continue
            old, new = self._value(name, was), self._value(name, cells[index])
            if old != new:
                yield Change(name, old, new, at, self._actor_of(cells))

    def _value(self, name: str, cell: Cell) -> str | None:
        try:
            return None if cell is None else self._mapping.tracked_value(name, text_of(cell))
        except UnreadableError as error:
            raise UnreadableError(f"{name}: {error}") from None

    def _actor_of(self, cells: Sequence[Cell]) -> str | None:
        cell = None if self._actor is None else cells[self._actor]
        return None if cell is None else self._mapping.pseudonym(text_of(cell))


def _look(leaf: Source, index: Mapping[str, int]) -> _Look:
    if leaf.at_first is not None:
        test = conditions.compiled(leaf.at_first, index)
        return lambda cells, at: at.isoformat() if test(cells) else None
    number = index[leaf.field or ""]
    return lambda cells, at: cells[number]
