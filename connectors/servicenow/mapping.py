"""Decides what of a ServiceNow row is kept, and makes records of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.contract import Rejection
from connectors.platform.mapping import Columns, Look, Step, UnreadableError, kept_of, moment
from connectors.platform.sources import Kept
from connectors.servicenow.answers import Row
from connectors.servicenow.references import References, labelled
from connectors.servicenow.tables import Table, own_field
from storage.evidence.protection import Protection
from storage.evidence.store import Record
from storage.records import KINDS

FRAME = ("sys_id", "sys_updated_on", "sys_mod_count")
"""Fields that every row is asked for."""


class RecordMapping(Columns):
    """The mapping of one table."""

    def __init__(
        self, table: Table, mapped: Mapping[str, str], protection: Protection, virtual: Sequence[str] = ()
    ) -> None:
        super().__init__(KINDS[table.kind], table.sources(mapped), protection, own_field=own_field)
        self.table = table
        self._virtual = {cell for one in table.companions for cell in one.cells} | set(virtual)
        self._virtual |= {one.cell for one in table.reckoned}
        self._labelled = labelled(self.names)

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields to ask the table for."""
        own = [name for name in map(own_field, self.names) if name not in self._virtual]
        together = (name for one in self.table.reckoned for name in one.fields)
        return tuple(dict.fromkeys((*FRAME, *own, *together)))

    @property
    def referring(self) -> list[str]:
        """Names that lead to other tables, those of companions among them."""
        asides = [name for one in self.table.companions for name in one.fold.fields]
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
                made.append(self._record(row, kept_of(row, steps)))
            except UnreadableError as error:
                rejected.append(Rejection(f"{self.table.name} {row['sys_id']}", str(error)))
        return made, rejected

    def _record(self, row: Row, kept: Kept) -> Record:
        try:
            updated_at = moment(row["sys_updated_on"]) if row.get("sys_updated_on") else None
            revision = int(row.get("sys_mod_count") or 0)
        except (ValueError, TypeError):
            raise UnreadableError("its times of change cannot be read") from None
        return Record(row["sys_id"], self.values(kept), kept, updated_at, revision, self.table.feed)

    def _step(self, name: str, references: References, labels: Mapping[str, Mapping[str, str]]) -> Step:
        field = own_field(name)
        look: Look | None = None
        if "." in name:
            look = lambda text: references.value(name, {field: text})  # noqa: E731
        elif "@" in name:
            look = labels[field].get
        # An identifier is kept only where the name behind it could not be read.
        return self.step(name, look, f"{name}.user_name")
