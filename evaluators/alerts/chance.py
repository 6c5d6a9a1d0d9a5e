"""Whether chance could have brought a fall, from what history keeps: values and their 95 % intervals.

Resampled draws are not kept, so each indicator is drawn again from a normal distribution with its interval.
Windows of assessments that follow closely overlap; their records count twice, so a fall is then judged with
more caution than it needs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

import numpy as np

from evaluators.achievement import achievements
from evaluators.alerts.finding import Entries, Finding, Rule, upward
from evaluators.explanation import attribute_title, number
from evaluators.ladder import attribute_draws
from evaluators.results import IndicatorResult, PracticeResult, State
from evaluators.statistics.arrays import FloatArray
from evaluators.statistics.control import FEWEST_POINTS, in_control
from evaluators.statistics.resampling import generator, seed_of

FALL = 0.10
"""Fall of an attribute's achievement that is told of."""
LIMIT = 3.0
"""Sigma beyond which a value is a signal, as in any control chart."""
FEWEST_SPREAD = 3
"""Earlier values from which on their spread says something."""
DRAWS = 1000
_NORMAL = NormalDist()
_BOTH_SIDES = 2 * _NORMAL.inv_cdf(0.975)
_RUN = 0.5**8
"""Chance that eight values in a row lie on the bad side."""


@dataclass(frozen=True)
class FallTest:
    """One test of a fall: its probability by chance and, where it is large enough, what to say."""

    probability: float
    finding: Finding | None


def attribute_test(
    before: PracticeResult, now: PracticeResult, attribute: str, entries: Entries
) -> FallTest | None:
    """Test whether an attribute fell; None where it was not rated by the same rules both times.

    A fall is told of from ten points on, where the 95 % interval of the difference leaves out 0.
    """
    one, other = _rated(before, attribute), _rated(now, attribute)
    rules = {each.id: each.rule for each in one}
    if not one or not other or any(rules.get(each.id, each.rule) != each.rule for each in other):
        return None
    was, found = _achieved(before, attribute), _achieved(now, attribute)
    fall = was - found
    differences = _draws(one, entries, "before") - _draws(other, entries, "now")
    low, high = (float(bound) for bound in np.percentile(differences, [2.5, 97.5]))
    spread = float(np.std(differences))
    probability = 2 * (1 - _NORMAL.cdf(fall / spread)) if spread > 0 and fall > 0 else float(fall <= 0)
    if fall < FALL or low <= 0:
        return FallTest(probability, None)
    sentence = (
        f"{attribute_title(attribute)} fell from {100 * was:.0f} % to {100 * found:.0f} % "
        f"(by {100 * low:.0f} to {100 * high:.0f} points, 95 %)."
    )
    return FallTest(
        probability,
        Finding(
            Rule.ATTRIBUTE_FELL, now.practice, now.department, attribute, was, found, was - FALL, sentence
        ),
    )


def control_test(
    past: Sequence[PracticeResult], now: PracticeResult, indicator: IndicatorResult, entries: Entries
) -> FallTest | None:
    """Test whether a core indicator's value lies on the bad side of what it was; None without a past.

    The centre is the mean of the values before, sigma what their intervals and its own leave to chance, or
    how far they lie apart where intervals have no width (method D). Once there are as many values as method C
    asks for, its run rule holds as well (section 5.5).
    """
    values = [value for each in past if (value := _value(each, indicator, entries)) is not None]
    own = _figure(indicator, entries)
    if not values or own is None:
        return None
    centre = fmean(value for value, _ in values)
    of_centre = sum(sigma**2 for _, sigma in values) / len(values) ** 2
    sigma = math.sqrt(own[1] ** 2 + of_centre) or _sigma_before([value for value, _ in values])
    if sigma <= 0:
        return FallTest(float(own[0] >= centre), None)
    distance = (centre - own[0]) / sigma
    probability = 1 - _NORMAL.cdf(distance)
    run = _in_bad_run([*(value for value, _ in values), own[0]])
    if distance <= LIMIT and not run:
        return FallTest(probability, None)
    was, found = (number(abs(value), indicator.unit) for value in (centre, own[0]))
    sentence = f"{indicator.id} is {found}, outside what chance explains around {was} before."
    return FallTest(
        min(probability, _RUN) if run else probability,
        Finding(
            Rule.OUT_OF_CONTROL,
            now.practice,
            now.department,
            indicator.id,
            centre,
            own[0],
            centre - LIMIT * sigma,
            sentence,
        ),
    )


def _rated(practice: PracticeResult, attribute: str) -> list[IndicatorResult]:
    return [
        each for each in practice.indicators if each.attribute == attribute and each.achievement is not None
    ]


def _achieved(practice: PracticeResult, attribute: str) -> float:
    same = (each.achievement for each in practice.attributes if each.attribute == attribute)
    return next(same, None) or 0.0


def _draws(results: Sequence[IndicatorResult], entries: Entries, side: str) -> FloatArray:
    return attribute_draws([(each.weight, each.core, _drawn(each, entries, side)) for each in results], DRAWS)


def _drawn(result: IndicatorResult, entries: Entries, side: str) -> FloatArray:
    found, entry = result.measurement, entries.get(result.id)
    if entry is None or found.value is None:
        return np.full(DRAWS, result.achievement or 0.0)
    random = generator(seed_of(result.id, side, repr(found.value)))
    values = random.normal(found.value, _sigma(result), DRAWS)
    anchors = entry.anchors
    return np.minimum(achievements(values, anchors.zero, anchors.full, anchors.scale), round(found.cap, 9))


def _value(
    practice: PracticeResult, indicator: IndicatorResult, entries: Entries
) -> tuple[float, float] | None:
    same = (each for each in practice.indicators if each.id == indicator.id and each.rule == indicator.rule)
    past = next(same, None)
    return None if past is None else _figure(past, entries)


def _figure(result: IndicatorResult, entries: Entries) -> tuple[float, float] | None:
    """Return value, more is better, and sigma of a rated indicator."""
    found = result.measurement
    if found.state is not State.MEASURED or found.value is None:
        return None
    return upward(result.id, found.value, entries), _sigma(result)


def _sigma(result: IndicatorResult) -> float:
    """Return the standard deviation that a 95 % interval stands for; 0 where there is none."""
    low, high = result.measurement.low, result.measurement.high
    return 0.0 if low is None or high is None else max(0.0, high - low) / _BOTH_SIDES


def _sigma_before(values: Sequence[float]) -> float:
    """Return a sigma from how far values lie apart, the wider the fewer there are; 0 for fewer than three."""
    count = len(values)
    if count < FEWEST_SPREAD:
        return 0.0
    from scipy.stats import t

    spread = stdev(values) * math.sqrt(1 + 1 / count)
    return spread * float(t.isf(1 - _NORMAL.cdf(LIMIT), count - 1)) / LIMIT


def _in_bad_run(values: Sequence[float]) -> bool:
    """Say whether the last of many values is bad by method C."""
    if len(values) < FEWEST_POINTS:
        return False
    verdict = in_control(-np.array(values))
    return verdict is not None and bool(verdict.bad[-1])
