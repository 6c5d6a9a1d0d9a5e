"""What stands in the records: what is filled, who resolved it, which priority rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sandbox.organisation.anchors import ANCHORS
from sandbox.organisation.clock import DAY
from sandbox.organisation.intake import Intake
from sandbox.organisation.numbers import Flags, Floats, Integers, pick, rank_within, stream, subset
from sandbox.organisation.quality import Quality
from sandbox.organisation.series import Period
from sandbox.organisation.structure import CATEGORIES, Structure

ITEMS = 6
SERVICE, RESOLVER, NOTE = range(3)
FULLEST, LEAST_GAP, USUAL_GAP = 0.997, 0.15, 0.28
SMALLEST_TEAM, SMALLEST_CELL = 40, 10
MOST = 0.475
"""Share of the volume above which the careless or slow would become the rule."""
ASSISTED = 0.005
CELLS = {1: ((1, 1),), 2: ((1, 2), (2, 1)), 3: ((1, 3), (2, 2), (3, 1)), 4: ((2, 3), (3, 2)), 5: ((3, 3),)}
NEIGHBOUR = np.array([0, 2, 3, 4, 3, 4])
"""Priority whose cell an incident gets that does not follow the matrix; never a rarer one."""


@dataclass(frozen=True)
class Completeness:
    """Which of the three items that may be empty are, and the planted values in percent."""

    empty: npt.NDArray[np.bool_]
    careless: Integers
    """Teams that fill clearly less than the others."""
    pooled: float
    conforming: float


def windowed(intake: Intake, resolved: Integers, period: Period, days: int) -> Flags:
    """Incidents that count and were resolved in the last `days`."""
    return np.asarray(
        intake.clean & (resolved >= period.end - days * DAY) & (resolved < period.end), dtype=np.bool_
    )


def leave_empty(
    quality: Quality, intake: Intake, resolved: Integers, period: Period, groups: int, seed: int
) -> Completeness:
    """Leave items empty so that the mean comes out, and careless teams clearly below the others."""
    volumes = np.bincount(intake.group[windowed(intake, resolved, period, 90)], minlength=groups)
    careless, share, tested = _careless(quality, volumes.astype(np.float64), seed)
    anchor = ANCHORS["inc-record-completeness"]
    wanted = anchor.value(quality.achievement(anchor.indicator)) / 100
    pooled, gap = _reachable(wanted, share)
    good = pooled + share * gap
    mean = np.full(groups, good)
    mean[careless] = good - gap
    order = np.argsort(resolved, kind="stable")
    room = _room(intake)
    generator = stream(seed, "empty")
    counts = np.where(intake.clean, 0, np.minimum(room, 2))
    for team in range(groups):
        members = order[(intake.group[order] == team) & intake.clean[order]]
        missing = np.full(len(members), ITEMS * (1 - mean[team]))
        counts[members] = _spread(missing, room[members], generator)
    return Completeness(_which(counts, intake, generator), careless, 100 * pooled, 100 * (1 - tested))


def _careless(quality: Quality, volumes: Floats, seed: int) -> tuple[Integers, float, float]:
    """Choose teams; return them, their share of all volume and of the tested volume."""
    anchor = ANCHORS["inc-team-record-consistency"]
    wanted = 1 - anchor.value(quality.achievement(anchor.indicator)) / 100
    tested = float(volumes[volumes >= 30].sum())
    able = np.flatnonzero(volumes >= SMALLEST_TEAM)
    chosen = able[subset(volumes[able], wanted * tested, stream(seed, "careless"), MOST * tested)]
    volume = float(volumes[chosen].sum())
    return chosen, volume / float(volumes.sum()), volume / max(tested, 1.0)


def _reachable(wanted: float, share: float) -> tuple[float, float]:
    """Mean completeness nearest to the wanted one at which the careless still stand out, and by how much."""
    if share == 0:
        return min(wanted, FULLEST), 0.0
    lowest = 0.55 + LEAST_GAP * (1 - share)
    pooled = min(max(wanted, lowest), FULLEST - share * LEAST_GAP)
    return pooled, min(USUAL_GAP, (FULLEST - pooled) / share, (pooled - 0.55) / (1 - share))


def _room(intake: Intake) -> Integers:
    """How many items may be empty: an urgent one keeps service and code, a healed one its resolver and CI."""
    return np.where(intake.healed | (intake.priority <= 2), 1, 3)


def _spread(missing: Floats, room: Integers, generator: np.random.Generator, block: int = 20) -> Integers:
    """Share out empty items, evenly: nobody gets a second before everybody who may had a first."""
    slots = np.arange(3) + generator.random((len(room), 3))
    slots[np.arange(3) >= room[:, None]] = np.inf
    wanted = np.cumsum(missing) + 0.5
    counts = np.zeros(len(room), dtype=np.int64)
    given = 0
    for start in range(0, len(room), block):
        end = min(start + block, len(room))
        part = slots[start:end]
        take = min(int(np.isfinite(part).sum()), max(0, int(wanted[end - 1]) - given))
        limit = np.partition(part.ravel(), take - 1)[take - 1] if take else -1.0
        counts[start:end] = (part <= limit).sum(axis=1)
        given += take
    return counts


def _which(counts: Integers, intake: Intake, generator: np.random.Generator) -> npt.NDArray[np.bool_]:
    keys = generator.random((len(counts), 3))
    keys[intake.healed] += [2, 1, 0]
    keys[(intake.priority <= 2) & ~intake.healed] += [2, 0, 1]
    rank = keys.argsort(axis=1).argsort(axis=1)
    return np.asarray(rank < counts[:, None], dtype=np.bool_)


@dataclass(frozen=True)
class Resolvers:
    """Member of the last group that resolves each incident, by position; planted dependence in percent."""

    member: Integers
    assisted: Flags
    """Resolved by automation after people had worked on it."""
    dependence: float


def choose_resolvers(
    quality: Quality,
    structure: Structure,
    intake: Intake,
    resolved: Integers,
    empty: Completeness,
    period: Period,
    seed: int,
) -> Resolvers:
    """Let one person resolve nearly all of some (group × category) cells and share out the others evenly."""
    generator = stream(seed, "resolvers")
    order = np.argsort(resolved, kind="stable")
    people = intake.clean & ~intake.healed
    assisted = pick(ASSISTED, intake.clean, order, generator, people & ~empty.empty[:, RESOLVER])
    cell = intake.group * len(CATEGORIES) + intake.category
    sizes = np.array([len(members) for members in structure.people])[intake.group]
    member = np.asarray(generator.integers(0, 1 << 30, len(cell)) % sizes, dtype=np.int64)
    known = order[(people & ~assisted & ~empty.empty[:, RESOLVER])[order]]
    recent = known[windowed(intake, resolved, period, 180)[known]]
    volumes = np.bincount(cell[recent], minlength=len(structure.groups) * len(CATEGORIES)).astype(np.float64)
    large = np.flatnonzero(volumes >= SMALLEST_CELL)
    anchor = ANCHORS["inc-single-person-dependence"]
    share = anchor.value(quality.achievement(anchor.indicator)) / 100
    total = float(volumes[large].sum())
    owned = large[subset(volumes[large], share * total, generator, tries=60)]
    member[known] = _members(cell[known], sizes[known], owned, generator)
    return Resolvers(member, assisted, 100 * float(volumes[owned].sum()) / max(total, 1.0))


def _members(cell: Integers, sizes: Integers, owned: Integers, generator: np.random.Generator) -> Integers:
    """Every member once in turn, in an order drawn anew for each round; in owned cells 11 of 12 by one."""
    place = rank_within(cell)
    turn = place // sizes
    order = np.lexsort((generator.random(len(cell)), turn, cell))
    member = np.empty(len(cell), dtype=np.int64)
    rounds = np.unique(np.stack([cell, turn], axis=1), axis=0, return_inverse=True)[1].ravel()
    member[order] = rank_within(rounds[order])
    leader = cell % sizes
    alone = np.where(place % 12 == 7, (leader + 1) % sizes, leader)
    return np.where(np.isin(cell, owned), alone, member)


def impact_and_urgency(quality: Quality, intake: Intake, seed: int) -> npt.NDArray[np.int64]:
    """Return impact and urgency, of which the matrix makes the priority as often as asked for."""
    generator = stream(seed, "matrix")
    anchor = ANCHORS["inc-priority-model-conformance"]
    share = anchor.value(quality.achievement(anchor.indicator)) / 100
    follows = pick(share, intake.clean, intake.order, generator)
    source = np.where(follows | ~intake.clean, intake.priority, NEIGHBOUR[intake.priority])
    draw = generator.random(len(source))
    result = np.zeros((len(source), 2), dtype=np.int64)
    for priority, cells in CELLS.items():
        chosen = source == priority
        result[chosen] = np.array(cells)[(draw[chosen] * len(cells)).astype(np.int64)]
    return result
