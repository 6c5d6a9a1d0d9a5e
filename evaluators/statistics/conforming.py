"""Method D: the share of volume in teams that conform (section 5.4, errata B9, B10, A13, A14).

One-sided: being better is never punished. Shares and means in percent, durations as the logarithm of
observed/expected. The intervals of the teams are the caller's: Wilson for proportions, bootstrap for means,
order statistics for medians of log ratios.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

TeamMeasure = Literal["proportion", "mean", "duration"]

SMALLEST_TEAM = 30
_TOLERANCE = 10.0
"""Points a team may stay behind the reference."""
_SLOWEST = math.log(1.5)
_WIDEST_POINTS = 10.0
_WIDEST_LOG = math.log(4.0)
"""Upper over lower ratio of 4 (erratum B10)."""
FEWEST_TEAMS = 3
"""Tested teams that an organisation needs to be compared."""
_LEAST_TESTED = 0.60
_MOST_WIDE = 0.40


@dataclass(frozen=True)
class Team:
    """One team's value with its 95 % interval; `n` is its volume in records."""

    name: str
    n: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Rule:
    """How teams are judged; `reference` is not used for durations, whose limit is ln 1.5."""

    measure: TeamMeasure
    reference: float = 0.0
    better_is_up: bool = True

    def conforms(self, team: Team) -> bool:
        """Say whether `team` is not credibly worse than allowed."""
        if self.measure == "duration":
            return round(team.low, 9) <= round(_SLOWEST, 9)
        if self.better_is_up:
            return round(team.high, 9) >= round(self.reference - _TOLERANCE, 9)
        return round(team.low, 9) <= round(self.reference + _TOLERANCE, 9)

    def too_wide(self, team: Team) -> bool:
        """Say whether the interval of `team` is too wide to tell (erratum B10)."""
        if self.measure == "duration":
            return round(team.high - team.low, 9) > round(_WIDEST_LOG, 9)
        return round((team.high - team.low) / 2, 9) > _WIDEST_POINTS


@dataclass(frozen=True)
class ConformingResult:
    """The conforming volume, or in `reason` why it cannot be told (then insufficient_sample)."""

    conforming: int
    """Records in tested teams that conform."""
    tested: int
    """Records in tested teams."""
    teams: tuple[tuple[Team, bool], ...]
    """Tested teams and whether each conforms."""
    reason: str = ""

    @property
    def sufficient(self) -> bool:
        """Say whether the share may be rated."""
        return not self.reason

    @property
    def share(self) -> float | None:
        """Share 0-1 of the tested volume; None without any."""
        return self.conforming / self.tested if self.tested else None


def weighted_median(values: Sequence[tuple[float, int]]) -> float:
    """Return the smallest value whose cumulated volume is at least half (erratum B9).

    `values` are (value, volume) pairs, at least one.
    """
    total = sum(volume for _, volume in values)
    cumulated = 0
    for value, volume in sorted(values):
        cumulated += volume
        if 2 * cumulated >= total:
            return value
    raise ValueError("a weighted median needs at least one value")


def reference_value(teams: Sequence[Team], pooled: float, *, better_is_up: bool = True) -> float:
    """Return r where no target is declared: the better of pooled value and weighted median (erratum B9).

    `teams` are the tested ones; `pooled` includes records without a team.
    """
    if not teams:
        return pooled
    median = weighted_median([(team.value, team.n) for team in teams])
    return max(pooled, median) if better_is_up else min(pooled, median)


def pooled_teams(
    volumes: Mapping[str, int], departments: Mapping[str, str], smallest: int = SMALLEST_TEAM
) -> dict[str, str]:
    """Return for each team to be tested the name it is tested under (erratum B10).

    Large teams stand for themselves. Small ones join one pseudo-team per department, if together they reach
    `smallest`; small teams without a department, or still too small, are missing: untested.
    """
    tested = {team: team for team, n in volumes.items() if n >= smallest}
    small: dict[str, list[str]] = {}
    for team in volumes:
        if team not in tested and team in departments:
            small.setdefault(departments[team], []).append(team)
    for department, members in small.items():
        if sum(volumes[team] for team in members) >= smallest:
            tested.update(dict.fromkeys(members, f"{department} (small teams)"))
    return tested


def conforming_volume(
    teams: Sequence[Team], rule: Rule, total: int, *, fewest: int = FEWEST_TEAMS
) -> ConformingResult:
    """Judge the tested `teams`; `total` is all volume of the cohort, records without team included.

    Sufficient with at least `fewest` tested teams that hold 60 % of `total`, and no more than 40 % of the
    tested volume in teams whose interval is too wide.
    """
    judged = tuple((team, rule.conforms(team)) for team in teams)
    tested = sum(team.n for team in teams)
    conforming = sum(team.n for team, good in judged if good)
    wide = sum(team.n for team in teams if rule.too_wide(team))
    why = _why_insufficient(len(teams), tested, wide, total, fewest)
    return ConformingResult(conforming, tested, judged, why)


def _why_insufficient(teams: int, tested: int, wide: int, total: int, fewest: int) -> str:
    if teams < fewest:
        return f"{teams} teams are large enough to test, {fewest} are needed"
    if round(tested / total, 9) < _LEAST_TESTED:
        return f"teams large enough to test hold {tested / total:.0%} of all volume, 60% are needed"
    if round(wide / tested, 9) > _MOST_WIDE:
        return f"{wide / tested:.0%} of the volume is in teams whose interval is too wide, at most 40% may be"
    return ""
