"""How long incidents take, when they are taken up, and which teams are slow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import erf, log, sqrt

import numpy as np

from sandbox.organisation.anchors import ANCHORS
from sandbox.organisation.clock import DAY, FIRST_MONDAY, HOUR, WEEK, business_moment, business_seconds
from sandbox.organisation.content import MOST
from sandbox.organisation.intake import NOISE, Intake
from sandbox.organisation.numbers import Flags, Floats, Integers, medians, pick, quota, stream, subset
from sandbox.organisation.quality import Quality
from sandbox.organisation.series import JUDGED, Period, Weekly
from sandbox.organisation.structure import Structure

SIGMA = 1.5
MEDIANS = np.log(np.array([2.0, 6.0, 30.0, 42.0, 60.0]) * HOUR)
CATEGORY_SHIFTS = np.array([0.0, -0.3, 0.25, 0.1, -0.15, 0.2])
SHORTEST = 420
MONTH = 30 * DAY
RESPONSE_TARGETS = np.array([0, 1800, 7200, 8 * HOUR, 8 * HOUR, 8 * HOUR])
SMALLEST_TEAM = 40
ROUNDS = 10
TEAM_ROUNDS = 5


@dataclass(frozen=True)
class Effort:
    """What decides the durations before the weekly medians are planted."""

    logs: Floats
    """Natural logarithm of the seconds, without what the week adds."""
    stalled: Flags
    """Takes more than 30 days."""
    tail: Floats
    """Uniform numbers that place what is near or beyond 30 days."""


def slow_teams(quality: Quality, structure: Structure, volumes: Floats, seed: int) -> tuple[Integers, float]:
    """Choose the teams that are slower than 1.5 times the usual, and how slow (in logarithms).

    `volumes` are the teams' resolved incidents of 90 days; only teams of which it can be shown are taken.
    """
    anchor = ANCHORS["inc-team-resolution-consistency"]
    share = 1 - anchor.value(quality.achievement(anchor.indicator)) / 100
    tested = volumes[volumes >= 30].sum()
    able = np.flatnonzero(volumes >= SMALLEST_TEAM)
    chosen = able[subset(volumes[able], float(share * tested), stream(seed, "slow"), float(MOST * tested))]
    if not len(chosen):
        return chosen, 0.0
    found = float(volumes[chosen].sum() / volumes.sum())
    wanted = log(1.5) + 0.98 * 2 * 1.25 * SIGMA / sqrt(float(volumes[chosen].min())) + 0.35
    return chosen, _factor(found, wanted)


def estimate(
    quality: Quality, intake: Intake, weekly: Weekly, slow: tuple[Integers, float], seed: int
) -> Effort:
    """Draw log-normal durations and say which take more than 30 days: the longest of every fifty."""
    count = len(intake.opened)
    generator = stream(seed, "durations")
    normal, tail = generator.standard_normal(count), generator.random(count)
    normal = _without_luck(normal, intake, slow[0])
    logs = MEDIANS[intake.priority - 1] + CATEGORY_SHIFTS[intake.category] + SIGMA * normal
    logs += slow[1] * np.isin(intake.group, slow[0])
    logs = np.where(intake.healed, log(25 * 60) + 0.7 * normal, logs)
    anchor = ANCHORS["inc-resolved-within-30-days"]
    share = 1 - anchor.value(quality.achievement(anchor.indicator)) / 100
    rate = (share * intake.clean).astype(np.float64)
    stalled = quota(rate, -logs - weekly.medians[weekly.index(intake.opened)], intake.clean & ~intake.healed)
    return Effort(logs, stalled, tail)


def roughly_resolved(intake: Intake, effort: Effort, weekly: Weekly) -> Integers:
    """Return about when each incident is resolved."""
    return intake.opened + _seconds(intake, effort, weekly.medians[weekly.index(intake.opened)])


def plant(
    intake: Intake, effort: Effort, weekly: Weekly, slow: Integers, period: Period
) -> tuple[Intake, Integers]:
    """Return the incidents and when each is resolved: medians as planned, slow teams seen to be slow."""
    for _ in range(TEAM_ROUNDS):
        opened, resolved = _by_week(intake, effort, weekly, period)
        shift = _team_shift(intake, resolved - opened, resolved, slow, period)
        if not shift.any():
            break
        effort = replace(effort, logs=effort.logs + shift[intake.group] * ~intake.healed)
    order = np.argsort(opened, kind="stable")
    return replace(intake, opened=opened).at(order), resolved[order]


def _by_week(intake: Intake, effort: Effort, weekly: Weekly, period: Period) -> tuple[Integers, Integers]:
    """Resolve such that weekly medians are nearly as planned, then move openings by what is left."""
    added = weekly.medians.copy()
    week = weekly.index(intake.opened)
    for _ in range(4):
        week = weekly.index(intake.opened + _seconds(intake, effort, added[week]))
    resolved = intake.opened + _seconds(intake, effort, added[week])
    for turn in range(ROUNDS):
        error = _error(intake, intake.opened, resolved, weekly, period)
        if np.abs(error).max() < 0.01:
            break
        added -= (0.8 if turn < ROUNDS // 2 else 0.4) * error
        resolved = intake.opened + _seconds(intake, effort, added[week])
    opened = intake.opened
    for _ in range(2):
        opened = _adjusted(intake, effort, opened, resolved, weekly, period)
    return opened, resolved


def _adjusted(
    intake: Intake, effort: Effort, opened: Integers, resolved: Integers, weekly: Weekly, period: Period
) -> Integers:
    """Move openings, so that nobody changes the week of resolution nor the side of 30 days.

    The stalled stay: far above every median, they do not move it.
    """
    error = _error(intake, opened, resolved, weekly, period)
    moved = intake.clean & ~effort.stalled & (resolved >= period.start) & (resolved < period.end)
    factor = np.where(moved, np.exp(-error[weekly.index(resolved)]), 1.0)
    seconds = np.clip((resolved - opened) * factor, SHORTEST, 0.99 * MONTH).astype(np.int64)
    return np.where(moved, resolved - seconds, opened)


def _team_shift(
    intake: Intake, seconds: Integers, resolved: Integers, slow: Integers, period: Period
) -> Floats:
    """How much slower or faster each team must become for method D to tell the slow from the others."""
    recent = intake.clean & (resolved >= period.end - 90 * DAY) & (resolved < period.end)
    priority, every = intake.priority[recent], np.ones(int(recent.sum()), dtype=np.bool_)
    ratio = _ratios(np.log(seconds[recent]), priority * 10 + intake.category[recent], priority, every)
    shift = np.zeros(int(intake.group.max()) + 1)
    for team in range(len(shift)):
        values = np.sort(ratio[intake.group[recent] == team])
        if len(values) >= 25:
            rank = max(1, int(np.ceil(len(values) / 2 - 0.98 * np.sqrt(len(values)))))
            distance = float(values[rank - 1]) - log(1.5)
            if team in slow:
                shift[team] = max(0.0, 0.3 - distance) if distance < 0.15 else 0.0
            else:
                shift[team] = min(0.0, -0.2 - distance)
    return shift


def respond(quality: Quality, intake: Intake, resolved: Integers, seed: int) -> Integers:
    """Return when each incident is taken up, in time or late by business hours (erratum B21)."""
    generator = stream(seed, "response")
    target = RESPONSE_TARGETS[intake.priority]
    opened, ended = business_seconds(intake.opened), business_seconds(resolved)
    due = opened + target
    room = np.minimum(ended - due, 25 * HOUR)
    anchor = ANCHORS["inc-response-within-target"]
    late = pick(
        1 - anchor.value(quality.achievement(anchor.indicator)) / 100,
        intake.clean,
        intake.order,
        generator,
        ~intake.healed & (room >= 1200),
    )
    draw = generator.beta(1.3, 3.0, len(target))
    delayed = business_moment(due + np.maximum(room, 0) * (0.05 + 0.85 * draw))
    return np.where(
        late, delayed, _in_time(intake, resolved, opened, np.minimum(target, ended - opened), draw)
    )


def _without_luck(normal: Floats, intake: Intake, slow: Integers) -> Floats:
    """Lift slow teams whose last quarter came out fast by chance, so that they can be told."""
    recent = intake.opened > intake.opened[-1] - 100 * DAY
    lifted = normal.copy()
    for team in slow.tolist():
        members = intake.clean & ~intake.healed & (intake.group == team)
        lifted[members] -= min(0.0, float(np.median(normal[members & recent])))
    return lifted


def _in_time(intake: Intake, resolved: Integers, opened: Integers, room: Integers, draw: Floats) -> Integers:
    seconds = resolved - intake.opened
    target = RESPONSE_TARGETS[intake.priority]
    share = 0.03 + 0.75 * draw
    working = business_moment(opened + share * room)
    direct = intake.opened + np.minimum(share * target, 0.5 * seconds).astype(np.int64)
    usable = (working > intake.opened) & (working < intake.opened + 0.8 * seconds) & (intake.priority > 2)
    robot = intake.opened + np.minimum(60, seconds // 4)
    # a direct answer at night takes no business time at all
    return np.where(intake.healed, robot, np.where(usable, working, direct))


def _seconds(intake: Intake, effort: Effort, added: Floats) -> Integers:
    natural = np.exp(effort.logs + added)
    long = MONTH * (0.62 + 0.36 * effort.tail)
    kept = np.where(natural > 0.98 * MONTH, long, natural)
    beyond = np.minimum(MONTH * 1.02 - np.log(1 - effort.tail) * 16 * DAY, 125 * DAY)
    seconds = np.where(effort.stalled, np.maximum(natural * (natural < 125 * DAY), beyond), kept)
    seconds = np.maximum(seconds, SHORTEST)
    seconds = np.where(intake.reason == NOISE, 60 + 200 * effort.tail, seconds)
    return np.asarray(seconds, dtype=np.int64)


def _error(intake: Intake, opened: Integers, resolved: Integers, weekly: Weekly, period: Period) -> Floats:
    """Found minus planted weekly medians, 0 where there is nothing to plant."""
    counted = intake.clean & (resolved >= period.start) & (resolved < period.end)
    logs = np.log(resolved[counted] - opened[counted])
    stratum = (intake.priority * 10 + intake.category)[counted]
    week = weekly.index(resolved[counted])
    # the control chart compares with the medians of its own 52 weeks
    last_year = resolved[counted] >= (period.judged_from - JUDGED) * WEEK + FIRST_MONDAY
    ratio = np.where(
        last_year,
        _ratios(logs, stratum, intake.priority[counted], last_year),
        _ratios(logs, stratum, intake.priority[counted], np.ones_like(last_year)),
    )
    found = medians(ratio, week, len(weekly.medians))
    error = found - weekly.medians
    used = np.isfinite(error) & (np.bincount(week, minlength=len(error)) >= 5)
    return np.where(used, error - np.median(error[used]), 0.0)


def _ratios(logs: Floats, stratum: Integers, priority: Integers, base: Flags) -> Floats:
    """Logarithms above the median of their stratum in `base`, below 20 records above their priority's."""
    fine = medians(logs[base], stratum[base], 60)
    coarse = medians(logs[base], priority[base], 6)
    enough = np.bincount(stratum[base], minlength=60) >= 20
    expected = np.where(enough[stratum], fine[stratum], coarse[priority])
    return np.asarray(logs - np.nan_to_num(expected), dtype=np.float64)


def _factor(share: float, wanted: float) -> float:
    """How slow the slow must be to stand `wanted` above a median that they themselves raise."""
    for factor in np.arange(wanted, 2.8, 0.05):
        if factor - _median(share, float(factor)) >= wanted:
            return float(factor)
    return 2.8


def _median(share: float, factor: float) -> float:
    low, high = 0.0, factor
    for _ in range(40):
        middle = (low + high) / 2
        below = (1 - share) * _normal(middle) + share * _normal(middle - factor)
        low, high = (middle, high) if below < 0.5 else (low, middle)
    return low


def _normal(value: float) -> float:
    return 0.5 * (1 + erf(value / SIGMA / sqrt(2)))
