"""Writes as the platform does it: with stamps, an entry of history, and the index behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.jira.store import Comment, Entity, History, Issue, Project, Site, Status, User
from sandbox.jira.store.entities import Moment
from sandbox.jira.store.issue import Item, item
from sandbox.serving.clock import Clock


class Writer:
    """Creates, updates, deletes and moves the issues of a site, while it is served or before."""

    def __init__(self, site: Site, clock: Clock) -> None:
        self._site = site
        self._clock = clock

    @property
    def now(self) -> int:
        """The time in UNIX milliseconds."""
        return round(self._clock.now().timestamp() * 1000)

    def create(
        self,
        project: Project,
        type_: Entity,
        fields: Mapping[str, Any],
        *,
        author: User | None = None,
        at: int | None = None,
    ) -> Issue:
        """Create an issue in the first status of its workflow; `at` back-dates it."""
        site, now = self._site, self.now if at is None else at
        with site.lock:
            status = site.statuses_of(project, type_)[0]
            own = {"project": project, "issuetype": type_, "status": status, "creator": author}
            issue = Issue(
                site.next_id(),
                site.next_key(project),
                {**own, "reporter": author, **fields},
                now,
                now,
            )
            site.put(issue, self.now)
        return issue

    def update(
        self,
        issue: Issue,
        fields: Mapping[str, Any],
        *,
        author: User | None = None,
        at: int | None = None,
        silent: bool = False,
    ) -> Issue:
        """Change fields with an entry of history; `silent` moves neither the stamp nor the history."""
        site, now = self._site, self.now if at is None else at
        with site.lock:
            current = site.issues[issue.id]
            items = tuple(
                changed(site, name, current.fields.get(name), value)
                for name, value in fields.items()
                if current.fields.get(name) != value
            )
            after = current.changed(fields={**current.fields, **fields})
            if items and not silent:
                entry = History(site.next_id(), now, author, items)
                after.histories = (*current.histories, entry)
            if not silent:
                after.updated = now
            site.put(after, self.now)
        return after

    def transition(self, issue: Issue, status: Status, *, author: User | None = None) -> Issue:
        """Move an issue to another status; resolutiondate is left to the workflow's makers, as it ships."""
        return self.update(issue, {"status": status}, author=author)

    def move(self, issue: Issue, project: Project, *, author: User | None = None) -> Issue:
        """Move an issue to another project: it gets another key and keeps its id."""
        site = self._site
        with site.lock:
            current = site.issues[issue.id]
            key = site.next_key(project)
            items = (
                item("project", (current.project.id, current.project.name), (project.id, project.name)),
                item("Key", (None, current.key), (None, key)),
            )
            after = current.changed(
                key=key,
                fields={**current.fields, "project": project},
                earlier_keys=(*current.earlier_keys, current.key),
                histories=(*current.histories, History(site.next_id(), self.now, author, items)),
                updated=self.now,
            )
            site.put(after, self.now)
        return after

    def comment(self, issue: Issue, body: str, *, author: User | None = None, public: bool = True) -> Comment:
        """Add a comment."""
        site = self._site
        with site.lock:
            current = site.issues[issue.id]
            made = Comment(site.next_id(), self.now, author, body, public)
            after = current.changed(comments=(*current.comments, made), updated=self.now)
            site.put(after, self.now)
        return made

    def delete(self, issue: Issue) -> None:
        """Delete an issue; nothing shows it."""
        self._site.drop(issue.id, self.now)


def changed(site: Site, name: str, before: object, after: object) -> Item:
    """Return the entry of one changed field."""
    field = site.fields.get(name)
    shown = field.name if field is not None and field.custom else name
    sides = [_side(before), _side(after)]
    return item(name, sides[0], sides[1], shown)


def _side(value: object) -> tuple[Any, str | None]:
    if isinstance(value, User):
        return value, value.display
    if isinstance(value, Entity):
        return value.id, value.name
    if value is None or isinstance(value, Moment):
        return None, None if value is None else str(value.ms)
    if isinstance(value, list | tuple):
        parts = [_side(each) for each in value]
        return ", ".join(str(part[0]) for part in parts), ", ".join(str(part[1]) for part in parts)
    return None, str(value)
