"""Organisations that cheat: what is named, what honest ones are accused of, and whether levels rise.

`python -m tests.validity.gaming --levels 3 --seeds 1 closure-burst` prints a line for each (section 8.2).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from scipy.stats import beta

from evaluators.assessment import Request, assess, examination_of
from evaluators.catalogue import shipped
from evaluators.derive import derive
from evaluators.gaming import SCENARIOS as LOOKED_FOR
from evaluators.gaming.monitor import monitor
from evaluators.publication import Previous
from evaluators.results import PracticeResult
from sandbox.organisation import Organisation, Quality, generate
from sandbox.organisation.anchors import PRACTICES
from sandbox.organisation.gaming import SCENARIOS, game
from sandbox.organisation.quality import AT, BELOW
from tests.validity.evidence import evidence_of
from tests.validity.figures import Figure, at_least, at_most, shown
from tests.validity.gaming_strength import Strength, drawn, gamed
from tests.validity.planted import POLICY, UNTIL

INCIDENTS = 10_000
GAMED_LEVELS, GAMED_SEEDS = (2, 3), (1, 2)
"""Of each level one in the middle of it, and one that lacks a single attribute of the next."""
CLEAN, CLEAN_SIZES = 100, (1_500, 3_000, 6_000)
"""Honest organisations that only the monitor looks at: with one accused of 100 the bound is 4.7 %."""
STRENGTHS, STRENGTH_SEEDS, STRENGTH_SIZE = (1.0, 0.5, 0.25), (11, 12), 5_000
TAKEN_AT = datetime(UNTIL.year, UNTIL.month, UNTIL.day, 6, tzinfo=UTC)
Levels = Mapping[str, PracticeResult]


@dataclass(frozen=True)
class Tried:
    """One organisation, honest or manipulated, and what came of it."""

    scenario: str | None
    level: int
    seed: int
    named: tuple[str, ...]
    risen: tuple[str, ...] = ()
    """Practices whose raw level is above the honest one."""
    confirmed: tuple[str, ...] = ()
    """Practices whose confirmed level rises when the assessment after the honest one is manipulated …"""
    persistent: tuple[str, ...] = ()
    """… and when the one after that is so as well."""
    tempted: bool = False
    """It lacked a single attribute of the next level."""
    gain: tuple[str, float] = ("", 0.0)
    """Indicator that the manipulation touches and flatters most, and by how many points of achievement."""

    @property
    def right(self) -> bool:
        """Say whether the scenario was named."""
        return self.scenario in self.named

    def __str__(self) -> str:
        """Return a line of a table."""
        others = [name for name in self.named if name != self.scenario]
        mark = ("named " if self.right else "missed") if self.scenario else "honest"
        return (
            f"{mark} {self.scenario or '':24s} level {self.level}{'+' * self.tempted} seed {self.seed}"
            f"{f'; {self.gain[0]} {self.gain[1]:+.0f}' if self.gain[0] else ''}"
            f"{'; also named ' + ', '.join(others) if others else ''}"
            f"{'; raw level rises: ' + ', '.join(self.risen) if self.risen else ''}"
            f"{'; CONFIRMED RISES: ' + ', '.join(self.confirmed) if self.confirmed else ''}"
            f"{'; twice in a row confirms: ' + ', '.join(self.persistent) if self.persistent else ''}"
        )


def honest(level: int, seed: int, incidents: int = INCIDENTS, *, tempted: bool = False) -> Organisation:
    """Return an organisation of this level in all practices that does not cheat.

    A tempted one lacks a single attribute of the next level: one flattered core indicator may be enough.
    """
    quality = Quality.everywhere(level, seed)
    if tempted:
        raised = {f"{level}.1": BELOW, f"{level}.2": BELOW, f"{level + 1}.2": AT}
        better = {
            name: raised[anchor.attribute]
            for anchors in PRACTICES.values()
            for name, anchor in anchors.items()
            if anchor.attribute in raised
        }
        quality = replace(quality, indicators={**quality.indicators, **better})
    return generate(quality, seed=seed, until=UNTIL, incidents=incidents)


def named_in(organisation: Organisation) -> tuple[str, ...]:
    """Return the scenarios that the monitor names."""
    with TemporaryDirectory() as folder, evidence_of(organisation, Path(folder)) as store:
        derive(store, POLICY)
        examination = examination_of(store, shipped(), POLICY, Request(as_of=UNTIL, taken_at=TAKEN_AT))
        return tuple(each.scenario for each in monitor(examination, shipped().practices).suspicions)


def looked_at(organisation: Organisation, before: Levels) -> tuple[tuple[str, ...], Levels]:
    """Return the scenarios that the monitor names, and the practices as assessed after `before`."""
    with TemporaryDirectory() as folder, evidence_of(organisation, Path(folder)) as store:
        request = Request(
            as_of=UNTIL,
            taken_at=TAKEN_AT,
            previous=lambda practice, department: None if department else _previous(before.get(practice)),
            past=lambda indicator, department: (
                () if department else organisation.snapshots.get(indicator, ())
            ),
        )
        assessment = assess(store, shipped(), POLICY, request)
    named = tuple(each.scenario for each in assessment.suspicions)
    return named, {each.practice: each for each in assessment.practices if each.department is None}


def tried(
    level: int,
    seed: int,
    scenarios: Iterable[str] = tuple(SCENARIOS),
    incidents: int = INCIDENTS,
    *,
    tempted: bool = False,
) -> Iterator[Tried]:
    """Assess an organisation as it is, and after each manipulation."""
    organisation = honest(level, seed, incidents, tempted=tempted)
    names, before = looked_at(organisation, {})
    yield Tried(None, level, seed, names, tempted=tempted)
    for scenario in scenarios:
        cheating = game(organisation, scenario, seed=seed, until=UNTIL)
        names, after = looked_at(cheating, before)
        _, again = looked_at(cheating, after) if _higher(before, after) else (names, after)
        yield Tried(
            scenario,
            level,
            seed,
            names,
            _higher(before, after),
            _confirmed_higher(before, after),
            _confirmed_higher(before, again),
            tempted,
            _gain(scenario, before, after),
        )


def clean(count: int, first_seed: int = 100) -> Iterator[Tried]:
    """Let the monitor alone look at small honest organisations of all levels."""
    for number in range(count):
        level, seed = number % 5 + 1, first_seed + number
        size = CLEAN_SIZES[number % len(CLEAN_SIZES)]
        yield Tried(None, level, seed, named_in(honest(level, seed, size)))


def strengths(
    scenarios: Iterable[str], shares: Sequence[float], seeds: Sequence[int], incidents: int = STRENGTH_SIZE
) -> Iterator[tuple[str, Strength, int, bool]]:
    """Yield scenario, strength, seed and whether it was named; days and teams are drawn by seed."""
    for seed in seeds:
        organisation = honest(2 + seed % 2, seed, incidents)
        for scenario in scenarios:
            for share in shares:
                strength = drawn(share, seed)
                tried_so = gamed(organisation, scenario, strength, seed, UNTIL)
                yield scenario, strength, seed, scenario in named_in(tried_so)


def figures(said: Callable[[object], None] = print) -> Iterator[Figure]:
    """Try every manipulation on organisations of two levels, and look at honest ones of all five."""
    results = []
    for level in GAMED_LEVELS:
        for seed in GAMED_SEEDS:
            for each in tried(level, seed, tempted=seed == GAMED_SEEDS[-1]):
                said(each)
                results.append(each)
    innocent = [each for each in results if each.scenario is None]
    for each in clean(CLEAN):
        said(each)
        innocent.append(each)
    yield from _figures([each for each in results if each.scenario is not None], innocent)
    yield from _strength_figures(list(strengths(SCENARIOS, STRENGTHS, STRENGTH_SEEDS)), said)


def _strength_figures(
    rows: Sequence[tuple[str, Strength, int, bool]], said: Callable[[object], None]
) -> Iterator[Figure]:
    for scenario, strength, seed, named in rows:
        said(f"{'named ' if named else 'unseen'} {scenario:24s} seed {seed}: {strength}")
    for share in STRENGTHS:
        seen = [(scenario, each) for scenario, strength, _, each in rows if strength.records == share]
        missed = sorted({scenario for scenario, each in seen if not each})
        yield shown(
            f"Gaming: named of manipulations of {100 * share:.0f} % of the records, days and teams drawn",
            100 * sum(each for _, each in seen) / len(seen),
            "%",
            cases=len(seen),
            reading=f"goes unnoticed at least once: {', '.join(missed)}" if missed else "",
        )


def _figures(cheating: Sequence[Tried], innocent: Sequence[Tried]) -> Iterator[Figure]:
    right = sum(all(each.right for each in cheating if each.scenario == name) for name in SCENARIOS)
    accused = upper_bound(sum(bool(each.named) for each in innocent), len(innocent))
    times = len(cheating) // len(SCENARIOS)
    looked = len(LOOKED_FOR)
    yield at_least(
        f"Gaming: of {looked} scenarios, named in {times} of {times} organisations", right, 10, "scenarios"
    )
    yield at_most(
        f"Gaming: honest organisations (of {len(innocent)}) in which a scenario is named, upper 95 % bound",
        accused,
        5,
        "%",
    )
    confirmed = sum(bool(each.confirmed) for each in cheating)
    yield at_most(
        f"Gaming: confirmed level rises by a manipulated assessment ({len(cheating)} tried)",
        confirmed,
        0,
        "organisations",
    )
    persistent = sum(bool(each.persistent) for each in cheating)
    yield at_most(
        "Gaming: confirmed level rises by two manipulated assessments in a row",
        persistent,
        0,
        "organisations",
    )


def upper_bound(named: int, looked: int) -> float:
    """Return the one-sided upper 95 % bound of a share in percent (Clopper-Pearson)."""
    return 100.0 if named >= looked else 100 * float(beta.ppf(0.95, named + 1, looked - named))


def _previous(result: PracticeResult | None) -> Previous | None:
    if result is None or result.level is None or result.confirmed is None:
        return None
    return Previous(result.level, result.confirmed, result.probability_at_least)


def _higher(before: Levels, after: Levels) -> tuple[str, ...]:
    return tuple(name for name in after if (after[name].level or 0) > (before[name].level or 0))


def _confirmed_higher(before: Levels, after: Levels) -> tuple[str, ...]:
    return tuple(name for name in after if (after[name].confirmed or 0) > (before[name].confirmed or 0))


def _gain(scenario: str, before: Levels, after: Levels) -> tuple[str, float]:
    """Return which of the scenario's indicators was flattered most, in points of achievement."""
    [touched] = [each.indicators for each in LOOKED_FOR if each.id == scenario]
    honest_ones, gamed = _achievements(before), _achievements(after)
    gains = [
        (100 * (gamed[name] - honest_ones[name]), name)
        for name in touched
        if name in gamed and name in honest_ones
    ]
    points, name = max(gains, default=(0.0, ""))
    return name, points


def _achievements(levels: Levels) -> dict[str, float]:
    return {
        each.id: each.achievement
        for practice in levels.values()
        for each in practice.indicators
        if each.achievement is not None
    }


def main(arguments: list[str]) -> int:
    """Print a line for every organisation; returns how many are not as they should be."""
    parser = argparse.ArgumentParser(description="Manipulates organisations and looks what is noticed.")
    parser.add_argument("scenarios", nargs="*", default=list(SCENARIOS))
    parser.add_argument("--levels", type=int, nargs="*", default=[3])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1])
    parser.add_argument("--incidents", type=int, default=INCIDENTS)
    parser.add_argument("--honest", action="store_true", help="look at honest organisations only")
    parser.add_argument("--tempted", action="store_true", help="organisations short of one attribute")
    options = parser.parse_args(arguments)
    wrong = 0
    for level in options.levels:
        for seed in options.seeds:
            rows = (
                clean(CLEAN)
                if options.honest
                else tried(level, seed, options.scenarios, options.incidents, tempted=options.tempted)
            )
            for row in rows:
                wrong += bool(row.confirmed or row.persistent) or (
                    not row.right if row.scenario else bool(row.named)
                )
                sys.stdout.write(f"{row}\n")
                sys.stdout.flush()
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
