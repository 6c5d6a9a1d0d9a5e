"""Which tickets an article is linked to, opened on or written from; quick ones more often than slow ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.numbers import Flags, Floats, Integers, medians
from sandbox.organisation.planting.draft import Asked
from sandbox.organisation.planting.knowledge_tickets import Tickets, joined, numbers_of
from sandbox.organisation.world import World

QUARTER, HALF_YEAR = 90 * DAY, 180 * DAY
LOWER, HIGHER, HIGHEST = 0.45, 0.3, 0.9
"""Link rate at the beginning of the period: as a part of the last, or so much above it and at most this."""
TRIES = 6


@dataclass(frozen=True)
class Links:
    """One element by ticket."""

    linked: Flags
    """An article solved it, or helped to."""
    written: Flags
    """An article was written from it, and none linked."""
    opened: Flags
    """An article was opened on it, and none linked."""


def link(world: World, asked: Asked, tickets: Tickets) -> Links:
    """Draw links for tickets that are resolved.

    What is linked is used as well, so where fewer are to be used than linked or written from, the rest of
    the link rate are tickets that articles were written from.
    """
    generator, count = world.stream("plant knowledge links"), len(tickets.id)
    rate, use = asked.share("knw-link-rate"), asked.share("knw-use-share")
    level = _level(world, asked, tickets.resolved) / rate
    linked_rate = np.minimum(level * min(rate, use), 1.0)
    written_rate = np.minimum(level * rate, HIGHEST) - linked_rate
    tilt = _tilt(world, asked, tickets, linked_rate, written_rate)
    draw = generator.random((3, count))
    linked = tickets.ended & (draw[0] < linked_rate * tilt)
    written = tickets.ended & ~linked & (draw[1] < written_rate / np.maximum(1 - linked_rate, 0.05))
    opened = tickets.ended & ~linked
    opened &= draw[2] < np.maximum(use - linked_rate, 0) / np.maximum(1 - linked_rate, 0.05)
    return Links(linked, written, opened)


def _level(world: World, asked: Asked, resolved: Integers) -> Floats:
    """Return the link rate at each moment: it rises to that of the last quarter, or falls to it."""
    rate, period = asked.share("knw-link-rate"), world.period
    first = LOWER * rate if asked.improves("knw-link-rate-trend") else min(rate + HIGHER, HIGHEST)
    span = period.end - QUARTER - period.start
    back = np.clip((period.end - QUARTER - resolved) / span, 0.0, 1.0)
    return np.asarray(rate + (first - rate) * back, dtype=np.float64)


def _tilt(world: World, asked: Asked, tickets: Tickets, linked: Floats, written: Floats) -> Floats:
    """Return how much more often quick tickets are linked than slow ones, so that links pay off as asked for.

    The benefit is measured within service, category and priority, of which there may be few alike; so how
    strong it has to be is found by trying in the tickets of the last half year.
    """
    stratum = numbers_of(joined(tickets.service, tickets.category, tickets.priority))
    recent = tickets.ended & (tickets.resolved >= world.period.end - HALF_YEAR) & (stratum >= 0)
    quick = _quickness(tickets, stratum, (world.period.end - tickets.resolved) // HALF_YEAR)
    seconds = np.maximum(tickets.resolved - tickets.opened, 60)[recent]
    strongest = min(1.0, 1 / float(np.max(linked[recent], initial=0.01)) - 1)
    wanted = math.log(asked.value("knw-link-benefit"))
    low, high = 0.0, strongest
    for _ in range(9):
        middle = (low + high) / 2
        generator = world.stream("plant knowledge benefit")
        found = [
            _benefit(
                np.log(seconds),
                stratum[recent],
                generator.random(len(seconds)) < (linked * (1 + middle * quick))[recent],
                generator.random(len(seconds)) < (written / np.maximum(1 - linked, 0.05))[recent],
            )
            for _ in range(TRIES)
        ]
        low, high = (middle, high) if float(np.mean(found)) > wanted else (low, middle)
    return 1 + low * quick


def _quickness(tickets: Tickets, stratum: Integers, bucket: Integers) -> Floats:
    """Rank what people ended from 1, the quickest of its kind and half-year, to -1; all others are 0."""
    able = np.flatnonzero(tickets.ended & tickets.human & (stratum >= 0))
    _, number = np.unique(stratum[able] * 100 + bucket[able], return_inverse=True)
    duration = (tickets.resolved - tickets.opened)[able]
    order = np.lexsort((duration, number))
    sizes = np.bincount(number)
    starts = np.cumsum(sizes) - sizes
    rank = np.empty(len(able))
    rank[order] = np.arange(len(able)) - starts[number[order]] + 0.5
    result = np.zeros(len(tickets.id))
    result[able] = 1 - 2 * rank / sizes[number]
    return result


def _benefit(logs: Floats, stratum: Integers, linked: Flags, written: Flags) -> float:
    """Log ratio of the medians of tickets with a link and without, each over the median of its kind."""
    taken = linked | ~written
    _, number = np.unique(stratum[taken], return_inverse=True)
    size = int(number.max()) + 1
    withs = np.bincount(number, weights=linked[taken], minlength=size)
    both = ((withs > 0) & (withs < np.bincount(number, minlength=size)))[number]
    values, sides, kinds = np.exp(logs[taken][both]), linked[taken][both], number[both]
    if not len(values):
        return 0.0
    ratio = np.log(values / medians(values, kinds, size)[kinds])
    return float(np.median(ratio[sides]) - np.median(ratio[~sides]))
