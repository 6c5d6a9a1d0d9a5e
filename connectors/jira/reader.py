"""What all windows of one sync share: what the site has, which issues are meant, how they are mapped."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import cached_property

import orjson

from connectors.contract import Capability, ConnectorContext
from connectors.jira.answers import Json, RefusedError
from connectors.jira.assets import attribute_names, item_columns
from connectors.jira.fields import Field, FieldMap, Known, Layout, columns_of, field_of
from connectors.jira.history import Status, status_of
from connectors.jira.issues import Issues
from connectors.jira.people import People
from connectors.jira.search import Query, Search, Wanted, quoted
from connectors.jira.settings import BROUGHT, JiraSettings
from connectors.jira.site import Site
from connectors.jira.snapshots import SNAPSHOTS
from connectors.jira.tables import ISSUE_KINDS
from connectors.platform.mapping import Columns
from connectors.platform.settings import since_moment
from storage.records import KINDS

_RULES = "3"
"""Raised when the same issues give other records than before, so that everything is read again."""
_LINKED = frozenset({"incident", "problem", "request"})
"""Kinds whose issues may be linked with articles."""
_LEFT_EMPTY = frozenset({"resolution", "duedate"})
AGENT = "SERVICEDESK_AGENT"


class Reader:
    """Reads one site during one sync."""

    def __init__(self, settings: JiraSettings, context: ConnectorContext, site: Site) -> None:
        self.settings = settings
        self.site = site
        self.search = Search(site)
        self.context = context
        self.people = People(context.protection)
        self._issues: dict[str, Issues] = {}

    def close(self) -> None:
        """Close the connections."""
        self.site.close()

    @cached_property
    def statuses(self) -> Mapping[str, Status]:
        """Every status of the site, by id."""
        found = (status_of(one) for one in self.site.get("status", shape=list))
        return {one.id: one for one in found}

    @cached_property
    def types(self) -> list[Json]:
        """Every issue type of the site."""
        found: list[Json] = self.site.get("issuetype", shape=list)
        return found

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """Record kind by id of the issue type."""
        found: dict[str, str] = {}
        for kind, table in ISSUE_KINDS.items():
            names = self.settings.issue_types.get(kind) or table.types
            wanted = {name.casefold() for name in names}
            for one in self.types:
                called = {str(one.get(key) or "").casefold() for key in ("name", "untranslatedName", "id")}
                if called & wanted:
                    found.setdefault(str(one["id"]), kind)
        return found

    @cached_property
    def projects(self) -> Mapping[str, Json]:
        """Projects that the account sees, by key."""
        found = self.site.pages("project/search") if self.site.cloud else self.site.get("project", shape=list)
        return {str(one["key"]): one for one in found}

    @property
    def chosen_projects(self) -> list[Json]:
        """Projects that are read."""
        wanted = set(self.settings.projects)
        return [one for key, one in sorted(self.projects.items()) if not wanted or key in wanted]

    @cached_property
    def fields(self) -> FieldMap:
        """The fields of the site."""
        return FieldMap([field_of(one) for one in self.site.fields], self._filled)

    def _filled(self, field: Field) -> int:
        try:
            return self.search.count(Query((f"{field.clause} is not EMPTY", *self._scope)))
        except RefusedError:
            return 0

    @property
    def _scope(self) -> tuple[str, ...]:
        clauses = [f"project in {quoted([str(one['id']) for one in self.chosen_projects])}"]
        clauses = clauses if self.settings.projects else []
        return (*clauses, *([f"({self.settings.filter})"] if self.settings.filter else ()))

    def query(self, kind: str, *, filtered: bool = True) -> Query:
        """Return the query for all issues of a kind."""
        types = sorted(name for name, found in self.kinds.items() if found == kind)
        scope = self._scope if filtered else ()
        return Query((f"issuetype in {quoted(types)}", *scope))

    def is_there(self, kind: str) -> bool:
        """Whether the site has an issue type of a kind, and the account a project to read."""
        return kind in self.kinds.values() and bool(self.chosen_projects)

    def issues(self, kind: str) -> Issues:
        """Return what makes records of the issues of a kind."""
        if kind not in self._issues:
            layout = Layout(
                ISSUE_KINDS[kind],
                Known(self.statuses, self.kinds, self.fields),
                self.people,
                self.context.protection,
                self.mapped(kind),
                comments=self.settings.comments,
                links=self.settings.knowledge_links and kind in _LINKED,
                unset=self._unset(kind),
            )
            self._issues[kind] = Issues(layout, BROUGHT[kind])
        return self._issues[kind]

    def _unset(self, kind: str) -> frozenset[str]:
        """Return the fields that stock workflows leave empty and that no issue of a kind has a value in."""
        query = self.query(kind)
        return frozenset(
            name
            for name in _LEFT_EMPTY & {*self.columns(kind).names}
            if not self.search.count(Query((*query.clauses, f"{name} is not EMPTY")))
        )

    def wanted(self, kind: str) -> Wanted:
        """Return what is asked of each issue of a kind."""
        layout = self.issues(kind).layout
        return Wanted(layout.fields, layout.comments, layout.links)

    def mapped(self, kind: str) -> dict[str, str]:
        """Return the operator's own fields of a kind."""
        split = ((*key.partition("."), name) for key, name in self.settings.map.items())
        return {column: name for owner, _, column, name in split if owner == kind}

    def columns(self, kind: str) -> Columns:
        """Return the columns of a kind, without asking the site."""
        return columns_of(ISSUE_KINDS[kind], self.mapped(kind), self.context.protection, self.people)

    @cached_property
    def oldest(self) -> datetime | None:
        """Oldest update that is wanted; None where all are."""
        if self.context.since is not None:
            return datetime.combine(self.context.since, datetime.min.time(), UTC)
        return since_moment(self.settings.since, self.site.now())

    def stored(self, kind: str) -> Collection[str] | None:
        """Return the identifiers that are stored; None where that is not known."""
        return frozenset(self.context.stored(kind)) if self.context.stored else None

    @cached_property
    def asset_attributes(self) -> frozenset[str]:
        """Attributes of the objects of Assets; raises RefusedError where there is none."""
        return attribute_names(self)

    @cached_property
    def is_agent(self) -> bool:
        """Whether the account may see service level clocks; supposed where the site does not say."""
        try:
            found = self.site.get("mypermissions", {"permissions": f"BROWSE_PROJECTS,{AGENT}"})
        except RefusedError:
            return True
        one = (found.get("permissions") or {}).get(AGENT)
        return one is None or bool(one.get("havePermission"))

    def promised(self, kind: str) -> Capability:
        """Return what the settings promise of a kind, without asking the site."""
        if kind in ISSUE_KINDS:
            tracked = frozenset(ISSUE_KINDS[kind].tracked.values()) & set(KINDS[kind].tracked)
            return Capability(self.columns(kind).columns, tracked, incremental=True, deletes=True)
        if kind in SNAPSHOTS:
            return Capability(SNAPSHOTS[kind].columns, deletes=True)
        return Capability(_BROUGHT_COLUMNS[kind], incremental=True)

    def capability(self, kind: str) -> Capability:
        """Return what the site delivers of a kind."""
        if kind == "configuration_item":
            columns = item_columns(self.asset_attributes, self.mapped(kind))
            return Capability(columns, deletes=True)
        if kind not in ISSUE_KINDS:
            return self.promised(kind)
        issues = self.issues(kind)
        columns = issues.layout.columns.columns_without(issues.layout.missing)
        return Capability(
            columns, issues.transitions.tracked & set(KINDS[kind].tracked), incremental=True, deletes=True
        )

    def rules(self, kind: str) -> str:
        """Return a digest of what decides how a kind's records look; the key cannot be had from it."""
        protection, settings = self.context.protection, self.settings
        parts: list[object] = [_RULES, sorted(protection.automation), sorted(protection.migration)]
        parts += [settings.url, settings.since, settings.projects, settings.filter]
        if kind in ISSUE_KINDS:
            types = sorted(name for name, found in self.kinds.items() if found == kind)
            parts += [types, sorted(self.issues(kind).layout.fields), settings.comments]
            parts.append(settings.knowledge_links)
        return hmac.new(protection.key, orjson.dumps(parts), hashlib.sha256).hexdigest()[:16]


_BROUGHT_COLUMNS: Mapping[str, frozenset[str]] = {
    "transition": frozenset(column.name for column in KINDS["transition"].mapped),
    "service_level": frozenset(
        {"record_kind", "record_id", "name", "type", "target", "target_seconds", "started_at", "stopped_at"}
        | {"due_at", "breached", "elapsed_seconds", "paused_seconds"}
    ),
    "survey": frozenset(
        {"answered_at", "record_kind", "record_id", "service_id", "assignment_group", "respondent", "score"}
        | {"points"}
    ),
}
