"""What changes broke: urgent incidents whose service the model foresaw, or did not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from sandbox.organisation.clock import DAY, MINUTE
from sandbox.organisation.numbers import Integers, Words
from sandbox.organisation.planting.among import among
from sandbox.organisation.planting.configuration_references import rest
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.table import words
from sandbox.organisation.world import NEVER, World

BLAMED = 0.1
"""Share of the urgent incidents that a change caused; the smallest sample is ten in a year."""
QUARTER = 90 * DAY
STEPS = 3


@dataclass(frozen=True)
class _Broken:
    """Changes that went wrong anyway, in order of their start, and the services that each was to hit."""

    ids: Words
    began: Integers
    hits: list[frozenset[object]]


def blame(world: World, draft: Draft, asked: Asked) -> float:
    """Let failed changes cause urgent incidents, on a service that they were to hit or on another one.

    Only changes that failed anyway and that no deployment names are blamed, and an ordinary incident is
    relieved for each, so that neither the success of changes nor the number of links moves. Which of the two
    it is, is drawn where both could be, so that the draw alone decides. Returns the share of all such
    incidents that was foreseen.
    """
    generator, cases = world.stream("plant forecasts"), world.cases
    service, cause = draft.words("incidents", "service_id"), draft.words("incidents", "caused_by_change_id")
    urgent = cases.clean & (cases.priority <= 2) & draft.known("incidents", "service_id")
    broken = _broken(draft, np.unique(service[urgent].astype(str)))
    told = np.flatnonzero(urgent & (cause != None))  # noqa: E711 - by element
    free = np.flatnonzero(urgent & (cause == None))  # noqa: E711 - by element
    wanted = max(round(BLAMED * urgent.sum()) - len(told), 0)
    both = islice(_both(broken, service, cases.opened, generator.permutation(free)), wanted)
    choices = np.array(sorted(both), dtype=np.int64).reshape(-1, 3)
    foreseen = _foreseen(draft, told, service, cause)
    chance = rest(
        asked.share("cfg-impact-prediction-recall"), len(told) + len(choices), foreseen, len(choices)
    )
    hit = generator.random(len(choices)) < chance
    found = np.where(hit, choices[:, 1], choices[:, 2])
    cause[choices[:, 0]] = broken.ids[found]
    draft.put("incidents", caused_by_change_id=_relieved(world, draft, asked, cause, broken.began[found]))
    return 100 * (foreseen + chance * len(choices)) / max(len(told) + len(choices), 1)


def _both(
    broken: _Broken, service: Words, opened: Integers, incidents: Integers
) -> Iterator[tuple[int, int, int]]:
    """Yield incidents with the change that was to hit their service and the one that was not, if any."""
    for which in incidents.tolist():
        causes = [_cause(broken, service[which], int(opened[which]), foreseen) for foreseen in (True, False)]
        if min(causes) >= 0:
            yield which, causes[0], causes[1]


def _parents(draft: Draft) -> dict[object, list[object]]:
    above: dict[object, list[object]] = defaultdict(list)
    pairs = (draft.words("ci_relationships", name).tolist() for name in ("child_id", "parent_id"))
    for child, parent in zip(*pairs, strict=True):
        above[child].append(parent)
    return above


def _reached(above: dict[object, list[object]], named: frozenset[object]) -> frozenset[object]:
    """Return what depends on any of these, up to three steps up, and these."""
    found = edge = named
    for _ in range(STEPS):
        edge = frozenset(parent for each in edge for parent in above.get(each, ())) - found
        found |= edge
    return found


def _broken(draft: Draft, services: Words) -> _Broken:
    outcome, known = draft.words("changes", "outcome"), draft.known("changes", "service_id")
    began = draft.seconds("changes", "actual_start_at")
    failed = np.isin(outcome.astype(str), ("failed", "backed_out", "successful_with_issues"))
    failed &= known & ~draft.known("changes", "disposition") & (began < NEVER)
    failed &= ~among(draft.words("changes", "id"), draft.words("releases", "change_id"))
    failed &= ~draft.known("changes", "release_id")
    order = np.flatnonzero(failed)
    order = order[np.argsort(began[order], kind="stable")]
    above, wanted = _parents(draft), frozenset(services.tolist())
    places = zip(
        draft.words("changes", "ci_id")[order], draft.words("changes", "service_id")[order], strict=True
    )
    hits = [_reached(above, frozenset(pair) - {None}) & wanted for pair in places]
    return _Broken(draft.words("changes", "id")[order], began[order], hits)


def _cause(broken: _Broken, service: object, opened: int, foreseen: bool) -> int:
    """Return the last change before an incident that was to hit its service, or was not; -1 for none."""
    place = int(np.searchsorted(broken.began, opened - MINUTE)) - 1
    while place >= 0 and (service in broken.hits[place]) != foreseen:
        place -= 1
    return place


def _foreseen(draft: Draft, told: Integers, service: Words, cause: Words) -> int:
    """Return how many of the incidents that have a cause already are on a service that it was to hit."""
    above, places = _parents(draft), draft.position("changes", cause[told])
    item, own = draft.words("changes", "ci_id"), draft.words("changes", "service_id")
    return sum(
        service[which] in _reached(above, frozenset((item[place], own[place])) - {None})
        for which, place in zip(told.tolist(), places.tolist(), strict=True)
    )


def _relieved(world: World, draft: Draft, asked: Asked, cause: Words, began: Integers) -> Words:
    """Take as many causes from ordinary incidents as were given, of changes of the same quarter.

    Only changes that do not claim success lose one: those that do were proved wrong by it.
    """
    if "change" not in asked.quality.practices:
        return cause
    unproved = draft.words("changes", "id")[~draft.equal("changes", "outcome", "successful")]
    ordinary = (world.cases.priority > 2) & among(cause, unproved)
    place = draft.position("changes", cause)
    quarter = (world.period.end - draft.seconds("changes", "actual_start_at")[place]) // QUARTER
    generator, result = world.stream("plant relieved incidents"), cause.copy()
    given = np.unique((world.period.end - began) // QUARTER, return_counts=True)
    for number, count in zip(*given, strict=True):
        able = generator.permutation(np.flatnonzero(ordinary & (quarter == number)))
        result[able[:count]] = None
    return words(result)
