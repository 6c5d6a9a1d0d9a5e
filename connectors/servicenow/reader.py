"""What all windows of one sync share: what is there, mappings, references, definitions, counts."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property

import orjson

from connectors.contract import Capability, ConnectorContext, Window
from connectors.platform.settings import since_moment
from connectors.servicenow.companions import Companions
from connectors.servicenow.drain import Parts, Query, pages, stamp
from connectors.servicenow.history import FIELDS, Definition, History, definitions
from connectors.servicenow.mapping import RecordMapping
from connectors.servicenow.probe import Prober, TableState
from connectors.servicenow.references import References
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.statistics import newest
from connectors.servicenow.tables import EVENT_GROUPS, GROUP_CELLS, TABLES, Companion, Table, referred
from connectors.servicenow.transport import Instance
from storage.evidence.store import Feed, KindState
from storage.records import KINDS

_RULES = "4"
"""Raised when the same rows give other records than before, so that everything is read again."""
_VIRTUAL = {"group": GROUP_CELLS, "event": ("day", "count")}


class Reader:
    """Reads one instance during one sync."""

    def __init__(self, settings: ServiceNowSettings, context: ConnectorContext, instance: Instance) -> None:
        self.settings = settings
        self.instance = instance
        self._context = context
        self._mappings = {
            table.name + table.kind: RecordMapping(
                table, self._mapped(table), context.protection, _VIRTUAL.get(kind, ())
            )
            for kind in settings.kinds
            for table in TABLES[kind]
            if kind != "transition"
        }
        self._prober = Prober(instance, self._wanted())
        self._companions: dict[str, Companions] = {}
        self.following: Window | None = None
        """The window that will be read after the present one, where that is known."""
        self.begun: tuple[Window, Parts] | None = None
        """A window that is being fetched ahead of its reading."""

    def _wanted(self) -> Iterator[tuple[str, str, Iterable[str]]]:
        """Yield table, cursor and fields of all that rows are read of, so that a table is probed once."""
        for mapping in self._mappings.values():
            table = mapping.table
            if table.kind != "event":
                yield table.name, table.cursor, (*mapping.fields, *_named(table))
            for one in table.companions:
                yield one.table, "sys_updated_on", one.own_fields
            for name, field in {way for one in mapping.relying for way in referred(one)}:
                yield name, "", ("sys_id", field)

    def close(self) -> None:
        """Stop fetching and close the connections."""
        self.leave_begun()
        self.instance.close()

    def leave_begun(self) -> None:
        """Stop fetching ahead."""
        if self.begun is not None:
            self.begun[1].close()
        self.begun = None

    @cached_property
    def references(self) -> References:
        """Names of groups, users and the like, and labels of choices."""
        names = [name for mapping in self._mappings.values() for name in mapping.referring]
        return References(self.instance, [*names, "assigned_to.user_name", "assignment_group.name"])

    @cached_property
    def definitions(self) -> tuple[Definition, ...]:
        """Metric definitions that follow fields whose history is kept."""
        return definitions(self.instance, self.settings.kinds)

    @property
    def oldest(self) -> str:
        """Oldest change that is wanted; nothing where all are."""
        if self._context.since is not None:
            return f"{self._context.since.isoformat()} 00:00:00"
        found = since_moment(self.settings.since, self.instance.now())
        return stamp(found) if found else ""

    def promised(self) -> dict[str, Capability]:
        """Return what the settings promise, without asking the instance."""
        return {kind: self._capability(kind, {}, self._trackable(kind)) for kind in self.settings.kinds}

    def table(self, kind: str, name: str = "") -> Table:
        """Return a table of a kind, the main one without a name."""
        return next(table for table in TABLES[kind] if name in ("", table.name))

    def mapping(self, table: Table) -> RecordMapping:
        """Return the mapping of a table."""
        return self._mappings[table.name + table.kind]

    def stored(self, kind: str) -> Collection[str] | None:
        """Return the identifiers that are stored; None where that is not known."""
        return frozenset(self._context.stored(kind)) if self._context.stored else None

    def history(self) -> History:
        """Return what turns metric instances into transitions."""
        return History(self.instance, self.definitions, self.references, self._context.protection)

    def state(self, table: Table) -> TableState:
        """Return what is there of a table; of events and history by their own queries."""
        if table.kind == "transition":
            return self._state_of_history()
        if table.kind == "event":
            return self._state_of_events
        fields, needs = self.mapping(table).fields, _named(table)
        return self._prober.table(table.name, (*fields, *needs), cursor=table.cursor, needs=needs)

    def tables(self, kind: str) -> list[Table]:
        """Return the tables of a kind that can be read; none when the main one is there and cannot."""
        found = [table for table in TABLES[kind] if self.state(table).usable]
        main = self.state(TABLES[kind][0])
        return found if main.usable or main.state is KindState.ABSENT else []

    def is_whole(self, kind: str) -> bool:
        """Whether every table of a kind that is there can be read."""
        states = [self.state(table) for table in TABLES[kind]]
        return all(state.usable or state.state is KindState.ABSENT for state in states)

    def fields_of(self, table: Table) -> list[str]:
        """Return the fields of a table; none where the account may not look at the dictionary."""
        return sorted(self._prober.dictionary.fields(table.name))

    def capability(self, kind: str) -> Capability:
        """Return what the instance delivers of a kind."""
        followed = (
            {one.field for one in self.definitions if one.kind == kind} if self._history_wanted else set()
        )
        missing = {table.name: self._missing(table) for table in self.tables(kind)}
        return self._capability(kind, missing, frozenset(followed))

    def _missing(self, table: Table) -> frozenset[str]:
        """Return the fields, and names in other tables, that nothing can be read from."""
        if table.kind == "transition":
            return frozenset() if self.audit_usable else frozenset({"actor"})
        missing = set(self.state(table).missing)
        for one in table.companions:
            if not self._companion_state(one).usable:
                missing |= set(one.cells)
        missing |= {one.cell for one in table.reckoned if not missing.isdisjoint(one.fields)}
        for name in self.mapping(table).relying:
            states = [self._reference_state(*way) for way in referred(name)]
            if not all(state.usable for state in states):
                missing.add(name)
        if table.kind == "group":
            missing |= {cell for cell, state in self._member_states().items() if not state.usable}
        return frozenset(missing)

    def asides(self, table: Table) -> list[TableState]:
        """Return what is there of the tables that add something to one: companions, and what it refers to."""
        if table.kind in ("transition", "event"):
            return []
        ways = {way for name in self.mapping(table).relying for way in referred(name)}
        found = [self._companion_state(one) for one in table.companions]
        found += [self._reference_state(*way) for way in sorted(ways)]
        return found + (list(self._member_states().values()) if table.kind == "group" else [])

    def _companion_state(self, one: Companion) -> TableState:
        return self._prober.table(one.table, one.own_fields, needs=(one.parent,))

    def _reference_state(self, name: str, field: str) -> TableState:
        return self._prober.table(name, ("sys_id", field), cursor="", needs=(field,))

    def _member_states(self) -> dict[str, TableState]:
        members = self._prober.table(
            "sys_user_grmember", ("sys_id", "group", "user"), cursor="", needs=("group",)
        )
        active = self._reference_state("sys_user", "active")
        return dict(zip(GROUP_CELLS, (members, active if members.usable else members), strict=True))

    def companions(self, table: Table) -> Companions:
        """Return the companions of a table that can be read."""
        if table.name not in self._companions:
            usable = self.usable_companions(table)
            self._companions[table.name] = Companions(self.instance, usable, self.references)
        return self._companions[table.name]

    def deletions(self, table: Table, since: str, until: str) -> set[str]:
        """Return the identifiers whose deletion was recorded in a stretch of time."""
        query = self.deletion_query(table, since, until)
        if query is None:
            return set()
        return {
            row["documentkey"]
            for page in pages(self.instance, query)
            for row in page
            if row.get("documentkey")
        }

    def deletion_query(self, table: Table, since: str, until: str) -> Query | None:
        """Return the query for recorded deletions; None where there is no such record to read."""
        if not table.audited or not since or not self._deletions_readable:
            return None
        name = table.name
        # A CI's deletion stands under the name of its class.
        clause = f"tablenameSTARTSWITH{name}" if name == "cmdb_ci" else f"tablename={name}"
        fields = ("sys_id", "sys_created_on", "tablename", "documentkey")
        return Query(
            "sys_audit_delete",
            fields,
            (clause,),
            since,
            until,
            cursor="sys_created_on",
            fits=lambda row: (row.get("tablename") or "").startswith(name),
        )

    @cached_property
    def _deletions_readable(self) -> bool:
        fields = ("sys_id", "sys_created_on", "tablename", "documentkey")
        found = self._prober.table("sys_audit_delete", fields, cursor="sys_created_on")
        return found.usable and not found.missing

    def usable_companions(self, table: Table) -> list[Companion]:
        """Return the companions that can be read."""
        return [one for one in table.companions if self._companion_state(one).usable]

    @cached_property
    def audit_usable(self) -> bool:
        """Whether those who made changes are wanted and can be read."""
        fields = ("sys_id", "documentkey", "fieldname", "user", "sys_created_on")
        if not self.settings.audit:
            return False
        # One row that cannot be: sys_audit must not be searched.
        return self._prober.table("sys_audit", fields, ("sys_id=0",), cursor="").usable

    def _state_of_history(self) -> TableState:
        if not self.definitions:
            return TableState(
                KindState.ABSENT,
                "metric_definition: no definition of type 'Field value duration' follows a field that "
                "counts, or it may not be read.",
            )
        clause = self.history().clause
        return self._prober.table("metric_instance", FIELDS, (clause,), needs=("definition", "id"))

    @cached_property
    def _state_of_events(self) -> TableState:
        table = self.table("event")
        fields = ("sys_id", table.cursor, *EVENT_GROUPS)
        found = self._prober.table(table.name, fields, cursor=table.cursor)
        if found.usable and newest(self.instance, Query(table.name, ()))[0] is None:
            return TableState(KindState.DENIED, f"{table.name}: the account may not have it counted.")
        return found

    @cached_property
    def _history_wanted(self) -> bool:
        return self.state(self.table("transition")).usable

    def _capability(
        self, kind: str, missing: Mapping[str, frozenset[str]], followed: frozenset[str]
    ) -> Capability:
        """Return what the tables in `missing` deliver without these fields; all of it without a table."""
        followed &= frozenset(KINDS[kind].tracked)
        feeds: dict[str, Feed] = {}
        if kind == "transition":
            columns = frozenset(self.table(kind).columns) - ({"actor"} if not self.settings.audit else set())
            columns -= missing.get("metric_instance", frozenset())
        else:
            tables = [table for table in TABLES[kind] if table.name in missing] or TABLES[kind]
            every = [
                Feed(
                    self.mapping(one).columns_without(missing.get(one.name, ())),
                    followed & {*one.tracked.values()},
                )
                for one in tables
            ]
            columns = frozenset().union(*(feed.columns for feed in every))
            feeds = {one.feed: feed for one, feed in zip(tables, every, strict=True) if one.feed}
        incremental, deletes = kind != "group", kind != "event"
        return Capability(columns, followed, incremental=incremental, deletes=deletes, feeds=feeds)

    def _trackable(self, kind: str) -> frozenset[str]:
        return frozenset(canonical for table in TABLES[kind] for canonical in table.tracked.values())

    def _mapped(self, table: Table) -> dict[str, str]:
        """Return the operator's own fields of a table: all of its kind's main one, else what has no other."""
        main = table is TABLES[table.kind][0]
        split = ((*key.partition("."), field) for key, field in self.settings.map.items())
        return {
            column: field
            for kind, _, column, field in split
            if kind == table.kind and (main or column not in table.columns)
        }

    def rules(self, kind: str) -> str:
        """Return a digest of what decides how a kind's records look; the key cannot be had from it."""
        protection = self._context.protection
        lists = [sorted(protection.automation), sorted(protection.migration)]
        parts: list[object] = [_RULES, lists, self.settings.url, self.settings.since]
        if kind == "transition":
            parts += [sorted(one.id for one in self.definitions), self.settings.audit]
        else:
            parts += [list(self.mapping(table).fields) for table in TABLES[kind]]
        return hmac.new(protection.key, orjson.dumps(parts), hashlib.sha256).hexdigest()[:16]


def _named(table: Table) -> tuple[str, ...]:
    """Return the fields that a table's clauses name."""
    return tuple(clause.partition("=")[0] for clause in table.clauses)
