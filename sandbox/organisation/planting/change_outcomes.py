"""How changes end: which fail, whether the risk told it before, which incidents they cause."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.changes import CLOSE_CODES, KIND_OF_FAILURE, OUTCOMES
from sandbox.organisation.clock import DAY, HOUR
from sandbox.organisation.numbers import Flags, Floats
from sandbox.organisation.planting.among import among
from sandbox.organisation.planting.change_gaps import HARMFUL
from sandbox.organisation.planting.change_plan import Work
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.ordinary import movable, outdated
from sandbox.organisation.table import words
from sandbox.organisation.world import World

RECENT = 90 * DAY
RISKS = np.array([0.08, 0.22, 0.35, 0.35])
"""Of changes that succeed, from 1, the highest, to 4."""
SOON = 46 * HOUR
EXCESS = 0.26
"""Incidents that follow on changes, per change carried out: enough to stand out from chance."""
MOST = 10.0
"""Incidents that follow on one change in the mean, where few fail."""
ALONE = 40 * DAY
"""So far apart, the weeks before one change are not those after another."""
WORSE, BETTER = 3.0, 0.25
"""How often as many changes failed at the beginning of the period as at its end."""


def decide(world: World, draft: Draft, asked: Asked, work: Work) -> Flags:
    """Let a share of the changes fail, ever fewer or ever more of them up to the last quarter."""
    generator, period = world.stream("plant change outcomes"), world.period
    failing = 1 - asked.share("chg-success-rate")
    span = max(period.end - RECENT - period.start, DAY)
    back = np.clip((period.end - RECENT - work.ended) / span, 0.0, 1.0)
    beginning = WORSE if asked.improves("chg-failure-trend") else BETTER
    failed = work.done & (generator.random(len(back)) < failing * (1 + (beginning - 1) * back))
    kind = np.where(failed, 1 + generator.choice(3, len(back), p=KIND_OF_FAILURE), 0)
    draft.put(
        "changes",
        outcome=words(OUTCOMES[kind], work.done),
        close_code=words(CLOSE_CODES[kind], work.done),
        backed_out=(kind == len(OUTCOMES) - 1) & work.done,
    )
    return failed


def rate_risk(world: World, draft: Draft, asked: Asked, failed: Flags) -> None:
    """Rate risks so that a failed change is rated riskier than one that succeeded as often as asked for.

    The risks of failed changes are those of the others, tilted until the area under the curve fits.
    """
    generator = world.stream("plant change risks")
    low, high = 0.0, 6.0
    for _ in range(50):
        middle = (low + high) / 2
        above = _area(_tilted(middle)) > asked.value("chg-risk-rating-predictiveness")
        low, high = (low, middle) if above else (middle, high)
    draw = generator.random(len(failed))
    risk = [np.searchsorted(np.cumsum(shares)[:-1], draw, side="right") for shares in (RISKS, _tilted(low))]
    draft.put("changes", risk=1 + np.where(failed, risk[1], risk[0]))


def _tilted(strength: float) -> Floats:
    weights = RISKS * np.exp(strength * np.array([1.0, 0.6, 0.3, 0.0]))
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _area(failing: Floats) -> float:
    """Chance that a failing change has the higher risk (the lower number), ties half."""
    higher = np.triu(np.ones((4, 4)), 1) + 0.5 * np.eye(4)
    return float(failing @ higher @ RISKS)


def cause_incidents(world: World, draft: Draft, asked: Asked, work: Work, failed: Flags) -> Flags:
    """Let incidents follow on some of the failing changes, and record the change on a share of them.

    Ordinary incidents of the two days after the work are moved to its item, so that they stand out against
    the weeks before: those on items in operation first, and where these are too few, those on items that are
    gone. Where the incidents name the change, its own outcome may say that all went well. Return the changes.
    """
    generator, cases = world.stream("plant change incidents"), world.cases
    able = failed & ~_crowded(draft, work)
    share = min(1.0, HARMFUL * failed.sum() / max(able.sum(), 1))
    harmful: Flags = np.logical_and(able, generator.random(len(failed)) < share)
    mean = _following(world, work, harmful)
    recorded_share = asked.share("chg-incident-linkage-recall")
    valid, gone = movable(world, draft) & _where_they_were(world, draft), outdated(world, draft)
    gone &= ~among(draft.words("incidents", "ci_id"), draft.words("problems", "ci_id"))
    places = draft.words("changes", "ci_id"), draft.words("changes", "service_id")
    item, service = draft.words("incidents", "ci_id"), draft.words("incidents", "service_id")
    cause = np.full(len(cases.ids), None, dtype=np.object_)
    ids, named = draft.words("changes", "id"), np.zeros(len(failed), dtype=np.bool_)
    for position in np.flatnonzero(harmful).tolist():
        low, high = np.searchsorted(
            cases.opened, [work.ended[position] + 60, work.ended[position] + SOON]
        ).tolist()
        near = [generator.permutation(low + np.flatnonzero(free[low:high])) for free in (valid, gone)]
        chosen = np.concatenate(near)[: 1 + int(generator.poisson(mean[position] - 1))]
        valid[chosen] = gone[chosen] = False
        item[chosen], service[chosen] = places[0][position], places[1][position]
        told = chosen[generator.random(len(chosen)) < recorded_share]
        cause[told] = ids[position]
        named[position] = len(told) > 0
    draft.put("incidents", ci_id=item, service_id=service, caused_by_change_id=cause)
    hidden = named & (generator.random(len(named)) < 0.35)
    _call_successful(draft, hidden)
    return harmful


def _following(world: World, work: Work, harmful: Flags) -> Floats:
    """Return how many incidents follow on each harmful change, so that as many follow at all times.

    Where few changes fail, more follow on each, so that the excess shows above chance.
    """
    quarter = np.where(work.done, (world.period.end - work.ended) // RECENT, 0)
    size = int(quarter.max()) + 1
    all_, bad = (np.bincount(quarter[which], minlength=size) for which in (work.done, work.done & harmful))
    return np.asarray(np.clip(EXCESS * all_ / np.maximum(bad, 1), 1.0, MOST)[quarter], dtype=np.float64)


def _crowded(draft: Draft, work: Work) -> Flags:
    """Say which changes have another one on their item within weeks, so that one would blur the other."""
    item = draft.words("changes", "ci_id")
    order = np.lexsort((work.ended, item.astype(str)))
    same = item[order][1:] == item[order][:-1]
    near = same & (np.diff(np.where(work.done, work.ended, 0)[order]) < ALONE) & work.done[order][1:]
    crowded = np.zeros(len(item), dtype=np.bool_)
    crowded[order[1:][near]] = True
    crowded[order[:-1][near]] = True
    return crowded


def _where_they_were(world: World, draft: Draft) -> Flags:
    """Say which incidents nobody has moved yet."""
    before = words([f"CI{number:05d}" for number in world.cases.item.tolist()])
    same: Flags = np.equal(draft.words("incidents", "ci_id"), before).astype(np.bool_)
    return same


def _call_successful(draft: Draft, which: Flags) -> None:
    outcome, code = draft.words("changes", "outcome"), draft.words("changes", "close_code")
    outcome[which], code[which] = OUTCOMES[0], CLOSE_CODES[0]
    backed_out = draft.words("changes", "backed_out")
    backed_out[which] = False
    draft.put("changes", outcome=outcome, close_code=code, backed_out=backed_out)
