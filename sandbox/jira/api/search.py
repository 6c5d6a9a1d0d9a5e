"""Searches: by token on Cloud, by position on Data Center."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.jira.api.context import Instance
from sandbox.jira.api.paging import Tokens
from sandbox.jira.jql import Found, QueryError, parse
from sandbox.jira.jql.syntax import MOST_ORDER_FIELDS
from sandbox.jira.request import Request, refused
from sandbox.jira.store import Issue
from sandbox.jira.store.entities import HERE
from sandbox.serving.exchange import Reply

REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration "
    "guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
BAD_TOKEN = "The provided next page token is invalid or expired."  # noqa: S105 - a message
_RECONCILED = 50
_IDS = frozenset({"id", "key"})


class Search:
    """The searches of one site."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        limits = instance.settings.limits
        self.tokens: Tokens[Sequence[int]] = Tokens(instance.clock, instance.seed, limits.token_days)
        self._ties = 0

    def enhanced(self, request: Request) -> Reply:
        """Answer search/jql of Cloud."""
        if not self._instance.cloud:
            return refused(404, "null for uri: " + request.path)
        jql, fields = str(request.asked("jql") or ""), request.names("fields") or []
        reconciled = self._reconciled(request)
        if len(reconciled) > _RECONCILED:
            return refused(400, f"At most {_RECONCILED} issues can be reconciled.")
        try:
            self._check(jql)
            start, ids = self._begin(request, jql, reconciled)
        except QueryError as error:
            return refused(400, str(error))
        size = self._size(request, fields)
        part = ids[start : start + size]
        content: dict[str, Any] = {"issues": self._shown(request, part, fields)}
        last = start + len(part) >= len(ids)
        if not last:
            token = self.tokens.give(ids, start + len(part), (jql, reconciled))
            content["nextPageToken"] = token
        content["isLast"] = last
        return self._noted(self._instance.reply(request, content), content["issues"], len(ids), last)

    def _begin(self, request: Request, jql: str, reconciled: tuple[int, ...]) -> tuple[int, Sequence[int]]:
        """Return where the page begins and what it is cut from; raises QueryError."""
        token = request.asked("nextPageToken")
        if token:
            cursor = self.tokens.cursor(str(token), (jql, reconciled))
            if cursor is None:
                raise QueryError(BAD_TOKEN)
            return cursor.start, cursor.kept
        asker = self._instance.asker(request)
        found = self._instance.searcher.find(jql, asker, reconciled=reconciled)
        return 0, [issue.id for issue in found.issues]

    def _reconciled(self, request: Request) -> tuple[int, ...]:
        names = request.names("reconcileIssues") or []
        return tuple(int(name) for name in names if name.isdigit())

    def _check(self, jql: str) -> None:
        query = parse(jql)
        if query.where is None:
            raise QueryError(UNBOUNDED)
        if len(query.order) > MOST_ORDER_FIELDS:
            raise QueryError(f"The maximum number of fields to order by is {MOST_ORDER_FIELDS}.")

    def _size(self, request: Request, fields: list[str]) -> int:
        """Return how many issues a page gets: what was asked for at most, often less."""
        limits = self._instance.settings.limits
        asked = max(request.count("maxResults", 50), 1)
        bare = set(fields) <= _IDS
        size = min(asked, limits.page_ids if bare else limits.page)
        wide = "*all" in fields or "*navigable" in fields or len(fields) > limits.wide
        if limits.wide and wide and not bare:
            size = max(size // 2, 1)
        if limits.shrinking and self._instance.random.random() < limits.shrinking:
            size = self._instance.random.randint(1, size)
        return size

    def _shown(self, request: Request, ids: Sequence[int], fields: list[str]) -> list[dict[str, Any]]:
        instance = self._instance
        renderer = instance.renderer(request)
        expand = request.names("expand") or []
        issues = (instance.site.issues.get(id_) for id_ in ids)
        # what was deleted or hidden after the search makes the page shorter
        kept = [issue for issue in issues if issue is not None and instance.shown(issue)]
        if not fields or set(fields) == {"id"}:
            return [self._bare(issue) for issue in kept]
        if set(fields) <= _IDS and not expand:
            return [_named(issue) for issue in kept]
        return [renderer.issue(issue, fields, expand) for issue in kept]

    def _bare(self, issue: Issue) -> dict[str, Any]:
        return _named(issue) if self._instance.settings.keys_with_ids else {"id": str(issue.id)}

    def counted(self, request: Request) -> Reply:
        """Answer approximate-count."""
        if not self._instance.cloud:
            return refused(404, "null for uri: " + request.path)
        try:
            self._check(str(request.asked("jql") or ""))
            found = self._find(request)
        except QueryError as error:
            return refused(400, str(error))
        return self._instance.reply(request, {"count": len(found.issues)})

    def classic(self, request: Request) -> Reply:
        """Answer search of Data Center; on Cloud it is gone."""
        instance = self._instance
        if instance.cloud:
            return refused(410, REMOVED)
        try:
            found = self._find(request)
        except QueryError as error:
            return refused(400, str(error))
        start = max(request.count("startAt", 0), 0)
        size = min(max(request.count("maxResults", 50), 0), instance.settings.limits.page_server)
        renderer, expand = instance.renderer(request), request.names("expand") or []
        fields = request.names("fields")
        part = found.issues[start : start + size]
        shown = [renderer.issue(issue, fields, expand, default="*navigable") for issue in part]
        content: dict[str, Any] = {
            "expand": "names,schema",
            "startAt": start,
            "maxResults": size,
            "total": len(found.issues),
            "issues": shown,
        }
        if found.warnings:
            content["warningMessages"] = list(found.warnings)
        last = start + len(part) >= len(found.issues)
        return self._noted(instance.reply(request, content), shown, len(found.issues), last)

    def _find(self, request: Request) -> Found:
        instance = self._instance
        lenient = str(request.asked("validateQuery", "true")).lower() in ("false", "warn", "none")
        shuffle = None
        if instance.settings.unstable_ties and not instance.cloud:
            shuffle = instance.random
        jql = str(request.asked("jql") or "")
        return instance.searcher.find(jql, instance.asker(request), lenient=lenient, shuffle=shuffle)

    def _noted(self, reply: Reply, rows: list[dict[str, Any]], matched: int, last: bool) -> Reply:
        """Note on the reply what faults and the journal want to know."""
        reply.rows, reply.matched, reply.cut, reply.last = rows, matched, len(rows), last
        return reply

    def parsed(self, request: Request) -> Reply:
        """Answer jql/parse: which queries are right."""
        queries = []
        for query in request.asked("queries") or []:
            try:
                parse(str(query))
                queries.append({"query": query, "structure": {}})
            except QueryError as error:
                queries.append({"query": query, "errors": [str(error)]})
        return self._instance.reply(request, {"queries": queries})


def _named(issue: Issue) -> dict[str, Any]:
    return {"id": str(issue.id), "key": issue.key, "self": f"{HERE}rest/api/2/issue/{issue.id}"}
