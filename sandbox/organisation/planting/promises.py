"""Promises beside those on the resolution of incidents: clocks of requests, and of keeping users informed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY, FIRST_MONDAY, WEEK
from sandbox.organisation.numbers import Flags, Floats, Integers, Words, between
from sandbox.organisation.planting.among import among
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.teams import behind, rates_of
from sandbox.organisation.planting.weeks import Weeks, plan_weeks
from sandbox.organisation.structure import DEPARTMENTS
from sandbox.organisation.table import words
from sandbox.organisation.world import World

RESOLUTION, RESPONSE, INFORMATION = "resolution", "response", "information"
TABLE = "service_levels"
RECENT = 90 * DAY
NOISE = 0.1
"""Usual noise of weekly attainment in logits."""
RISE, FALL = 0.9, 0.5
"""How many logits attainment lies lower, or higher, at the beginning of the period."""
LEVEL_BEFORE = 54 * WEEK
GAP, LEAST = 0.27, 0.18
BEHIND = 0.13
"""From which distance on a department is seen to fall behind: 10 points and what chance may do."""


@dataclass(frozen=True)
class Promised:
    """Clocks that ended well or ill is still to be said of; one element by clock."""

    kind: Words
    record: Words
    target: Words
    started: Integers
    stopped: Integers
    """NEVER while it runs."""
    group: Words

    @property
    def of_requests(self) -> Flags:
        """Clocks on the fulfilment of requests."""
        return np.asarray((self.kind == "request") & (self.target == RESOLUTION), dtype=np.bool_)


@dataclass(frozen=True)
class Kept:
    """Which of the promised clocks were breached, and what was planted by it."""

    breached: Flags
    weeks: Weeks
    attainment: float
    conforming: float


def promise(world: World, draft: Draft, asked: Asked) -> tuple[Promised, float]:
    """Attach resolution clocks to due requests as asked for, response clocks, and information clocks.

    Return them with the share of urgent tickets that is to have a target, in percent.
    """
    chance, share = _targets(world, draft, asked)
    generator = world.stream("plant promises")
    parts = [
        _resolutions(world, draft, chance),
        _responses(world, draft),
        _informations(world, draft, generator),
    ]
    return Promised(*(np.concatenate([part[place] for part in parts]) for place in range(6))), share


Part = tuple[Words, Words, Words, Integers, Integers, Words]


def _targets(world: World, draft: Draft, asked: Asked) -> tuple[float, float]:
    """Return how likely a due request has a target, and what that comes to together with urgent incidents.

    Urgent incidents have their clocks, so requests make up for them.
    """
    since = world.period.end - 180 * DAY
    recent = draft.known("requests", "due_at") & ~draft.known("requests", "disposition")
    recent &= draft.seconds("requests", "opened_at") >= since
    urgent = world.cases.clean & (world.cases.priority <= 2) & (world.cases.opened >= since)
    ordered, total = float(recent.sum()), float(recent.sum() + urgent.sum())
    given = float((urgent & attached(draft, "incident")).sum())
    wanted = asked.share("slm-urgent-target-coverage") * total
    chance = float(np.clip((wanted - given) / max(ordered, 1.0), 0.0, 1.0))
    return chance, 100 * (given + chance * ordered) / max(total, 1.0)


def _resolutions(world: World, draft: Draft, chance: float) -> Part:
    due = draft.known("requests", "due_at")
    which = np.flatnonzero(due & (world.stream("plant request targets").random(len(due)) < chance))
    return _part(draft, "request", which, RESOLUTION, draft.seconds("requests", "fulfilled_at"))


def _responses(world: World, draft: Draft) -> Part:
    taken = draft.seconds("requests", "acknowledged_at")
    # No clock runs while somebody talks to the desk.
    which = np.flatnonzero(world.happened(taken) & ~draft.equal("requests", "type", "contact"))
    return _part(draft, "request", which, RESPONSE, taken)


def _informations(world: World, draft: Draft, generator: np.random.Generator) -> Part:
    """Users are to be told how it goes on, some time between taking up and resolving."""
    cases = world.cases
    told = between(cases.acknowledged, cases.resolved, 0.2 + 0.6 * generator.random(len(cases.ids)))
    which = np.flatnonzero(cases.clean & world.happened(told))
    return _part(draft, "incident", which, INFORMATION, told)


def _part(draft: Draft, kind: str, which: Integers, target: str, stopped: Integers) -> Part:
    table, count = f"{kind}s", len(which)
    return (
        words(np.full(count, kind)),
        draft.words(table, "id")[which],
        words(np.full(count, target)),
        draft.seconds(table, "opened_at")[which],
        stopped[which],
        draft.words(table, "assignment_group")[which],
    )


def attached(draft: Draft, kind: str) -> Flags:
    """Say which records of a kind have a resolution clock that was not cancelled before it stopped."""
    which = draft.equal(TABLE, "record_kind", kind) & draft.equal(TABLE, "target", RESOLUTION)
    which &= draft.known(TABLE, "stopped_at") | ~draft.is_true(TABLE, "cancelled")
    return among(draft.words(f"{kind}s", "id"), draft.words(TABLE, "record_id")[which])


@dataclass(frozen=True)
class _Settled:
    """Clocks that stopped, of records that count: when, in which department, and breached or still free."""

    stopped: Integers
    department: Integers
    breached: Flags
    free: Flags
    which: Integers
    """Position among the promised clocks, -1 for those there were before."""


def keep(world: World, draft: Draft, asked: Asked, promised: Promised) -> Kept:
    """Decide which clocks are breached, so that weekly attainment is as planned, and departments differ.

    What incident management planted stands; the others are breached so often in each week that both
    together come to the plan, more of them in the departments that fall behind.
    """
    settled = _settled(world, draft, promised)
    generator = world.stream("plant attainment")
    weeks = plan_weeks(world, asked.share("slm-attainment-in-control"), generator)
    recent = settled.stopped >= world.period.end - RECENT
    wanted = asked.share("slm-attainment")
    attainment = _planned(world, asked, settled, weeks, wanted, recent)
    volumes = np.bincount(settled.department[recent], minlength=len(DEPARTMENTS)).astype(np.float64)
    chosen = behind(volumes, asked.share("slm-department-consistency"), generator)
    rates = rates_of(volumes, chosen, wanted, GAP, LEAST).rates
    breached = _breaches(settled, 1 - attainment, 1 - rates, recent, generator)
    result = np.zeros(len(promised.record), dtype=np.bool_)
    result[settled.which[settled.free]] = breached[settled.free]
    return Kept(
        result,
        weeks,
        100 * (1 - float(breached[recent].mean())),
        _conforming(settled, breached, recent),
    )


def _conforming(settled: _Settled, breached: Flags, recent: Flags) -> float:
    """Return the share of the volume in departments that do not fall behind by more than `BEHIND`.

    Where incidents alone break more promises than there may be, nothing is left to tell departments by.
    """
    size = len(DEPARTMENTS)
    volumes = np.bincount(settled.department[recent], minlength=size)
    bad = np.bincount(settled.department[recent & breached], minlength=size)
    there = np.flatnonzero(volumes > 0)
    rates = 1 - bad[there] / volumes[there]
    order = np.argsort(rates)
    half = np.searchsorted(np.cumsum(volumes[there][order]), volumes.sum() / 2)
    best = max(float(rates[order][half]), 1 - float(bad.sum() / volumes.sum()))
    return 100 * float(volumes[there][rates >= best - BEHIND].sum() / volumes.sum())


def _settled(world: World, draft: Draft, promised: Promised) -> _Settled:
    departments = list(DEPARTMENTS)
    of_group = dict(zip(world.structure.groups, world.structure.departments, strict=True))
    own = draft.words(TABLE, "record_id")
    place = draft.position("incidents", own)
    counts = (place >= 0) & world.cases.clean[place] & draft.known(TABLE, "stopped_at")
    there = np.flatnonzero(counts & ~draft.is_true(TABLE, "cancelled"))
    groups = draft.words("incidents", "assignment_group")[place[there]]
    dropped = draft.words("requests", "id")[draft.known("requests", "disposition")]
    new = np.flatnonzero(world.happened(promised.stopped) & ~among(promised.record, dropped))
    every = np.concatenate([groups, promised.group[new]])
    number = np.array([departments.index(of_group[name]) for name in every.tolist()], dtype=np.int64)
    old = np.zeros(len(there), dtype=np.bool_)
    return _Settled(
        np.concatenate([draft.seconds(TABLE, "stopped_at")[there], promised.stopped[new]]),
        number,
        np.concatenate([draft.is_true(TABLE, "breached")[there], np.zeros(len(new), dtype=np.bool_)]),
        np.concatenate([old, np.ones(len(new), dtype=np.bool_)]),
        np.concatenate([np.full(len(there), -1), new]),
    )


def _planned(
    world: World, asked: Asked, settled: _Settled, weeks: Weeks, wanted: float, recent: Flags
) -> Floats:
    """Return the attainment planned for the moment of every clock; `wanted` in the last 90 days.

    Attainment rises over the whole period until then, or it fell before the last 54 weeks and is level.
    """
    end, start = world.period.end, world.period.start
    improving = asked.improves("slm-attainment-trend")
    level = end - (RECENT if improving else LEVEL_BEFORE)
    back = np.clip((level - settled.stopped) / max(level - start, DAY), 0.0, 1.0)
    shift = (-RISE if improving else FALL) * back - NOISE * weeks.at(settled.stopped)
    low, high = -3.0, 9.0
    for _ in range(50):
        middle = (low + high) / 2
        reached = float((1 / (1 + np.exp(-(middle + shift[recent])))).mean())
        low, high = (middle, high) if reached < wanted else (low, middle)
    return np.asarray(1 / (1 + np.exp(-(low + shift))), dtype=np.float64)


def _breaches(
    settled: _Settled, planned: Floats, rates: Floats, recent: Flags, generator: np.random.Generator
) -> Flags:
    """Breach free clocks week by week, each department's by what it still has to have."""
    weights = _weights(settled, rates, recent)
    week = (settled.stopped - FIRST_MONDAY) // WEEK
    breached = settled.breached.copy()
    for number in np.unique(week).tolist():
        inside = week == number
        free = np.flatnonzero(inside & settled.free)
        number_wanted = round(float(planned[inside].sum())) - int(settled.breached[inside].sum())
        number_wanted = min(max(number_wanted, 0), len(free))
        if number_wanted:
            breached[_drawn(free, weights[settled.department[free]], number_wanted, generator)] = True
    return breached


def _drawn(free: Integers, weights: Floats, number: int, generator: np.random.Generator) -> Integers:
    """Draw so many, each with a probability in proportion to its weight, none of them twice."""
    chances = weights * number / weights.sum()
    for _ in range(30):
        certain = chances >= 1
        rest = number - int(certain.sum())
        if rest <= 0 or certain.all():
            break
        scaled = weights * rest / weights[~certain].sum()
        chances = np.where(certain, 1.0, scaled)
        if not (scaled[~certain] > 1).any():
            break
    # systematic sampling in random order keeps the number and every probability
    order = generator.permutation(len(free))
    steps = np.floor(np.cumsum(np.minimum(chances[order], 1.0)) + generator.random())
    taken = np.diff(np.concatenate(([np.floor(steps[0] - chances[order[0]])], steps))) > 0
    return np.asarray(free[order[taken]], dtype=np.int64)


def _weights(settled: _Settled, rates: Floats, recent: Flags) -> Floats:
    """Return how often the free clocks of each department have to be breached."""
    size = len(rates)
    every = np.bincount(settled.department[recent], minlength=size).astype(np.float64)
    fixed = np.bincount(settled.department[recent & settled.breached], minlength=size)
    free = np.bincount(settled.department[recent & settled.free], minlength=size)
    return np.clip((every * rates - fixed) / np.maximum(free, 1), 0.005, 1.0)
