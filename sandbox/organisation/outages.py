"""Services, configuration items and close codes, such that urgent incidents recur as often as asked for."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from sandbox.organisation.anchors import ANCHORS
from sandbox.organisation.clock import DAY
from sandbox.organisation.intake import Intake
from sandbox.organisation.numbers import Flags, Integers, pick, stream
from sandbox.organisation.quality import Quality
from sandbox.organisation.series import Period
from sandbox.organisation.structure import CLOSE_CODES, Structure

RECURS_WITHIN, APART = 85 * DAY, 100 * DAY
ITEMS_BY_SERVICE = 6
PROBLEMS = 0.6


@dataclass(frozen=True)
class Causes:
    """Service, item, code and problem of each incident; -1 where there is none.

    Items from `healed_from` on belong to automation: no other incident is opened on them for weeks.
    """

    service: Integers
    item: Integers
    code: Integers
    problem: Integers
    healed_from: int


@dataclass
class _Pairs:
    """Pairs of service and code waiting to be used, none of them again within 100 days unless wanted."""

    queue: deque[tuple[int, int]] = field(default_factory=deque)
    waiting: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(from, until, pair, problem) of incidents that shall recur."""

    def recurring(self, opened: int) -> tuple[int, int] | None:
        """Pair and problem of an earlier incident that shall recur now."""
        self._expire(opened)
        for position, (earliest, _, pair, problem) in enumerate(self.waiting):
            if earliest <= opened:
                del self.waiting[position]
                return pair, problem
        return None

    def fresh(self, opened: int) -> int:
        """Return a pair that has rested; the one that rested longest if there is none."""
        for _ in range(len(self.queue)):
            free, pair = self.queue.popleft()
            if free <= opened:
                return pair
            self.queue.append((free, pair))
        return self.queue.popleft()[1]

    def _expire(self, opened: int) -> None:
        for entry in [entry for entry in self.waiting if entry[1] < opened]:
            self.waiting.remove(entry)
            self.queue.append((entry[1] + APART, entry[2]))


def services_needed(incidents: int, months: int) -> int:
    """Return how many services urgent incidents need to be told apart by service and code."""
    per_100_days = 0.07 * incidents * 100 / (30.4 * months)
    return max(24, int(3.2 * per_100_days / len(CLOSE_CODES)))


def assign_causes(
    quality: Quality, structure: Structure, intake: Intake, resolved: Integers, period: Period, seed: int
) -> Causes:
    """Draw services, items and codes; plan the recurrence of urgent incidents; keep healed items apart."""
    generator = stream(seed, "causes")
    count, services = len(resolved), len(structure.services)
    service = np.asarray((services * generator.random(count) ** 1.6).astype(np.int64))
    code = generator.integers(0, len(CLOSE_CODES), count)
    urgent = intake.clean & (intake.priority <= 2)
    problem = _recurrence(quality, intake, resolved, urgent, service, code, services, seed)
    item = service * ITEMS_BY_SERVICE + generator.integers(0, ITEMS_BY_SERVICE, count)
    healed_from = services * ITEMS_BY_SERVICE
    healed = np.flatnonzero(intake.healed)
    fortnights = max((period.end - period.earliest) // (14 * DAY), 1)
    pool = max(20, 2 * len(healed) // fortnights)
    item[healed] = healed_from + np.arange(len(healed)) % pool
    return Causes(service, item, code, problem, healed_from)


def _recurrence(
    quality: Quality,
    intake: Intake,
    resolved: Integers,
    urgent: Flags,
    service: Integers,
    code: Integers,
    services: int,
    seed: int,
) -> Integers:
    """Fill `service` and `code` of urgent incidents in place; return their problems."""
    generator = stream(seed, "recurrence")
    anchor = ANCHORS["inc-major-incident-non-recurrence"]
    share = 1 - anchor.value(quality.achievement(anchor.indicator)) / 100
    recurs = pick(share, urgent, intake.order, generator, block=10)
    problem = np.full(len(urgent), -1, dtype=np.int64)
    codes = len(CLOSE_CODES)
    pairs = _Pairs(deque((0, int(pair)) for pair in generator.permutation(services * codes)))
    waits = generator.uniform(1, 30, len(urgent)) * DAY
    linked = generator.random(len(urgent)) < PROBLEMS
    for position in np.flatnonzero(urgent).tolist():
        opened, ended = int(intake.opened[position]), int(resolved[position])
        again = pairs.recurring(opened)
        pair = again[0] if again else pairs.fresh(opened)
        problem[position] = again[1] if again else position if linked[position] else -1
        service[position], code[position] = divmod(pair, codes)
        if recurs[position]:
            until = ended + RECURS_WITHIN
            pairs.waiting.append((ended + int(waits[position]), until, pair, int(problem[position])))
        else:
            pairs.queue.append((ended + APART, pair))
    return problem
