"""How long problems live: when the cause is found, when and whether they are resolved, what is left open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY, HOUR
from sandbox.organisation.numbers import Flags, Floats, Integers
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.problem_book import Book, add_legacy
from sandbox.organisation.world import NEVER, World

FAST, OLD, CAUSE_LIMIT = 120 * DAY, 180 * DAY, 30 * DAY
SLOWEST = 230 * DAY
LEAST_LEGACY = 20
CAUSE_LATE = 0.2
"""Share of the causes not found in time that are found at all."""


@dataclass(frozen=True)
class Lives:
    """One element by problem; moments may lie after the period, NEVER where it does not happen."""

    book: Book
    cause: Integers
    resolved: Integers
    accepted: Flags
    """An open one that somebody decided to live with."""

    def open_at(self, end: int) -> Flags:
        """Say which problems that count are unsolved at a moment."""
        return np.asarray(self.book.counts & (self.resolved >= end), dtype=np.bool_)


def live(world: World, draft: Draft, asked: Asked, book: Book) -> Lives:
    """Plan cause and resolution, and add the problems that are older than the period."""
    generator = world.stream("plant problem lives")
    cause = _causes(world, asked, book.opened, generator)
    resolved = _resolutions(asked, book.opened, cause, generator)
    end = world.period.end
    left = book.counts & (resolved >= end)
    aged = left & (book.opened < end - OLD)
    share = asked.share("prb-aged-backlog-share")
    wanted = int(np.ceil((share * left.sum() - aged.sum()) / (1 - share)))
    added = max(wanted, LEAST_LEGACY)
    book = add_legacy(world, draft, book, added)
    cause = np.concatenate([cause, _causes(world, asked, book.opened[book.legacy], generator)])
    resolved = np.concatenate([resolved, np.full(added, NEVER)])
    aged = np.concatenate([aged, np.ones(added, dtype=np.bool_)])
    counted = share * (left.sum() + added) / aged.sum()
    return Lives(book, cause, resolved, aged & (generator.random(len(aged)) >= counted))


def _causes(world: World, asked: Asked, opened: Integers, generator: np.random.Generator) -> Integers:
    """Find a share of the causes within 30 days, ever faster or ever slower over the period."""
    count = len(opened)
    usual = _usual_delay(world, asked, opened)
    spread = np.exp(0.45 * generator.standard_normal(count))
    in_time = generator.random(count) < asked.share("prb-root-cause-within-30-days")
    found = generator.random(count) < CAUSE_LATE
    soon = np.minimum(usual * spread, CAUSE_LIMIT - HOUR * (1 + 20 * generator.random(count)))
    late = np.minimum(CAUSE_LIMIT + DAY + usual * spread, 85 * DAY)
    delay = np.where(in_time, soon, late).astype(np.int64)
    return np.where(in_time | found, opened + delay, NEVER)


def _usual_delay(world: World, asked: Asked, opened: Integers) -> Floats:
    period = world.period
    way = np.clip((opened - period.start) / (period.end - period.start), 0.0, 1.0)
    if asked.improves("prb-time-to-cause-trend"):
        return np.asarray(20.0 * DAY * 0.3**way)
    return np.asarray(7.0 * DAY * 2.5**way)


def _resolutions(asked: Asked, opened: Integers, cause: Integers, generator: np.random.Generator) -> Integers:
    """Resolve a share within 120 days, and so many later as make up the ratio of resolved to opened."""
    count = len(opened)
    fast = asked.share("prb-resolved-within-120-days")
    late = max(0.0, asked.value("prb-throughput") - fast) / (1 - fast)
    is_fast, is_late = generator.random(count) < fast, generator.random(count) < late
    earliest = np.where(cause < NEVER, cause - opened, 0) + HOUR
    quick = earliest + (FAST - HOUR - earliest) * generator.beta(1.2, 2.5, count)
    slow = FAST + DAY + (SLOWEST - FAST) * generator.random(count)
    ends = opened + np.where(is_fast, quick, slow).astype(np.int64)
    return np.where(is_fast | is_late, ends, NEVER)
