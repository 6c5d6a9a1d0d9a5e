"""Plans deployments to production: when, of what, by which team, whether they were tested and failed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY, HOUR
from sandbox.organisation.numbers import Flags, Floats, Integers, log_normal
from sandbox.organisation.planting.draft import Asked
from sandbox.organisation.world import NEVER, World

VOLUME = 0.18
"""Deployments by incident, where the frequency asked for does not make more of them."""
SERVICES = 12
AVERAGE_MONTH = 30.4375
SLOW, FAST = 0.75, 1.3
"""How often the slower and the faster services deploy at most, least, as a multiple of the median."""
KEEPING = (0.28, 0.24, 0.2, 0.16, 0.12)
"""Shares of the teams that keep to the standard, in what these do together."""
WIDEST_GAP = 0.4
REPAIRED_WITHIN = 72 * HOUR
ROLLED_BACK, BROKEN, REPAIRED = range(3)
KINDS_OF_FAILURE = (0.5, 0.3, 0.2)
LEAD = 5.0 * DAY


@dataclass(frozen=True)
class Deployments:
    """One element by deployment, those of a service together and in order of time."""

    service: Integers
    at: Integers
    team: Integers
    verified: Flags
    failed: Flags
    failure: Integers
    """Kind of failure, where it failed."""
    hotfix: Flags
    failed_at: Integers
    """NEVER where nobody noticed: then a hotfix tells."""
    restored_at: Integers
    lead: Integers


def plan_deployments(world: World, asked: Asked) -> Deployments:
    """Plan the deployments of every service with software over the whole period."""
    service, at = _moments(world, asked)
    generator, count = world.stream("plant deployment failures"), len(at)
    team, verified = _verified(world, asked, count)
    failed = generator.random(count) < _failing(world, asked, at)
    failure = generator.choice(3, count, p=KINDS_OF_FAILURE)
    at, hotfix, failure = _repaired(world, service, at, failed, failure)
    noticed = at + generator.integers(60, 2 * HOUR, count)
    # the median of the durations is what is asked; a repair tells no duration of its own
    hours = asked.value("rel-failed-deployment-recovery-time")
    restored = noticed + log_normal(hours * HOUR, 0.9, count, generator)
    told = failed & (failure != REPAIRED)
    lead = log_normal(_lead(world, asked, at), 0.7, count, generator)
    noticed, restored = np.where(told, noticed, NEVER), np.where(told, restored, NEVER)
    return Deployments(service, at, team, verified, failed, failure, hotfix, noticed, restored, lead)


def _moments(world: World, asked: Asked) -> tuple[Integers, Integers]:
    """Deploy at regular intervals: a third of the services as often as asked, the others less or more."""
    generator, span = world.stream("plant deployment moments"), world.period.end - DAY - world.period.start
    services = min(SERVICES, len(world.services))
    months = span / (AVERAGE_MONTH * DAY)
    wanted = asked.value("rel-deployment-frequency")
    third = services // 3
    rest = (world.volume(VOLUME) / months - wanted * (third * SLOW + services - 2 * third)) / third
    often = np.full(services, wanted)
    often[:third], often[services - third :] = max(FAST * wanted, rest), SLOW * wanted
    each = (often * months).astype(np.int64)
    service = np.repeat(np.arange(services), each)
    turn = np.concatenate([np.arange(number) for number in each])
    shift = generator.random(services)[service] + 0.5 * (generator.random(len(service)) - 0.5)
    steps = np.clip((turn + shift) / each[service], 0.0, 1.0)
    at = world.period.start + (steps * span).astype(np.int64)
    order = np.lexsort((at, service))
    return service[order], at[order]


def _verified(world: World, asked: Asked, count: int) -> tuple[Integers, Flags]:
    """Give each deployment a team; some teams test so much less that they fall behind.

    They do as much of the volume as shall not conform. The gap to the others is far above the ten points
    that are tolerated, and such that the share of all together is the one asked for.
    """
    generator = world.stream("plant deployment teams")
    share, conforming = asked.share("rel-pre-release-verification"), asked.share("rel-product-consistency")
    behind = 1 if conforming > 0.88 else 2
    most = min((1 - share) / (1 - conforming), share / conforming)
    gap = min(WIDEST_GAP, 0.98 * most)
    weights = np.array([*(conforming * np.array(KEEPING)), *([(1 - conforming) / behind] * behind)])
    team = generator.choice(len(weights), count, p=weights / weights.sum())
    low = team >= len(KEEPING)
    chance = np.where(low, share - conforming * gap, share + (1 - conforming) * gap)
    places = generator.permutation(len(world.groups))
    return places[team % len(places)], generator.random(count) < chance


def _failing(world: World, asked: Asked, at: Integers) -> Floats:
    """Return the chance to fail: as asked in the last 90 days, before that on the way down to it, or up."""
    level = asked.share("rel-change-failure-rate")
    improving = asked.improves("rel-change-failure-trend")
    start = max(level * 1.6, level + 0.1) if improving else 0.3 * level
    back = np.clip((world.period.end - 90 * DAY - at) / _way(world), 0.0, 1.0)
    return np.asarray(level + (start - level) * back, dtype=np.float64)


def _lead(world: World, asked: Asked, at: Integers) -> Floats:
    """Return the median time from work to production, which gets shorter or longer all the time."""
    back = np.clip((world.period.end - at) / _way(world), 0.0, 1.0)
    factor = 2.0 if asked.improves("rel-lead-time-trend") else 0.5
    return np.asarray(LEAD * factor**back, dtype=np.float64)


def _way(world: World) -> int:
    return max(world.period.end - 90 * DAY - world.period.start, DAY)


def _repaired(
    world: World, service: Integers, at: Integers, failed: Flags, failure: Integers
) -> tuple[Integers, Flags, Integers]:
    """Make the next deployment of the service a hotfix, earlier than it was, where it repairs one alone.

    Where it would follow others within 72 hours as well, the failing one is rolled back instead.
    """
    generator = world.stream("plant hotfixes")
    at, failure = at.copy(), failure.copy()
    hotfix = np.zeros(len(at), dtype=np.bool_)
    soon = generator.integers(3 * HOUR, 60 * HOUR, len(at))
    for which in np.flatnonzero(failed & (failure == REPAIRED)).tolist():
        repair, following, before = int(at[which] + soon[which]), which + 1, which - 1
        next_one = following < len(at) and service[following] == service[which] and at[following] > repair
        alone = which == 0 or service[before] != service[which] or at[before] < repair - REPAIRED_WITHIN
        if next_one and alone and not hotfix[which]:
            at[following], hotfix[following] = repair, True
        else:
            failure[which] = ROLLED_BACK
    return at, hotfix, failure
