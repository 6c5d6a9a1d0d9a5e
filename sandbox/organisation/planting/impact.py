"""Outages and what users say: business impact, and satisfaction beside the target."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import DAY, MINUTE
from sandbox.organisation.numbers import Flags, Floats, Integers, log_normal
from sandbox.organisation.planting.among import among
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.service_names import urgent_lately
from sandbox.organisation.table import words
from sandbox.organisation.world import World

MARKS = 5
LOW, HIGH = (0, 25), (50, 75, 100)
USUAL, BELOW_BEST = 78.0, 12.0
"""Mean satisfaction where no other practice asks for one; lower where low marks leave no room for it."""
CHANGE = 14.0
"""By how much satisfaction differs at the beginning of the period."""
LEVEL_FROM = 182 * DAY


def record_outages(world: World, draft: Draft, asked: Asked) -> float:
    """Give as many urgent incidents an outage with both times; return the share with a known impact.

    Those on services with a criticality count already, and only what is resolved can have an end. Where an
    outage is there without being wanted its end was never entered.
    """
    cases, generator = world.cases, world.stream("plant outages")
    rated = _on_rated_service(world, draft)
    recent = urgent_lately(world)
    by_service = float(rated[recent].mean()) if recent.any() else 0.0
    share = asked.share("slm-business-impact-recorded")
    over = float((recent & ~rated & world.happened(cases.resolved)).sum()) / max(float(recent.sum()), 1.0)
    chance = float(np.clip((share - by_service) / max(over, 0.01), 0.0, 1.0))
    urgent = cases.clean & (cases.priority <= 2)
    timed = urgent & (generator.random(len(urgent)) < chance)
    place = draft.position("incidents", draft.words("outages", "incident_id"))
    ended = draft.seconds("outages", "ended_at")
    open_end = (place >= 0) & urgent[place] & ~timed[place]
    draft.put_seconds("outages", ended_at=np.where(open_end, 1 << 40, ended))
    there = np.zeros(len(urgent), dtype=np.bool_)
    there[place[place >= 0]] = True
    _add_outages(world, draft, np.flatnonzero(timed & ~there & world.happened(cases.resolved)))
    return 100 * (by_service + over * chance)


def _on_rated_service(world: World, draft: Draft) -> Flags:
    rated = draft.words("configuration_items", "id")[draft.known("configuration_items", "criticality")]
    return among(draft.words("incidents", "service_id"), rated)


def _add_outages(world: World, draft: Draft, which: Integers) -> None:
    cases, generator, count = world.cases, world.stream("plant more outages"), len(which)
    started = cases.opened[which] - generator.integers(0, 30 * MINUTE, count)
    draft.append(
        "outages",
        count,
        id=words([f"OUT9{number:06d}" for number in range(count)]),
        started_at=started.astype("datetime64[s]"),
        ended_at=cases.resolved[which].astype("datetime64[s]"),
        type=words(np.full(count, "outage")),
        planned=words(np.zeros(count, dtype=np.bool_)),
        service_id=draft.words("incidents", "service_id")[which],
        incident_id=cases.ids[which],
        affected_users=words(log_normal(120.0, 1.0, count, generator)),
        updated_at=cases.resolved[which].astype("datetime64[s]"),
    )


def rate_surveys(world: World, draft: Draft, asked: Asked, met: Flags) -> float:
    """Let users whose target was `met` be unhappy as often as asked for; return the trend's score.

    Low marks come first, each with its probability; the others are then such that the mean of the month
    comes out. What the request practice made of the last half year's mean stays.
    """
    generator = world.stream("plant marks")
    answered = draft.seconds("surveys", "answered_at")
    replied = draft.known("surveys", "answered_at") & draft.known("surveys", "score")
    recent = replied & (answered >= world.period.end - LEVEL_FROM)
    scores = draft.words("surveys", "score")
    mean = _mean_now(asked, scores[recent])
    improving = asked.improves("slm-satisfaction-trend")
    low_chance = np.where(met, asked.share("slm-experience-gap"), 0.3)
    low = replied & (generator.random(len(replied)) < low_chance)
    months = (answered.astype("datetime64[s]")).astype("datetime64[M]").astype(np.int64)
    back = _back(world, answered)
    wanted = mean - (CHANGE if improving else -CHANGE) * back
    for month in np.unique(months[replied]).tolist():
        part = replied & (months == month)
        scores = _marked(scores, part, low & part, float(wanted[part].mean()), generator)
    draft.put("surveys", score=scores, points=words(np.full(len(scores), MARKS), replied))
    return 100.0 * improving


def _mean_now(asked: Asked, scores: np.ndarray[tuple[int, ...], np.dtype[np.object_]]) -> float:
    if "request" in asked.quality.practices and len(scores):
        return float(scores.astype(np.float64).mean())
    return min(USUAL, 100 * (1 - asked.share("slm-experience-gap")) - BELOW_BEST)


def _back(world: World, moments: Integers) -> Floats:
    end = world.period.end - LEVEL_FROM
    return np.clip((end - moments) / max(end - world.period.start, DAY), 0.0, 1.0)


def _marked(
    scores: np.ndarray[tuple[int, ...], np.dtype[np.object_]],
    part: Flags,
    low: Flags,
    mean: float,
    generator: np.random.Generator,
) -> np.ndarray[tuple[int, ...], np.dtype[np.object_]]:
    """Mark the low ones, then the others such that the mean of both comes out as nearly as it can."""
    result = scores.copy()
    lows = generator.choice(LOW, int(low.sum()))
    others = part & ~low
    count = int(others.sum())
    each = (mean * int(part.sum()) - float(lows.sum())) / max(count, 1)
    steps = np.clip((each - HIGH[0]) / 25, 0.0, 2.0) * count
    total = round(steps)
    marks = np.full(count, HIGH[0]) + 25 * (total // max(count, 1))
    marks[: total % max(count, 1)] += 25
    result[low] = words(lows)
    result[others] = words(np.minimum(generator.permutation(_varied(marks, generator)), HIGH[-1]))
    return result


def _varied(marks: Integers, generator: np.random.Generator) -> Integers:
    """Move some pairs apart, one mark up and one down, so that not everybody says the same."""
    varied = marks.copy()
    pairs = generator.permutation(len(marks) // 2 * 2).reshape(-1, 2)
    for up, down in pairs[: len(pairs) // 3].tolist():
        if varied[up] <= 75 and varied[down] >= 75:
            varied[up] += 25
            varied[down] -= 25
    return varied
