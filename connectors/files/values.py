"""What a mapping may fill, and how a cell of a file becomes a value of that type."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import cast
from zoneinfo import ZoneInfo

from connectors.platform.targets import Target
from storage.evidence.store import Value
from storage.records.schema import ColumnType

Cell = object
"""What stands in one field of a row: a text, or in JSON also a number, a truth value, a list, an object."""

_TRUE = frozenset({"true", "yes", "1"})
_FALSE = frozenset({"false", "no", "0"})
_INTEGER = re.compile(r"([+-]?\d{1,18})(?:\.0*)?", re.ASCII)
_LEADING_NUMBER = re.compile(r"([+-]?\d{1,18})(?!\d)", re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,6}) )?(\d{1,9}):([0-5]\d):([0-5]\d)", re.ASCII)
_ECHOED = 40

NO_DATE = "is no date and time"
"""Why a cell is not read as a moment or a day."""


class UnreadableError(ValueError):
    """A cell does not convert; the text says why and is fit to be shown and stored.

    Of the cell it shows the shape alone (`9999-99-99`, `Aaa Aaaaaaa`): in a shifted row or under a wrong
    mapping any field may hold a name or a note.
    """

    def __init__(self, problem: str, cell: Cell = None) -> None:
        self._problem = problem
        self._text = None if cell is None else text_of(cell)
        super().__init__(problem if self._text is None else f"a value like '{_shape(self._text)}' {problem}")

    @property
    def in_words(self) -> str:
        """Why, with the cell as it is written; for values that stand in the configuration."""
        return self._problem if self._text is None else f"'{_cut(self._text)}' {self._problem}"


def text_of(cell: Cell) -> str:
    """Return a cell as text, the way it would stand in a CSV file."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return str(cell)
    raise UnreadableError("holds a list or an object where one value is expected")


class Conversion:
    """Turns cells into values; times without a zone are read in `time_zone`."""

    def __init__(self, time_zone: str, date_formats: Sequence[str]) -> None:
        self._zone = ZoneInfo(time_zone)
        self._formats = tuple(date_formats)
        self._moment = lru_cache(maxsize=2**16)(self._parsed)

    def to(self, target: Target, *, leading_number: bool = False) -> Callable[[Cell], Value]:
        """Return the conversion to a column's type; it raises UnreadableError."""
        if leading_number:
            return _leading_number
        if target.type is ColumnType.INTEGER and target.name.endswith("_seconds"):
            return _seconds
        conversions: dict[ColumnType, Callable[[Cell], Value]] = {
            ColumnType.TEXT: text_of,
            ColumnType.INTEGER: _integer,
            ColumnType.BOOLEAN: _boolean,
            ColumnType.TIMESTAMP: self.timestamp,
            ColumnType.DATE: self.day,
        }
        return conversions[target.type]

    def timestamp(self, cell: Cell) -> datetime:
        """Return a moment in UTC."""
        try:
            return self._moment(text_of(cell)).astimezone(UTC)
        except OverflowError:
            raise UnreadableError(NO_DATE, cell) from None

    def day(self, cell: Cell) -> Value:
        """Return a day, as the clock of its own zone showed it."""
        day: date = self._moment(text_of(cell)).date()
        return cast("Value", day)

    def _parsed(self, text: str) -> datetime:
        moment = self._by_format(text) or _iso(text)
        if moment is None:
            raise UnreadableError(NO_DATE, text)
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)

    def _by_format(self, text: str) -> datetime | None:
        for form in self._formats:
            try:
                return datetime.strptime(text, form)
            except ValueError:
                continue
        return None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _integer(cell: Cell) -> int:
    found = _INTEGER.fullmatch(text_of(cell))
    if found is None:
        raise UnreadableError("is no whole number", cell)
    return int(found[1])


def _leading_number(cell: Cell) -> int:
    found = _LEADING_NUMBER.match(text_of(cell))
    if found is None:
        raise UnreadableError("does not begin with a number", cell)
    return int(found[1])


def _seconds(cell: Cell) -> int:
    found = _CLOCK.fullmatch(text_of(cell))
    if found is None:
        return _integer(cell)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _boolean(cell: Cell) -> bool:
    lowered = text_of(cell).casefold()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise UnreadableError("is neither true nor false", cell)


def _shape(text: str) -> str:
    """Return a text with every letter and digit replaced, so that its form is told and not its content."""
    return _cut("".join(_sign(each) for each in text[: _ECHOED + 1]))


def _sign(character: str) -> str:
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return "9" if character.isnumeric() else character


def _cut(text: str) -> str:
    return text if len(text) <= _ECHOED else f"{text[:_ECHOED]}…"
