"""Makes the issues of a site: fields, the way through the workflow, and fields of a customer's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.jira.fill.records import Row
from sandbox.jira.fill.template import Traps, field_id, status_of, type_of
from sandbox.jira.store import (
    Comment,
    Group,
    History,
    Issue,
    Moment,
    Option,
    Project,
    Site,
    User,
    custom,
    item,
)
from sandbox.jira.store import fields as kinds
from sandbox.jira.store.issue import Item
from sandbox.jira.store.values import Link

Change = tuple[int, str, Item]
"""Moment, who, what."""
_PEOPLE = frozenset(
    {"resolver", "approver", "implementer", "requested_for", "fulfiller", "owner", "created_by", "requester"}
)
_FEW = 40
_FIRST = 11_000


@dataclass
class Draft:
    """One issue before it is put together."""

    kind: str
    row: Row
    type: str
    created: int
    author: str
    fields: dict[str, Any] = field(default_factory=dict)
    path: list[tuple[int, str, str]] = field(default_factory=list)
    """Moment, English name of the status, who."""
    changes: list[Change] = field(default_factory=list)
    comments: list[tuple[int, str, str, bool]] = field(default_factory=list)
    """Moment, who, words, public."""
    first: str = ""
    """Status in the beginning, the workflow's first unless given."""
    updated: int = 0


class Builder:
    """Makes issues of one organisation and remembers which record became which."""

    def __init__(self, site: Site, traps: Traps) -> None:
        self.site = site
        self.traps = traps
        self.made: dict[tuple[str, str], Issue] = {}
        self.rows: dict[tuple[str, int], Row] = {}
        """Records by kind and id of the issue."""
        self._options: dict[tuple[str, str], Option] = {}
        self._own: dict[str, str] = {}
        self._groups: dict[str, Group] = {}
        self._links: defaultdict[int, list[Link]] = defaultdict(list)

    def user(self, name: object) -> User | None:
        """Return a user by name, None for nobody."""
        return self.site.user(str(name)) if name else None

    def group(self, name: object) -> Group | None:
        """Return a group by name, None for none."""
        if not name:
            return None
        known = self._groups.get(str(name))
        if known is None:
            known = self._groups[str(name)] = Group(str(name), f"grp-{len(self._groups):04d}")
            self.site.register(known)
        return known

    def option(self, field_name: str, value: object) -> Option | None:
        """Return an option of a select field, None for nothing."""
        if value is None or value == "":
            return None
        key = (field_name, str(value))
        known = self._options.get(key)
        if known is None:
            known = self._options[key] = Option(str(20_000 + len(self._options)), str(value))
        return known

    def custom(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values by id of the stock custom fields with these English names."""
        return {field_id(self.site, name): value for name, value in values.items() if value is not None}

    def own(self, drafts: Sequence[Draft], used: Iterable[str]) -> None:
        """Put what Jira has no field for into fields of a customer's own, named like the column."""
        if not drafts or not self.traps.own_fields:
            return
        known = set(used)
        for column in (each for each in drafts[0].row if each not in known):
            values = [draft.row[column] for draft in drafts]
            if all(value is None for value in values):
                continue
            make = self._own_field(column, values)
            for draft, value in zip(drafts, values, strict=True):
                if value is not None:
                    draft.fields[self._own[column]] = make(value)

    def _own_field(self, column: str, values: list[Any]) -> Callable[[Any], Any]:
        name = column.replace("_", " ").capitalize()
        kind, make = self._kind(name, column, [value for value in values if value is not None])
        if column not in self._own:
            made = custom(_FIRST + len(self._own), name, kind)
            self.site.add_fields(made)
            self._own[column] = made.id
        return make

    def _kind(self, name: str, column: str, values: list[Any]) -> tuple[str, Callable[[Any], Any]]:
        if column.endswith("_at"):
            return kinds.DATE_TIME, Moment
        if isinstance(values[0], bool):
            return kinds.SELECT, lambda value: self.option(name, "Yes" if value else "No")
        if isinstance(values[0], int):
            return kinds.NUMBER, lambda value: value
        if column in _PEOPLE:
            return kinds.USER, self.user
        if column.endswith("_note"):
            return kinds.TEXT_AREA, str
        if len(set(values)) <= _FEW:
            return kinds.SELECT, lambda value: self.option(name, value)
        return kinds.TEXT_FIELD, str

    def add(self, project: Project, drafts: Iterable[Draft]) -> None:
        """Put drafts together, in order of their creation."""
        for draft in sorted(drafts, key=lambda each: each.created):
            issue = self._issue(project, draft)
            self.made[draft.kind, str(draft.row["id"])] = issue
            self.rows[draft.kind, issue.id] = draft.row
            self.site.take([issue])
            planted = {**draft.row, "issue": str(issue.id), "key": issue.key}
            self.site.planted.setdefault(draft.kind, []).append(planted)

    def _issue(self, project: Project, draft: Draft) -> Issue:
        site = self.site
        type_ = type_of(site, draft.type)
        statuses = site.statuses_of(project, type_)
        status = status_of(site, draft.first) if draft.first else statuses[0]
        changes = list(draft.changes)
        for at, name, who in sorted(draft.path, key=lambda step: step[0]):
            after = status_of(site, name)
            if after is not status:
                changes.append((at, who, item("status", (status.id, status.name), (after.id, after.name))))
            status = after
        histories = self._histories(changes)
        author = self.user(draft.author)
        comments = tuple(
            Comment(site.next_id(), at, self.user(who), body, public)
            for at, who, body, public in sorted(draft.comments, key=lambda comment: comment[0])
        )
        times = [draft.created, draft.updated, *(entry.at for entry in histories)]
        times += [comment.at for comment in comments]
        own = {"project": project, "issuetype": type_, "status": status, "creator": author}
        fields = {**own, "reporter": author, "labels": [], **draft.fields}
        id_ = site.next_id()
        return Issue(id_, site.next_key(project), fields, draft.created, max(times), histories, comments)

    def _histories(self, changes: list[Change]) -> tuple[History, ...]:
        """Return entries of history: what one person changed at one moment is one entry."""
        grouped: dict[tuple[int, str], list[Item]] = {}
        for at, who, change in sorted(changes, key=lambda change: change[0]):
            grouped.setdefault((at, who), []).append(change)
        return tuple(
            History(self.site.next_id(), at, self.user(who), tuple(items))
            for (at, who), items in grouped.items()
        )

    def link(self, name: str, outward: Issue | None, inward: Issue | None) -> None:
        """Link two issues: `outward` causes, blocks or reviews `inward`."""
        if outward is None or inward is None:
            return
        type_ = self.site.english("issueLinkType", name)
        number = self.site.next_id()
        self._links[outward.id].append(Link(number, type_, inward.id, True, self.site))
        self._links[inward.id].append(Link(number, type_, outward.id, False, self.site))

    def write_links(self) -> None:
        """Put the links into the issues."""
        for id_, links in self._links.items():
            self.site.issues[id_].fields["issuelinks"] = links
