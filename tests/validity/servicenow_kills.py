"""kill -9 of a sync that reads ServiceNow, at every page boundary and at random moments."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from sandbox.servicenow import Clock, SandboxServiceNow, Tables
from sandbox.serving.journal import Call
from tests.validity.figures import Figure
from tests.validity.platform_kills import PATIENCE, Gate, Range, kill_figures, opened
from tests.validity.platform_world import NAME, NOW
from tests.validity.servicenow_truth import View, differences, found
from tests.validity.servicenow_world import PAGE, Site, configure, tables

_SINCE = re.compile(r"sys_updated_on>=(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")


def crowd(pages: int) -> Tables:
    """Return tables with so many pages of incidents, spread over more than a year."""
    made = tables(min(1000, pages * PAGE))
    rows, chance = made.rows("incident"), random.Random(pages)
    missing = pages * PAGE - len(rows)
    copies = [rows[number % len(rows)] for number in range(missing)]
    fresh = [{**row, "sys_id": f"{chance.getrandbits(128):032x}"} for row in copies]
    made.add("incident", fresh)
    return made


class ServiceNowRange(Range[SandboxServiceNow]):
    """Kills of syncs that read incidents and their history."""

    kinds: ClassVar[Sequence[str]] = ("incident", "transition")

    def configured(self, folder: Path) -> Site:
        """Write a configuration with small windows."""
        configure(folder, self.instance, window_rows=1000, timeouts={"read": PATIENCE})
        return Site(folder, self.instance)

    def reached(self, place: Site) -> Mapping[str, str]:
        """Return the time up to which each table is stored."""
        return place.bookmarks(self.kinds)

    def differences(self, place: Site) -> list[str]:
        """Return what evidence has otherwise than the instance."""
        view = View(self.instance, {})
        with place.evidence() as evidence:
            held_by_kind = {kind: found(kind, view, evidence, NAME) for kind in self.kinds}
        return [one for kind, held in held_by_kind.items() for one in differences(kind, view, held)]

    def read_again(self, calls: Sequence[Call], reached: Mapping[str, str]) -> list[str]:
        """Return the requests for rows of a stretch of time that a bookmark says is stored."""
        return read_again(calls, reached)


def read_again(calls: Sequence[Call], reached: Mapping[str, str]) -> list[str]:
    """Return the requests for rows of a stretch of time that a bookmark says is stored."""
    wrong: list[str] = []
    for table, limit in reached.items():
        pages = [
            call.parameters["sysparm_query"]
            for call in calls
            if call.table == table
            and call.area == "table"
            and call.parameters.get("sysparm_limit") == str(PAGE)
        ]
        again = [query for query in pages if _begin(query) < limit]
        wrong += (
            [f"{table}: {len(again)} pages of what was stored up to {limit} read again: {again[0]}"]
            if again
            else []
        )
    return wrong


def _begin(query: str) -> str:
    found_at = _SINCE.search(query)
    return found_at[1] if found_at else ""


@contextmanager
def killing_range(pages: int) -> Iterator[Any]:
    """Serve so many pages of incidents and measure an undisturbed sync."""
    gate = Gate("incident", lambda request: request.parameters.get("sysparm_limit") == str(PAGE))
    instance = SandboxServiceNow(crowd(pages), clock=Clock(NOW), faults=[gate.fault()])
    with opened(lambda folder: ServiceNowRange(instance, gate, folder), instance) as place:
        yield place


def figures() -> Iterator[Figure]:
    """Kill at all page boundaries and at random moments."""
    yield from kill_figures("ServiceNow", killing_range, killing_range)
