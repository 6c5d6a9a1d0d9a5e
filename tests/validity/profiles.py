"""The organisations by name through the product as a user runs it: exported, synced, assessed, remembered.

`python -m tests.validity.profiles uneven --incidents 4000` prints what is found.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import time_machine

from evaluators.results import Assessment
from sandbox.organisation import PROFILES, Organisation, configuration, profile, write_export
from scheduler.assess import assess_now
from scheduler.sync import sync
from scheduler.workspace import Workspace, open_workspace
from tests.validity.figures import Figure, at_least, at_most
from tests.validity.planted import UNTIL

LEVELS: Final = {"firefighting": 1, "repeatable": 2, "defined": 3, "managed": 4, "optimizing": 5}
MOVING: Final = {"declining": -1, "improving": 1}
DATED: Final = ("incident", "change", "request")
"""Practices whose records show what they were on an earlier day."""
CONSISTENT: Final = ("incident", "change", "release", "request", "knowledge")
"""Practices whose consistency can be told within a department."""
APART: Final = 2
"""Levels by which a changing organisation changes."""
LATER: Final = (60, 30, 3)
"""Days before the end on which a changing organisation is assessed again."""
NOON: Final = datetime(UNTIL.year, UNTIL.month, UNTIL.day, 12, tzinfo=UTC)
Level = int | None


@dataclass(frozen=True)
class Visit:
    """A profile, at its usual size unless given."""

    name: str
    incidents: int | None = None


@dataclass(frozen=True)
class Seen:
    """What the product said of an organisation."""

    visit: Visit
    levels: Mapping[tuple[str, str | None], Level]
    """Raw levels by practice and department, None for the organisation."""
    confirmed: Mapping[str, tuple[Level, ...]]
    """Confirmed levels of the organisation in the stored history, oldest first."""
    named: tuple[str, ...]
    states: Mapping[str, str]
    """Evidence state by indicator."""

    def whole(self) -> dict[str, Level]:
        """Return the levels of the organisation by practice."""
        return {practice: level for (practice, department), level in self.levels.items() if not department}


def seen(visit: Visit) -> Seen:
    """Generate an organisation and let the product read its files, assess it and remember it."""
    made = profile(visit.name).generate(seed=1, until=UNTIL, incidents=visit.incidents)
    with TemporaryDirectory() as folder, at_home(made, Path(folder)) as workspace:
        for day in days_of(made):
            last = assess_now(workspace, day, DATED if visit.name in MOVING else None)
        return _seen(visit, last, remembered(workspace))


@contextmanager
def at_home(organisation: Organisation, folder: Path) -> Iterator[Workspace]:
    """Yield a workspace that has synced the organisation's export, at noon of the day its records end."""
    write_export(organisation, folder / "export")
    file = folder / "itsm-maturity.yaml"
    file.write_text(configuration(organisation, "export", UNTIL), encoding="utf-8")
    with time_machine.travel(NOON), open_workspace(file) as workspace:
        report = sync(workspace)
        assert report.exit_code == 0, report
        yield workspace


def days_of(made: Organisation) -> list[date]:
    """Return the days to assess: for a changing organisation the day of the change, and later ones."""
    if "changed_on" not in made.truth:
        return [UNTIL]
    change = date.fromisoformat(str(made.truth["changed_on"]))
    return [change, *(UNTIL - timedelta(days=back) for back in LATER)]


def remembered(workspace: Workspace) -> dict[str, tuple[Level, ...]]:
    """Return the confirmed levels of the stored assessments by practice, oldest first."""
    found: dict[str, tuple[Level, ...]] = {}
    for assessment in reversed(workspace.history.assessments().items):
        for each in assessment.practices:
            found[each.practice] = (*found.get(each.practice, ()), each.confirmed)
    return found


def _seen(visit: Visit, last: Assessment, confirmed: Mapping[str, tuple[Level, ...]]) -> Seen:
    return Seen(
        visit,
        {(each.practice, each.department): each.level for each in last.practices},
        confirmed,
        tuple(each.scenario for each in last.suspicions),
        {
            each.id: str(each.measurement.state)
            for practice in last.practices
            if practice.department is None
            for each in practice.indicators
        },
    )


def figures(said: Callable[[object], None] = print) -> Iterator[Figure]:
    """Visit every profile at its usual size and hold what is found against what was planted."""
    found = {}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for each in pool.map(seen, [Visit(name) for name in PROFILES]):
            said(f"{each.visit.name}: {each.whole()} {each.named}")
            found[each.visit.name] = each
    yield from _as_planted(found)
    yield from _special(found)


def _as_planted(found: Mapping[str, Seen]) -> Iterator[Figure]:
    planted = [(level, each) for name, level in LEVELS.items() for each in found[name].whole().values()]
    yield at_least(
        "Profiles: practices of the five levels found as planted, through exported files",
        100 * sum(level == each for level, each in planted) / len(planted),
        100,
        "%",
        cases=len(planted),
    )
    small = [(3, level) for level in found["small"].whole().values()]
    yield at_most(
        "Profiles: practices of the five levels and of `small` found above what was planted",
        sum((each or 0) > level for level, each in [*planted, *small]),
        0,
        "practices",
        cases=len(planted) + len(small),
    )
    yield at_least(
        "Profiles: practices of `small` found as planted",
        sum(level == 3 for _, level in small),
        8,
        "practices",
    )


def _special(found: Mapping[str, Seen]) -> Iterator[Figure]:
    yield at_least(
        "Profiles: `uneven`, practices with one department at 1 and one at 3",
        len(apart(found["uneven"])),
        len(CONSISTENT),
        "practices",
        reading="those whose consistency can be told within a department",
    )
    for name, sign in MOVING.items():
        yield at_least(
            f"Profiles: `{name}`, practices whose confirmed level moves by two in the stored history",
            len(moved(found[name], sign)),
            len(DATED),
            "practices",
            reading=f"{', '.join(DATED)}, in {1 + len(LATER)} assessments",
        )
    gamed = found["gamed"]
    yield at_least(
        "Profiles: `gamed`, manipulations named",
        len(set(PROFILES["gamed"].gamed) & set(gamed.named)),
        4,
        "of 4",
    )
    yield at_most(
        "Profiles: `gamed`, practices confirmed above what was planted",
        sum((levels[-1] or 0) > 2 for levels in gamed.confirmed.values()),
        0,
        "practices",
    )
    rated = [
        name
        for name, state in found["no-cmdb"].states.items()
        if name.startswith("cfg-") and state == "measured"
    ]
    yield at_most(
        "Profiles: `no-cmdb`, indicators of configuration that are rated", len(rated), 0, "indicators"
    )


def apart(uneven: Seen) -> list[str]:
    """Return the practices in which one department is found at level 1 and the other at 3."""
    return [
        name
        for name in CONSISTENT
        if (uneven.levels.get((name, "Applications")), uneven.levels.get((name, "Infrastructure"))) == (1, 3)
    ]


def moved(changing: Seen, sign: int) -> list[str]:
    """Return the practices whose last confirmed level lies two from the first, on that side."""
    return [
        name
        for name, levels in changing.confirmed.items()
        if sign * ((levels[-1] or 0) - (levels[0] or 0)) == APART
    ]


def main(arguments: Sequence[str]) -> None:
    """Print what is found of some profiles."""
    parser = ArgumentParser(description="Lets the product assess organisations by name.")
    parser.add_argument("names", nargs="+", choices=list(PROFILES))
    parser.add_argument("--incidents", type=int)
    options = parser.parse_args(arguments)
    for name in options.names:
        sys.stdout.write(f"{seen(Visit(name, options.incidents))}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
