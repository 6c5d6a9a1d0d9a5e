"""Opens CSV, JSON and JSON lines files, plain or compressed, and yields their rows one by one."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

import orjson

from connectors.contract import Rejection
from connectors.files.opening import opened
from connectors.files.settings import RecordFile
from connectors.files.values import Cell
from connectors.platform.targets import suggestion
from storage.errors import FatalError

if TYPE_CHECKING:
    from _csv import Reader

_LONGEST_FIELD = 2**24
_LONGEST_LINE = 2**26
"""Characters; a longer one comes from no export and would be held in memory as a whole."""
_LARGEST_DOCUMENT = 2**30
"""Bytes of a JSON document, unpacked: it is held in memory as a whole."""
_FIELDS_FROM = 100
_SEPARATOR = re.compile(r'"?sep=([^\r\n])"?[\r\n]*', re.IGNORECASE)
_USUAL_DELIMITERS = (";", "\t", "|", ",")


@dataclass(frozen=True, slots=True)
class Row:
    """The fields that were asked for of one row, in that order; empty ones are None."""

    file: RowFile
    line: int
    cells: Sequence[Cell]

    @property
    def position(self) -> str:
        """Where it stands, for people."""
        return self.file.place(self.line)


class RowFile:
    """One file of rows. Raises FatalError in one sentence where it cannot be read."""

    def __init__(self, path: Path, settings: RecordFile, nulls: frozenset[str]) -> None:
        self.path = path
        self._settings = settings
        self._nulls = nulls | {""}

    def place(self, line: int) -> str:
        """Return where a row stands, for people."""
        return f"{self._title} line {line}"

    def fields(self) -> Sequence[str]:
        """Return the names of its fields."""
        raise NotImplementedError

    def resolve(self, field: str, known: Sequence[str]) -> bool:
        """Return whether `field` is among the `known` fields, in any way it may be written."""
        raise NotImplementedError

    def other_delimiter(self, known: Sequence[str]) -> str | None:
        """Return what separates the fields when the `known` ones are a single one in mistake."""
        return None

    def rows(self, wanted: Sequence[str]) -> Iterator[Row | Rejection]:
        """Yield the wanted fields of every row; a row that cannot be read is a rejection."""
        raise NotImplementedError

    def digest(self) -> str:
        """Return a digest of the contents, unpacked, so that a truncated archive is noticed."""
        found, size = hashlib.sha256(), 0
        with opened(self.path, self._settings) as stream:
            while block := stream.read(2**20):
                found.update(block)
                size += len(block)
        if not size:
            raise FatalError(f"{self.path} is empty.", hint="Export it again; a header is expected at least.")
        return f"{size}:{found.hexdigest()}"

    @property
    def _title(self) -> str:
        return Path(self._settings.member).name if self._settings.member else self.path.name

    def _truncated(self) -> FatalError:
        return FatalError(f"{self.path} breaks off in its last row.", hint="Copy or export it again.")

    def _cleaned(self, cells: Iterable[Cell]) -> list[Cell]:
        nulls = self._nulls
        # A NUL is no character of any name, and stores refuse it.
        stripped = (cell.replace("\0", "").strip() if isinstance(cell, str) else cell for cell in cells)
        return [None if isinstance(cell, str) and cell in nulls else cell for cell in stripped]


class _Lines:
    """Lines of a text, remembering the last one and whether there are more."""

    def __init__(self, text: IO[str], path: Path) -> None:
        self._text = text
        self._path = path
        self._held = ""
        self.last = ""
        self.ended = False
        self.skipped = 0

    def separator(self) -> str | None:
        """Return the sign that a first line `sep=;` names, as spreadsheets write it, and skip that line."""
        self._held = self._text.readline(_LONGEST_LINE).removeprefix("\ufeff")
        found = _SEPARATOR.fullmatch(self._held)
        if found is None:
            return None
        self._held, self.skipped = "", 1
        return found[1]

    def __iter__(self) -> Iterator[str]:
        while line := self._held or self._text.readline(_LONGEST_LINE):
            self._held = ""
            if len(line) == _LONGEST_LINE:
                raise FatalError(
                    f"{self._path} has a line of more than {_LONGEST_LINE:,} characters.",
                    hint="Export it with one line per row.",
                )
            self.last = line
            yield line
        self.ended = True

    @property
    def broken_off(self) -> bool:
        """Whether the last line has no end, as only that of a file can."""
        return bool(self.last) and not self.last.endswith(("\n", "\r"))


class CsvFile(RowFile):
    """A file of separated values whose first line names the fields. Read in bounded memory."""

    def fields(self) -> Sequence[str]:
        """Return the names of its fields, or those given in place of them."""
        with self._text() as text:
            return self._header(self._reader(_Lines(text, self.path), strict=False))

    def resolve(self, field: str, known: Sequence[str]) -> bool:
        """Return whether a field of that name, `name#2` or `#17` is there."""
        return _index(known, field) is not None

    def other_delimiter(self, known: Sequence[str]) -> str | None:
        """Return the first usual delimiter within a header of one field."""
        if len(known) != 1 or self._settings.names:
            return None
        return next((sign for sign in _USUAL_DELIMITERS if sign in known[0]), None)

    def rows(self, wanted: Sequence[str]) -> Iterator[Row | Rejection]:
        """Yield the wanted fields of every row; a row of another length than the header is rejected."""
        with self._text() as text:
            lines = _Lines(text, self.path)
            reader = self._reader(lines, strict=True)
            names = self._header(reader) if self._settings.header else self._settings.names
            indices = [self._found(names, field) for field in wanted]
            cleaned = self._cleaned
            for line, row in self._parsed(reader, lines):
                if row and len(row) == len(names) - 1 and not names[-1]:
                    row.append("")
                if len(row) < len(names) and lines.broken_off:
                    raise self._truncated()
                if row and not any(map(str.strip, row)):
                    continue
                if len(row) == len(names):
                    yield Row(self, line, cleaned(_unwrapped(row[index]) for index in indices))
                else:
                    reason = f"has {len(row)} fields in place of {len(names)}" if row else "is not valid CSV"
                    yield Rejection(self.place(line), reason)

    def _reader(self, lines: _Lines, *, strict: bool) -> Reader:
        separator = lines.separator()
        return csv.reader(lines, delimiter=self._delimiter(separator), strict=strict)

    def _parsed(self, reader: Reader, lines: _Lines) -> Iterator[tuple[int, list[str]]]:
        """Yield rows with their first line; an empty row for one whose quotes cannot be understood."""
        while True:
            line = reader.line_num + 1 + lines.skipped
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:
                if lines.ended:
                    raise self._truncated() from None
                row = []
            else:
                if not row:
                    continue
            yield line, row

    def _header(self, reader: Iterator[list[str]]) -> Sequence[str]:
        try:
            first = next(reader)
        except StopIteration:
            raise FatalError(f"{self.path} is empty.", hint="Export it again with a header line.") from None
        except csv.Error:
            raise FatalError(
                f"The first line of {self.path} is not valid CSV.", hint="Check `delimiter`."
            ) from None
        names = self._settings.names
        if names and len(names) != len(first):
            hint = "Correct `names` or `delimiter`."
            raise FatalError(f"{self.path} has {len(first)} fields and `names` {len(names)}.", hint=hint)
        return names or [_unwrapped(name.strip()) for name in first]

    def _found(self, names: Sequence[str], field: str) -> int:
        index = _index(names, field)
        if index is None:
            near = suggestion(field, tuple(names))
            raise FatalError(f"{self.path} has no field '{field}'{near}.", hint="Correct the mapping.")
        return index

    def _delimiter(self, separator: str | None) -> str:
        tabs = ".tsv" in self.path.suffixes or (self._settings.member or "").endswith(".tsv")
        return self._settings.delimiter or separator or ("\t" if tabs else ",")

    @contextmanager
    def _text(self) -> Iterator[IO[str]]:
        csv.field_size_limit(_LONGEST_FIELD)
        with (
            opened(self.path, self._settings) as stream,
            io.TextIOWrapper(stream, self._settings.encoding, newline="") as text,
        ):
            yield text


class JsonLinesFile(RowFile):
    """A file with one JSON object per line. Read in bounded memory."""

    def fields(self) -> Sequence[str]:
        """Return the keys of its first objects."""
        return _keys(islice((one for _, one in self._objects() if isinstance(one, dict)), _FIELDS_FROM))

    def resolve(self, field: str, known: Sequence[str]) -> bool:
        """Return whether one of the first objects has that key or path."""
        return field in known or ".".join(field.split(".")[:2]) in known

    def rows(self, wanted: Sequence[str]) -> Iterator[Row | Rejection]:
        """Yield the wanted fields of every object; a missing key is an empty field."""
        take = [_taker(field) for field in wanted]
        for number, one in self._objects():
            if isinstance(one, dict):
                yield Row(self, number, self._cleaned(get(one) for get in take))
            else:
                yield Rejection(self.place(number), "is not a JSON object")

    def _objects(self) -> Iterator[tuple[int, object]]:
        with (
            opened(self.path, self._settings) as stream,
            io.TextIOWrapper(stream, self._settings.encoding, newline="\n") as text,
        ):
            lines = _Lines(text, self.path)
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, self._parsed(line, lines)

    def _parsed(self, line: str, lines: _Lines) -> object:
        try:
            return orjson.loads(line)
        except orjson.JSONDecodeError:
            if not line.endswith("\n"):
                raise self._truncated() from None
            return None


class JsonFile(JsonLinesFile):
    """A JSON document with a list of objects. Read as a whole, so it must fit into memory."""

    def place(self, line: int) -> str:
        """Return where an object stands, for people."""
        return f"{self._title} object {line}"

    def _objects(self) -> Iterator[tuple[int, object]]:
        with opened(self.path, self._settings) as stream:
            content = stream.read(_LARGEST_DOCUMENT + 1)
            if len(content) > _LARGEST_DOCUMENT:
                raise FatalError(
                    f"{self.path} is a JSON document of more than {_LARGEST_DOCUMENT:,} bytes.",
                    hint="Export it as JSON lines or CSV, which are read row by row.",
                )
            text = content.decode(self._settings.encoding)
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise FatalError(
                f"{self.path} is not complete JSON (line {error.lineno}).", hint="Copy or export it again."
            ) from None
        yield from enumerate(self._list(document), start=1)

    def _list(self, document: object) -> list[object]:
        way = self._settings.records_at
        if way is not None:
            document = _taker(way)(document)
        elif isinstance(document, dict):
            document = document.get("result")
        if not isinstance(document, list):
            where = f"at {way}" if way else "at its top or under `result`"
            raise FatalError(f"{self.path} has no list {where}.", hint="Set `records_at` to where it is.")
        return document


_FORMATS: Mapping[str, type[RowFile]] = {"csv": CsvFile, "json": JsonFile, "jsonl": JsonLinesFile}
_ENDINGS = {".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}


def row_file(path: Path, settings: RecordFile, nulls: frozenset[str]) -> RowFile:
    """Return the reader for a file, by `format` or else by its name without .gz and .zip."""
    inner = Path(settings.member or path.name)
    bare = inner.with_suffix("") if inner.suffix in (".gz", ".zip") else inner
    return _FORMATS[settings.format or _ENDINGS.get(bare.suffix, "csv")](path, settings, nulls)


def _unwrapped(cell: str) -> str:
    """Return the text in a formula that keeps a spreadsheet from changing it, as in `="00123"`."""
    if cell.startswith('="') and cell.endswith('"') and len(cell) > 2:
        return cell[2:-1].replace('""', '"')
    return cell


def _index(names: Sequence[str], field: str) -> int | None:
    if field in names:
        return list(names).index(field)
    name, sign, number = field.rpartition("#")
    if not sign or not number.isdecimal():
        return None
    indices = [index for index, one in enumerate(names) if one == name or not name]
    return indices[int(number) - 1] if 0 < int(number) <= len(indices) else None


def _keys(objects: Iterator[dict[str, object]]) -> list[str]:
    """Return keys and the paths of keys below them, in order of appearance."""
    found: dict[str, None] = {}
    for one in objects:
        for name, value in one.items():
            found[name] = None
            found.update((f"{name}.{below}", None) for below in (value if isinstance(value, dict) else ()))
    return list(found)


def _taker(field: str) -> Callable[[object], object]:
    """Return what takes a key, or a path of keys (`assignee.name`), out of an object."""
    steps = field.split(".")

    def take(one: object) -> object:
        if isinstance(one, dict) and field in one:
            return one[field]
        for step in steps:
            one = one.get(step) if isinstance(one, dict) else None
        return one

    return take
