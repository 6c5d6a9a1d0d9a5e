"""Issues as the API shows them: the fields asked for, nested lists cut as the platform cuts them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import orjson

from sandbox.jira.store import Comment, Entity, History, Issue, Moment, Site, User, Worklog
from sandbox.jira.store.entities import HERE
from sandbox.jira.store.issue import Item
from sandbox.jira.store.values import Link
from sandbox.serving.exchange import Reply

_HERE = f'"{HERE}'.encode()
_VERSION_2 = b'"' + HERE.encode() + b"rest/api/2/"
_NOT_NAVIGABLE = frozenset({"comment", "worklog", "attachment", "timetracking"})
_TIMES = ("created", "updated")


@dataclass(frozen=True)
class View:
    """How a reply looks: for which kind of Jira, which version of the API, in which zone, when."""

    cloud: bool
    document: bool
    """Long texts are shown as documents (version 3) instead of as wiki markup."""
    zone: ZoneInfo
    now: int
    url: str
    agent: bool = True


class Shown(Protocol):
    """A value of a field that looks different by the time or whoever asks."""

    def show(self, view: View) -> object:
        """Return what the API shows."""
        ...


@lru_cache(maxsize=200_000)
def timestamp(ms: int, zone: ZoneInfo) -> str:
    """Return a moment as issues show it: 2026-01-31T09:00:00.000+0100."""
    local = datetime.fromtimestamp(ms // 1000, UTC).astimezone(zone)
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}{offset}"


def dates(ms: int, view: View) -> dict[str, Any]:
    """Return a moment as Jira Service Management shows it, in four forms."""
    text = timestamp(ms, view.zone)
    local = datetime.fromtimestamp(ms / 1000, UTC).astimezone(view.zone)
    return {
        "iso8601": text[:19] + text[23:],
        "jira": text,
        "friendly": f"{local:%d/%b/%y %I:%M %p}",
        "epochMillis": ms,
    }


def rendered(view: View, content: object, status: int = 200) -> Reply:
    """Return a reply with a JSON body in which every address is complete."""

    def default(value: object) -> object:
        if isinstance(value, Entity):
            return value.shown(view.cloud)
        if isinstance(value, Moment):
            return timestamp(value.ms, view.zone)
        if hasattr(value, "show"):
            shown: Shown = value
            return shown.show(view)
        raise TypeError(f"{type(value)} cannot be shown")

    # dataclasses are values of fields and show themselves
    body = orjson.dumps(content, default=default, option=orjson.OPT_PASSTHROUGH_DATACLASS)
    base = view.url.encode()
    if view.document:
        body = body.replace(_VERSION_2, b'"' + base + b"/rest/api/3/")
    return Reply(status, body.replace(_HERE, b'"' + base + b"/"))


def document(text: str) -> dict[str, Any]:
    """Return a text in Atlassian's document format."""
    paragraphs = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []}
        for line in text.split("\n")
    ]
    return {"type": "doc", "version": 1, "content": paragraphs}


class Renderer:
    """Renders the issues of one reply."""

    def __init__(self, site: Site, view: View, *, comments: int = 0, changelog: int = 0) -> None:
        self._site = site
        self._view = view
        self._comments = comments
        self._changelog = changelog
        self._rich = frozenset(each.id for each in site.fields.values() if each.rich)
        self._special = _SPECIAL | (self._rich if view.document else frozenset())
        self._scoped = frozenset(each.id for each in site.fields.values() if each.project) | {"security"}
        self._chosen: dict[tuple[str, ...], list[str]] = {}

    def issue(
        self, issue: Issue, wanted: Sequence[str] | None, expand: Iterable[str] = (), *, default: str = "*all"
    ) -> dict[str, Any]:
        """Return an issue with the fields that are wanted and what it is to be expanded by."""
        shown: dict[str, Any] = {
            "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
            "id": str(issue.id),
            "self": f"{HERE}rest/api/2/issue/{issue.id}",
            "key": issue.key,
            "fields": self.fields(issue, wanted, default),
        }
        if "changelog" in expand:
            shown["changelog"] = self.changelog(issue)
        if "names" in expand:
            shown["names"] = {each.id: each.name for each in self._site.fields.values()}
        if "schema" in expand:
            described = (each.describe(self._view.cloud) for each in self._site.fields.values())
            shown["schema"] = {each["id"]: each["schema"] for each in described}
        return shown

    def fields(self, issue: Issue, wanted: Sequence[str] | None, default: str = "*all") -> dict[str, Any]:
        """Return fields by id, empty ones too."""
        key = (*(wanted or ()), default)
        names = self._chosen.get(key)
        if names is None:
            names = self._chosen[key] = self.chosen(wanted, default)
        values, special = issue.fields, self._special
        return {
            name: self._field(issue, name) if name in special else values.get(name)
            for name in names
            if name not in self._scoped or self._has(issue, name)
        }

    def chosen(self, wanted: Sequence[str] | None, default: str) -> list[str]:
        """Return the ids of the fields that are wanted, in the order of the site."""
        spec = list(wanted or [default])
        if all(name.startswith("-") for name in spec):
            spec = ["*all", *spec]
        plain = {name for name in spec if name[0] not in "*-"}
        dropped = {name[1:] for name in spec if name.startswith("-")}
        every, navigable = "*all" in spec, "*navigable" in spec
        return [
            name
            for name in self._site.fields
            if name not in dropped and (name in plain or every or (navigable and name not in _NOT_NAVIGABLE))
        ]

    def _has(self, issue: Issue, name: str) -> bool:
        """Return whether a field is there: one of another team's project is not."""
        owner = self._site.fields[name].project
        if name == "security" and name not in issue.fields:
            return False
        return not owner or owner == issue.project.id

    def _field(self, issue: Issue, name: str) -> Any:
        if name in _TIMES:
            return timestamp(issue.created if name == "created" else issue.updated, self._view.zone)
        if name == "comment":
            return self.comments(issue)
        if name == "worklog":
            return self.worklogs(issue)
        if name == "statusCategory":
            return issue.status.content["statusCategory"]
        if name == "issuelinks":
            links = issue.fields.get(name, ())
            return [link for link in links if not isinstance(link, Link) or link.other in self._site.issues]
        value = issue.fields.get(name)
        if self._view.document and name in self._rich and isinstance(value, str):
            return document(value)
        return value if value is not None else _EMPTY.get(name)

    def changelog(self, issue: Issue) -> dict[str, Any]:
        """Return the history within an issue: on Cloud the newest entries first, and only so many."""
        total = len(issue.histories)
        entries = [self.history(each) for each in issue.histories]
        if self._view.cloud:
            entries.reverse()
            entries = entries[: self._changelog] if self._changelog else entries
        return {"startAt": 0, "maxResults": len(entries), "total": total, "histories": entries}

    def history(self, history: History) -> dict[str, Any]:
        """Return one entry of a history."""
        shown: dict[str, Any] = {"id": str(history.id)}
        if history.author is not None:
            shown["author"] = history.author
        created = timestamp(history.at, self._view.zone)
        return {**shown, "created": created, "items": [self._item(each) for each in history.items]}

    def _item(self, item: Item) -> Item:
        shown = dict(item)
        people = isinstance(item.get("from"), User) or isinstance(item.get("to"), User)
        for side in ("from", "to"):
            user = item.get(side)
            if isinstance(user, User):
                shown[side] = user.id if self._view.cloud else user.name
        if people and self._view.cloud:
            shown |= {"tmpFromAccountId": shown["from"], "tmpToAccountId": shown["to"]}
        if not self._view.cloud:
            shown.pop("fieldId", None)
        return shown

    def comments(self, issue: Issue) -> dict[str, Any]:
        """Return the comments within an issue: of many only the newest."""
        total = len(issue.comments)
        kept = issue.comments[-self._comments :] if self._comments else issue.comments
        address = {"self": f"{HERE}rest/api/2/issue/{issue.id}/comment"} if self._view.cloud else {}
        return {
            "comments": [self.comment(issue, each) for each in kept],
            **address,
            "maxResults": len(kept),
            "total": total,
            "startAt": total - len(kept),
        }

    def comment(self, issue: Issue, comment: Comment) -> dict[str, Any]:
        """Return one comment."""
        shown: dict[str, Any] = {
            "self": f"{HERE}rest/api/2/issue/{issue.id}/comment/{comment.id}",
            "id": str(comment.id),
        }
        if comment.author is not None:
            shown |= {"author": comment.author, "updateAuthor": comment.author}
        zone = self._view.zone
        shown |= {
            "body": document(comment.body) if self._view.document else comment.body,
            "created": timestamp(comment.at, zone),
            "updated": timestamp(comment.updated or comment.at, zone),
        }
        if issue.project.type == "service_desk" and self._view.cloud:
            shown["jsdPublic"] = comment.public
        return shown | comment.extra

    def worklogs(self, issue: Issue) -> dict[str, Any]:
        """Return the worklogs within an issue."""
        total = len(issue.worklogs)
        kept = issue.worklogs[-self._comments :] if self._comments else issue.worklogs
        shown = [self.worklog(issue, each) for each in kept]
        return {"startAt": 0, "maxResults": 20, "total": total, "worklogs": shown}

    def worklog(self, issue: Issue, worklog: Worklog) -> dict[str, Any]:
        """Return one worklog."""
        zone = self._view.zone
        return {
            "self": f"{HERE}rest/api/2/issue/{issue.id}/worklog/{worklog.id}",
            "author": worklog.author,
            "updateAuthor": worklog.author,
            "comment": document(worklog.comment) if self._view.document else worklog.comment,
            "created": timestamp(worklog.at, zone),
            "updated": timestamp(worklog.at, zone),
            "started": timestamp(worklog.started or worklog.at, zone),
            "timeSpent": _spent(worklog.seconds),
            "timeSpentSeconds": worklog.seconds,
            "id": str(worklog.id),
            "issueId": str(issue.id),
        }


def _spent(seconds: int) -> str:
    """Return a time as people write it; a day has eight hours."""
    minutes = seconds // 60
    parts = ((minutes // 480, "d"), (minutes % 480 // 60, "h"), (minutes % 60, "m"))
    return " ".join(f"{count}{unit}" for count, unit in parts if count) or "0m"


_EMPTY: dict[str, Any] = {
    "labels": [],
    "components": [],
    "fixVersions": [],
    "versions": [],
    "issuelinks": [],
    "attachment": [],
    "progress": {"progress": 0, "total": 0},
    "timetracking": {},
    "workratio": -1,
    "votes": {"self": f"{HERE}rest/api/2/issue/votes", "votes": 0, "hasVoted": False},
    "watches": {"self": f"{HERE}rest/api/2/issue/watchers", "watchCount": 0, "isWatching": False},
}
"""What a field of every Jira shows where it is empty, if that is not null."""
_SPECIAL = frozenset({*_EMPTY, *_TIMES, "comment", "worklog", "statusCategory", "subtasks", "issuelinks"})
"""Fields that are not shown as they are kept."""
