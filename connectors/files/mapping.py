"""Decides what of a row is kept, and computes the canonical values from what was kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import cast

from connectors.files.settings import FilesSettings
from connectors.files.sources import Source
from connectors.files.values import Cell, Conversion, UnreadableError, text_of
from connectors.platform.targets import Target, targets
from storage.evidence.protection import Protection
from storage.evidence.store import Record, Value
from storage.records import KINDS
from storage.records.schema import FieldClass

Kept = Mapping[str, object]
_Getter = Callable[[Kept], object]


class RecordMapping:
    """The mapping of one record kind. Reading and remapping go the same way: cells, what is kept, values."""

    def __init__(self, kind: str, settings: FilesSettings, protection: Protection) -> None:
        self._file = settings.records[kind]
        self._targets = targets(KINDS[kind])
        self._nulls = settings.null_values | {""}
        self._protection = protection
        self.pseudonym = lru_cache(maxsize=2**16)(protection.person)
        self.conversion = Conversion(settings.time_zone, settings.date_formats)
        self._getters = {name: self._getter(name, source) for name, source in self._file.columns.items()}
        self._history = {name: self._getter(name, source) for name, source in self._file.history.items()}
        self._leaves = [
            (self._targets[name], leaf, leaf.cell)
            for path, name, leaf in self._file.sources()
            if path[0] == "columns"
        ]
        self.tracked_value = lru_cache(maxsize=2**16)(self._tracked_value)
        filled = (column for name in self._getters for column in self._targets[name].columns)
        self.columns = frozenset(filled) & KINDS[kind].by_name.keys()

    @property
    def wanted(self) -> Sequence[str]:
        """Fields that are needed of every row, each once."""
        return tuple(dict.fromkeys(field for _, field in self._file.fields()))

    def record(self, cells: Mapping[str, Cell], *, key: str = "", at: datetime | None = None) -> Record:
        """Return the record of a row; raises UnreadableError with column and reason.

        `key` and `at` are those of a log, whose records are identified and dated by it.
        """
        kept = self._kept(cells)
        values = self._values(kept)
        id_ = key or values.get("id")
        if not id_:
            raise UnreadableError("id: is empty")
        updated_at = at or cast("datetime | None", values.get("updated_at"))
        revision = cast("int | None", values.get("revision")) or 0
        return Record(str(id_), self._canonical(values), kept, updated_at, revision)

    def values(self, kept: Kept) -> dict[str, Value]:
        """Return the canonical values of what was kept; raises UnreadableError."""
        return self._canonical(self._values(kept))

    def _tracked_value(self, name: str, cell: Cell) -> str | None:
        """Return the canonical value of a field with history, as text; a pseudonym where it is a person."""
        source = self._file.history[name]
        protected = self._protected(self._targets[name], source, cell)
        value = self._history[name]({source.cell: protected} if protected is not None else {})
        return None if value is None else text_of(value)

    def _canonical(self, values: Mapping[str, Value]) -> dict[str, Value]:
        return {name: value for name, value in values.items() if name in self.columns}

    def _kept(self, cells: Mapping[str, Cell]) -> dict[str, object]:
        """Return the mapped fields that are not empty, protected by the class of their column."""
        kept: dict[str, object] = {}
        for target, leaf, cell in self._leaves:
            if cell not in kept and (value := cells.get(cell)) is not None:
                kept[cell] = self._protected(target, leaf, value)
        return kept

    def _protected(self, target: Target, leaf: Source, cell: Cell) -> object:
        if cell is None or target.field_class is FieldClass.PLAIN:
            return cell
        if target.field_class is FieldClass.PERSON:
            return self.pseudonym(text_of(cell))
        return asdict(self._protection.text(text_of(cell), defaults=leaf.defaults))

    def _values(self, kept: Kept) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for name, getter in self._getters.items():
            try:
                value = getter(kept)
            except UnreadableError as error:
                raise UnreadableError(f"{name}: {error}") from None
            if self._targets[name].field_class is FieldClass.TEXT:
                remains = cast("Mapping[str, Value]", value or {"length": 0, "fingerprint": None})
                values |= {f"{name}_{part}": remains[part] for part in ("length", "fingerprint")}
            else:
                values[name] = cast("Value", value)
        return values

    def _getter(self, name: str, source: Source) -> _Getter:
        """Return what computes a value from the kept cells."""
        if source.first_of is not None:
            parts = [self._getter(name, part) for part in source.first_of]
            return lambda kept: next((value for part in parts if (value := part(kept)) is not None), None)
        target, cell = self._targets[name], source.cell
        convert = self.conversion.to(target, leading_number=source.leading_number)
        if source.constant is not None:
            fixed = convert(source.constant)
            return lambda kept: fixed
        if target.field_class is not FieldClass.PLAIN:
            return lambda kept: kept.get(cell)
        if source.at_first is not None:
            return lambda kept: datetime.fromisoformat(str(kept[cell])) if cell in kept else None
        return self._plain(source, convert)

    def _plain(self, source: Source, convert: Callable[[Cell], Value]) -> _Getter:
        cell, replaced, nulls = source.cell, source.values, self._nulls

        def get(kept: Kept) -> Value:
            value = kept.get(cell)
            if replaced and value is not None:
                value = replaced.get(text_of(value), value)
            if value is None or (isinstance(value, str) and value in nulls):
                return None
            return convert(value)

        return get
