"""Reads 100,000 incidents with the connector, PySNC and a bare session in turns; then a million."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import orjson
import requests

from benchmarks.incidents import PEOPLE, Address, Incidents
from benchmarks.measuring import peak_bytes
from connectors.contract import ConnectorContext, Reading
from connectors.servicenow import ServiceNowConnector, ServiceNowSettings
from connectors.servicenow.mapping import RecordMapping
from connectors.servicenow.tables import TABLES
from storage.evidence.protection import Protection
from tests.validity.figures import Figure, at_least, at_most

ROWS = 100_000
PYSNC_ROWS = 3000
MANY, FEW = 1_000_000, 10_000
CHANGED = 1000
PAGE_SECONDS = 0.15
ROUNDS = 3
CONSTANT = 25
"""Requests of a sync that do not depend on how much changed: what is there, counts, deletions, companions."""
WORKERS: int = ServiceNowSettings.model_fields["workers"].default
PAGE: int = ServiceNowSettings.model_fields["page_size"].default
PROTECTION = Protection(key=b"benchmark")
FIELDS = RecordMapping(TABLES["incident"][0], {}, PROTECTION).fields
"""What the connector asks an incident for: more than 25 fields, 25 of them filled."""


def servicenow() -> Iterator[Figure]:
    """Measure speed, memory, and what a sync asks when little has changed."""
    yield from speed()
    yield from scale()


def speed(rows: int = ROWS, rounds: int = ROUNDS) -> Iterator[Figure]:
    """Compare rows per second at 150 ms a page, side by side and in turns.

    All read from one instance in another process, over TLS and gzip, and ask for the same fields. Our own
    figures hold all that is asked beside the rows: counts, names, labels. What is there a sync finds out for
    every kind beforehand; a figure of its own counts that too.
    """
    with Incidents(rows, PAGE_SECONDS) as instance:
        address = instance.address
        _round(address)  # so that all find the instance with its queries at hand
        pysnc = _rate(lambda: _pysnc(address, PYSNC_ROWS))
        runs = [_round(address) for _ in range(rounds)]
    for number, run in enumerate(runs, 1):
        rates = ", ".join(f"{name} {rate:.0f}" for name, rate in asdict(run).items())
        sys.stdout.write(f"  round {number}, rows/s: PySNC {pysnc:.0f}, {rates}\n")
    title = f"ServiceNow, {rows:,} incidents at 150 ms a page, rows/s"
    of_bare = median(run.connector / run.bare for run in runs)
    with_probe = median(run.with_probe / run.bare for run in runs)
    yield at_least(
        f"{title} of PySNC's default iteration", median(run.connector for run in runs) / pysnc, 10, "×"
    )
    yield at_least(f"{title} of bare requests and orjson, as many workers", of_bare, 0.9, "×")
    yield at_least(f"{title} of the same, with finding out what is there", with_probe, 0.9, "×")


@dataclass(frozen=True)
class Rates:
    """Rows per second, measured one after the other."""

    bare: float
    connector: float
    with_probe: float


def _round(address: Address) -> Rates:
    bare = _rate(lambda: _bare(address))
    ready, fresh = _open(address), _open(address)
    ready.probe()
    return Rates(bare, _rate(lambda: _drained(ready)), _rate(lambda: _drained(fresh)))


def scale(many: int = MANY, few: int = FEW) -> Iterator[Figure]:
    """Read a million rows in a process of its own; then change a few and see what is asked for."""
    with Incidents(few) as instance:
        least = _read_apart(instance.address)
    with Incidents(many) as instance:
        most = _read_apart(instance.address)
        instance.change(CHANGED)
        instance.requests()
        received = _drained(_open(instance.address), most.bookmark)
        requests_made = instance.requests()
    assert (least.rows, most.rows, received) == (few, many, CHANGED)
    grown = (most.peak_bytes - least.peak_bytes) / 2**20
    yield at_most(f"ServiceNow: memory of reading {many:,} rows, more than of {few:,}", grown, 150, "MiB")
    yield at_most(
        f"ServiceNow: requests of a sync after {CHANGED:,} of {many:,} incidents changed",
        requests_made,
        _most_requests(CHANGED),
        "requests",
    )


def _most_requests(changed: int) -> int:
    """Return the bar: pages of the changes, names they refer to 150 at a time, and a constant."""
    people = min(changed, PEOPLE)
    return -(-changed // PAGE) + -(-people // 150) + CONSTANT


@dataclass(frozen=True)
class Read:
    """What reading in a process of its own came to."""

    rows: int
    peak_bytes: int
    bookmark: str


def _read_apart(address: Address) -> Read:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_report_reading, args=(there, address), daemon=True)
    process.start()
    found: Read = here.recv()
    process.join()
    return found


def _report_reading(pipe: Connection, address: Address) -> None:
    bookmarks: list[str] = []
    rows = _drained(_open(address), bookmarks=bookmarks)
    pipe.send(Read(rows, peak_bytes(), bookmarks[-1]))


def _rate(read: Callable[[], int]) -> float:
    start = perf_counter()
    rows = read()
    return rows / (perf_counter() - start)


def _drained(
    connector: ServiceNowConnector, bookmark: str | None = None, bookmarks: list[str] | None = None
) -> int:
    """Read incidents as a sync does, from a bookmark or from the beginning, and keep nothing."""
    rows = 0
    for window in connector.windows("incident", bookmark):
        rows += sum(len(batch.records["incident"]) for batch in connector.read(window, Reading()))
        if bookmarks is not None:
            bookmarks.append(window.bookmark)
    connector.close()
    return rows


def _open(address: Address) -> ServiceNowConnector:
    given = {
        "type": "servicenow",
        "url": address.url,
        "auth": {"type": "basic", "user": address.user, "password": address.password},
        "tls": {"ca_bundle": address.ca_file},
        "records": ["incident"],
    }
    return ServiceNowConnector(
        ServiceNowSettings.model_validate(given), ConnectorContext("corp", Path(), PROTECTION)
    )


def _pysnc(address: Address, rows: int) -> int:
    """Iterate as PySNC's documentation shows it, over a part of the rows."""
    from pysnc import ServiceNowClient  # type: ignore[import-untyped]

    client = ServiceNowClient(address.url, (address.user, address.password))
    client.session.verify, client.session.trust_env = address.ca_file, False
    found = client.GlideRecord("incident")
    found.fields = list(FIELDS)
    found.limit = rows
    found.query()
    return sum(1 for _ in found)


def _bare(address: Address) -> int:
    """Read ranges of sys_id side by side with a session each, parse, and keep nothing."""
    edges = [f"{65536 * part // WORKERS:04x}" for part in range(1, WORKERS)]
    ranges = zip(["", *edges], [*edges, ""], strict=True)
    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(lambda edge: _bare_range(address, *edge), ranges))


def _bare_range(address: Address, last: str, before: str) -> int:
    session = requests.Session()
    session.auth, session.verify = (address.user, address.password), address.ca_file
    session.trust_env = False
    parameters = {
        "sysparm_fields": ",".join(FIELDS),
        "sysparm_limit": str(PAGE),
        "sysparm_no_count": "true",
        "sysparm_display_value": "false",
        "sysparm_exclude_reference_link": "true",
        "sysparm_suppress_pagination_header": "true",
    }
    rows = 0
    while True:
        clauses = [f"sys_id>{last}" if last else "", f"sys_id<{before}" if before else "", "ORDERBYsys_id"]
        query = "^".join(clause for clause in clauses if clause)
        response = session.get(
            f"{address.url}/api/now/table/incident", params=parameters | {"sysparm_query": query}, timeout=90
        )
        found: list[dict[str, Any]] = orjson.loads(response.content)["result"]
        rows += len(found)
        if len(found) < PAGE:
            session.close()
            return rows
        last = found[-1]["sys_id"]
