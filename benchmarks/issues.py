"""A simulated Jira Cloud in a process of its own, with as many issues of 18 KB as are wanted.

Everything a reader asks beside issues is answered by the sandbox; searches and bulk reads are answered from
one rendered issue, so that the site is faster than whoever reads it.
"""

from __future__ import annotations

import multiprocessing
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

import orjson

from sandbox.jira import Clock, Latency, SandboxJira, Site, site_of
from sandbox.jira.fill.template import type_of
from sandbox.jira.request import Request
from sandbox.jira.store import History
from sandbox.organisation import Quality, generate
from sandbox.serving.exchange import Reply

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BEGIN = NOW - timedelta(days=700)
SIZE = 18 * 1024
HISTORIES = 12
FIRST = 1_000_000
"""Identifier of the first issue; all have seven digits."""
_ANSWER_SECONDS = 600
_BOUND = re.compile(r"updated (>=|<) (\d+)")
_IDS = 5000


@dataclass(frozen=True)
class Address:
    """What a client needs to know."""

    url: str
    user: str
    token: str
    fields: tuple[str, ...] = ()


class Issues:
    """Serves `count` incidents while its context lasts; every request takes `seconds` more than its work."""

    def __init__(self, count: int, seconds: float = 0.0) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, count, seconds), daemon=True)
        self.address = Address("", "", "")

    def __enter__(self) -> Self:
        self._process.start()
        if not self._pipe.poll(_ANSWER_SECONDS):
            raise TimeoutError("The simulated site does not answer.")
        self.address = self._pipe.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe.send(None)
        self._process.join(_ANSWER_SECONDS)


def _serve(pipe: Connection, count: int, seconds: float) -> None:
    with _Prepared(_site(), count, Latency.constant(seconds)) as jira:
        pipe.send(Address(jira.url, jira.user, jira.token))
        pipe.recv()


def _site() -> Site:
    """Return a small site whose first incident has a long history."""
    until = date(2026, 3, 1)
    made = site_of(generate(Quality.of_level(3, 5), seed=5, until=until, incidents=1000))
    like = next(one for one in made.issues.values() if one.type is type_of(made, "Incident"))
    entries = like.histories * 9
    longer = tuple(
        History(20_000_000 + number, like.created + number * 60_000, one.author, one.items)
        for number, one in enumerate(entries[:HISTORIES])
    )
    made.put(like.changed(histories=longer), like.updated)
    return made


class _Prepared(SandboxJira):
    """Answers searches and bulk reads from one rendered issue."""

    def __init__(self, site: Site, count: int, latency: Latency) -> None:
        super().__init__(site, "cloud", clock=Clock(NOW), latency=latency)
        self._count = count
        self._like = next(one for one in site.issues.values() if one.type is type_of(site, "Incident"))
        self._rendered: dict[tuple[str, ...], tuple[bytes, bytes]] = {}
        self._step = (NOW - BEGIN) / count
        self._prepared = {
            "search/jql": self._search,
            "issue/bulkfetch": self._bulk,
            "search/approximate-count": self._counted,
        }

    def _answer(self, request: Request) -> tuple[str, Reply]:
        prepared = self._prepared.get(request.address.name)
        if prepared is None:
            return super()._answer(request)
        caller = self.accounts.authenticate(request)
        if isinstance(caller, Reply):
            return "", caller
        request.caller = caller
        return caller.name, Reply(200, prepared(request))

    def _noted(self, request: Request, reply: Reply) -> None:
        """Keep bodies out of the journal."""

    def _between(self, request: Request) -> range:
        """Return the numbers of the issues that were updated in the stretch of time asked for."""
        low, high = 0, self._count
        for sign, text in _BOUND.findall(str(request.asked("jql"))):
            passed = datetime.fromtimestamp(int(text) / 1000, UTC) - BEGIN
            number = min(max(-(-passed // self._step), 0), self._count)
            low, high = (max(low, number), high) if sign == ">=" else (low, min(high, number))
        if "customfield" in str(request.asked("jql")) or "cf[" in str(request.asked("jql")):
            return range(0)
        return range(FIRST + low, FIRST + max(low, high))

    def _counted(self, request: Request) -> bytes:
        return b'{"count":%d}' % len(self._between(request))

    def _search(self, request: Request) -> bytes:
        fields, ids = tuple(request.names("fields") or ()), self._between(request)
        start = int(request.asked("nextPageToken") or 0)
        size = min(int(request.asked("maxResults", 50)), _IDS if fields == ("id",) else 100)
        part = ids[start : start + size]
        shown = [b'{"id":"%d"}' % number for number in part]
        if fields != ("id",):
            shown = self._issues(request, fields, part)
        last = start + size >= len(ids)
        more = b'"isLast":true' if last else b'"isLast":false,"nextPageToken":"%d"' % (start + size)
        return b'{"issues":[%s],%s}' % (b",".join(shown), more)

    def _bulk(self, request: Request) -> bytes:
        fields = tuple(request.names("fields") or ())
        ids = [int(name) for name in request.asked("issueIdsOrKeys")]
        return b'{"issues":[%s],"issueErrors":[]}' % b",".join(self._issues(request, fields, ids))

    def _issues(self, request: Request, fields: tuple[str, ...], ids: Any) -> list[bytes]:
        if fields not in self._rendered:
            self._rendered[fields] = self._render(request, fields)
        before, after = self._rendered[fields]
        return [b'{"id":"%d","key":"ITSM-%d"%s%s' % (one, one, before, after) for one in ids]

    def _render(self, request: Request, fields: tuple[str, ...]) -> tuple[bytes, bytes]:
        """Return an issue without its id and key, and what fills it up to 18 KB."""
        renderer = self.instance.renderer(request, capped=False)
        shown = renderer.issue(self._like, list(fields), ["changelog"])
        content = orjson.loads(self.instance.reply(request, shown).body)
        content = {name: value for name, value in content.items() if name not in ("id", "key")}
        body = orjson.dumps(content)[1:]
        lacking = max(0, SIZE - len(body) - 40)
        filling = orjson.dumps({"operations": {"x": "y" * lacking}} if lacking else {})[1:-1]
        return b"," + (filling + b"," if filling else b""), body
