"""Issues one by one and in bulk, with their histories, comments and worklogs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.jira.api.context import Instance
from sandbox.jira.api.paging import Tokens, sliced
from sandbox.jira.request import Request, missing, refused
from sandbox.jira.store import History, Issue
from sandbox.serving.exchange import Reply

_MANY_VALUED = frozenset({"comment", "worklog", "attachment"})
_COSTLY = frozenset({"changelog", "editmeta", "renderedFields", "transitions", "operations"})
_MOST_FIELDS = 100
_MOST_CHANGED = 1000
_MOST_FIELD_IDS = 10
Entry = tuple[int, int, History]
"""Moment, issue and entry of a history."""


class Issues:
    """The issues of one site as readers get them."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        limits = instance.settings.limits
        self.tokens: Tokens[Sequence[Entry]] = Tokens(instance.clock, instance.seed + 1, limits.token_days)

    def one(self, request: Request) -> Reply:
        """Answer one issue."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        renderer = self._instance.renderer(request)
        expand = request.names("expand") or []
        shown = renderer.issue(issue, request.names("fields"), expand)
        if "editmeta" in expand:
            shown["editmeta"] = {"fields": {}}
        if "transitions" in expand:
            shown["transitions"] = []
        if request.names("properties"):
            shown["properties"] = self._instance.store.get("properties", {}).get(issue.id, {})
        return self._instance.reply(request, shown)

    def bulk(self, request: Request) -> Reply:
        """Answer issue/bulkfetch: in order of id, without those that are not there."""
        if not self._instance.cloud:
            return refused(404, "null for uri: " + request.path)
        keys = [str(key) for key in request.asked("issueIdsOrKeys") or []]
        fields, expand = request.names("fields"), request.names("expand") or []
        refusal = self._too_much(keys, fields, expand)
        if refusal:
            return refused(400, refusal)
        found = {issue.id: issue for key in keys if (issue := self._instance.issue(key)) is not None}
        renderer = self._instance.renderer(request, capped=True)
        shown = [renderer.issue(found[id_], fields, expand, default="*navigable") for id_ in sorted(found)]
        reply = self._instance.reply(request, {"expand": "", "issues": shown, "issueErrors": []})
        reply.rows, reply.matched, reply.cut = shown, len(keys), len(shown)
        return reply

    def _too_much(self, keys: list[str], fields: list[str] | None, expand: list[str]) -> str:
        limits = self._instance.settings.limits
        if not keys:
            return "Issue ids or keys are required."
        named = bool(fields) and not any(name[0] in "*-" for name in fields or ())
        plain = named and len(fields or ()) <= _MOST_FIELDS and not _MANY_VALUED & set(fields or ())
        most = limits.bulk_named if plain and not _COSTLY & set(expand) else limits.bulk
        return f"The maximum number of issues is {most}." if len(keys) > most else ""

    def changelog(self, request: Request) -> Reply:
        """Answer the whole history of an issue, oldest first."""
        instance = self._instance
        if not instance.cloud:
            return refused(404, "null for uri: " + request.path)
        issue = instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        renderer = instance.renderer(request)
        page = sliced(request, list(issue.histories), most=100)
        page["values"] = [renderer.history(each) for each in page["values"]]
        reply = instance.reply(request, page)
        reply.rows, reply.last = page["values"], page["isLast"]
        return reply

    def changelogs(self, request: Request) -> Reply:
        """Answer changelog/bulkfetch: by moment, then issue, so that histories are split over pages."""
        instance = self._instance
        if not instance.cloud:
            return refused(404, "null for uri: " + request.path)
        keys = [str(key) for key in request.asked("issueIdsOrKeys") or []]
        fields = tuple(request.names("fieldIds") or ())
        if not keys or len(keys) > _MOST_CHANGED or len(fields) > _MOST_FIELD_IDS:
            return refused(
                400, f"Between 1 and {_MOST_CHANGED} issues and up to {_MOST_FIELD_IDS} fields are allowed."
            )
        asked, token = (tuple(keys), fields), request.asked("nextPageToken")
        cursor = self.tokens.cursor(str(token), asked) if token else None
        if token and cursor is None:
            return refused(400, "The provided next page token is invalid or expired.")
        start, entries = (cursor.start, cursor.kept) if cursor else (0, self._entries(keys, fields))
        size = min(max(request.count("maxResults", 1000), 1), instance.settings.limits.changes)
        part = entries[start : start + size]
        content = self._grouped(request, part)
        last = start + len(part) >= len(entries)
        if not last:
            content["nextPageToken"] = self.tokens.give(entries, start + len(part), asked)
        reply = instance.reply(request, content)
        reply.rows, reply.matched, reply.last = content["issueChangeLogs"], len(entries), last
        return reply

    def _entries(self, keys: list[str], fields: tuple[str, ...]) -> list[Entry]:
        issues = {issue.id: issue for key in keys if (issue := self._instance.issue(key)) is not None}
        entries = [
            (entry.at, issue.id, kept)
            for issue in issues.values()
            for entry in issue.histories
            if (kept := _of_fields(entry, fields)) is not None
        ]
        return sorted(entries, key=lambda entry: (entry[0], entry[1], entry[2].id))

    def _grouped(self, request: Request, part: Sequence[Entry]) -> dict[str, Any]:
        renderer = self._instance.renderer(request)
        grouped: dict[int, list[dict[str, Any]]] = {}
        for _, issue, entry in part:
            shown = renderer.history(entry)
            # here, and only here, the moment comes as milliseconds
            shown["created"] = entry.at
            grouped.setdefault(issue, []).append(shown)
        logs = [{"issueId": str(issue), "changeHistories": entries} for issue, entries in grouped.items()]
        return {"issueChangeLogs": logs}

    def comments(self, request: Request) -> Reply:
        """Answer the comments of an issue."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        renderer = self._instance.renderer(request)
        order = list(issue.comments)
        if str(request.asked("orderBy", "")).startswith("-"):
            order.reverse()
        page = sliced(request, order, most=100 if self._instance.cloud else 1048576)
        shown = [renderer.comment(issue, each) for each in page["values"]]
        kept = {name: page[name] for name in ("startAt", "maxResults", "total")}
        return self._instance.reply(request, {**kept, "comments": shown})

    def comment(self, request: Request) -> Reply:
        """Answer one comment."""
        issue = self._instance.issue(request.part("issue"))
        found = [each for each in issue.comments if str(each.id) == request.part("id")] if issue else []
        if issue is None or not found:
            return missing("Comment")
        return self._instance.reply(request, self._instance.renderer(request).comment(issue, found[0]))

    def worklogs(self, request: Request) -> Reply:
        """Answer the worklogs of an issue."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        renderer = self._instance.renderer(request)
        page = sliced(request, list(issue.worklogs), most=1048576)
        shown = [renderer.worklog(issue, each) for each in page["values"]]
        kept = {name: page[name] for name in ("startAt", "maxResults", "total")}
        return self._instance.reply(request, {**kept, "worklogs": shown})

    def transitions(self, request: Request) -> Reply:
        """Answer where an issue can go: to every status of its workflow."""
        issue = self._instance.issue(request.part("issue"))
        if issue is None:
            return missing()
        return self._instance.reply(request, {"expand": "transitions", "transitions": self.steps(issue)})

    def steps(self, issue: Issue) -> list[dict[str, Any]]:
        """Return the transitions of an issue."""
        statuses = self._instance.site.statuses_of(issue.project, issue.type)
        return [
            {"id": status.id, "name": status.name, "to": status, "hasScreen": False, "isGlobal": True}
            for status in statuses
            if status is not issue.status
        ]


def _of_fields(entry: History, fields: tuple[str, ...]) -> History | None:
    """Return an entry with the items of some fields only, None where none is left."""
    if not fields:
        return entry
    items = tuple(item for item in entry.items if item.get("fieldId", item["field"]) in fields)
    return History(entry.id, entry.at, entry.author, items) if items else None
