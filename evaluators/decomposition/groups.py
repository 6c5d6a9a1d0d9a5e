"""What groups add to a value, and how much of a change is another mix of them.

History keeps the three groups that count most against a share, each with its share and records. Where a
scope has no other groups, as a department with few teams, they are all there is, and mix and rate can be told
apart. No stored sum of other measures allows that: shares by stratum are averaged with fixed weights, which
no mix moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evaluators.catalogue import Indicator
from evaluators.results import IndicatorResult

Groups = Mapping[str, tuple[int, int]]
"""Records in the numerator and all records, by group."""


@dataclass(frozen=True)
class GroupShare:
    """A group and how far it alone moves its indicator's value, now and before."""

    indicator: str
    group: str
    n: int
    now: float
    """Value with the group minus value without it, in percentage points (leave one out)."""
    before: float | None
    """The same before; None where the group was not among those kept."""


def groups_of(result: IndicatorResult, entry: Indicator | None) -> Groups:
    """Return the groups that are kept of a share of records; nothing of other measures."""
    found = result.measurement
    if entry is None or entry.measure.family != "share" or not found.denominator:
        return {}
    against = {name: (round(share * n / 100), n) for name, share, n in found.groups}
    return {name: (n - bad if entry.better_up else bad, n) for name, (bad, n) in against.items()}


def mix_part(before: IndicatorResult, after: IndicatorResult, entry: Indicator | None) -> float | None:
    """Return which part of a value's change is mix (Kitagawa); None where groups do not say it."""
    one, other = groups_of(before, entry), groups_of(after, entry)
    if not (_complete(before, one) and _complete(after, other)):
        return None
    change = (after.measurement.value or 0.0) - (before.measurement.value or 0.0)
    return mix_effect(one, other) / change if abs(change) > 1e-9 else None


def mix_effect(before: Groups, after: Groups) -> float:
    """Return Σ (r0 + r1)/2 × (p1 - p0) in percentage points, p a group's part of all records, r its rate.

    What is left of the change is the rate effect, Σ (p0 + p1)/2 × (r1 - r0). A group that is there on one
    side only has one rate.
    """
    totals = [sum(n for _, n in each.values()) for each in (before, after)]
    effect = 0.0
    for name in {**before, **after}:
        (hits, n), (hits_after, n_after) = before.get(name, (0, 0)), after.get(name, (0, 0))
        rates = [100 * part / whole for part, whole in ((hits, n), (hits_after, n_after)) if whole]
        if rates:
            effect += sum(rates) / len(rates) * (n_after / totals[1] - n / totals[0])
    return effect


def group_shares(
    before: IndicatorResult | None, after: IndicatorResult, entry: Indicator | None
) -> tuple[GroupShare, ...]:
    """Return the kept groups by how far each alone moves the value, the farthest first."""
    now = _leave_one_out(after, entry)
    past = _leave_one_out(before, entry) if before is not None else {}
    found = [
        GroupShare(after.id, name, n, moved, past.get(name, (0, None))[1]) for name, (n, moved) in now.items()
    ]
    return tuple(sorted(found, key=lambda each: (-abs(each.now), each.group)))


def _complete(result: IndicatorResult, groups: Groups) -> bool:
    """Say whether the groups are all there is."""
    found = result.measurement
    sums = (sum(hits for hits, _ in groups.values()), sum(n for _, n in groups.values()))
    return bool(groups) and sums == (found.numerator, found.denominator)


def _leave_one_out(result: IndicatorResult, entry: Indicator | None) -> dict[str, tuple[int, float]]:
    hits_of_all, records = result.measurement.numerator or 0, result.measurement.denominator or 0
    return {
        name: (n, 100 * hits_of_all / records - 100 * (hits_of_all - hits) / (records - n))
        for name, (hits, n) in groups_of(result, entry).items()
        if records > n
    }
