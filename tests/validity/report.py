"""Runs the proofs, prints a line for each figure, writes docs/validity.md and build/validity.json.

`python -m tests.validity [--only NAME]`; exits 1 when a figure misses its bar. A run that was broken
off goes on with the proofs that had not come to their end.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

import orjson

from tests.validity import (
    acceptance,
    jira_faults,
    jira_kills,
    kills,
    ladder,
    profiles,
    recovery,
    same_through,
    servicenow_faults,
    servicenow_kills,
    servicenow_quiet,
    uci_log,
    uci_servicenow,
)
from tests.validity.figures import Figure
from tests.validity.kept import CODE, folder
from tests.validity.workplace import ROOT

PROOFS: Mapping[str, Callable[[], Iterator[Figure]]] = {
    "uci-log": uci_log.figures,
    "ladder": ladder.figures,
    "recovery": recovery.figures,
    "kills": kills.figures,
    "servicenow-faults": servicenow_faults.figures,
    "servicenow-kills": servicenow_kills.figures,
    "servicenow-quiet": servicenow_quiet.figures,
    "jira-faults": jira_faults.figures,
    "jira-kills": jira_kills.figures,
    "same-through": same_through.figures,
    "profiles": profiles.figures,
    **acceptance.PROOFS,
    "uci-servicenow": uci_servicenow.figures,
}
ALONE = (
    "same-through",
    "recovery",
    "kills",
    "acceptance-exact",
    "acceptance-same",
    "servicenow-quiet",
    "uci-servicenow",
    "uci-log",
    "acceptance-methods",
    "acceptance-roadmap",
    "acceptance-explanation",
    "ladder",
)
"""Proofs that use one core, the longest first."""
EVERYTHING = (
    *CODE,
    "benchmarks",
    "config",
    "connectors",
    "interface",
    "sandbox",
    "scheduler",
    "storage",
    "tests",
)
"""Where all code stands: figures are kept for one version of it."""
INTRODUCTION = """\
# Validity

How it is shown that the verdicts are right. Written by `make validate` on {day}; every line is measured on
the product's own code from records to level.

What is **not** shown here: agreement with human assessors, and that a target is the right target. The result
is an evidence-based operational capability level, not a certified ITIL, ISO/IEC 330xx or ISO/IEC 20000
assessment.

The public log is also put behind the simulated ServiceNow as incident, metric_instance and sys_audit rows and
pulled over HTTP. Its group ping-pong differs by one incident of 21,199: its times are cut to the minute,
and metric_instance then no longer says in which order a group came. When an incident was taken up, and when
one without a resolution time was resolved, ServiceNow has no field for; own fields say it, worked out by the
model's rules.

The ServiceNow lines are measured on a simulated instance over real HTTP (docs/sandbox.md), with the product
run as a user runs it. A run of the fault matrix is *equal* when evidence had every visible row with its
values after the first sync, and *stopped* when that sync named in its report and its ledger what it could not
read, and the next one made evidence equal. Anything else is wrong. Compared with the simulator's own rows are
the identifiers, times of change and values that matter of every record, deletions, and the count of hidden
rows. What moves neither a time of change nor an identifier is promised for `sync --full` alone, and tried
with it.

"""


@dataclass(frozen=True)
class Proof:
    """What one proof found, and how long it took."""

    name: str
    seconds: float
    figures: tuple[Figure, ...]

    def write(self, file: Path) -> None:
        """Keep it, so that a run that is broken off goes on after it."""
        plain = {"seconds": self.seconds, "figures": [each.as_json() for each in self.figures]}
        file.parent.mkdir(parents=True, exist_ok=True)
        written = file.with_suffix(".part")
        written.write_bytes(orjson.dumps(plain, option=orjson.OPT_INDENT_2))
        written.replace(file)

    @classmethod
    def read(cls, name: str, file: Path) -> Proof:
        """Return what `write` kept."""
        plain = orjson.loads(file.read_bytes())
        return cls(name, plain["seconds"], tuple(Figure.of_json(each) for each in plain["figures"]))


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for and report."""
    parser = argparse.ArgumentParser(description="Prove the verdicts.")
    parser.add_argument("--only", choices=list(PROOFS), help="one proof by name")
    chosen = parser.parse_args(arguments).only
    names = [chosen] if chosen else list(PROOFS)
    files = {name: folder(EVERYTHING) / f"{name}.json" for name in names}
    proofs = proven(files)
    figures = [figure for proof in proofs for figure in proof.figures]
    _write_json(ROOT / "build" / "validity.json", figures)
    if not chosen:
        (ROOT / "docs" / "validity.md").write_text(page(proofs, acceptance.appendix()), encoding="utf-8")
    for file in files.values():
        file.unlink()  # a run that came to its end measures again the next time
    return 0 if figures and all(figure.holds is not False for figure in figures) else 1


def proven(files: Mapping[str, Path]) -> list[Proof]:
    """Run proofs and return them in order: two at a time that use one core, then those that use both."""
    alone = [name for name in ALONE if name in files and not files[name].exists()]
    if len(alone) > 1:
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            for _ in pool.map(_run, alone, [files[name] for name in alone]):
                pass
    for name, file in files.items():
        if file.exists():
            sys.stdout.writelines(f"{figure}\n" for figure in Proof.read(name, file).figures)
        else:
            _run(name, file)
    return [Proof.read(name, file) for name, file in files.items()]


def _run(name: str, file: Path) -> None:
    """Run one proof, print each figure as soon as it stands, keep all of them."""
    started, figures = monotonic(), []
    for figure in PROOFS[name]():
        sys.stdout.write(f"{figure}\n")
        sys.stdout.flush()
        figures.append(figure)
    proof = Proof(name, monotonic() - started, tuple(figures))
    sys.stdout.write(f"      {name} took {proof.seconds:.0f} s\n")
    proof.write(file)


def _write_json(file: Path, figures: list[Figure]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps([figure.as_json() for figure in figures], option=orjson.OPT_INDENT_2))


def page(proofs: Sequence[Proof], appendix: str) -> str:
    """Return docs/validity.md, with what stands between its two tables."""
    day = f"{datetime.now(UTC):%-d %B %Y}"
    rows = [_row(figure) for proof in proofs for figure in proof.figures]
    table = "\n".join([*HEAD, *rows])
    times = "\n".join([TIMES, *(f"| {proof.name} | {proof.seconds:.0f} |" for proof in proofs)])
    return f"{INTRODUCTION.format(day=day)}{acceptance.INTRODUCTION}{table}\n{appendix}{times}\n"


def _row(figure: Figure) -> str:
    cases = "" if figure.cases is None else f"{figure.cases:,}"
    interval = "" if figure.interval is None else "{:.1f} to {:.1f}".format(*figure.interval)
    measured = f"{figure.figure:g} {figure.unit}".strip()
    cells = (figure.name, measured, interval, figure.bar, cases, figure.verdict, figure.reading)
    return f"| {' | '.join(cells)} |"


HEAD = (
    "| what | measured | 95 % | bar | cases | | how it is read |",
    "|---|---|---|---|---|---|---|",
)
TIMES = """
## Time

Seconds of each proof. Proofs that use one core run two at a time, the others use both; all of them together
may take an hour on two cores.

| proof | seconds |
|---|---|"""
