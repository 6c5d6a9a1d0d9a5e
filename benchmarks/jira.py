"""Reads issues of 18 KB with the connector, the jira library and a bare session in turns; then many."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import orjson
import requests

from benchmarks.issues import BEGIN, NOW, Address, Issues
from benchmarks.measuring import peak_bytes
from connectors.contract import ConnectorContext, Reading
from connectors.jira import JiraConnector, JiraSettings
from connectors.jira.answers import milliseconds
from storage.evidence.protection import Protection
from tests.validity.figures import Figure, at_least, at_most, shown

ISSUES = 10_000
PART = 5
"""The library reads a fifth: it keeps all objects, 100 KB each."""
MANY, FEW = 200_000, 10_000
PAGE_SECONDS = 0.3
ROUNDS = 3
WORKERS: int = JiraSettings.model_fields["workers"].default
_JQL = "issuetype = Incident AND updated >= 0"
_PART_JQL = f"{_JQL} AND updated < {milliseconds(BEGIN + (NOW - BEGIN) / PART)}"


def jira() -> Iterator[Figure]:
    """Measure speed and memory."""
    yield from speed()
    yield from memory()


@dataclass(frozen=True)
class Cost:
    """What reading so many issues took."""

    issues: int
    cpu: float
    wall: float
    peak_bytes: int

    @property
    def per_cpu(self) -> float:
        """Issues per second of this process's own work."""
        return self.issues / self.cpu

    @property
    def per_second(self) -> float:
        """Issues per second."""
        return self.issues / self.wall


def speed(issues: int = ISSUES, rounds: int = ROUNDS) -> Iterator[Figure]:
    """Compare what reading with history costs, side by side and in turns; all ask for the same fields.

    Work is compared where the site answers at once: naming and fetching the issues whole, which is what the
    library's objects are for. Time is compared where it takes 300 ms a page, and holds records, history and
    clocks made of the issues too. What is there a sync finds out for every kind beforehand.
    """
    with Issues(issues) as site:
        fields = _fields(site.address)
        runs = [_round(site.address, fields) for _ in range(rounds)]
    with Issues(issues, PAGE_SECONDS) as slow:
        paced = [_paced(slow.address, fields) for _ in range(rounds)]
    for number, run in enumerate(runs, 1):
        rates = ", ".join(f"{name} {cost.per_cpu:.0f}" for name, cost in run.items())
        sys.stdout.write(f"  round {number}, issues per CPU second: {rates}\n")
    title = f"Jira, {issues:,} issues of 18 KB with history"
    work, made, time = f"{title}, per CPU second", "with records made of them", f"{title}, per second"
    names = "bare requests and orjson"
    of_library = [(run["read"].per_cpu / run["library"].per_cpu) for run in runs]
    yield at_least(f"{work}, of the jira library's objects", median(of_library), 6, "×")
    of_bare = [run["read"].per_cpu / run["bare"].per_cpu for run in runs]
    yield at_least(f"{work}, of {names}", median(of_bare), 0.9, "×")
    records = [run["connector"].per_cpu / run["library"].per_cpu for run in runs]
    yield shown(f"{work}, {made}, of the jira library's objects", median(records), "×")
    of_pace = [own.per_second / bare.per_second for own, bare in paced]
    yield at_least(f"{time} at 300 ms a page, {made}, of {names}, as many workers", median(of_pace), 0.9, "×")


def _round(address: Address, fields: tuple[str, ...]) -> dict[str, Cost]:
    """Read in every way, each in a process of its own: what one sets up must not help another."""
    return {way: _apart(way, address, fields) for way in _WAYS}


def _paced(address: Address, fields: tuple[str, ...]) -> tuple[Cost, Cost]:
    return _apart("connector", address, fields), _apart("bare", address, fields)


def _apart(way: str, address: Address, fields: tuple[str, ...]) -> Cost:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_report, args=(there, way, address, fields), daemon=True)
    process.start()
    found: Cost = here.recv()
    process.join()
    return found


def _report(pipe: Connection, way: str, address: Address, fields: tuple[str, ...]) -> None:
    pipe.send(_cost(_WAYS[way](address, fields)))


def _ready(address: Address) -> JiraConnector:
    connector = _open(address)
    connector.probe()
    return connector


def _read(connector: JiraConnector) -> int:
    """Name all issues and fetch them whole."""
    reader = connector._reader
    search, wanted = reader.search, reader.wanted("incident")
    pages = search.named(search.ids(reader.query("incident")), wanted)
    issues = sum(len(page) for page in pages.pages())
    pages.close()
    connector.close()
    return issues


def _cost(read: Callable[[], int]) -> Cost:
    cpu, wall = process_time(), perf_counter()
    issues = read()
    return Cost(issues, process_time() - cpu, perf_counter() - wall, peak_bytes())


def memory(many: int = MANY, few: int = FEW) -> Iterator[Figure]:
    """Read few and many issues, each in a process of its own."""
    peaks = []
    for count in (few, many):
        with Issues(count) as site:
            found = _apart("connector", site.address, ())
        assert found.issues == count, found
        peaks.append(found.peak_bytes)
    grown = (peaks[1] - peaks[0]) / 2**20
    yield at_most(f"Jira: memory of reading {many:,} issues, more than of {few:,}", grown, 150, "MiB")


def _open(address: Address) -> JiraConnector:
    given = {
        "type": "jira",
        "url": address.url,
        "gateway": address.url,
        "auth": {"type": "api_token", "user": address.user, "token": address.token},
        "records": ["incident"],
    }
    context = ConnectorContext("apps", Path(), Protection(key=b"benchmark"))
    return JiraConnector(JiraSettings.model_validate(given), context)


def _drained(connector: JiraConnector) -> int:
    """Read incidents as a sync does and keep nothing."""
    issues = 0
    for window in connector.windows("incident", None):
        issues += sum(len(batch.records["incident"]) for batch in connector.read(window, Reading()))
    connector.close()
    return issues


def _fields(address: Address) -> tuple[str, ...]:
    """Return the fields that the connector asks for."""
    connector = _open(address)
    found = connector._reader.wanted("incident").fields
    connector.close()
    return found


def _library(address: Address, fields: tuple[str, ...]) -> int:
    """Read a part of the issues as the library's documentation shows it."""
    from jira import JIRA

    client = JIRA(address.url, basic_auth=(address.user, address.token), timeout=90)
    found = client.enhanced_search_issues(_PART_JQL, maxResults=0, fields=list(fields), expand="changelog")
    return len(found)


def _bare(address: Address, fields: tuple[str, ...]) -> int:
    """Name all issues, fetch them side by side with a session each, parse, and keep nothing."""
    session = _session(address)
    ids: list[str] = []
    body: dict[str, Any] = {"jql": _JQL, "fields": ["id"], "maxResults": 5000}
    while True:
        page = _posted(session, address, "search/jql", body)
        ids += [one["id"] for one in page["issues"]]
        if page["isLast"]:
            break
        body["nextPageToken"] = page["nextPageToken"]
    session.close()
    parts = [ids[at : at + 100] for at in range(0, len(ids), 100)]
    with ThreadPoolExecutor(WORKERS) as pool:
        shares = (parts[at::WORKERS] for at in range(WORKERS))
        return sum(pool.map(lambda share: _fetched(address, fields, share), shares))


def _fetched(address: Address, fields: tuple[str, ...], parts: list[list[str]]) -> int:
    session, issues = _session(address), 0
    for part in parts:
        body = {"issueIdsOrKeys": part, "fields": list(fields), "expand": ["changelog"]}
        issues += len(_posted(session, address, "issue/bulkfetch", body)["issues"])
    session.close()
    return issues


def _session(address: Address) -> requests.Session:
    session = requests.Session()
    session.auth, session.trust_env = (address.user, address.token), False
    return session


def _posted(session: requests.Session, address: Address, path: str, body: object) -> dict[str, Any]:
    reply = session.post(
        f"{address.url}/rest/api/2/{path}",
        data=orjson.dumps(body),
        headers={"Content-Type": "application/json"},
        timeout=90,
    )
    found: dict[str, Any] = orjson.loads(reply.content)
    return found


def _reading(address: Address, _: tuple[str, ...]) -> Callable[[], int]:
    connector = _ready(address)
    return lambda: _read(connector)


def _connecting(address: Address, _: tuple[str, ...]) -> Callable[[], int]:
    connector = _ready(address)
    return lambda: _drained(connector)


_WAYS: Mapping[str, Callable[[Address, tuple[str, ...]], Callable[[], int]]] = {
    "read": _reading,
    "connector": _connecting,
    "library": lambda address, fields: lambda: _library(address, fields),
    "bare": lambda address, fields: lambda: _bare(address, fields),
}
"""Ways to read, by name: what makes one ready, and then reads."""
