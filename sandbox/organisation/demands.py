"""What asks for changes: problems, urgent incidents, releases, and the teams themselves."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from sandbox.organisation.clock import DAY, HOUR
from sandbox.organisation.intake import openings
from sandbox.organisation.items import Items
from sandbox.organisation.numbers import Integers, between, log_normal
from sandbox.organisation.problems import Problems
from sandbox.organisation.releases import Releases
from sandbox.organisation.world import World

OWN, PROBLEM, INCIDENT, RELEASE = range(4)
NORMAL, STANDARD, EMERGENCY = range(3)


@dataclass(frozen=True)
class Demands:
    """One element by change: what it is for, when it is requested and carried out."""

    purpose: Integers
    owner: Integers
    """Position of the problem, incident or release it is for; -1 for none."""
    item: Integers
    type: Integers
    opened: Integers
    started: Integers
    ended: Integers

    def at(self, positions: Integers) -> Demands:
        """Return the demands at these positions."""
        return Demands(*(getattr(self, field.name)[positions] for field in fields(self)))


def gather(world: World, items: Items, problems: Problems, releases: Releases) -> Demands:
    """Return all demands that were made within the period, in order."""
    parts = [
        _of_problems(world, problems),
        _of_incidents(world, items),
        _of_releases(world, releases),
    ]
    count = world.volume(world.assumptions.changes.volume) - sum(len(part.owner) for part in parts)
    parts.append(_own(world, items, max(count, 1)))
    joined = Demands(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Demands)))
    order = np.argsort(joined.opened, kind="stable")
    return joined.at(order[joined.opened[order] < world.period.end])


def _of_problems(world: World, problems: Problems) -> Demands:
    """One change between the root cause and the resolution of a problem."""
    which = np.flatnonzero(problems.through_change & world.happened(problems.cause))
    generator = world.stream("fixes")
    opened = between(problems.cause[which], problems.resolved[which], 0.3 * generator.random(len(which)))
    return _within(PROBLEM, which, problems.item[which], NORMAL, opened, problems.resolved[which], generator)


def _of_incidents(world: World, items: Items) -> Demands:
    """An emergency change during some urgent incidents, done before they are resolved."""
    cases, generator = world.cases, world.stream("incident fixes")
    chosen = generator.random(len(cases.ids)) < world.assumptions.changes.incident_fix
    long = (cases.resolved - cases.acknowledged > HOUR) & world.happened(cases.acknowledged)
    which = np.flatnonzero(chosen & long & cases.clean & cases.service_known & (cases.priority <= 2))
    opened = between(cases.acknowledged[which], cases.resolved[which], 0.2 * generator.random(len(which)))
    item = items.of_incidents(cases.item[which])
    return _within(INCIDENT, which, item, EMERGENCY, opened, cases.resolved[which], generator)


def _of_releases(world: World, releases: Releases) -> Demands:
    """Some changes within each release that is not cancelled, done before it is released."""
    generator = world.stream("release changes")
    going = ~releases.cancelled & world.happened(releases.started)
    which = np.repeat(np.flatnonzero(going), releases.size[going])
    opened = between(releases.started[which], releases.released[which], 0.6 * generator.random(len(which)))
    return _within(RELEASE, which, releases.item[which], NORMAL, opened, releases.released[which], generator)


def _within(
    purpose: int,
    owner: Integers,
    item: Integers,
    type_: int,
    opened: Integers,
    until: Integers,
    generator: np.random.Generator,
) -> Demands:
    """Carry changes out between their opening and a moment by which they have to be done."""
    count = len(owner)
    started = between(opened, until, 0.5 + 0.3 * generator.random(count))
    longest = between(started, until, 0.9)
    ended = np.minimum(started + log_normal(2.0 * HOUR, 0.8, count, generator), longest)
    return Demands(np.full(count, purpose), owner, item, np.full(count, type_), opened, started, ended)


def _own(world: World, items: Items, count: int) -> Demands:
    """Draw changes that the teams make of themselves, on any item that is not a service."""
    assumed, generator = world.assumptions.changes, world.stream("own changes")
    opened = openings(world.period.start, world.period.end, count, generator)
    rest = 1 - assumed.standard - assumed.emergency
    type_ = generator.choice(3, count, p=(rest, assumed.standard, assumed.emergency))
    started = opened + log_normal(np.array(assumed.lead)[type_].astype(np.float64), 0.7, count, generator)
    length = np.minimum(log_normal(float(assumed.duration), 0.8, count, generator), DAY)
    ended = started + np.maximum(length, 600)
    some = generator.integers(items.services, len(items.ids), count)
    item = items.standing(some, opened, ended, generator.integers(0, 6, count))
    return Demands(np.full(count, OWN), np.full(count, -1), item, type_, opened, started, ended)
