"""The way through the groups: hand-offs, bounces, holds and reopenings, and when each happens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sandbox.organisation.anchors import ANCHORS
from sandbox.organisation.clock import HOUR
from sandbox.organisation.intake import NOISE, Intake
from sandbox.organisation.numbers import Flags, Integers, pick, stream
from sandbox.organisation.quality import Quality
from sandbox.organisation.series import Period, handoff_share

REOPENED = 0.015
HELD = 0.3
LONGEST_PATH = 4


@dataclass(frozen=True)
class Routing:
    """One row by incident; what did not happen has time 0."""

    path: npt.NDArray[np.int64]
    """Groups in order, -1 after the last."""
    moves: Integers
    """Changes of group."""
    moved: npt.NDArray[np.int64]
    """When each change of group happened."""
    reopened: Flags
    held: Flags
    pause: npt.NDArray[np.int64]
    """On hold from and until; of reopened ones, resolved and taken up again."""
    planted: dict[str, float]
    """Shares as planted, in percent."""


def route(
    quality: Quality,
    intake: Intake,
    resolved: Integers,
    acknowledged: Integers,
    period: Period,
    groups: int,
    seed: int,
) -> Routing:
    """Choose who is handed on, bounced and reopened, then draw the ways and the moments."""
    generator = stream(seed, "routing")
    moved, reopened, bounced, planted = _choose(quality, intake, resolved, period, seed)
    path = _paths(intake.group, moved, bounced, groups, generator)
    moves = (path >= 0).sum(axis=1) - 1
    span = (resolved - acknowledged).astype(np.float64)
    step = span / (moves + 1.5)
    slots = np.arange(LONGEST_PATH - 1) + 0.2 + 0.6 * generator.random((len(moves), LONGEST_PATH - 1))
    at = acknowledged[:, None] + (step[:, None] * slots).astype(np.int64)
    at[np.arange(LONGEST_PATH - 1) >= moves[:, None]] = 0
    held = ~reopened & ~intake.healed & (generator.random(len(moves)) < HELD) & (span > 2 * HOUR)
    begin = acknowledged + step * (moves + 0.2)
    length = step * (0.1 + 0.9 * generator.random(len(moves)))
    pause = np.stack([begin, begin + np.maximum(length, 5)], axis=1).astype(np.int64)
    pause[~(held | reopened)] = 0
    return Routing(path, moves, at, reopened, held, pause, planted)


def _choose(
    quality: Quality, intake: Intake, resolved: Integers, period: Period, seed: int
) -> tuple[Flags, Flags, Flags, dict[str, float]]:
    first, bounce = ANCHORS["inc-first-assignment-resolution"], ANCHORS["inc-ping-pong-rate"]
    level = 1 - REOPENED - first.value(quality.achievement(first.indicator)) / 100
    share = handoff_share(quality, period, level, resolved)
    order, able = np.argsort(resolved, kind="stable"), ~intake.healed
    moved, reopened = np.zeros_like(able), np.zeros_like(able)
    for channel in range(4):
        # by channel, because incidents from monitoring do not count for first assignment
        part = intake.clean & (intake.channel == channel)
        moved |= pick(share, part, order, stream(seed, f"moved {channel}"), able)
        reopened |= pick(REOPENED, part, order, stream(seed, f"reopened {channel}"), able & ~moved)
    rate = min(bounce.value(quality.achievement(bounce.indicator)) / 100, 0.95 * float(share.min()))
    bounced = pick(rate, intake.clean, order, stream(seed, "bounced"), moved)
    uncounted = ~intake.clean & (intake.reason != NOISE) & (stream(seed, "uncounted").random(len(able)) < 0.3)
    planted = {first.indicator: 100 * (1 - REOPENED - level), bounce.indicator: 100 * rate}
    return moved | uncounted, reopened, bounced, planted


def _paths(
    final: Integers, moved: Flags, bounced: Flags, groups: int, generator: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Ways with every group once, or with one group twice where it bounced; the first line begins half."""
    count = len(final)
    draw = generator.random(count)
    other = (final + generator.integers(1, groups, count)) % groups
    first = np.where((draw < 0.5) & (final != 0), 0, other)
    between = _different(generator.integers(0, groups, count), final, first, groups)
    long = generator.random(count) < 0.25
    none = np.full(count, -1, dtype=np.int64)
    ways = [
        (~moved, (final, none, none, none)),
        (moved & ~bounced & ~long, (first, final, none, none)),
        (moved & ~bounced & long, (first, between, final, none)),
        (bounced & ~long, (final, between, final, none)),
        (bounced & long, (first, final, between, final)),
    ]
    path = np.full((count, LONGEST_PATH), -1, dtype=np.int64)
    for chosen, way in ways:
        path[chosen] = np.stack(way, axis=1)[chosen]
    return path


def _different(drawn: Integers, one: Integers, two: Integers, groups: int) -> Integers:
    for _ in range(3):
        drawn = np.where((drawn == one) | (drawn == two), (drawn + 1) % groups, drawn)
    return drawn
