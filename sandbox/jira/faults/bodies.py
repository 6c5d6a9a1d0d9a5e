"""Replies with status 200 whose body is not what it should be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from sandbox.jira.request import Request
from sandbox.serving.exchange import Reply
from sandbox.serving.fault import Fault, Strike

Content = dict[str, Any]
_LISTS = ("issues", "issueChangeLogs", "values")


def _edited(name: str, edit: Callable[[Content, Strike], None]) -> Fault:
    """Return a fault that changes the content of good replies."""

    def effect(strike: Strike) -> Reply:
        reply = strike.reply
        if reply.status != 200 or not reply.body.startswith(b"{"):
            return reply
        content = orjson.loads(reply.body)
        edit(content, strike)
        return replace(reply, body=orjson.dumps(content))

    return Fault(name, effect)


def _rows(content: Content) -> list[Any]:
    """Return the rows of a page, to be changed in place."""
    return next((content[name] for name in _LISTS if isinstance(content.get(name), list)), [])


def broken(kept: float = 0.6) -> Fault:
    """End the JSON within a row, under a Content-Length that fits."""

    def effect(strike: Strike) -> Reply:
        body = strike.reply.body
        return replace(strike.reply, body=body[: max(int(len(body) * kept), 1)])

    return Fault("broken JSON", effect)


def repeated(count: int = 3) -> Fault:
    """Give the first rows of a page again at its end, as pages that shift do."""

    def edit(content: Content, strike: Strike) -> None:
        rows = _rows(content)
        rows += rows[:count]

    return _edited("rows repeated", edit)


def skipped(count: int = 1) -> Fault:
    """Leave rows out of a page that no other page has."""

    def edit(content: Content, strike: Strike) -> None:
        rows = _rows(content)
        del rows[:count]

    return _edited("rows skipped", edit)


def empty_page() -> Fault:
    """Give a page without rows though others follow: the rows are on none."""

    def edit(content: Content, strike: Strike) -> None:
        _rows(content).clear()

    return _edited("empty page", edit)


def repeated_token() -> Fault:
    """Give back the token that was sent, as if the next page were this one."""

    def edit(content: Content, strike: Strike) -> None:
        request = strike.request
        sent = request.asked("nextPageToken") if isinstance(request, Request) else None
        if sent:
            content["nextPageToken"] = sent
            if "isLast" in content:
                content["isLast"] = False

    return _edited("page token repeated", edit)


def last_with_token() -> Fault:
    """Say of the last page that it is the last, and give a token all the same."""

    def edit(content: Content, strike: Strike) -> None:
        if content.get("isLast"):
            content["nextPageToken"] = "Ch0jU3RyaW5nJlUwTldSVWc9"

    return _edited("last page with token", edit)


def warned(kind: str = "CLAUSE_LIMIT_EXCEEDED") -> Fault:
    """Add a warning: the result was cut."""

    def edit(content: Content, strike: Strike) -> None:
        content["warnings"] = [{"type": kind, "message": "The result set was truncated."}]

    return _edited(f"warning {kind}", edit)


def failed_issues(count: int = 2) -> Fault:
    """Give some issues of a bulk fetch as errors that a second try does not have; nothing else knows them."""

    def edit(content: Content, strike: Strike) -> None:
        rows = _rows(content)
        if "issues" in content:
            content["issueErrors"] = [
                {"id": row["id"], "errorMessage": "The issue could not be read."} for row in rows[:count]
            ]
            del rows[:count]

    return _edited("issue errors", edit)


def capped_history(most: int = 1) -> Fault:
    """Cut every history within issues to its newest entries; the total still tells how many there are."""

    def edit(content: Content, strike: Strike) -> None:
        for row in _rows(content):
            changelog = row.get("changelog")
            if changelog:
                changelog["histories"] = changelog["histories"][:most]
                changelog["maxResults"] = len(changelog["histories"])

    return _edited("history capped", edit)
