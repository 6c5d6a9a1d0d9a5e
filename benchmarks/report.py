"""Measures speed, prints a line for each figure, writes docs/performance.md and build/bench.json.

`python -m benchmarks.report [--only NAME]`. Seconds depend on the machine; ratios within one run do not.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import orjson
import pyarrow as pa

from benchmarks.assessment import assessment
from benchmarks.jira import jira
from benchmarks.measuring import timed
from benchmarks.servicenow import servicenow
from storage.evidence import open_store
from storage.evidence.store import Record, Value
from storage.records import KINDS
from tests.validity.figures import Figure, at_most
from tests.validity.workplace import ROOT, UCI_LOG, assessed, uci_configuration

INCIDENTS = 100_000
COMMAND = Path(sys.executable).with_name("itsm-maturity")


def uci() -> Iterator[Figure]:
    """Read and assess the public log of 141,712 updates, then again without a change."""
    if not UCI_LOG.exists():
        return
    with TemporaryDirectory() as folder:
        file = uci_configuration(Path(folder))
        first = timed(lambda: assessed(file))
        call = [str(COMMAND), "-c", str(file), "sync"]
        again = timed(lambda: subprocess.run(call, check=True, capture_output=True))
    yield at_most("UCI log: sync and assess", first, 60, "s")
    yield at_most("UCI log: a second sync, of the first sync and assess", again / first, 0.5, "×")


def demo() -> Iterator[Figure]:
    """Start a sandbox of 20,000 incidents and all other records, sync over HTTP, assess."""
    with TemporaryDirectory() as folder:
        call = [str(COMMAND), "demo", "--keep", f"{folder}/demo", "--json"]
        seconds = timed(lambda: subprocess.run(call, check=True, capture_output=True))
    yield at_most("demo: 20,000 incidents and all other records over HTTP", seconds, 90, "s")


def merge() -> Iterator[Figure]:
    """Merge records the product's way and append the same rows to a bare table."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    values: list[dict[str, Value]] = [
        {"opened_at": start + timedelta(minutes=number), "priority": number % 5 + 1, "category": "network"}
        for number in range(INCIDENTS)
    ]
    records = [Record(f"INC{number:07}", each, {}, start) for number, each in enumerate(values)]
    columns = dict.fromkeys(column.name for column in KINDS["incident"].stored)
    rows = pa.Table.from_pylist([{"id": record.id, **columns, **record.values} for record in records])
    with TemporaryDirectory() as folder:
        with open_store("duckdb:evidence.duckdb", Path(folder)) as store:
            first = timed(lambda: store.merge("bench", "incident", records))
            again = timed(lambda: store.merge("bench", "incident", records))
        with duckdb.connect(f"{folder}/bare.duckdb") as bare:
            bare.register("rows", rows)
            statement = "CREATE OR REPLACE TABLE incident AS SELECT * FROM rows"
            appended = min(timed(lambda: bare.execute(statement).fetchall()) for _ in range(3))
    yield at_most(
        "Merge of 100,000 records, of appending the same columns to a bare table", first / appended, 40, "×"
    )
    yield at_most("Merge of the same records again, of the first merge", again / first, 1.0, "×")


def command() -> Iterator[Figure]:
    """Start the command line, beside a Python that does nothing."""
    bare = min(timed(lambda: subprocess.run([sys.executable, "-c", ""], check=True)) for _ in range(5))
    call = [str(COMMAND), "--help"]
    started = min(timed(lambda: subprocess.run(call, check=True, capture_output=True)) for _ in range(5))
    yield at_most("--help answers", started, 0.5, "s")
    yield at_most("--help, of a Python that does nothing", started / bare, 30, "×")


BENCHMARKS: Mapping[str, Callable[[], Iterator[Figure]]] = {
    "command": command,
    "merge": merge,
    "uci-log": uci,
    "demo": demo,
    "assess": assessment,
    "servicenow": servicenow,
    "jira": jira,
}


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for and report."""
    parser = argparse.ArgumentParser(description="Measure speed.")
    parser.add_argument("--only", choices=list(BENCHMARKS), help="one benchmark by name")
    chosen = parser.parse_args(arguments).only
    figures = [figure for name in ([chosen] if chosen else BENCHMARKS) for figure in _measured(name)]
    (ROOT / "build" / "bench.json").write_bytes(_json(figures))
    if all(_kept(name).exists() for name in BENCHMARKS):
        (ROOT / "docs" / "performance.md").write_text(_page(), encoding="utf-8")
    return 0 if figures and all(figure.holds is not False for figure in figures) else 1


def _measured(name: str) -> list[Figure]:
    """Run one benchmark, tell its figures and keep them for the page."""
    figures = list(BENCHMARKS[name]())
    for figure in figures:
        sys.stdout.write(f"{figure}\n")
    _kept(name).parent.mkdir(parents=True, exist_ok=True)
    _kept(name).write_bytes(_json(figures))
    return figures


def _kept(name: str) -> Path:
    return ROOT / "build" / "bench" / f"{name}.json"


def _json(figures: Sequence[Figure]) -> bytes:
    return orjson.dumps([figure.as_json() for figure in figures], option=orjson.OPT_INDENT_2)


def _page() -> str:
    """Return the page: the newest run of each benchmark, which need not be all of one day."""
    rows, readings = [], []
    for name in BENCHMARKS:
        day = datetime.fromtimestamp(_kept(name).stat().st_mtime, UTC)
        for each in map(Figure.of_json, orjson.loads(_kept(name).read_bytes())):
            verdict = {True: "pass", False: "missed", None: ""}[each.holds]
            cells = (each.name, f"{each.figure:g} {each.unit}", each.bar, verdict, f"{day:%-d %b %Y}")
            rows.append(f"| {' | '.join(cells)} |")
            readings += [f"- {each.name} ({each.bar}): {each.reading}."] if each.reading else []
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return "\n".join(
        [
            "# Performance",
            "",
            f"Written by `make bench` ({machine}). Seconds depend on the machine; ratios (×) compare two "
            "measurements of one run.",
            "",
            "| what | measured | bar | | on |",
            "|---|---|---|---|---|",
            *rows,
            "",
            *([*readings, ""] if readings else []),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
