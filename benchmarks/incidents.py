"""A simulated ServiceNow in a process of its own, with as many incidents as are wanted."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import md5
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox.servicenow import Clock, Latency, SandboxServiceNow, Tables
from sandbox.servicenow.query import select

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BEGIN = NOW - timedelta(days=730)
PEOPLE, GROUPS = 1900, 60
_ANSWER_SECONDS = 600


@dataclass(frozen=True)
class Address:
    """What a client needs to know."""

    url: str
    user: str
    password: str
    ca_file: str


class Incidents:
    """Serves `rows` incidents while its context lasts; every page takes `seconds` more than its work."""

    def __init__(self, rows: int, seconds: float = 0.0) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, rows, seconds), daemon=True)
        self.address = Address("", "", "", "")

    def __enter__(self) -> Self:
        self._process.start()
        self.address = self._answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe.send(None)
        self._process.join(_ANSWER_SECONDS)

    def change(self, number: int) -> None:
        """Change so many incidents, half an hour later."""
        self._ask("change", number)

    def requests(self) -> int:
        """Return how many requests came since the last time this was asked."""
        return int(self._ask("requests", 0))

    def _ask(self, what: str, number: int) -> Any:
        self._pipe.send((what, number))
        return self._answer()

    def _answer(self) -> Any:
        if not self._pipe.poll(_ANSWER_SECONDS):
            raise TimeoutError("The simulated instance does not answer.")
        return self._pipe.recv()


def _serve(pipe: Connection, rows: int, seconds: float) -> None:
    """Be the instance until None is sent; what a query found stays at hand, as with an index."""
    select.REMEMBERED = 500
    latency = Latency.constant(seconds)
    with SandboxServiceNow(
        _tables(rows), clock=Clock(NOW), latency=latency, tls=True, zipped=True
    ) as instance:
        instance.journal.clear()
        authority = instance.ca_file or Path()
        pipe.send(Address(instance.url, instance.user, instance.password, str(authority)))
        while (asked := pipe.recv()) is not None:
            pipe.send(_done(instance, *asked))


def _done(instance: SandboxServiceNow, what: str, number: int) -> int:
    if what == "change":
        for row in instance.tables.rows("incident")[: number * 7 : 7]:
            instance.writer.update("incident", row["sys_id"], {"priority": "1"})
        instance.clock.advance(timedelta(minutes=30))
        return number
    found = len(instance.journal)
    instance.journal.clear()
    return found


def _tables(rows: int) -> Tables:
    tables = Tables()
    tables.add("sys_user", (_named("user", number, "user_name") for number in range(PEOPLE)))
    tables.add("sys_user_group", (_named("group", number, "name") for number in range(GROUPS)))
    tables.add("sys_choice", list(_choices()))
    tables.add("incident", (_incident(number, rows) for number in range(rows)))
    return tables


@lru_cache(maxsize=2**14)
def _id(kind: str, number: int) -> str:
    return md5(f"{kind} {number}".encode(), usedforsecurity=False).hexdigest()


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _named(kind: str, number: int, field: str) -> dict[str, str]:
    stamps = {"sys_created_on": _text(BEGIN), "sys_updated_on": _text(BEGIN)}
    return {"sys_id": _id(kind, number), field: f"{kind}.{number:05}", **stamps}


def _choices() -> Iterator[dict[str, str]]:
    fields = {"state": ("1", "2", "3", "6", "7", "8"), "category": ("network", "software", "hardware")}
    for element, values in fields.items():
        for value in values:
            said = {"name": "incident", "element": element, "value": value, "label": value.title()}
            yield said | {"language": "en", "inactive": "false"}


def _incident(number: int, rows: int) -> dict[str, str]:
    """Return a row in which 25 of the fields that are read hold something."""
    opened = BEGIN + timedelta(seconds=int(number / rows * 725 * 86400))
    person, group = _id("user", number % PEOPLE), _id("group", number % GROUPS)
    closed = _text(opened + timedelta(hours=number % 90 + 1))
    return {
        "sys_id": _id.__wrapped__("incident", number),
        "sys_updated_on": closed,
        "sys_mod_count": str(number % 9),
        "sys_created_by": f"user.{number % 300:05}",
        "opened_at": _text(opened),
        "resolved_at": closed,
        "closed_at": closed,
        "state": "7",
        "priority": str(number % 4 + 1),
        "impact": str(number % 3 + 1),
        "urgency": str(number % 3 + 1),
        "category": ("network", "software", "hardware")[number % 3],
        "subcategory": ("lan", "mail", "laptop")[number % 3],
        "contact_type": ("phone", "self-service")[number % 2],
        "assignment_group": group,
        "assigned_to": person,
        "resolved_by": person,
        "caller_id": _id("user", number * 7 % PEOPLE),
        "cmdb_ci": _id("ci", number % 5000),
        "business_service": _id("service", number % 90),
        "close_code": "Solution provided",
        "close_notes": f"Restarted the service and checked with the caller, case {number}.",
        "reassignment_count": str(number % 4),
        "reopen_count": "0",
        "made_sla": "true" if number % 5 else "false",
    }
