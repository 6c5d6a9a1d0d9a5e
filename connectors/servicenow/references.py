"""Reads what rows refer to: names of groups and users, targets of clocks, labels of choices.

The instance is not asked to join. Few identifiers are asked for by name, many by reading the table once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from connectors.servicenow.answers import RefusedError, Row
from connectors.servicenow.drain import Query, among, pages
from connectors.servicenow.sources import REFERENCES, own_field, split_reference
from connectors.servicenow.tables import TABLES
from connectors.servicenow.transport import Instance

IDS_PER_REQUEST = 150
"""Identifiers of 32 signs that fit into an address of 8 KB."""
_MANY_RECORDS = 1000


def chunks(ids: Iterable[str], size: int = IDS_PER_REQUEST) -> Iterator[list[str]]:
    """Yield identifiers in sorted lists that fit into one request."""
    rest = iter(sorted(set(ids)))
    while chunk := list(islice(rest, size)):
        yield chunk


class References:
    """What was read of the tables that rows refer to; kept for one sync."""

    def __init__(self, instance: Instance, names: Iterable[str]) -> None:
        self._instance = instance
        self._fields: dict[str, set[str]] = {}
        for name in names:
            if split := split_reference(name):
                self._fields.setdefault(REFERENCES[split[0]], set()).add(split[1])
        self._rows: dict[str, dict[str, Row | None]] = {}
        self._denied: set[str] = set()
        self._whole: set[str] = set()
        self._labels: dict[tuple[str, str], Mapping[str, str]] = {}

    def expect(self, names: Iterable[str], records: int) -> None:
        """Prepare for many records: read whole what would otherwise be asked for bit by bit."""
        if records <= _MANY_RECORDS:
            return
        for table in sorted({REFERENCES[split[0]] for name in names if (split := split_reference(name))}):
            if table not in self._whole and table not in self._denied:
                self._whole.add(table)
                self._read_whole(table, records)

    def load(self, names: Iterable[str], rows: Sequence[Row]) -> None:
        """Read what some rows refer to, unless it is known."""
        wanted: dict[str, set[str]] = {}
        for field in {split[0] for name in names if (split := split_reference(name))}:
            found = {row[field] for row in rows if row.get(field)}
            wanted.setdefault(REFERENCES[field], set()).update(found)
        for table, ids in wanted.items():
            known = self._rows.setdefault(table, {})
            missing = ids - known.keys()
            if missing and table not in self._denied:
                self._read(table, missing, known)

    def value(self, name: str, row: Row) -> str | None:
        """Return `assignment_group.name` of a row; None where that cannot be read."""
        field, _, wanted = name.partition(".")
        found = self._rows.get(REFERENCES[field], {}).get(row.get(field) or "")
        return (found.get(wanted) or None) if found else None

    def labels(self, table: str, fields: Collection[str]) -> Mapping[str, Mapping[str, str]]:
        """Return what people see of the choices of some fields; nothing where choices cannot be read."""
        missing = [field for field in fields if (table, field) not in self._labels]
        if missing:
            self._read_labels(table, missing)
        return {field: self._labels[table, field] for field in fields}

    def _read(self, table: str, missing: set[str], known: dict[str, Row | None]) -> None:
        fields = ("sys_id", *sorted(self._fields[table]))
        try:
            for chunk in chunks(missing - known.keys()):
                clause, fits = among("sys_id", chunk)
                self._take(Query(table, fields, (clause,), fits=fits), known)
        except RefusedError:
            self._denied.add(table)
        known.update(dict.fromkeys(missing - known.keys()))

    def _read_whole(self, table: str, records: int) -> None:
        query = Query(table, ("sys_id", *sorted(self._fields[table])))
        known = self._rows.setdefault(table, {})
        try:
            for number, page in enumerate(pages(self._instance, query), 1):
                known.update((row["sys_id"], row) for row in page)
                if number > records / IDS_PER_REQUEST:
                    # The rest costs less when it is asked for by name.
                    break
        except RefusedError:
            self._denied.add(table)

    def _take(self, query: Query, known: dict[str, Row | None]) -> None:
        for page in pages(self._instance, query):
            known.update((row["sys_id"], row) for row in page)

    def _read_labels(self, table: str, fields: Sequence[str]) -> None:
        own: dict[str, dict[str, str]] = {field: {} for field in fields}
        inherited: dict[str, dict[str, str]] = {field: {} for field in fields}
        clauses = (f"nameIN{table},task", f"elementIN{','.join(sorted(fields))}")
        query = Query(
            "sys_choice",
            ("sys_id", "name", "element", "value", "label", "language", "inactive"),
            clauses,
            fits=lambda row: row.get("name") in (table, "task") and row.get("element") in own,
        )
        try:
            for page in pages(self._instance, query):
                for row in page:
                    if row.get("language", "en") in ("en", "") and row.get("label"):
                        chosen = own if row["name"] == table else inherited
                        chosen[row["element"]][row.get("value", "")] = row["label"]
        except RefusedError:
            pass
        for field in fields:
            self._labels[table, field] = own[field] or inherited[field]


def referring_names() -> Iterator[str]:
    """Yield every name with a dot that the shipped tables use."""
    for tables in TABLES.values():
        for table in tables:
            for source in table.sources({}).values():
                yield from (name for name in source.names() if "." in name)


def labelled(names: Iterable[str]) -> set[str]:
    """Return the fields whose labels are among some names."""
    return {own_field(name) for name in names if "@" in name}
