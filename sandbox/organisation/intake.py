"""What is known when an incident is opened: when, how urgent, what about, for which group, does it count."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from sandbox.organisation.anchors import ANCHORS
from sandbox.organisation.clock import DAY, FIRST_MONDAY, HOUR, WEEK
from sandbox.organisation.numbers import Flags, Floats, Integers, pick, stratified, stream
from sandbox.organisation.quality import Quality
from sandbox.organisation.series import Period
from sandbox.organisation.structure import CATEGORY_WEIGHTS, CHANNEL_WEIGHTS, Structure

PRIORITY_SHARES = (0.015, 0.05, 0.40, 0.38, 0.155)
WEEKDAYS = (1.25, 1.15, 1.1, 1.1, 1.0, 0.28, 0.22)
HOURS = (2, 1, 1, 1, 1, 2, 5, 14, 30, 36, 34, 30, 24, 28, 30, 28, 24, 18, 10, 7, 6, 5, 4, 3)
CLEAN, CANCELLED, DUPLICATE, TEST, SPAM, CHILD, MIGRATED, NOISE = range(8)
UNCOUNTED = {
    CANCELLED: 0.005,
    DUPLICATE: 0.004,
    TEST: 0.002,
    SPAM: 0.001,
    CHILD: 0.004,
    MIGRATED: 0.003,
    NOISE: 0.003,
}
PHONE, SELF_SERVICE, EMAIL, MONITORING = range(4)


@dataclass(frozen=True)
class Intake:
    """One array by property, one element by incident, in the order they were opened."""

    opened: Integers
    priority: Integers
    category: Integers
    group: Integers
    """Group that has it in the end."""
    channel: Integers
    reason: Integers
    """Why it does not count; CLEAN where it does."""
    healed: Flags
    """Solved by automation, untouched by people."""

    @property
    def clean(self) -> Flags:
        """Incidents that count (rule X0)."""
        return np.asarray(self.reason == CLEAN, dtype=np.bool_)

    @property
    def order(self) -> Integers:
        """Positions in order of opening."""
        return np.arange(len(self.opened))

    def at(self, positions: Integers) -> Self:
        """Return the incidents at these positions."""
        return type(self)(*(getattr(self, field.name)[positions] for field in fields(self)))


def take_in(
    quality: Quality, structure: Structure, period: Period, count: int, seed: int, *, uncounted: bool = True
) -> Intake:
    """Open `count` incidents with season, weekends and a working day's shape; all count, or nearly all."""
    opened = openings(period.earliest, period.end, count, stream(seed, "opened"))
    reason = _reasons(count, stream(seed, "reason")) if uncounted else np.full(count, CLEAN)
    priority = 1 + _draw(PRIORITY_SHARES, count, seed, "priority")
    priority = np.where(reason != CLEAN, np.maximum(priority, 3), priority)
    channel = np.where(reason == NOISE, MONITORING, _draw(CHANNEL_WEIGHTS, count, seed, "channel"))
    anchor = ANCHORS["inc-automated-resolution"]
    healed = pick(
        anchor.value(quality.achievement(anchor.indicator)) / 100,
        reason == CLEAN,
        np.arange(count),
        stream(seed, "healed"),
        # a person who opens an incident by phone is a person who touched it
        (channel != PHONE) & (priority > 2),
    )
    category = _draw(CATEGORY_WEIGHTS, count, seed, "category")
    group = _draw(tuple(structure.weights.tolist()), count, seed, "group")
    return Intake(opened, priority, category, group, channel, reason, healed | (reason == NOISE))


def _draw(weights: tuple[float, ...], count: int, seed: int, purpose: str) -> Integers:
    limits = np.cumsum(weights) / sum(weights)
    drawn = np.searchsorted(limits, stratified(count, stream(seed, purpose)), side="right")
    return np.asarray(np.minimum(drawn, len(weights) - 1), dtype=np.int64)


def _reasons(count: int, generator: np.random.Generator) -> Integers:
    shares = [1 - sum(UNCOUNTED.values()), *UNCOUNTED.values()]
    limits = np.cumsum(shares)
    drawn = np.searchsorted(limits, stratified(count, generator, 1000), side="right")
    reasons = np.asarray(np.minimum(drawn, len(shares) - 1), dtype=np.int64)
    # a child, and a duplicate, follow an incident that counts
    reasons[:1] = CLEAN
    return reasons


def openings(start: int, end: int, count: int, generator: np.random.Generator) -> Integers:
    """Draw moments between two midnights, in order, with season, weekends and a working day's shape."""
    days = np.arange(start, end, DAY)
    weekday = (days - FIRST_MONDAY) % WEEK // DAY
    weights = np.asarray(WEEKDAYS)[weekday] * _season(days)
    even = (np.arange(count) + generator.random(count)) / count
    day = np.searchsorted(np.cumsum(weights) / weights.sum(), even, side="right")
    day = np.minimum(day, len(days) - 1)
    hours = np.cumsum(HOURS) / sum(HOURS)
    hour = np.searchsorted(hours, stratified(count, generator), side="right")
    opened = days[day] + np.minimum(hour, 23) * HOUR + generator.integers(0, HOUR, count)
    return np.asarray(np.sort(opened), dtype=np.int64)


def _season(days: Integers) -> Floats:
    """Return quiet summers and turns of the year."""
    part = days / (365.25 * DAY) % 1.0
    summer = 0.18 * np.exp(-(((part - 0.60) / 0.06) ** 2))
    winter = 0.35 * np.exp(-((np.minimum(part, 1 - part) / 0.02) ** 2))
    return np.asarray(1.0 - summer - winter, dtype=np.float64)
