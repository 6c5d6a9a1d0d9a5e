"""Turns metric instances into transitions.

A metric instance says from when to when a field had a value; what was there before stands in another row.
A row that began before the window may follow one outside of it, so the whole history of its record is asked
for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from connectors.contract import Rejection
from connectors.platform.mapping import moment
from connectors.servicenow.answers import RefusedError, Row
from connectors.servicenow.drain import Query, among, pages
from connectors.servicenow.references import References, chunks
from connectors.servicenow.tables import TABLES
from connectors.servicenow.transport import Instance
from storage.evidence.protection import Protection
from storage.evidence.store import Record, Value
from storage.records import KINDS
from storage.records.schema import ColumnType, FieldClass

FIELDS = (
    "sys_id",
    "sys_updated_on",
    "sys_mod_count",
    "definition",
    "id",
    "field_value",
    "value",
    "start",
    "end",
)
_BY_DURATION = frozenset({"field_value_duration", "field value duration", ""})
AUDITED_PER_REQUEST = 50
"""Records whose audit trail is asked for at a time; a range of time would clog the instance."""
_CLOCKS_APART = 2
_SYS_ID = re.compile(r"[0-9a-f]{32}")
_NAMES = frozenset({"assignment_group", "support_group", "owner_group"})
_IDENTIFIERS = frozenset({"ci_id", "service_id", "incident_id"})


@dataclass(frozen=True)
class Definition:
    """One metric definition: which field of which kind of record it follows."""

    id: str
    kind: str
    field: str


def definitions(instance: Instance, kinds: Collection[str]) -> tuple[Definition, ...]:
    """Return the definitions that follow a tracked field of some kinds, one for each field."""
    query = Query("metric_definition", ("sys_id", "table", "field", "type", "active"))
    try:
        rows = [row for page in pages(instance, query) for row in page]
    except RefusedError:
        return ()
    tracked = {
        (table.name, field): (kind, canonical)
        for kind in kinds
        for table in TABLES[kind]
        for field, canonical in table.tracked.items()
    }
    found: dict[tuple[str, str], Definition] = {}
    # Of several for one field an active one counts, so that no change is told twice.
    for row in sorted(rows, key=lambda row: (row.get("active") == "false", row["sys_id"])):
        key = tracked.get((row.get("table", ""), row.get("field", "")))
        if key and row.get("type", "").casefold() in _BY_DURATION:
            found.setdefault(key, Definition(row["sys_id"], *key))
    return tuple(found.values())


class History:
    """Folds the metric instances of a window."""

    def __init__(
        self,
        instance: Instance,
        followed: Sequence[Definition],
        references: References,
        protection: Protection,
    ) -> None:
        self._instance = instance
        self._followed = {one.id: one for one in followed}
        self._references = references
        self._pseudonym = lru_cache(maxsize=2**16)(protection.person)
        self.clause = f"definitionIN{','.join(sorted(self._followed))}"

    def query(self, since: str = "", until: str = "", ids: Collection[str] = (), of: str = "id") -> Query:
        """Return the query for metric instances of a stretch of time, of some records, or of some ids."""
        known = self._followed
        clauses: tuple[str, ...] = (self.clause,)
        inside: Callable[[Row], bool] | None = None
        if ids:
            clause, inside = among(of, ids)
            clauses = (self.clause, clause)

        def fits(row: Row) -> bool:
            return row.get("definition") in known and (inside is None or inside(row))

        return Query("metric_instance", FIELDS, clauses, since, until, fits=fits)

    def with_actors(self, records: list[Record]) -> list[Record]:
        """Return transitions with those who made them, asked for by record: sys_audit bears no more."""
        actors = Actors(self._instance, sorted({one.kind for one in self._followed.values()}))
        actors.load({str(record.values["record_id"]) for record in records})
        return [
            replace(record, values={**record.values, "actor": self._pseudonym(actors.of(record.values))})
            for record in records
        ]

    def transitions(self, rows: Sequence[Row], since: str) -> tuple[list[Record], list[Rejection], int]:
        """Return the transitions of a window's rows, and how many further rows were read for them."""
        unsure = {row["id"] for row in rows if row.get("id") and since and (row.get("start") or "") < since}
        more = [row for chunk in chunks(unsure) for row in self._of(chunk)]
        sure = [row for row in rows if row.get("id") not in unsure]
        made, rejected = self._folded([*sure, *more])
        return made, rejected, len(more) - (len(rows) - len(sure))

    def _of(self, records: Collection[str]) -> Iterator[Row]:
        for page in pages(self._instance, self.query(ids=records)):
            yield from page

    def _folded(self, rows: Sequence[Row]) -> tuple[list[Record], list[Rejection]]:
        self._load_names(rows)
        made: list[Record] = []
        rejected: list[Rejection] = []
        stories: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in rows:
            if row.get("id") and row.get("start"):
                stories[row["id"], row["definition"]].append(row)
            else:
                rejected.append(Rejection(f"metric_instance {row['sys_id']}", "names no record or no start"))
        for (record, definition), own in stories.items():
            try:
                made += self._story(record, self._followed[definition], own)
            except ValueError:
                rejected += [
                    Rejection(f"metric_instance {row['sys_id']}", "a time or number cannot be read")
                    for row in own
                ]
        return made, rejected

    def _story(self, record: str, followed: Definition, rows: list[Row]) -> list[Record]:
        rows.sort(key=lambda row: (row["start"], row.get("end") or "9", row["sys_id"]))
        made: list[Record] = []
        before: Value = None
        ended = ""
        second, rank = 0, 0
        for row in rows:
            at = moment(row["start"])
            if ended not in ("", row["start"]) and (at - moment(ended)).total_seconds() > _CLOCKS_APART:
                # It was empty in between, which has no row.
                before = None
            rank = rank + 1 if int(at.timestamp()) == second else 0
            second = int(at.timestamp())
            value = self._value(followed, row)
            values: Mapping[str, Value] = {
                "record_kind": followed.kind,
                "record_id": record,
                "field": followed.field,
                "old_value": before,
                "new_value": value,
                "at": at,
                # Several changes within one second keep their order.
                "sequence": second * 100 + min(rank, 99),
            }
            updated_at = moment(row["sys_updated_on"])
            made.append(Record(row["sys_id"], values, {}, updated_at, int(row.get("sys_mod_count") or 0)))
            before, ended = value, row.get("end") or ""
        return made

    def _value(self, followed: Definition, row: Row) -> str | None:
        raw, seen = row.get("field_value") or "", row.get("value") or ""
        column = KINDS[followed.kind].by_name[followed.field]
        if column.field_class is FieldClass.PERSON:
            name = self._named("assigned_to.user_name", raw) or self._named("assigned_to.user_name", seen)
            return self._pseudonym(name or raw or seen)
        if followed.field in _NAMES:
            return self._named("assignment_group.name", raw) or seen or raw or None
        if followed.field in _IDENTIFIERS:
            return raw or seen or None
        if column.type is ColumnType.INTEGER:
            text = (raw or seen).partition(" ")[0]
            return str(int(text)) if text else None
        if column.type in (ColumnType.BOOLEAN, ColumnType.TIMESTAMP):
            return raw or seen or None
        return seen or raw or None

    def _named(self, name: str, identifier: str) -> str | None:
        field = name.partition(".")[0]
        return self._references.value(name, {field: identifier}) if _SYS_ID.fullmatch(identifier) else None

    def _load_names(self, rows: Iterable[Row]) -> None:
        asked: list[Row] = []
        for row in rows:
            followed = self._followed[row["definition"]]
            person = KINDS[followed.kind].by_name[followed.field].field_class is FieldClass.PERSON
            field = "assigned_to" if person else "assignment_group"
            if person or followed.field in _NAMES:
                asked += [
                    {field: text}
                    for name in ("field_value", "value")
                    if _SYS_ID.fullmatch(text := row.get(name) or "")
                ]
        names = ("assigned_to.user_name", "assignment_group.name")
        self._references.expect(names, len(asked))
        self._references.load(names, asked)


class Actors:
    """Who changed which field of which record when, from sys_audit."""

    def __init__(self, instance: Instance, kinds: Sequence[str]) -> None:
        self._instance = instance
        self._fields = {
            field: canonical
            for kind in kinds
            for table in TABLES[kind]
            for field, canonical in table.tracked.items()
        }
        self._known: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)

    def load(self, records: Collection[str]) -> None:
        """Read the changes of some records, a few at a time."""
        fields = ("sys_id", "documentkey", "fieldname", "user", "sys_created_on")
        named = f"fieldnameIN{','.join(sorted(self._fields))}"
        for chunk in chunks(records, AUDITED_PER_REQUEST):
            clause, inside = among("documentkey", chunk)
            query = Query("sys_audit", fields, (clause, named), fits=inside)
            for page in pages(self._instance, query):
                for row in page:
                    self._note(row)

    def of(self, values: Mapping[str, Value]) -> str | None:
        """Return the user name behind a transition; its stamp may be a second or two off."""
        at = values["at"]
        second = int(at.timestamp()) if isinstance(at, datetime) else 0
        near = self._known.get((str(values["record_id"]), str(values["field"])), ())
        found = min(near, key=lambda entry: abs(entry[0] - second), default=(0, ""))
        return found[1] if abs(found[0] - second) <= _CLOCKS_APART else None

    def _note(self, row: Row) -> None:
        field = self._fields.get(row.get("fieldname", ""))
        if field and row.get("sys_created_on"):
            second = int(moment(row["sys_created_on"]).timestamp())
            self._known[row["documentkey"], field].append((second, row.get("user") or ""))
