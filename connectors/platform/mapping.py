"""Decides what of a row is kept, and computes the canonical values from what was kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, cast

from connectors.platform.sources import Kept, Source
from connectors.platform.targets import Target, targets
from storage.evidence.protection import Protection
from storage.evidence.store import Value
from storage.records.schema import ColumnType, FieldClass, RecordKind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Reader = Callable[[Kept], Value]
Look = Callable[[str], str | None]
"""Returns what stands for a value of a row; None for nothing."""
Row = Mapping[str, Any]

_EMPTY: Mapping[str, Value] = {"length": 0, "fingerprint": None}
_ABSENT: Mapping[str, Value] = {"length": None, "fingerprint": None}


class Step(NamedTuple):
    """How one name of a row is kept."""

    name: str
    field: str
    needless: str
    """Name that says the same better, if it was kept."""
    keep: Callable[[str], object] | None
    """What is kept of a value; None for the value itself."""
    telling: bool
    """Whether being empty says something else than not being there, so that it is kept."""


class UnreadableError(ValueError):
    """A value does not fit its column; the text says why, without the value."""


@lru_cache(maxsize=2**12)
def moment(text: str) -> datetime:
    """Return a time in UTC, written without a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def seconds(text: str) -> int:
    """Return the seconds of a duration, also as a time after 1970 began."""
    if "-" in text[1:]:
        return int((moment(text) - _EPOCH).total_seconds())
    if ":" in text:
        days, _, clock = text.rpartition(" ")
        hours, minutes, rest = clock.split(":")
        return ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(rest)
    return int(float(text))


@lru_cache(maxsize=2**12)
def _integer(text: str) -> int:
    return int(text.partition(" ")[0].replace(",", "").partition(".")[0])


def _boolean(text: str) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    return known[text.casefold()]


_CONVERSIONS: Mapping[ColumnType, Callable[[str], Value]] = {
    ColumnType.TEXT: str,
    ColumnType.INTEGER: _integer,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.TIMESTAMP: moment,
    ColumnType.DATE: lambda text: cast("Value", moment(text).date()),
}


class Columns:
    """The columns of one record kind with their sources. Reading and remapping go the same way: row, what is
    kept, values."""

    def __init__(
        self,
        kind: RecordKind,
        sources: Mapping[str, Source],
        protection: Protection,
        *,
        own_field: Callable[[str], str] = str,
        pseudonym: Callable[[str], str | None] | None = None,
    ) -> None:
        """Know what each column needs; `own_field` says which field of a row a name stands for."""
        known = targets(kind)
        self._sources = {name: (known[name], one) for name, one in sources.items()}
        readers = [(target, _reader(target, source)) for target, source in self._sources.values()]
        self._readers = [(to.name, read) for to, read in readers if to.field_class is not FieldClass.TEXT]
        self._texts = [
            (to.columns, source.fields, read)
            for (to, read), (_, source) in zip(readers, self._sources.values(), strict=True)
            if to.field_class is FieldClass.TEXT
        ]
        self._telling = {
            name
            for to, one in self._sources.values()
            for source in one.ways()
            if to.field_class is FieldClass.TEXT or source.otherwise is not None
            for name in source.fields
        }
        self.names = tuple(dict.fromkeys(name for _, one in self._sources.values() for name in one.names()))
        self._own_field = own_field
        self._protection = protection
        self._pseudonym = lru_cache(maxsize=2**16)(pseudonym or protection.person)
        self._classes = self._strictest()
        self.columns = self.columns_without(())

    def columns_without(self, missing: Iterable[str]) -> frozenset[str]:
        """Return the canonical columns that are filled when some fields are not there."""
        gone = frozenset(missing)
        filled = [
            target
            for target, source in self._sources.values()
            if source.constant is not None
            or any(gone.isdisjoint((name, self._own_field(name))) for name in source.names())
        ]
        return frozenset(column for target in filled for column in target.columns)

    def values(self, kept: Kept) -> dict[str, Value]:
        """Return the canonical values of what was kept; raises UnreadableError."""
        values = {name: read(kept) for name, read in self._readers}
        for (length, fingerprint), fields, read in self._texts:
            nothing = _ABSENT if kept.keys().isdisjoint(fields) else _EMPTY
            remains = cast("Mapping[str, Value]", read(kept) or nothing)
            values[length], values[fingerprint] = remains["length"], remains["fingerprint"]
        return values

    def step(self, name: str, look: Look | None = None, needless: str = "") -> Step:
        """Return how a name is kept: computed once for each value of a page, a text aside."""
        needless = needless if needless in self._classes else ""
        keep = self._keeper(self._classes[name], look)
        return Step(name, self._own_field(name), needless, keep, name in self._telling)

    def _keeper(self, field_class: FieldClass, look: Look | None) -> Callable[[str], object] | None:
        if field_class is FieldClass.PLAIN:
            return lru_cache(maxsize=None)(look) if look else None
        protect = self._pseudonym if field_class is FieldClass.PERSON else self._remains
        if look is None:
            return protect

        def looked(text: str) -> object:
            found = look(text)
            return protect(found) if found else None

        return looked if field_class is FieldClass.TEXT else lru_cache(maxsize=None)(looked)

    def _remains(self, text: str) -> dict[str, object]:
        found = self._protection.text(text)
        return {"length": found.length, "fingerprint": found.fingerprint}

    def _strictest(self) -> dict[str, FieldClass]:
        found: dict[str, FieldClass] = {}
        for target, source in self._sources.values():
            for name in source.names():
                if found.get(name, FieldClass.PLAIN) is FieldClass.PLAIN:
                    found[name] = target.field_class
        return found


def kept_of(row: Row, steps: Sequence[Step]) -> dict[str, object]:
    """Return what is kept of a row."""
    kept: dict[str, object] = {}
    for name, field, needless, keep, telling in steps:
        value = row.get(field)
        if not value or needless in kept:
            if telling and value is not None and not value:
                kept[name] = ""
            continue
        # A reference arrives as an object where the instance ignores what was asked for.
        text = value if value.__class__ is str else _text(value)
        found = keep(text) if keep is not None else text
        if found or (telling and found is not None):
            kept[name] = found
    return kept


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return str(value.get("value") or "")
    return str(value)


def _reader(target: Target, source: Source) -> _Reader:
    """Return what computes a column from what was kept."""
    if source.constant is not None:
        fixed = _CONVERSIONS[target.type](source.constant)
        return lambda kept: fixed
    own = _protected_reader(source) if target.field_class is not FieldClass.PLAIN else _plain(target, source)
    if source.then is None:
        return own
    other = _reader(target, source.then)

    def either(kept: Kept) -> Value:
        value = own(kept)
        return other(kept) if value is None else value

    return either


def _protected_reader(source: Source) -> _Reader:
    fields = source.fields

    def read(kept: Kept) -> Value:
        for name in fields:
            if found := kept.get(name):
                return cast("Value", found)
        return None

    return read


def _plain(target: Target, source: Source) -> _Reader:
    fields, values, otherwise, strict = source.fields, source.values, source.otherwise, source.strict
    convert = _CONVERSIONS[target.type]
    if target.type is ColumnType.INTEGER and target.name.endswith("_seconds"):
        convert = seconds

    def read(kept: Kept) -> Value:
        text: object = None
        for name in fields:
            if name in kept:
                text = kept[name]
                break
        else:
            # Not there is not the same as empty, which may stand for one of the values.
            return None
        if values is not None:
            text = values.get(str(text or ""), otherwise if strict else text)
        if not text:
            return None
        try:
            return convert(text if text.__class__ is str else str(text))
        except (ValueError, KeyError, TypeError, OverflowError):
            raise UnreadableError(f"{target.name} is no {target.type}") from None

    return read


def conversion(type_: ColumnType) -> Callable[[str], Value]:
    """Return what makes a value of a column's type of a text; it raises what conversions raise."""
    return _CONVERSIONS[type_]
