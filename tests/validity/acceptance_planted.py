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
from tests.validity.acceptance_levels import MID_BAND, RANDOM
from tests.validity.acceptance_world import Outcome, crowd
from tests.validity.figures import Figure, at_least, at_most, between, shown
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
    planted: float
    """Value of the first organisation …"""
    value: float
    """… and what was measured there."""

    @property
    def judged(self) -> bool:
        """Say whether the method judges teams or periods as wholes."""
        return shipped().indicator(self.indicator).measure.family in JUDGED

    @property
    def holds(self) -> bool:
        """Say whether the agreements do not fall credibly short of the bar."""
        from scipy.stats import binom

        return self.tried > 0 and float(binom.cdf(self.agreeing, self.tried, BAR / 100)) >= CREDIBLY


def figures() -> Iterator[Figure]:
    """Compare every indicator in every organisation of the large size."""
    found = tallies((*crowd(MID_BAND), *crowd(RANDOM)))
    write(found, FILE)
    yield from figures_of(found)


def figures_of(found: Sequence[Tally]) -> Iterator[Figure]:
    """Yield the lines of the acceptance table."""
    tried = sum(each.tried for each in found)
    missing = [name for name in EVERY if name not in {each.indicator for each in found if each.tried}]
    agreeing = 100 * sum(each.agreeing for each in found) / tried
    name = "Planted values"
    yield at_least(f"{name}: within 2 points or inside the interval", agreeing, BAR, "%", cases=tried)
    yield at_most(f"{name}: not compared", len(missing), 0, "indicators", cases=len(EVERY))
    short, counted = sum(not each.holds for each in found), len(found)
    below = sum(100 * each.agreeing < BAR * each.tried for each in found)
    bad = f"{name}: indicators below {BAR:g} %"
    yield at_most(f"{bad}, each on its own", short, 0, "indicators", cases=counted, reading=CREDIBLE)
    yield shown(f"{bad}, bad luck included", below, "indicators", cases=counted)
    unmeasured = 100 * sum(each.tried - each.measured for each in found) / tried
    yield at_most(f"{name}: not measured for want of records", unmeasured, 1, "%", cases=tried)
    yield from _coverage(found)
    small = [each for each in found if 0 < each.multiple < LARGE]
    yield shown(
        f"Planted values: indicators with less than {LARGE} times their minimum sample",
        len(small),
        "indicators",
        cases=counted,
        reading="; ".join(f"`{each.indicator}` {each.multiple:.1f} times" for each in small),
    )


LARGE = 10
"""Times the minimum sample that the lines of 10x ask for."""
CREDIBLE = (
    "counted where as few agreements, had each a chance of 93 %, would come about less than once in a "
    "thousand times; with so few organisations an indicator that agrees in 95 % may well show less than 93"
)


def _coverage(found: Sequence[Tally]) -> Iterator[Figure]:
    """Yield how many planted values lie inside their intervals, in the parts that differ."""
    sampled = [each for each in found if not each.judged]
    parts = {
        "incident": [each for each in sampled if each.practice == "incident"],
        "the other eight practices": [each for each in sampled if each.practice != "incident"],
        "methods D, C and T": [each for each in found if each.judged],
        "all 128": found,
    }
    name = "Planted values: inside the 95 % interval"
    share, count = _inside(sampled)
    yield between(f"{name}, methods P, B, Q and R", share, (BAR, 97), "%", cases=count, reading=INTERVALS)
    for part, own in parts.items():
        share, count = _inside(own)
        yield shown(f"{name}, {part}", share, "%", cases=count)


INTERVALS = (
    "section 5.3 defines 95 % intervals for these methods; D, C and T judge teams and periods as wholes: "
    "what is planted is no expectation of theirs, and a trend is planted as a side alone"
)


def _inside(found: Sequence[Tally]) -> tuple[float, int]:
    """Return the share in percent of measured values whose interval holds what was planted."""
    count = sum(each.measured for each in found)
    return 100 * sum(each.covered for each in found) / count, count


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
        planted=next((value for value, _ in measured), 0.0),
        value=next((each.measurement.value or 0.0 for _, each in measured), 0.0),
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
        f"{row.planted:.1f}",
        f"{row.value:.1f}",
        f"{row.error:.1f}",
        f"{row.agreeing} of {row.tried} ({row.agreeing / max(row.tried, 1):.0%})",
        f"{row.covered} of {row.measured}",
        multiple,
        "pass" if row.holds else "FAIL",
    )
    return f"| {' | '.join(cells)} |"


HEAD = """
## Planted values by indicator

*Planted* and *measured* are those of one organisation, in the indicator's unit (a trend is planted as 100,
better, or as 0). All else is of all organisations: *error* is the median distance in points of achievement;
*agrees* means within two points of what was planted (two points of achievement where the unit is no
percentage), or inside the 95 % interval, a trend on its side of 50; a value that could not be measured does
not agree. *Sample* is the median as a multiple of the minimum, where it is counted in records. *FAIL*: less
than 93 % agree, and by more than bad luck.

| practice | indicator | planted | measured | error | agrees | inside the interval | sample | |
|---|---|---|---|---|---|---|---|---|"""
