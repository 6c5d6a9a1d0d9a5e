"""A YAML 1.2 file that knows the line and column of everything in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from config.places import Place, Route, Spot, read_places, shown_route
from config.scalars import character_positions
from storage.errors import ConfigurationError, Problem

__all__ = ["Document", "Route", "shown_route"]


@dataclass(frozen=True, repr=False)
class Document:
    """One file: its plain data, what is wrong with it as YAML, and where everything stands.

    `data` holds dicts with text keys, lists, texts, numbers, booleans and None; a date stays the text
    that was written. Where `problems` is not empty, `data` holds what could be read nevertheless.
    """

    file: str
    """Name to show, as the caller wrote it."""
    text: str
    root: Place
    problems: tuple[Problem, ...] = ()

    @classmethod
    def read(cls, path: Path, *, lists: bool = False) -> Document:
        """Read a file; everything that is wrong with it, even its absence, is in `problems`.

        `lists` allows a list at the top of the file.
        """
        try:
            content = path.read_bytes()
        except (OSError, ValueError) as error:
            return cls._unreadable(str(path), 0, "", f"{_reason(error)}; is the name right?")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            readable = content[: error.start].decode("utf-8", errors="ignore")
            return cls._unreadable(
                str(path), len(readable), readable, "is not UTF-8 from here on; save the file as UTF-8"
            )
        return cls.parse(text, str(path), lists=lists)

    @classmethod
    def parse(cls, text: str, file: str, *, lists: bool = False) -> Document:
        """Read YAML text that was found in `file`."""
        root, spots = read_places(text, lists=lists)
        return cls(file, text, root, _problems(file, text, spots))

    @classmethod
    def _unreadable(cls, file: str, index: int, text: str, message: str) -> Document:
        spot = Spot(index, ("file",), message)
        return cls(file, text, Place(0, {}), _problems(file, text, [spot]))

    @property
    def data(self) -> object:
        """Return the plain data."""
        return self.root.data

    @property
    def mapping(self) -> Mapping[str, object]:
        """Return the plain data of a file whose top is a mapping; an empty one otherwise."""
        return self.root.data if isinstance(self.root.data, dict) else {}

    def require_sound(self) -> Document:
        """Return this document, or raise ConfigurationError with all that is wrong with it as YAML."""
        if self.problems:
            raise ConfigurationError(list(self.problems))
        return self

    def position(
        self, path: Sequence[str | int], *, key: bool = False, offset: int | None = None
    ) -> tuple[int, int]:
        """Return line and column, both from 1, of the value at `path`, or of its key.

        A path that is not in the file answers with the key of its nearest parent that is. `offset`
        counts characters of a text value, as read, from 0; where it cannot be told (`>` folds lines),
        the start of the value is meant.
        """
        place, key_index, complete = self.root.find(path)
        if key or not complete:
            return self._lines.position(key_index)
        if offset is None:
            return self._lines.position(place.start)
        return self._lines.position(self._inside(place, offset))

    def where(self, path: Sequence[str | int], *, key: bool = False, offset: int | None = None) -> str:
        """Return `file:line:column` of what `position` finds."""
        line, column = self.position(path, key=key, offset=offset)
        return f"{self.file}:{line}:{column}"

    def problem(
        self, path: Sequence[str | int], message: str, *, key: bool = False, offset: int | None = None
    ) -> Problem:
        """Return a problem with the value (or key) at `path`."""
        return Problem(self.where(path, key=key, offset=offset), shown_route(path), message)

    def _inside(self, place: Place, offset: int) -> int:
        if not isinstance(place.scalar, str) or offset < 0:
            return place.start
        indexes = character_positions(self.text[place.start : place.end], place.scalar)
        if not indexes:
            return place.start
        past = max(0, offset - len(indexes) + 1)
        return place.start + indexes[min(offset, len(indexes) - 1)] + past

    @cached_property
    def _lines(self) -> _Lines:
        return _Lines(self.text)

    def __repr__(self) -> str:
        return f"Document({self.file!r})"


class _Lines:
    """Turns an index in a text into line and column."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        for index, character in enumerate(text):
            if character == "\n" or (character == "\r" and text[index + 1 : index + 2] != "\n"):
                self._starts.append(index + 1)

    def position(self, index: int) -> tuple[int, int]:
        line = bisect_right(self._starts, index)
        return line, index - self._starts[line - 1] + 1


def _problems(file: str, text: str, spots: Sequence[Spot]) -> tuple[Problem, ...]:
    lines = _Lines(text)
    found = []
    for spot in sorted(spots, key=lambda spot: spot.index):
        line, column = lines.position(spot.index)
        found.append(Problem(f"{file}:{line}:{column}", shown_route(spot.path), spot.message))
    return tuple(found)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read ({error.strerror.lower()})"
    return "cannot be read"
