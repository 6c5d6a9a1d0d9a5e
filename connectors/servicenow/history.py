"""Turns metric instances into transitions.

A metric instance says from when to when a field had a value; what was there before stands in another row, and
that a field was emptied in none: a value ended, and no other began. Where such a row may stand outside of the
window, the whole history of the record is asked for; what is made of it are the transitions of the window.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from itertools import starmap, zip_longest
from typing import NamedTuple

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

    @property
    def never_empty(self) -> bool:
        """Whether the field always has a value; one that ends without another ended with its record."""
        return self.field == "state"


class _Step(NamedTuple):
    """A change of one field: to a row's value, or to nothing at its end."""

    row: Row
    at: datetime
    value: Value
    before: Row | None
    """The row before it."""
    emptied: bool

    @property
    def id(self) -> str:
        """Identifier of the transition."""
        return emptied(self.row) if self.emptied else str(self.row["sys_id"])


@dataclass(frozen=True)
class _Story:
    """The values that one field of one record had, in order."""

    record: str
    followed: Definition
    rows: list[Row]

    def gaps(self) -> bool:
        """Whether some value ends that none follows; of times that cannot be read, later steps tell."""
        try:
            return not all(starmap(_goes_on, zip_longest(self.rows, self.rows[1:])))
        except ValueError:
            return False

    def steps(self, value: Callable[[Row], Value], *, closed: bool) -> list[_Step]:
        """Return its changes; of a closed record the end of the last value is none. Raises ValueError."""
        found: list[_Step] = []
        before: Row | None = None
        for row, after in zip_longest(self.rows, self.rows[1:]):
            found.append(_Step(row, moment(row["start"]), value(row), before, emptied=False))
            if not _goes_on(row, after) and not (closed and after is None):
                found.append(_Step(row, moment(row["end"]), None, before, emptied=True))
            before = row
        return found

    def records(self, steps: Sequence[_Step], own: Set[str], since: str) -> Iterator[Record]:
        """Yield the transitions of own rows, and of rows from before `since` that follow one of them."""
        old: Value = None
        second, rank = 0, 0
        for step in steps:
            rank = rank + 1 if int(step.at.timestamp()) == second else 0
            second = int(step.at.timestamp())
            follows = step.before is not None and step.before["sys_id"] in own
            told = step.row["sys_id"] in own or (follows and step.row["sys_updated_on"] < since)
            if told and not (step.emptied and self.followed.never_empty):
                # Several changes within one second keep their order.
                yield self._record(step, old, second * 100 + min(rank, 99))
            old = step.value

    def _record(self, step: _Step, old: Value, sequence: int) -> Record:
        values: Mapping[str, Value] = {
            "record_kind": self.followed.kind,
            "record_id": self.record,
            "field": self.followed.field,
            "old_value": old,
            "new_value": step.value,
            "at": step.at,
            "sequence": sequence,
        }
        row = step.row
        return Record(step.id, values, {}, moment(row["sys_updated_on"]), int(row.get("sys_mod_count") or 0))

    def withdrawn(self, steps: Sequence[_Step], own: Set[str]) -> list[str]:
        """Return the transitions to nothing that an own row shows to have been none."""
        still = {step.id for step in steps}
        ended = [step.before for step in steps if step.before is not None and step.row["sys_id"] in own]
        return [emptied(row) for row in ended if row["sys_id"] not in own and emptied(row) not in still]


def emptied(row: Row) -> str:
    """Return the identifier of the transition to nothing at the end of a row's value."""
    return f"{row['sys_id']}:emptied"


def _goes_on(row: Row, after: Row | None) -> bool:
    """Whether a value lasts, or another one begins when it ends."""
    end = row.get("end") or ""
    if not end or after is None:
        return not end
    return after["start"] == end or (moment(after["start"]) - moment(end)).total_seconds() <= _CLOCKS_APART


class Told(NamedTuple):
    """What the rows of a window tell."""

    records: list[Record]
    rejected: list[Rejection]
    withdrawn: list[str]
    """Transitions to nothing that a later row shows to have been none."""


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

    def transitions(self, rows: Sequence[Row], since: str) -> Told:
        """Return the transitions of a window's rows, and of older ones that follow one of them."""
        own = {row["sys_id"] for row in rows}
        unsure = {row["id"] for row in rows if row.get("id") and since and (row.get("start") or "") < since}
        unsure |= self._without_successor(rows)
        more = [row for chunk in chunks(unsure) for row in self._of(chunk)]
        return self._folded([*(row for row in rows if row.get("id") not in unsure), *more], own, since)

    def _without_successor(self, rows: Sequence[Row]) -> set[str]:
        """Return the records of which a value ends that none of the rows follows."""
        stories = self._stories(rows)[0]
        return {story.record for story in stories if not story.followed.never_empty and story.gaps()}

    def _of(self, records: Collection[str]) -> Iterator[Row]:
        for page in pages(self._instance, self.query(ids=records)):
            yield from page

    def _folded(self, rows: Sequence[Row], own: Set[str], since: str) -> Told:
        self._load_names(rows)
        stories, unreadable = self._stories(rows)
        closed = {
            story.record for story in stories if story.followed.never_empty and story.rows[-1].get("end")
        }
        told = Told([], [], [])
        for story in stories:
            try:
                steps = story.steps(partial(self._value, story.followed), closed=story.record in closed)
            except ValueError:
                unreadable += [(row, "a time or number cannot be read") for row in story.rows]
            else:
                told.records.extend(story.records(steps, own, since))
                told.withdrawn.extend(story.withdrawn(steps, own))
        told.rejected.extend(
            Rejection(f"metric_instance {row['sys_id']}", why)
            for row, why in unreadable
            if row["sys_id"] in own
        )
        return told

    def _stories(self, rows: Sequence[Row]) -> tuple[list[_Story], list[tuple[Row, str]]]:
        """Return rows by record and field, in order, and those that belong nowhere."""
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        unreadable = []
        for row in rows:
            if row.get("id") and row.get("start"):
                found[row["id"], row["definition"]].append(row)
            else:
                unreadable.append((row, "names no record or no start"))
        for own in found.values():
            own.sort(key=lambda row: (row["start"], row.get("end") or "9", row["sys_id"]))
        return [_Story(record, self._followed[one], own) for (record, one), own in found.items()], unreadable

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
