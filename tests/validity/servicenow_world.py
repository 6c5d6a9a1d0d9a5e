"""A small organisation behind a simulated ServiceNow, and the product that reads it as a user has it read."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import time_machine

from sandbox.organisation import Quality, generate
from sandbox.servicenow import SandboxServiceNow, Tables, tables_of
from sandbox.servicenow.life import Life
from scheduler.ledger import ConnectorReport
from scheduler.sync import INCREMENTAL, Options, sync
from scheduler.workspace import Workspace, open_workspace
from storage.errors import ItsmMaturityError
from storage.evidence import open_store
from storage.evidence.store import EvidenceStore, EvidenceVersion

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
"""What both clocks show when a run begins; the youngest record is older."""
LAG = timedelta(minutes=5)
STEP = timedelta(minutes=30)
"""Between two syncs: more than lag and overlap together."""
NAME = "corp"
KEY = "a key for hashing persons"
PAGE = 50
INCIDENTS = 290
"""Six pages, the last one short."""
QUICK = {"attempts": 4, "wait": 0, "longest": 2, "budget": 400}
CONFIGURATION = "itsm-maturity.yaml"
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


@dataclass(frozen=True)
class Outcome:
    """What a sync said."""

    report: ConnectorReport | None
    error: str = ""
    """Name and text of the error that ended it."""
    named: bool = True
    """Whether that error is one a user can do something about."""
    in_ledger: frozenset[str] = frozenset()
    """Kinds whose failure the history's ledger tells."""

    def of(self, kind: str) -> str:
        """Return the outcome of a kind."""
        if self.report is None:
            return "failed"
        return next((each.row.outcome for each in self.report.records if each.row.kind == kind), "absent")

    @property
    def failed(self) -> dict[str, str]:
        """Kinds that could not be read, with what was said about them."""
        found = self.report.records if self.report else ()
        return {each.row.kind: each.row.message for each in found if each.row.outcome == "failed"}


@dataclass
class Site:
    """A folder with a configuration and stores, beside an instance."""

    folder: Path
    instance: SandboxServiceNow
    advance: Callable[[timedelta], None] = lambda _: None
    outcomes: list[Outcome] = field(default_factory=list)

    @contextmanager
    def workspace(self) -> Iterator[Workspace]:
        """Open the configuration."""
        with open_workspace(self.folder / CONFIGURATION) as workspace:
            yield workspace

    def sync(self, options: Options = INCREMENTAL) -> Outcome:
        """Sync once, whatever comes of it."""
        try:
            with self.workspace() as workspace:
                (report,) = sync(workspace, options=options).connectors
                outcome = Outcome(report, in_ledger=_failures(workspace))
        except ItsmMaturityError as error:
            outcome = Outcome(None, f"{type(error).__name__}: {error.message} {error.hint}")
        except Exception as error:
            outcome = Outcome(None, repr(error), named=False)
        self.outcomes.append(outcome)
        return outcome

    def evidence(self) -> EvidenceStore:
        """Return the evidence, to be opened by `with`."""
        return open_store("duckdb:evidence.duckdb", self.folder)

    def version(self) -> EvidenceVersion:
        """Return the version of the evidence, and the digest of everything it holds."""
        with self.evidence() as evidence:
            return evidence.version()

    def bookmarks(self, kinds: Sequence[str]) -> dict[str, str]:
        """Return up to which time rows of each table are stored, as history knows it."""
        identity = self.version().store
        reached: dict[str, str] = {}
        with self.workspace() as workspace:
            for kind in kinds:
                if bookmark := workspace.history.bookmark(NAME, kind, identity):
                    reached |= orjson.loads(bookmark)["reached"]
        return reached

    def calm(self) -> None:
        """End faults and life; what is on its way arrives."""
        instance = self.instance
        instance.script_faults(())
        instance.life.settle()
        instance.life = Life((), instance.tables, instance.writer, instance.clock)


def _failures(workspace: Workspace) -> frozenset[str]:
    history = workspace.history
    rows = history.ledger(history.runs(1)[0].id)
    return frozenset(row.kind for row in rows if row.outcome == "failed" and row.message)


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
    content = {
        "evidence": "duckdb:evidence.duckdb",
        "history": "sqlite:history.db",
        "people": {"key": KEY},
        "connectors": {NAME: settings | changes},
    }
    folder.mkdir(parents=True, exist_ok=True)
    # JSON is YAML.
    (folder / CONFIGURATION).write_bytes(orjson.dumps(content))


@contextmanager
def site(instance: SandboxServiceNow, *, held: bool = True, **changes: Any) -> Iterator[Site]:
    """Serve an instance and yield a configured folder; the product's clock is set to when the run begins.

    With `held` the evidence file stays open beside what opens it, which saves half of a run's time.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        traveller = stack.enter_context(time_machine.travel(NOW, tick=True))
        stack.enter_context(instance)
        configure(folder, instance, **changes)
        copy_stores(folder)
        place = Site(folder, instance)
        if held:
            stack.enter_context(place.evidence())

        def advance(step: timedelta) -> None:
            traveller.shift(step)
            instance.clock.advance(step)

        place.advance = advance
        yield place


def copy_stores(folder: Path) -> None:
    """Put empty stores there, made once: making them takes longer than reading a small instance."""
    shutil.copyfile(empty_history(), folder / "history.db")


@lru_cache(maxsize=1)
def empty_history() -> Path:
    """Return the file of a history in which nothing happened yet."""
    kept = TemporaryDirectory()
    atexit.register(kept.cleanup)
    folder = Path(kept.name)
    content = {"evidence": "duckdb:evidence.duckdb", "history": "sqlite:history.db", "connectors": {}}
    (folder / CONFIGURATION).write_bytes(orjson.dumps(content))
    with open_workspace(folder / CONFIGURATION) as workspace:
        assert workspace.history is not None
    return folder / "history.db"
