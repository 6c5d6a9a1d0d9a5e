"""A site: its issues, what they refer to, and the index that searches read."""

from __future__ import annotations

from sandbox.jira.store.entities import Entity, Group, Moment, Option, Project, Status, User
from sandbox.jira.store.fields import Field, custom
from sandbox.jira.store.issue import Comment, History, Issue, Worklog, item
from sandbox.jira.store.site import Site

__all__ = [
    "Comment",
    "Entity",
    "Field",
    "Group",
    "History",
    "Issue",
    "Moment",
    "Option",
    "Project",
    "Site",
    "Status",
    "User",
    "Worklog",
    "custom",
    "item",
]
