"""Kills a command in the middle, again and again, and proves that nothing was lost, doubled or halved.

`kill_sync` and `kill_assess` work on a folder with an export and a configuration (see `organisation`); the
moments come from a seed, as shares of the time an undisturbed run takes on this machine.
"""

from __future__ import annotations

import csv
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from evaluators.ladder import ATTRIBUTES
from scheduler.recompute import differences
from scheduler.review import Explained
from scheduler.stored import from_stored
from scheduler.workspace import Workspace, open_workspace

RUNNER = (sys.executable, "-c", "import sys; from interface.cli.app import main; sys.exit(main())")
CONFIGURATION = "itsm-maturity.yaml"
EARLIEST, LATEST = 0.2, 1.0
"""Share of the time that an undisturbed run takes."""
ROUNDS = 3


@dataclass(frozen=True)
class Kill:
    """One attempt: when it was killed, and whether it was still running then."""

    after: float
    struck: bool


def kill_sync(folder: Path, kills: int, seed: int) -> list[Kill]:
    """Kill a full sync until `kills` struck, then let one end, and require evidence to equal its source."""
    arguments = ("sync", "--full")
    moments = _moments(folder, arguments, kills, seed)
    done = list(_until_struck((strike(folder, arguments, after) for after in moments), kills))
    complete(folder, ("sync",))
    require_evidence_equals_source(folder)
    return done


def kill_assess(folder: Path, kills: int, seed: int) -> list[Kill]:
    """Kill an assessment until `kills` struck; after each, history holds whole assessments alone."""
    complete(folder, ("sync",))
    moments = _moments(folder, ("assess",), kills, seed)
    done = []
    for kill in _until_struck((strike(folder, ("assess",), after) for after in moments), kills):
        done.append(kill)
        require_whole_assessments(folder)
    complete(folder, ("assess",))
    require_whole_assessments(folder)
    require_evidence_equals_source(folder)
    return done


def strike(folder: Path, arguments: Sequence[str], after: float) -> Kill:
    """Start a command and kill -9 it after some seconds."""
    with subprocess.Popen(
        [*RUNNER, *arguments, "-c", CONFIGURATION],
        cwd=folder,
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            process.wait(timeout=after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return Kill(after, struck=True)
    return Kill(after, struck=False)


def complete(folder: Path, arguments: Sequence[str]) -> float:
    """Run a command to its end and return how many seconds it took."""
    started = time.perf_counter()
    result = subprocess.run(
        [*RUNNER, *arguments, "-c", CONFIGURATION],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return time.perf_counter() - started


def require_evidence_equals_source(folder: Path) -> None:
    """Compare every stored row with the row of the export it came from, by value."""
    for kind, columns, expected in _source(folder / "export"):
        with open_workspace(folder / CONFIGURATION) as workspace:
            found = _evidence(workspace, kind, columns)
        assert found == expected, f"{kind}: {len(found)} stored, {len(expected)} in the source"


def require_whole_assessments(folder: Path) -> None:
    """Require every stored assessment to be complete, explainable and recomputable to the same levels."""
    with open_workspace(folder / CONFIGURATION) as workspace:
        history = workspace.history
        for overview in history.assessments(limit=1000).items:
            stored = history.assessment(overview.id)
            content = history.catalogue(stored.catalogue)
            assert content is not None, "an assessment without the catalogue it was made with"
            explained = Explained(from_stored(stored), type(workspace.catalogue).of_content(content))
            for practice in stored.practices:
                assert [each.attribute for each in practice.attributes] == list(ATTRIBUTES)
                assert {each.id for each in practice.indicators} == {
                    entry.id for entry in explained.catalogue.entries if entry.practice == practice.practice
                }
            assert differences(stored, explained.catalogue) == []


def _moments(folder: Path, arguments: Sequence[str], kills: int, seed: int) -> Iterator[float]:
    """Yield seconds to wait, spread over the time a run takes, in seeded order, three rounds at most."""
    measured = folder.with_name(f"{folder.name}-undisturbed")
    shutil.copytree(folder, measured)
    whole = complete(measured, arguments)
    shutil.rmtree(measured)
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        slots = [(number + chance.random()) / kills for number in range(kills)]
        chance.shuffle(slots)
        for slot in slots:
            yield whole * (EARLIEST + slot * (LATEST - EARLIEST))


def _until_struck(attempts: Iterable[Kill], kills: int) -> Iterator[Kill]:
    """Yield attempts until so many have struck a running command; the machine may be faster than before."""
    struck = 0
    for kill in attempts:
        yield kill
        struck += kill.struck
        if struck == kills:
            return


def _environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": root, "PYTHONWARNINGS": "ignore"}


def _source(export: Path) -> Iterator[tuple[str, tuple[str, ...], dict[str, tuple[object, ...]]]]:
    """Yield kind, columns and the values by id that the export says there are."""
    last: dict[str, dict[str, str]] = {}
    for row in _rows(export / "incident_log.csv"):
        last[row["id"]] = row
    columns: tuple[str, ...] = (
        "opened_at",
        "resolved_at",
        "state",
        "priority",
        "category",
        "assignment_group",
        "close_code",
    )
    yield "incident", columns, {name: _values(row, columns) for name, row in last.items()}
    columns = ("record_id", "target", "target_seconds", "started_at", "stopped_at")
    clocks = {row["id"]: _values(row, columns) for row in _rows(export / "service_levels.csv")}
    yield "service_level", columns, clocks


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _values(row: dict[str, str], columns: Sequence[str]) -> tuple[object, ...]:
    return tuple(_value(name, row[name]) for name in columns)


def _value(name: str, text: str) -> object:
    if not text:
        return None
    if name.endswith("_at"):
        return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    return int(text) if name in ("priority", "target_seconds") else text


def _evidence(workspace: Workspace, kind: str, columns: Sequence[str]) -> dict[str, tuple[object, ...]]:
    with workspace.evidence() as evidence:
        rows = evidence.query(f"SELECT id, {', '.join(columns)} FROM {kind}").to_pylist()
    assert len(rows) == len({row["id"] for row in rows}), f"{kind}: a record is there twice"
    return {row["id"]: tuple(row[name] for name in columns) for row in rows}
