"""What all windows of one sync share: what is there, mappings, references, definitions, counts."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from functools import cached_property

import orjson

from connectors.contract import Capability, ConnectorContext
from connectors.servicenow.answers import RefusedError
from connectors.servicenow.companions import Companions
from connectors.servicenow.drain import Query, count, pages, stamp
from connectors.servicenow.history import FIELDS, Definition, History, definitions
from connectors.servicenow.mapping import RecordMapping
from connectors.servicenow.probe import Prober, TableState
from connectors.servicenow.references import References
from connectors.servicenow.settings import ServiceNowSettings, since_moment
from connectors.servicenow.sources import Companion, Table
from connectors.servicenow.statistics import newest
from connectors.servicenow.tables import EVENT_GROUPS, GROUP_CELLS, TABLES
from connectors.servicenow.transport import Instance
from storage.evidence.store import KindState
from storage.records import KINDS

_RULES = "1"
"""Raised when the same rows give other records than before, so that everything is read again."""
_VIRTUAL = {"group": GROUP_CELLS, "event": ("day", "count")}


class Reader:
    """Reads one instance during one sync."""

    def __init__(self, settings: ServiceNowSettings, context: ConnectorContext, instance: Instance) -> None:
        self.settings = settings
        self.instance = instance
        self._context = context
        self._prober = Prober(instance)
        self._mappings = {
            table.name + table.kind: RecordMapping(
                table, self._mapped(table), context.protection, _VIRTUAL.get(kind, ())
            )
            for kind in settings.kinds
            for table in TABLES[kind]
            if kind != "transition"
        }
        self._companions: dict[str, Companions] = {}
        self._counts: dict[tuple[object, ...], int | None] = {}

    @cached_property
    def references(self) -> References:
        """Names of groups, users and the like, and labels of choices."""
        names = [name for mapping in self._mappings.values() for name in mapping.names]
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
        return {
            kind: self._capability(kind, frozenset(), self._trackable(kind)) for kind in self.settings.kinds
        }

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
        fields = self.mapping(table).fields
        return self._prober.table(table.name, fields, table.role, cursor=table.cursor)

    def tables(self, kind: str) -> list[Table]:
        """Return the tables of a kind that can be read; none when the main one cannot."""
        found = [table for table in TABLES[kind] if self.state(table).usable]
        return found if TABLES[kind][0] in found else []

    def fields_of(self, table: Table) -> list[str]:
        """Return the fields of a table, seen on one of its records."""
        rows = self.instance.table(table.name, {"sysparm_limit": "1"}).rows
        return list(rows[0]) if rows else []

    def capability(self, kind: str) -> Capability:
        """Return what the instance delivers of a kind."""
        missing = {field for table in self.tables(kind) for field in self.state(table).missing}
        for table in self.tables(kind):
            usable = [one.table for one in self.usable_companions(table)]
            missing |= {cell for one in table.companions if one.table not in usable for cell in one.cells}
        if kind == "transition" and not self.audit_usable:
            missing |= {"actor"}
        followed = (
            {one.field for one in self.definitions if one.kind == kind} if self._history_wanted else set()
        )
        return self._capability(kind, frozenset(missing), frozenset(followed))

    def companions(self, table: Table) -> Companions:
        """Return the companions of a table that can be read."""
        if table.name not in self._companions:
            self._companions[table.name] = Companions(self.instance, self.usable_companions(table))
        return self._companions[table.name]

    def expect(self, query: Query, rows: int | None) -> None:
        """Note how many rows a query has, since planning has already asked."""
        self._counts[_key(query)] = rows

    def counted(self, query: Query) -> int | None:
        """Return how many rows a query has."""
        key = _key(query)
        return self._counts.pop(key) if key in self._counts else count(self.instance, query)

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
        return [
            one
            for one in table.companions
            if self._prober.table(one.table, ("sys_id", one.parent, *one.fields), table.role).usable
        ]

    @cached_property
    def audit_usable(self) -> bool:
        """Whether those who made changes are wanted and can be read."""
        fields = ("sys_id", "documentkey", "fieldname", "user", "sys_created_on")
        if not self.settings.audit:
            return False
        # One row that cannot be: sys_audit must not be searched.
        query = Query("sys_audit", fields, ("sys_id=0",))
        try:
            return (
                self.instance.table(
                    "sys_audit", {"sysparm_query": query.encoded(), "sysparm_limit": "1"}
                ).rows
                == []
            )
        except RefusedError:
            return False

    def _state_of_history(self) -> TableState:
        if not self.definitions:
            return TableState(
                KindState.ABSENT,
                "metric_definition: no definition of type 'Field value duration' follows a field that "
                "counts, or it may not be read.",
            )
        clause = self.history().clause
        return self._prober.table("metric_instance", FIELDS, self.table("transition").role, (clause,))

    @cached_property
    def _state_of_events(self) -> TableState:
        table = self.table("event")
        fields = ("sys_id", table.cursor, *EVENT_GROUPS)
        found = self._prober.table(table.name, fields, table.role, cursor=table.cursor)
        if found.usable and newest(self.instance, Query(table.name, ()))[0] is None:
            return TableState(KindState.DENIED, f"{table.name}: the account may not have it counted.")
        return found

    @cached_property
    def _history_wanted(self) -> bool:
        return self.state(self.table("transition")).usable

    def _capability(self, kind: str, missing: frozenset[str], followed: frozenset[str]) -> Capability:
        if kind == "transition":
            columns = frozenset(self.table(kind).columns) - ({"actor"} if not self.settings.audit else set())
            columns -= missing
        else:
            columns = frozenset().union(
                *(self.mapping(table).columns_without(missing) for table in TABLES[kind])
            )
        deletes = kind != "event"
        return Capability(
            columns, followed & frozenset(KINDS[kind].tracked), incremental=kind != "group", deletes=deletes
        )

    def _trackable(self, kind: str) -> frozenset[str]:
        return frozenset(canonical for table in TABLES[kind] for canonical in table.tracked.values())

    def _mapped(self, table: Table) -> dict[str, str]:
        """Return the operator's own fields of a kind, on its main table."""
        if table is not TABLES[table.kind][0]:
            return {}
        split = ((*key.partition("."), field) for key, field in self.settings.map.items())
        return {column: field for kind, _, column, field in split if kind == table.kind}

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


def _key(query: Query) -> tuple[object, ...]:
    return (query.table, query.since, query.until, query.clauses)
