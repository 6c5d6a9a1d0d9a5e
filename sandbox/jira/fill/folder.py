"""A site from a folder of real issues: JSON lines, or raw answers of the API in CSV."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from sandbox.jira.store import (
    Comment,
    Entity,
    Field,
    History,
    Issue,
    Moment,
    Project,
    Site,
    Status,
    User,
    Worklog,
)
from storage.errors import UsageError

Raw = dict[str, Any]
_LINES = "issues.jsonl.gz"
_ISSUES = "_raw_jira_api_issues.csv.gz"
_REST: dict[str, str] = {
    "issuetype": "_raw_jira_api_issue_types.csv.gz",
    "status": "_raw_jira_api_status.csv.gz",
    "project": "_raw_jira_api_projects.csv.gz",
}
_FIELDS = "_raw_jira_api_issue_fields.csv.gz"
_TIMES = frozenset({"resolutiondate", "statuscategorychangedate", "lastViewed"})
_PEOPLE = frozenset({"assignee", "reporter", "creator"})
_APART = frozenset({"comment", "worklog", "created", "updated"})


def site_from_folder(folder: Path) -> Site:
    """Return a site with the issues of a folder; raises UsageError where it has none."""
    site = Site()
    reader = _Reader(site)
    if (folder / _LINES).is_file():
        with gzip.open(folder / _LINES) as lines:
            reader.read(orjson.loads(line) for line in lines)
    elif (folder / _ISSUES).is_file():
        for kind, name in _REST.items():
            for raw in _answers(folder / name):
                reader.entity(kind, raw)
        reader.fields(_answers(folder / _FIELDS))
        reader.read(_answers(folder / _ISSUES))
    else:
        raise UsageError(
            f"{folder} holds no issues.",
            hint=f"Put {_LINES} there, an issue a line, or {_ISSUES} with the answers in a column `data`.",
        )
    return site


def _answers(path: Path) -> Iterator[Raw]:
    """Yield the answers of a file, the column `data`; nothing where there is no file."""
    if not path.is_file():
        return
    csv.field_size_limit(1 << 30)
    # one of the exports begins with an empty line
    text = gzip.decompress(path.read_bytes()).decode().lstrip()
    for row in csv.DictReader(io.StringIO(text, newline="")):
        yield orjson.loads(row["data"])


class _Reader:
    """Reads raw issues; what several refer to exists once."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._entities: dict[tuple[str, ...], Any] = {}
        self._users: dict[str, User] = {}

    def fields(self, described: Iterable[Raw]) -> None:
        """Take the description of custom fields."""
        for raw in described:
            schema = raw.get("schema", {})
            kind = schema.get("custom", "")
            self._site.add_fields(Field(raw["id"], raw["name"], schema.get("type", "any"), kind))

    def read(self, issues: Iterable[Raw]) -> None:
        """Put issues into the site."""
        self._site.take(self._issue(raw) for raw in issues)

    def _issue(self, raw: Raw) -> Issue:
        given = raw["fields"]
        fields = {name: self._value(name, value) for name, value in given.items() if name not in _APART}
        project: Project = fields["project"]
        self._known_to(project, fields)
        comments = (given.get("comment") or {}).get("comments", ())
        worklogs = (given.get("worklog") or {}).get("worklogs", ())
        histories = (raw.get("changelog") or {}).get("histories", ())
        entries = [self._history(entry) for entry in histories]
        return Issue(
            int(raw["id"]),
            raw["key"],
            fields,
            _ms(given["created"]),
            _ms(given["updated"]),
            tuple(sorted(entries, key=lambda entry: (entry.at, entry.id))),
            tuple(self._comment(comment) for comment in comments),
            tuple(self._worklog(worklog) for worklog in worklogs),
        )

    def _value(self, name: str, value: Any) -> Any:
        if name not in self._site.fields:
            self._site.add_fields(_unknown(name))
        if value is None or value == "":
            return None
        if name in _TIMES:
            return Moment(_ms(value))
        if name in _PEOPLE:
            return self._user(value)
        if name in ("project", "status", "issuetype", "priority", "resolution"):
            return self.entity(name, value)
        if name in ("fixVersions", "versions"):
            return [self.entity("version", each) for each in value]
        if name == "components":
            return [self.entity("component", each) for each in value]
        return value

    def entity(self, kind: str, raw: Raw) -> Entity:
        """Return what a raw object refers to; one id with two contents is two, as sites have them."""
        category = raw.get("statusCategory", {}).get("key", "") if kind == "status" else ""
        key = (kind, str(raw["id"]), raw["name"], category)
        known: Entity | None = self._entities.get(key)
        if known is None:
            known = self._entities[key] = _made(kind, raw)
            if kind not in ("version", "component"):
                self._site.register(known)
        return known

    def _known_to(self, project: Project, fields: Raw) -> None:
        """Let a project have the versions and components that its issues name."""
        site = self._site
        for name, room in (("fixVersions", site.versions), ("versions", site.versions)):
            own = room.setdefault(project.id, [])
            own += [each for each in fields.get(name) or () if each not in own]
        components = site.components.setdefault(project.id, [])
        components += [each for each in fields.get("components") or () if each not in components]

    def _user(self, raw: Raw | None) -> User | None:
        if not raw:
            return None
        key = str(raw.get("accountId") or raw.get("name") or raw.get("displayName") or "")
        known = self._users.get(key)
        if known is None:
            known = self._users[key] = User(
                str(raw.get("name") or key),
                display=str(raw.get("displayName") or key),
                account=str(raw.get("accountId") or key),
                zone=str(raw.get("timeZone") or "Etc/UTC"),
                account_type=str(raw.get("accountType") or "atlassian"),
                active=bool(raw.get("active", True)),
            )
            self._site.register(known)
        return known

    def _comment(self, raw: Raw) -> Comment:
        author = self._user(raw.get("author"))
        at, body = _ms(raw["created"]), str(raw.get("body", ""))
        return Comment(int(raw["id"]), at, author, body, raw.get("jsdPublic", True), _ms(raw["updated"]))

    def _worklog(self, raw: Raw) -> Worklog:
        author, at = self._user(raw.get("author")), _ms(raw["created"])
        return Worklog(int(raw["id"]), at, author, int(raw.get("timeSpentSeconds", 0)))

    def _history(self, raw: Raw) -> History:
        author = self._user(raw.get("author"))
        return History(int(raw["id"]), _ms(raw["created"]), author, tuple(raw["items"]))


def _made(kind: str, raw: Raw) -> Entity:
    content = {name: value for name, value in raw.items() if name not in ("self", "id", "name", "key")}
    id_, name = str(raw["id"]), str(raw["name"])
    if kind == "project":
        return Project(id_, str(raw["key"]), name, content)
    if kind == "status":
        return Status(id_, name, raw["statusCategory"]["key"], content)
    return Entity(kind, id_, name, content)


def _unknown(name: str) -> Field:
    if not name.startswith("customfield_"):
        return Field(name, name.capitalize(), "any", clauses=(name.lower(),))
    return Field(name, f"Field {name.removeprefix('customfield_')}", "any", "com.example:unknown")


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
