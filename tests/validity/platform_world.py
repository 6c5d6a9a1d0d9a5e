"""A simulated platform, and the product that reads it as a user has it read."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generic, TypeVar

import orjson
import time_machine

from sandbox.serving.platform import SimulatedPlatform
from scheduler.ledger import ConnectorReport
from scheduler.sync import INCREMENTAL, Options, sync
from scheduler.workspace import Workspace, open_workspace
from storage.errors import ItsmMaturityError
from storage.evidence import open_store
from storage.evidence.store import EvidenceStore, EvidenceVersion

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
"""What both clocks show when a run begins; the youngest record is older."""
NAME = "corp"
KEY = "a key for hashing persons"
QUICK = {"attempts": 4, "wait": 0, "longest": 2, "budget": 400}
CONFIGURATION = "itsm-maturity.yaml"
Instance = TypeVar("Instance", bound=SimulatedPlatform[Any])


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
class Place(Generic[Instance]):
    """A folder with a configuration and stores, beside a platform."""

    folder: Path
    instance: Instance
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

    def bookmark(self, kind: str) -> dict[str, Any]:
        """Return what history remembers of a kind; nothing before a window of it was stored."""
        identity = self.version().store
        with self.workspace() as workspace:
            text = workspace.history.bookmark(NAME, kind, identity)
        found: dict[str, Any] = orjson.loads(text) if text else {}
        return found


def _failures(workspace: Workspace) -> frozenset[str]:
    history = workspace.history
    rows = history.ledger(history.runs(1)[0].id)
    return frozenset(row.kind for row in rows if row.outcome == "failed" and row.message)


def write_configuration(folder: Path, connector: Mapping[str, Any]) -> None:
    """Write a configuration with one connector."""
    content = {
        "evidence": "duckdb:evidence.duckdb",
        "history": "sqlite:history.db",
        "people": {"key": KEY},
        "connectors": {NAME: connector},
    }
    folder.mkdir(parents=True, exist_ok=True)
    # JSON is YAML.
    (folder / CONFIGURATION).write_bytes(orjson.dumps(content))


Made = TypeVar("Made", bound=Place[Any])


@contextmanager
def placed(
    instance: SimulatedPlatform[Any],
    make: Callable[[Path], Made],
    configure: Callable[[Path], None],
    *,
    held: bool = True,
) -> Iterator[Made]:
    """Serve a platform and yield a configured folder; the product's clock is set to when the run begins.

    With `held` the evidence file stays open beside what opens it, which saves half of a run's time.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        traveller = stack.enter_context(time_machine.travel(NOW, tick=True))
        stack.enter_context(instance)
        configure(folder)
        copy_stores(folder)
        place = make(folder)
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
