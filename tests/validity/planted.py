"""Compares what was planted in the records of a practice with what the evaluators measure of them.

`python -m tests.validity.planted problem change --level 3 --seeds 3` prints a table of it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from evaluators.assessment import Request, assess
from evaluators.catalogue import shipped
from evaluators.policy import Policy
from evaluators.results import IndicatorResult, State
from sandbox.organisation import Organisation, Quality, generate
from sandbox.organisation.structure import DEPARTMENTS
from tests.validity.evidence import evidence_of

UNTIL: Final = date(2026, 6, 17)
INCIDENTS: Final = 20_000
TOLERANCE: Final = 0.02
"""Error that is allowed in any case, in achievement for what is no percentage, else 2 points."""
POLICY: Final = Policy(
    automation=("svc_*",),
    migration=("import.user",),
    priority_matrix={
        (1, 1): 1, (1, 2): 2, (2, 1): 2, (1, 3): 3, (2, 2): 3, (3, 1): 3, (2, 3): 4, (3, 2): 4, (3, 3): 5
    },
    departments={f"{name} *": name for name in DEPARTMENTS},
)  # fmt: skip
"""As sandbox/organisation/policy.yaml says it."""


@dataclass(frozen=True)
class Recovered:
    """One indicator of one organisation: planted and measured value, in its unit."""

    practice: str
    indicator: str
    seed: int
    planted: float
    measured: float | None
    low: float | None
    high: float | None
    ok: bool
    n: int
    reason: str

    def __str__(self) -> str:
        """Return a line of a table."""
        measured, low, high = ("-" if x is None else f"{x:.2f}" for x in (self.measured, self.low, self.high))
        mark = " " if self.ok else "X"
        return (
            f"{mark} {self.seed:3d} {self.indicator:36s} {self.planted:8.2f} {measured:>8s} "
            f"[{low:>7s}, {high:>7s}] n={self.n:<6d} {'' if self.ok else self.reason}"
        )


def recovered(
    practice: str,
    seeds: Iterable[int],
    *,
    level: int | None = 3,
    incidents: int = INCIDENTS,
    others: bool = False,
) -> Iterator[Recovered]:
    """Plant a practice with every seed and measure it; a random quality where `level` is None.

    With `others` all practices are planted, as they meet in one organisation.
    """
    for seed in seeds:
        quality = quality_of(practice, seed, level, others=others)
        organisation = generate(quality, seed=seed, until=UNTIL, incidents=incidents)
        yield from compared(organisation, [practice], seed)


def quality_of(practice: str, seed: int, level: int | None, *, others: bool = False) -> Quality:
    """Return the quality that plants a practice, alone or together with all others."""
    if level is not None:
        return Quality.everywhere(level, seed) if others else Quality.of_levels({practice: level}, seed)
    drawn = Quality.random_everywhere(seed)
    if others:
        return drawn
    names = (*Quality.of_level(3, seed).indicators, *drawn.indicators)
    own = {
        name: drawn.indicators[name]
        for name in dict.fromkeys(names)
        if name.startswith("inc-") or _practice_of(name) == practice
    }
    return Quality(drawn.attributes, own, {practice: drawn.practices[practice]})


def compared(organisation: Organisation, practices: Iterable[str], seed: int) -> Iterator[Recovered]:
    """Measure what an organisation's truth names of these practices."""
    chosen = tuple(practices)
    results = measured(organisation, chosen)
    for practice in chosen:
        truth: Any = organisation.truth["practices"]
        for name, planted in truth[practice]["indicators"].items():
            yield _compare(practice, seed, planted["value"], results[name])


def measured(organisation: Organisation, practices: tuple[str, ...]) -> dict[str, IndicatorResult]:
    """Return what the evaluators find in an organisation's records, by indicator."""
    taken_at = datetime(UNTIL.year, UNTIL.month, UNTIL.day, 6, tzinfo=UTC)
    with TemporaryDirectory() as folder, evidence_of(organisation, Path(folder)) as store:
        request = Request(
            as_of=UNTIL,
            taken_at=taken_at,
            practices=practices,
            past=lambda name, department: () if department else organisation.snapshots.get(name, ()),
        )
        users: Any = organisation.truth.get("active_users")
        assessment = assess(store, shipped(), replace(POLICY, active_users=users), request)
    whole = [practice for practice in assessment.practices if practice.department is None]
    return {each.id: each for practice in whole for each in practice.indicators}


def _practice_of(indicator: str) -> str:
    from sandbox.organisation.anchors import EVERY

    return EVERY[indicator].practice


def _compare(practice: str, seed: int, planted: float, result: IndicatorResult) -> Recovered:
    found = result.measurement
    return Recovered(
        practice,
        result.id,
        seed,
        planted,
        found.value,
        found.low,
        found.high,
        found.state is State.MEASURED and agrees(planted, result),
        found.n,
        found.reason,
    )


def agrees(planted: float, result: IndicatorResult) -> bool:
    """A trend comes out on its side of 50; anything else within its interval or within two points."""
    found = result.measurement
    if found.value is None:
        return False
    if result.unit == "score":
        return (found.value > 50) == (planted > 50)
    if found.low is not None and found.high is not None and found.low <= planted <= found.high:
        return True
    if result.unit.startswith("%"):
        return abs(found.value - planted) <= 100 * TOLERANCE
    anchors = shipped().indicator(result.id).anchors
    return abs(found.value - planted) <= TOLERANCE * abs(anchors.full - anchors.zero)


def main(arguments: list[str]) -> int:
    """Print planted beside measured; returns how many do not agree."""
    parser = argparse.ArgumentParser(description="Plants practices and measures them.")
    parser.add_argument("practices", nargs="+")
    parser.add_argument("--level", type=int, default=3, help="0 for a random quality")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--incidents", type=int, default=INCIDENTS)
    parser.add_argument("--everywhere", action="store_true", help="plant all other practices as well")
    options = parser.parse_args(arguments)
    seeds = range(options.first, options.first + options.seeds)
    wrong = 0
    for practice in options.practices:
        rows = recovered(
            practice,
            seeds,
            level=options.level or None,
            incidents=options.incidents,
            others=options.everywhere,
        )
        for row in rows:
            wrong += not row.ok
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{wrong} do not agree\n")
    return wrong


if __name__ == "__main__":
    main(sys.argv[1:])
