"""One issue with its history."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

from sandbox.jira.store.entities import Entity, Moment, Project, Status, User

Item = dict[str, Any]
"""One changed field: field, fieldtype, fieldId, from, fromString, to, toString."""


@dataclass(frozen=True, slots=True)
class History:
    """What one person changed at one moment."""

    id: int
    at: int
    author: User | None
    items: tuple[Item, ...]


@dataclass(slots=True)
class Comment:
    """A comment; internal ones are not for customers."""

    id: int
    at: int
    author: User | None
    body: str
    public: bool = True
    updated: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Worklog:
    """Time that was spent."""

    id: int
    at: int
    author: User | None
    seconds: int
    comment: str = ""
    started: int = 0


@dataclass(slots=True)
class Issue:
    """An issue as it stands; a change makes a new one, so that an index may still see the old."""

    id: int
    key: str
    fields: dict[str, Any]
    """By field id, without comments, worklogs and the times of the issue."""
    created: int
    updated: int
    histories: tuple[History, ...] = ()
    """Oldest first."""
    comments: tuple[Comment, ...] = ()
    worklogs: tuple[Worklog, ...] = ()
    earlier_keys: tuple[str, ...] = ()
    archived: bool = False

    @property
    def project(self) -> Project:
        """The project it is in."""
        project = self.fields["project"]
        assert isinstance(project, Project)  # noqa: S101 - every issue is in one
        return project

    @property
    def status(self) -> Status:
        """Its status."""
        status = self.fields["status"]
        assert isinstance(status, Status)  # noqa: S101 - every issue has one
        return status

    @property
    def type(self) -> Entity:
        """Its issue type."""
        kind = self.fields["issuetype"]
        assert isinstance(kind, Entity)  # noqa: S101 - every issue has one
        return kind

    @property
    def number(self) -> int:
        """The number in its key."""
        return int(self.key.rpartition("-")[2])

    def changed(self, **changes: Any) -> Self:
        """Return the issue with other attributes."""
        return replace(self, **changes)

    def moment(self, field_id: str) -> int | None:
        """Return the milliseconds of a field that holds a moment or a day, None where it is empty."""
        if field_id == "created":
            return self.created
        if field_id == "updated":
            return self.updated
        value = self.fields.get(field_id)
        if isinstance(value, str) and value:
            day = datetime.fromisoformat(value)
            return round((day if day.tzinfo else day.replace(tzinfo=UTC)).timestamp() * 1000)
        return value.ms if isinstance(value, Moment) else None


def item(
    field_id: str, before: tuple[str | None, str | None], after: tuple[str | None, str | None], name: str = ""
) -> Item:
    """Return a changed field; `before` and `after` are id and text."""
    custom = field_id.startswith("customfield_")
    return {
        "field": name or field_id,
        "fieldtype": "custom" if custom else "jira",
        "fieldId": field_id,
        "from": before[0],
        "fromString": before[1],
        "to": after[0],
        "toString": after[1],
    }
