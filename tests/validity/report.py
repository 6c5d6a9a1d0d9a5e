"""Runs the proofs, prints a line for each figure, writes docs/validity.md and build/validity.json.

`python -m tests.validity.report [--only NAME]`; exits 1 when a figure misses its bar.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import orjson

from tests.validity import (
    acceptance,
    kills,
    ladder,
    recovery,
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
    **acceptance.PROOFS,
    "uci-servicenow": uci_servicenow.figures,
}
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

Generated organisations carry less chance than real ones: shares are planted in blocks and weekly medians are
set, so finding their level is easier than the same sizes would be in the field. The short intervals of single
indicators are not proven by them.

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


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for and report."""
    parser = argparse.ArgumentParser(description="Prove the verdicts.")
    parser.add_argument("--only", choices=list(PROOFS), help="one proof by name")
    chosen = parser.parse_args(arguments).only
    figures = list(_proven([chosen] if chosen else list(PROOFS)))
    _write_json(ROOT / "build" / "validity.json", figures)
    if not chosen:
        (ROOT / "docs" / "validity.md").write_text(_page(figures), encoding="utf-8")
    for name in [chosen] if chosen else PROOFS:
        _kept(name).unlink()  # a run that came to its end measures again the next time
    return 0 if figures and all(figure.holds is not False for figure in figures) else 1


def _proven(names: Sequence[str]) -> Iterator[Figure]:
    """Run proofs and print each figure as soon as it stands; what a run broken off had shown is read."""
    for name in names:
        file = _kept(name)
        if file.exists():
            figures = [Figure.of_json(each) for each in orjson.loads(file.read_bytes())]
            sys.stdout.writelines(f"{figure}\n" for figure in figures)
        else:
            figures = list(_run(name))
            _write_json(file, figures)
        yield from figures


def _kept(name: str) -> Path:
    return folder(EVERYTHING) / f"{name}.json"


def _run(name: str) -> Iterator[Figure]:
    started = monotonic()
    for figure in PROOFS[name]():
        sys.stdout.write(f"{figure}\n")
        sys.stdout.flush()
        yield figure
    sys.stdout.write(f"      {name} took {monotonic() - started:.0f} s\n")


def _write_json(file: Path, figures: list[Figure]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps([figure.as_json() for figure in figures], option=orjson.OPT_INDENT_2))


def _page(figures: list[Figure]) -> str:
    day = f"{datetime.now(UTC):%-d %B %Y}"
    rows = [_row(figure) for figure in figures]
    table = "\n".join(
        ["| what | measured | bar | cases | | how it is read |", "|---|---|---|---|---|---|", *rows]
    )
    return f"{INTRODUCTION.format(day=day)}{acceptance.INTRODUCTION}{table}\n{acceptance.appendix()}"


def _row(figure: Figure) -> str:
    cases = "" if figure.cases is None else f"{figure.cases:,}"
    measured = f"{figure.figure:g} {figure.unit}".strip()
    cells = (figure.name, measured, figure.bar, cases, figure.verdict, figure.reading)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
