"""Planted values of all 128 indicators against what is measured of the records (sections 8.1, 8.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import orjson

from evaluators.catalogue import shipped
from evaluators.results import IndicatorResult, State
from sandbox.organisation.anchors import EVERY
from tests.validity.acceptance_levels import LARGE_RANDOM, MID_BAND
from tests.validity.acceptance_world import Outcome, crowd
from tests.validity.figures import Figure, at_least, at_most
from tests.validity.planted import agrees
from tests.validity.workplace import ROOT

BAR = 93.0
"""Percent of the organisations in which a value has to agree."""
CREDIBLY = 0.001
"""Chance below which fewer agreements than the bar are more than bad luck."""
JUDGED = ("conforming_volume", "in_control", "improvement")
"""Families that judge teams or periods as wholes: what was planted is no expectation of theirs."""
ROUNDED = 1e-5
"""What was planted is kept with six decimals."""
FILE = ROOT / "build" / "validity-planted.json"


@dataclass(frozen=True)
class Tally:
    """One indicator over all organisations."""

    practice: str
    indicator: str
    tried: int
    agreeing: int
    measured: int
    covered: int
    """Values inside their interval; trends, which are planted as a side and no value, by their side."""
    error: float
    """Median distance in points of achievement."""
    multiple: float
    """Median sample as a multiple of the minimum; 0 where it is not counted in records."""

    @property
    def holds(self) -> bool:
        """Say whether the agreements do not fall credibly short of the bar."""
        from scipy.stats import binom

        return self.tried > 0 and float(binom.cdf(self.agreeing, self.tried, BAR / 100)) >= CREDIBLY


def figures() -> Iterator[Figure]:
    """Compare every indicator in every organisation of the large size."""
    found = tallies(crowd((*MID_BAND, *LARGE_RANDOM)))
    write(found, FILE)
    yield from figures_of(found)


def figures_of(found: Sequence[Tally]) -> Iterator[Figure]:
    """Yield the lines of the acceptance table."""
    tried = sum(each.tried for each in found)
    missing = [name for name in EVERY if name not in {each.indicator for each in found if each.tried}]
    agreeing = 100 * sum(each.agreeing for each in found) / tried
    yield at_least(
        f"Planted values: within 2 points or inside the interval, {tried:,} values", agreeing, BAR, "%"
    )
    yield at_most(f"Planted values: of {len(EVERY)} indicators, not compared", len(missing), 0, "indicators")
    short = sum(not each.holds for each in found)
    yield at_most(f"Planted values: indicators credibly below {BAR:g} % on their own", short, 0, "indicators")
    unmeasured = 100 * sum(each.tried - each.measured for each in found) / tried
    yield at_most("Planted values: not measured for want of records", unmeasured, 1, "%")
    for name, own in (
        ("incident", [each for each in found if each.practice == "incident"]),
        ("the other eight practices", [each for each in found if each.practice != "incident"]),
    ):
        sampled = [each for each in own if shipped().indicator(each.indicator).measure.family not in JUDGED]
        covered = 100 * sum(each.covered for each in sampled) / sum(each.measured for each in sampled)
        yield at_least(
            f"Planted values: inside the 95 % interval, {name}, without methods D, C and T", covered, BAR, "%"
        )


def tallies(outcomes: Sequence[Outcome]) -> list[Tally]:
    """Return a row for every indicator in the order of the model."""
    rows: dict[str, list[tuple[float, IndicatorResult]]] = {name: [] for name in EVERY}
    for outcome in outcomes:
        results = {each.id: each for each in outcome.result.indicators}
        for name, value in outcome.planted.items():
            rows[name].append((value, results[name]))
    return [_tally(name, pairs) for name, pairs in rows.items()]


def _tally(name: str, pairs: Sequence[tuple[float, IndicatorResult]]) -> Tally:
    measured = [(value, each) for value, each in pairs if each.measurement.state is State.MEASURED]
    anchor, minimum = EVERY[name], shipped().indicator(name).minimum_sample
    samples = [each.measurement.n / minimum for _, each in measured if each.measurement.n_unit == "records"]
    return Tally(
        practice=anchor.practice,
        indicator=name,
        tried=len(pairs),
        agreeing=sum(agrees(value, each) for value, each in measured),
        measured=len(measured),
        covered=sum(_covered(value, each) for value, each in measured),
        error=median(
            [
                100 * abs(anchor.achievement(value) - anchor.achievement(each.measurement.value or 0.0))
                for value, each in measured
            ]
            or [0.0]
        ),
        multiple=median(samples or [0.0]),
    )


def _covered(planted: float, result: IndicatorResult) -> bool:
    found = result.measurement
    if result.unit == "score":
        return agrees(planted, result)
    if found.low is None or found.high is None:
        return False
    return found.low - ROUNDED <= planted <= found.high + ROUNDED


def write(found: Sequence[Tally], file: Path) -> None:
    """Keep the table for the page."""
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(orjson.dumps([asdict(each) for each in found], option=orjson.OPT_INDENT_2))


def appendix(file: Path = FILE) -> str:
    """Return the table by indicator for the page; empty before it was ever measured."""
    if not file.exists():
        return ""
    rows = [Tally(**each) for each in orjson.loads(file.read_bytes())]
    lines = [_line(each) for each in rows]
    return "\n".join([HEAD, *lines]) + "\n"


def _line(row: Tally) -> str:
    multiple = f"{row.multiple:.0f}×" if row.multiple else "–"
    cells = (
        row.practice,
        f"`{row.indicator}`",
        f"{row.agreeing} of {row.tried}",
        f"{row.covered} of {row.measured}",
        f"{row.error:.1f}",
        multiple,
        "" if row.holds else "FAIL",
    )
    return f"| {' | '.join(cells)} |"


HEAD = """
## Planted values by indicator

*Agrees*: within two points of what was planted (two points of achievement where the unit is no percentage) or
inside the 95 % interval; a value that could not be measured does not agree. A trend is planted as better or
not, and agrees on its side of 50. *Error*: median distance in points of achievement. *Sample*: median, as a
multiple of the minimum, where it is counted in records.

| practice | indicator | agrees | inside the interval | error | sample | |
|---|---|---|---|---|---|---|"""
