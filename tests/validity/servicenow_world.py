"""A small organisation behind a simulated ServiceNow, and the product that reads it as a user has it read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from sandbox.organisation import Quality, generate
from sandbox.servicenow import SandboxServiceNow, Tables, tables_of
from sandbox.servicenow.life import Life
from tests.validity.platform_world import (
    QUICK,
    Place,
    placed,
    write_configuration,
)

LAG = timedelta(minutes=5)
STEP = timedelta(minutes=30)
"""Between two syncs: more than lag and overlap together."""
PAGE = 50
INCIDENTS = 290
"""Six pages, the last one short."""
_PARENTS = {
    "metric_instance": ("id", "incident", 40),
    "task_sla": ("task", "incident", 150),
    "sysapproval_approver": ("sysapproval", "change_request", 110),
    "task_ci": ("task", "change_request", 110),
    "task_cmdb_ci_service": ("task", "change_request", 110),
    "sc_task": ("request_item", "sc_req_item", 100),
}
"""Rows of a table are kept whose parent is among the first of its own table."""
_KEPT = {"change_request": 110, "sc_req_item": 100, "em_alert": 120, "kb_use": 60, "cmdb_rel_ci": 120}
_LEFT_OUT = frozenset({"sys_audit", "sc_request"})


@lru_cache(maxsize=2)
def rows_of(incidents: int) -> Mapping[str, Sequence[Mapping[str, str]]]:
    """Return rows by table of an organisation with so many incidents, at most 1,000."""
    everything = tables_of(
        generate(Quality.of_level(3, 1), seed=1, until=date(2026, 6, 30), months=15, incidents=1000)
    )
    rows = {
        name: [row for row in everything.rows(name) if row["sys_class_name"] == name]
        for name in everything
        if name not in _LEFT_OUT
    }
    for name, most in {"incident": incidents, **_KEPT}.items():
        rows[name] = rows[name][:most]
    for name, (parent, table, most) in _PARENTS.items():
        known = {row["sys_id"] for row in rows[table][:most]}
        rows[name] = [row for row in rows[name] if row[parent] in known]
    return rows


def tables(incidents: int = INCIDENTS) -> Tables:
    """Return fresh tables with so many incidents."""
    fresh = Tables()
    for name, rows in rows_of(incidents).items():
        fresh.add(name, rows)
    return fresh


@dataclass
class Site(Place[SandboxServiceNow]):
    """A folder with a configuration and stores, beside an instance."""

    def bookmarks(self, kinds: Sequence[str]) -> dict[str, str]:
        """Return up to which time rows of each table are stored, as history knows it."""
        return {table: at for kind in kinds for table, at in self.bookmark(kind).get("reached", {}).items()}

    def calm(self) -> None:
        """End faults and life; what is on its way arrives."""
        instance = self.instance
        instance.script_faults(())
        instance.life.settle()
        instance.life = Life((), instance.tables, instance.writer, instance.clock)


def configure(folder: Path, instance: SandboxServiceNow, **changes: Any) -> None:
    """Write the configuration file that reads an instance."""
    settings: dict[str, Any] = {
        "type": "servicenow",
        "url": instance.url,
        "auth": {"type": "basic", "user": instance.user, "password": instance.password},
        "records": ["incident"],
        "page_size": PAGE,
        "workers": 1,
        "active_clocks_every": 0,
        "retries": QUICK,
        "timeouts": {"connect": 2, "read": 2, "run": 120},
    }
    write_configuration(folder, settings | changes)


@contextmanager
def site(instance: SandboxServiceNow, *, held: bool = True, **changes: Any) -> Iterator[Site]:
    """Serve an instance and yield a configured folder."""
    with placed(
        instance,
        lambda folder: Site(folder, instance),
        lambda folder: configure(folder, instance, **changes),
        held=held,
    ) as place:
        yield place
