"""Funnels: how far a department may lie from all of them by chance alone (section 6.12, internal).

Limits stand around the value of all departments together and narrow with a department's volume. One
department in 20 lies outside 95 % limits by chance and one in 500 outside 99.8 %, so only the latter says
that it differs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluators.catalogue import Indicator
from evaluators.results import IndicatorResult, Measurement, PracticeResult, State
from evaluators.statistics.funnel import binomial_limits, limits_of_interval

COUNTED = ("share", "modal_share")
"""Families whose value is a share of independent records."""


@dataclass(frozen=True)
class Comparison:
    """A department's value of one core indicator against the organisation's, in the indicator's unit."""

    practice: str
    indicator: str
    department: str
    unit: str
    n: int
    value: float
    organisation: float
    centre: float
    """Value that the limits stand around."""
    limits_95: tuple[float, float] | None
    """None where the method gives no interval that limits could be taken from."""
    limits_998: tuple[float, float] | None
    method: str
    """`binomial`, `interval` (limits as wide as the department's own interval tells), or `none`."""
    standing: str
    """`inside`, `better`/`worse` (outside 95 %), `much better`/`much worse` (outside 99.8 %), `no limits`."""


def comparisons(
    practices: Sequence[PracticeResult], entries: Mapping[str, Indicator]
) -> tuple[Comparison, ...]:
    """Return each department's core indicators against the organisation's, the largest first: no ranking."""
    organisation = {
        each.id: each for practice in practices if practice.department is None for each in practice.indicators
    }
    compared = [
        (practice, own)
        for practice in practices
        if practice.department is not None
        for own in practice.indicators
        if _comparable(own, organisation.get(own.id), entries.get(own.id))
    ]
    measured: dict[str, list[Measurement]] = defaultdict(list)
    for _, own in compared:
        measured[own.id].append(own.measurement)
    found = [
        _comparison(practice, own, organisation[own.id].measurement, measured[own.id], entries[own.id])
        for practice, own in compared
    ]
    names = list(entries)
    return tuple(sorted(found, key=lambda each: (names.index(each.indicator), -each.n, each.department)))


def _comparable(own: IndicatorResult, whole: IndicatorResult | None, entry: Indicator | None) -> bool:
    if whole is None or entry is None or not own.core or entry.scope != "both":
        return False
    return all(
        each.measurement.state is State.MEASURED and each.measurement.value is not None
        for each in (own, whole)
    )


def _centre(whole: Measurement, departments: Sequence[Measurement]) -> float:
    """Return what the departments reach together where that adds up, else the organisation's value.

    Records without a group belong to no department. Where a missing group is what counts against an
    indicator, every department would stand out against a value that holds them.
    """
    if all(each.is_plain_share for each in departments):
        fulfilled = sum(each.numerator or 0 for each in departments)
        return 100 * fulfilled / sum(each.denominator or 0 for each in departments)
    return whole.value or 0.0


def _comparison(
    practice: PracticeResult,
    own: IndicatorResult,
    whole: Measurement,
    departments: Sequence[Measurement],
    entry: Indicator,
) -> Comparison:
    value, centre = own.measurement.value or 0.0, _centre(whole, departments)
    method, (inner, outer) = _limits(own, centre, entry)
    return Comparison(
        practice=practice.practice,
        indicator=own.id,
        department=practice.department or "",
        unit=own.unit,
        n=own.measurement.n,
        value=value,
        organisation=whole.value or 0.0,
        centre=centre,
        limits_95=inner,
        limits_998=outer,
        method=method,
        standing=_standing(value, inner, outer, better_up=entry.better_up),
    )


Limits = tuple[float, float] | None


def _limits(own: IndicatorResult, centre: float, entry: Indicator) -> tuple[str, tuple[Limits, Limits]]:
    found = own.measurement
    counted = entry.measure.family in COUNTED and found.denominator and own.unit.startswith("%")
    if counted and found.denominator:
        return "binomial", binomial_limits(centre, found.denominator)
    if found.low is not None and found.high is not None and found.high > found.low:
        return "interval", limits_of_interval(centre, found.low, found.high)
    return "none", (None, None)


def _standing(value: float, inner: Limits, outer: Limits, *, better_up: bool) -> str:
    for limits, much in ((outer, "much "), (inner, "")):
        if limits is not None and not limits[0] <= value <= limits[1]:
            above = value > limits[1]
            return f"{much}{'better' if above == better_up else 'worse'}"
    return "no limits" if inner is None else "inside"


def outside(found: Sequence[Comparison]) -> Iterator[Comparison]:
    """Yield the comparisons that chance does not explain: outside the 99.8 % limits."""
    return (each for each in found if each.standing.startswith("much "))
