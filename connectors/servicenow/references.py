"""Reads what rows refer to: names of groups and users, targets of clocks, scales of questions, labels.

The instance is not asked to join. Few identifiers are asked for by name, many by reading the table once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from connectors.servicenow.answers import RefusedError, Row
from connectors.servicenow.drain import Query, among, pages
from connectors.servicenow.tables import COMPLETED, REFERENCES, own_field, referred
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
        self._fields: dict[str, set[str]] = defaultdict(set)
        for table, field in {way for name in names for way in referred(name)}:
            self._fields[table].add(field)
        for table, companion in COMPLETED.items():
            self._fields[table] -= set(companion.cells)
        self._rows: dict[str, dict[str, Row | None]] = defaultdict(dict)
        self._denied: set[str] = set()
        self._whole: set[str] = set()
        self._labels: dict[tuple[str, str], Mapping[str, str]] = {}

    def expect(self, names: Iterable[str], records: int) -> None:
        """Prepare for many records: read whole what would otherwise be asked for bit by bit."""
        if records <= _MANY_RECORDS:
            return
        for table in sorted({table for name in names for table, _ in referred(name)} - self._denied):
            if table not in self._whole:
                self._whole.add(table)
                self._read_whole(table, records)

    def load(self, names: Iterable[str], rows: Sequence[Row]) -> None:
        """Read what some rows refer to, and what that refers to, unless it is known."""
        beyond: dict[str, list[str]] = defaultdict(list)
        for name in names:
            field, dot, rest = name.partition(".")
            if dot:
                beyond[field].append(rest)
        found = {field: {row[field] for row in rows if row.get(field)} for field in beyond}
        wanted: dict[str, set[str]] = defaultdict(set)
        for field, ids in found.items():
            wanted[REFERENCES[field]] |= ids
        for table, ids in wanted.items():
            missing = ids - self._rows[table].keys()
            if missing and table not in self._denied:
                self._read(table, missing)
        for field, further in beyond.items():
            if any("." in name for name in further):
                known = self._rows[REFERENCES[field]]
                self.load(further, [row for one in found[field] if (row := known.get(one))])

    def value(self, name: str, row: Row) -> str | None:
        """Return `assignment_group.name` of a row, empty where it is; None where that cannot be read."""
        field, _, wanted = name.partition(".")
        found = self._rows[REFERENCES[field]].get(row.get(field) or "")
        if found is None:
            return None
        return self.value(wanted, found) if "." in wanted else found.get(wanted)

    def labels(self, table: str, fields: Collection[str]) -> Mapping[str, Mapping[str, str]]:
        """Return what people see of the choices of some fields; nothing where choices cannot be read."""
        missing = [field for field in fields if (table, field) not in self._labels]
        if missing:
            self._read_labels(table, missing)
        return {field: self._labels[table, field] for field in fields}

    def _read(self, table: str, missing: set[str]) -> None:
        known = self._rows[table]
        try:
            for chunk in chunks(missing):
                clause, fits = among("sys_id", chunk)
                for page in pages(self._instance, Query(table, self._asked(table), (clause,), fits=fits)):
                    self._keep(table, page)
        except RefusedError:
            self._denied.add(table)
        known.update(dict.fromkeys(missing - known.keys()))

    def _read_whole(self, table: str, records: int) -> None:
        try:
            for number, page in enumerate(pages(self._instance, Query(table, self._asked(table))), 1):
                self._keep(table, page)
                if number > records / IDS_PER_REQUEST:
                    # The rest costs less when it is asked for by name.
                    break
        except RefusedError:
            self._denied.add(table)

    def _asked(self, table: str) -> tuple[str, ...]:
        return ("sys_id", *sorted(self._fields[table]))

    def _keep(self, table: str, rows: Sequence[Row]) -> None:
        if table in COMPLETED:
            self._complete(table, rows)
        self._rows[table].update((row["sys_id"], row) for row in rows)

    def _complete(self, table: str, rows: Sequence[Row]) -> None:
        """Add to rows what their own companion says of them."""
        one = COMPLETED[table]
        found: dict[str, list[Row]] = defaultdict(list)
        try:
            for chunk in chunks(row["sys_id"] for row in rows):
                clause, fits = among(one.parent, chunk)
                for page in pages(self._instance, Query(one.table, one.own_fields, (clause,), fits=fits)):
                    for row in page:
                        found[row[one.parent]].append(row)
        except RefusedError:
            found.clear()
        for row in rows:
            row.update(one.fold.of(found[row["sys_id"]]))

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


def labelled(names: Iterable[str]) -> set[str]:
    """Return the fields whose labels are among some names."""
    return {own_field(name) for name in names if "@" in name}
