"""Decides what of a row is kept, and computes the canonical values from what was kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple, cast

from connectors.contract import Rejection
from connectors.files.values import Target, targets
from connectors.servicenow.answers import Row
from connectors.servicenow.references import References, labelled
from connectors.servicenow.sources import Kept, Source, Table, own_field
from storage.evidence.protection import Protection
from storage.evidence.store import Record, Value
from storage.records import KINDS
from storage.records.schema import ColumnType, FieldClass

FRAME = ("sys_id", "sys_updated_on", "sys_mod_count")
"""Fields that every row is asked for."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Reader = Callable[[Kept], Value]
_Look = Callable[[str], str | None]


_NO_TEXT: Mapping[str, Value] = {"length": 0, "fingerprint": None}


class _Step(NamedTuple):
    """How one name of a row is kept."""

    name: str
    field: str
    needless: str
    """Name that says the same better, if it was kept."""
    keep: Callable[[str], object] | None
    """What is kept of a value; None for the value itself."""


class UnreadableError(ValueError):
    """A value does not fit its column; the text says why, without the value."""


@lru_cache(maxsize=2**12)
def moment(text: str) -> datetime:
    """Return a time as ServiceNow writes it, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def seconds(text: str) -> int:
    """Return the seconds of a duration, which ServiceNow writes as a time after 1970 began."""
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


class RecordMapping:
    """The mapping of one table. Reading and remapping go the same way: row, what is kept, values."""

    def __init__(
        self, table: Table, mapped: Mapping[str, str], protection: Protection, virtual: Sequence[str] = ()
    ) -> None:
        known = targets(KINDS[table.kind])
        self.table = table
        self._sources = {name: (known[name], one) for name, one in table.sources(mapped).items()}
        readers = [(target, _reader(target, source)) for target, source in self._sources.values()]
        self._readers = [(to.name, read) for to, read in readers if to.field_class is not FieldClass.TEXT]
        self._texts = [(to.columns, read) for to, read in readers if to.field_class is FieldClass.TEXT]
        self._virtual = {cell for one in table.companions for cell in one.cells} | set(virtual)
        self.names = tuple(dict.fromkeys(name for _, one in self._sources.values() for name in one.names()))
        self._labelled = labelled(self.names)
        self._protection = protection
        self._pseudonym = lru_cache(maxsize=2**16)(protection.person)
        self._classes = self._strictest()
        self.columns = self.columns_without(())

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields to ask the table for."""
        own = (own_field(name) for name in self.names)
        return tuple(dict.fromkeys((*FRAME, *(name for name in own if name not in self._virtual))))

    def columns_without(self, missing: Iterable[str]) -> frozenset[str]:
        """Return the canonical columns that are filled when some fields are not there."""
        gone = frozenset(missing)
        filled = [
            target
            for target, source in self._sources.values()
            if source.constant is not None
            or any(gone.isdisjoint((name, own_field(name))) for name in source.names())
        ]
        return frozenset(column for target in filled for column in target.columns)

    @property
    def referring(self) -> list[str]:
        """Names that lead to other tables, those of companions among them."""
        asides = [name for one in self.table.companions for name in one.fields]
        return [name for name in (*self.names, *asides) if "." in name]

    @property
    def relying(self) -> list[str]:
        """Names of other tables' fields that fill a column which no field of the table itself does."""
        ways = [list(one.names()) for _, one in self._sources.values()]
        return sorted({name for names in ways if all("." in name for name in names) for name in names})

    def records(self, rows: Sequence[Row], references: References) -> tuple[list[Record], list[Rejection]]:
        """Return the records of some rows; what does not fit is rejected with a reason."""
        references.load(self.names, rows)
        labels = references.labels(self.table.name, self._labelled) if self._labelled else {}
        steps = [self._step(name, references, labels) for name in self._classes]
        made, rejected = [], []
        for row in rows:
            try:
                made.append(self._record(row, _kept(row, steps)))
            except UnreadableError as error:
                rejected.append(Rejection(f"{self.table.name} {row['sys_id']}", str(error)))
        return made, rejected

    def values(self, kept: Kept) -> dict[str, Value]:
        """Return the canonical values of what was kept; raises UnreadableError."""
        values = {name: read(kept) for name, read in self._readers}
        for (length, fingerprint), read in self._texts:
            remains = cast("Mapping[str, Value]", read(kept) or _NO_TEXT)
            values[length], values[fingerprint] = remains["length"], remains["fingerprint"]
        return values

    def _record(self, row: Row, kept: Kept) -> Record:
        try:
            updated_at = moment(row["sys_updated_on"]) if row.get("sys_updated_on") else None
            revision = int(row.get("sys_mod_count") or 0)
        except (ValueError, TypeError):
            raise UnreadableError("its times of change cannot be read") from None
        return Record(row["sys_id"], self.values(kept), kept, updated_at, revision)

    def _step(self, name: str, references: References, labels: Mapping[str, Mapping[str, str]]) -> _Step:
        """Return how a name is kept: computed once for each value of a page, a text aside."""
        field, field_class = own_field(name), self._classes[name]
        look: _Look | None = None
        if "." in name:
            look = lambda text: references.value(name, {field: text})  # noqa: E731
        elif "@" in name:
            look = labels[field].get
        # An identifier is kept only where the name behind it could not be read.
        needless = f"{name}.user_name"
        return _Step(
            name, field, needless if needless in self._classes else "", self._keeper(field_class, look)
        )

    def _keeper(self, field_class: FieldClass, look: _Look | None) -> Callable[[str], object] | None:
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


def _kept(row: Row, steps: Sequence[_Step]) -> dict[str, object]:
    kept: dict[str, object] = {}
    for name, field, needless, keep in steps:
        value = row.get(field)
        if not value or needless in kept:
            continue
        # A reference arrives as an object where the instance ignores what was asked for.
        text = value if value.__class__ is str else _text(value)
        found = keep(text) if keep is not None else text
        if found:
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
        if values is not None:
            text = values.get(str(text or ""), otherwise if strict else text)
        if not text:
            return None
        try:
            return convert(text if text.__class__ is str else str(text))
        except (ValueError, KeyError, TypeError, OverflowError):
            raise UnreadableError(f"{target.name} is no {target.type}") from None

    return read
