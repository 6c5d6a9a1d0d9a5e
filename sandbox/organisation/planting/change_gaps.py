"""Which fields of a change's record stay empty, so that as much is filled as is asked for.

Of the five fields (place, window, actual times, outcome, group) each may be empty only as often as other
indicators allow: a change without actual times cannot show that it was authorised before, one without place
knows no impact, one without outcome is no success. The planned window, which nothing else suffers from, takes
most.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from sandbox.organisation.clock import DAY, MINUTE
from sandbox.organisation.numbers import Flags, Words, between
from sandbox.organisation.planting.change_plan import Fixed, Types, Work
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.table import times, words
from sandbox.organisation.world import NEVER, World

FIELDS = 5
WINDOW, PLACE_OF_STANDARD, GROUP, TIMES, OUTCOME = 0.6, 0.7, 0.3, 0.8, 0.8
"""Largest shares left empty: of windows, of standard changes' places, of groups, of the times of changes
that are not authorised, of the outcomes of failed ones."""
HARMFUL = 0.5
"""Share of the failing changes that incidents follow on."""
STANDARD = 0.42
"""Share of standard changes."""
RECENT = 90 * DAY
"""The changes whose gaps count: in other quarters more or fewer of them fail, and keep their fields."""


@dataclass(frozen=True)
class Gaps:
    """Shares of changes whose field stays empty."""

    window: float
    place: float
    """Of normal and emergency changes."""
    place_of_standard: float
    group: float
    times: float
    """Of the changes that are not authorised."""
    outcome: float
    """Of the changes that fail."""

    @property
    def of_all_places(self) -> float:
        """Of all changes."""
        return (1 - STANDARD) * self.place + STANDARD * self.place_of_standard


def gaps_of(asked: Asked, pinned: float = 0.0) -> tuple[Gaps, float]:
    """Spread what is to be missing over the fields; return it with the completeness that comes of it.

    Of the changes a share may be `pinned`: their place, window, times and group have to stay.
    """
    unknown = 1 - asked.share("chg-impact-known")
    free = 1 - pinned
    most = Gaps(free * WINDOW, free * unknown, free * PLACE_OF_STANDARD, free * GROUP, free * TIMES, OUTCOME)
    missing = FIELDS * (1 - asked.share("chg-record-completeness"))
    part = min(1.0, missing / _total(most, asked))
    gaps = Gaps(*(part * value for value in astuple(most)))
    return gaps, 1 - _total(gaps, asked) / FIELDS


def _total(gaps: Gaps, asked: Asked) -> float:
    unauthorised = 1 - asked.share("chg-authorised-before-start")
    failing = 1 - asked.share("chg-success-rate")
    fields = gaps.window + gaps.of_all_places + gaps.group
    return fields + unauthorised * gaps.times + failing * gaps.outcome


def expected_item_share(asked: Asked) -> float:
    """Return the share of changes that name an item or a service."""
    return 1 - gaps_of(asked)[0].of_all_places


def leave_gaps(world: World, draft: Draft, asked: Asked, work: Work, types: Types, fixed: Fixed) -> float:
    """Empty fields, and let places be entered late where impact was not known; return what is filled."""
    generator, count = world.stream("plant change gaps"), len(work.going)
    recent = work.done & (work.ended >= world.period.end - RECENT)
    share = float(fixed.pinned[recent if recent.any() else work.done].mean())
    gaps, completeness = gaps_of(asked, share)

    def left(value: float) -> Flags:
        return work.going & ~fixed.pinned & (generator.random(count) < value / (1 - share))

    known = types.standard | (generator.random(count) < asked.share("chg-impact-known"))
    unknown = 1 - asked.share("chg-impact-known")
    no_place = np.where(types.standard, left(gaps.place_of_standard), ~known & left(gaps.place / unknown))
    _empty(draft, no_place, "ci_id", "service_id")
    _empty(draft, left(gaps.window), "planned_start_at", "planned_end_at")
    _empty(draft, left(gaps.group), "assignment_group")
    _empty(draft, fixed.failed & (generator.random(count) < gaps.outcome), "outcome", "close_code")
    closed = work.done & (draft.seconds("changes", "closed_at") < world.period.end)
    timeless = closed & ~types.authorised & left(gaps.times)
    _empty(draft, timeless, "actual_start_at", "actual_end_at")
    _enter_late(draft, work, work.done & ~known & ~no_place, generator)
    return completeness


def _empty(draft: Draft, which: Flags, *columns: str) -> None:
    for name in columns:
        if name.endswith("_at"):
            draft.put_seconds("changes", **{name: np.where(which, NEVER, draft.seconds("changes", name))})
        else:
            draft.put("changes", **{name: words(draft.words("changes", name), ~which)})


def _enter_late(draft: Draft, work: Work, late: Flags, generator: np.random.Generator) -> None:
    """Let the item be entered while the work is going on, as the history says, and no service at all."""
    which = np.flatnonzero(late)
    at = between(work.started[which], work.ended[which], 0.2 + 0.6 * generator.random(len(which)))
    at = np.maximum(at, work.started[which] + MINUTE)
    owner: Words = draft.words("changes", "id")[which]
    draft.append(
        "transitions",
        len(which),
        id=words([f"{name}-ci" for name in owner.tolist()]),
        record_kind=words(np.full(len(which), "change")),
        record_id=owner,
        field=words(np.full(len(which), "ci_id")),
        new_value=draft.words("changes", "ci_id")[which],
        at=times(at),
        sequence=words(np.zeros(len(which), dtype=np.int64)),
        actor=draft.words("changes", "assignee")[which],
        updated_at=times(at),
    )
    _empty(draft, late, "service_id")
