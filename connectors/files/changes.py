"""Changes from a file of their own, an exported audit table say: which are kept, and that persons are not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from connectors.files.settings import RecordFile
from connectors.files.values import text_of
from storage.evidence.store import Record
from storage.records import KINDS
from storage.records.schema import FieldClass

VALUES = ("old_value", "new_value")


class Changes:
    """Keeps the changes of tracked fields; an audit table has those of many others, free texts among them."""

    def __init__(self, records: Mapping[str, RecordFile], pseudonym: Callable[[str], str | None]) -> None:
        self._pseudonym = pseudonym
        columns = records["transition"].columns
        self._cells = {leaf.cell for name in VALUES for _, leaf in columns[name].leaves()}
        self._person: dict[tuple[object, object], bool] = {
            (kind, field): KINDS[kind].by_name[field].field_class is FieldClass.PERSON
            for kind, one in records.items()
            for field in one.tracked
        }

    def kept(self, record: Record) -> Record | None:
        """Return a change as it is stored; None for that of a field that is not tracked."""
        field = (record.values.get("record_kind"), record.values.get("field"))
        person = self._person.get(field)
        if not person:
            return None if person is None else record
        values = {name: self._hidden(record.values.get(name)) for name in VALUES}
        kept = {
            name: self._hidden(value) if name in self._cells else value for name, value in record.kept.items()
        }
        return replace(record, values={**record.values, **values}, kept=kept)

    def _hidden(self, value: object) -> str | None:
        return None if value is None else self._pseudonym(text_of(value))
