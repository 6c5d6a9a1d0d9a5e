"""Writes what a problem's record says: moments, state, findings, documentation."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.numbers import Flags, Integers, Words, between, drawn
from sandbox.organisation.planting.among import among
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.problem_lives import Lives
from sandbox.organisation.problems import ACCEPTED, CLOSES_AFTER, FIXED, GIVEN_UP, ROOT_CAUSES
from sandbox.organisation.table import words
from sandbox.organisation.vocabulary import THINGS, VERBS
from sandbox.organisation.world import NEVER, World

CODES = {FIXED: 0.75, ACCEPTED: 0.15, GIVEN_UP: 0.1}
FIELDS = 4


def write(world: World, draft: Draft, asked: Asked, lives: Lives) -> None:
    """Write moments and findings of the problems that count; the others stay as they are."""
    generator = world.stream("plant problem records")
    solved = lives.resolved < world.period.end
    documented = generator.random(len(solved)) < asked.share("prb-known-error-documented")
    cause, remedy, place = _documentation(draft, asked, lives, solved, generator)
    known_error = np.where(solved, remedy & (generator.random(len(solved)) < 0.5), documented)
    _write_moments(world, draft, lives, known_error, generator)
    _write_findings(draft, lives, solved, (cause, remedy, known_error), generator)
    _write_place(world, draft, lives, solved & ~place, generator)


def _documentation(
    draft: Draft, asked: Asked, lives: Lives, solved: Flags, generator: np.random.Generator
) -> tuple[Flags, Flags, Flags]:
    """Fill root cause, remedy and place so often that four fields are filled as often as asked for.

    The fourth, incident or proactive origin, follows from the links; proactive problems name their service.
    """
    tied = draft.words("incidents", "problem_id")
    number = draft.words("problems", "incident_count")
    counted = np.array([bool(cell) for cell in number.tolist()])
    proactive = lives.book.proactive
    occasion = proactive | counted | draft.known("problems", "first_incident_id")
    occasion |= among(draft.words("problems", "id"), tied[tied != None])  # noqa: E711 - by element
    of = solved & lives.book.counts
    given = float((occasion[of] * 1.0 + proactive[of]).mean())
    wanted = FIELDS * asked.share("prb-record-completeness") - given
    share = min(1.0, max(0.0, wanted / float((3.0 - proactive[of]).mean())))
    draw = generator.random((3, len(solved))) < share
    return draw[0], draw[1], draw[2] | proactive


def _write_moments(
    world: World, draft: Draft, lives: Lives, known_error: Flags, generator: np.random.Generator
) -> None:
    book, end = lives.book, world.period.end
    held = {name: draft.seconds("problems", name) for name in ("closed_at",)}
    closed = np.where(lives.resolved < NEVER, lives.resolved + CLOSES_AFTER, NEVER)
    closed = np.where(book.counts, closed, held["closed_at"])
    until = np.minimum(lives.resolved, end)
    marked = between(book.opened, until, 0.2 + 0.6 * generator.random(len(until)))
    state = np.full(len(until), "New", dtype=np.object_)
    state[end - book.opened > 24 * 3600] = "Root Cause Analysis"
    state[lives.cause < end] = "Fix in Progress"
    state[lives.resolved < end] = "Resolved"
    state[closed < end] = "Closed"

    def past(seconds: Integers, where: Flags) -> Integers:
        return np.where(where & (seconds < end), seconds, NEVER)

    draft.put_seconds(
        "problems",
        opened_at=book.opened,
        root_cause_at=past(lives.cause, book.counts),
        known_error_at=past(marked, book.counts & known_error),
        resolved_at=past(lives.resolved, book.counts),
        closed_at=past(closed, np.ones(len(closed), dtype=np.bool_)),
    )
    draft.put("problems", state=state)


def _write_findings(
    draft: Draft,
    lives: Lives,
    solved: Flags,
    documented: tuple[Flags, Flags, Flags],
    generator: np.random.Generator,
) -> None:
    cause, remedy, known_error = documented
    count, counts = len(solved), lives.book.counts
    code = words(drawn(CODES, count, generator), solved & counts)
    verb, thing = (words(part)[generator.integers(0, len(part), count)] for part in (VERBS, THINGS))
    open_cause = ~solved & (lives.cause < NEVER)
    found = (cause & solved) | (open_cause & (generator.random(count) < 0.9))
    fixed = np.asarray(code == FIXED, dtype=np.bool_)
    workaround = known_error | (remedy & solved & ~fixed) | (~solved & (generator.random(count) < 0.3))
    accepted = (solved & (code == ACCEPTED)) | lives.accepted
    draft.put(
        "problems",
        known_error=known_error & counts,
        root_cause_code=words(drawn(ROOT_CAUSES, count, generator), found & counts),
        root_cause_note=words(_cause_note(thing), found & counts & (generator.random(count) < 0.9)),
        workaround_note=words("until it is fixed: " + thing + " is to be " + verb, workaround & counts),
        fix_note=words(verb + " " + thing + ", checked with monitoring", fixed & remedy),
        resolution_code=code,
        risk_accepted=accepted & counts,
        knowledge_id=words(draft.words("problems", "knowledge_id"), known_error & counts),
        resolver=words(draft.words("problems", "assignee"), solved & counts),
        # symptoms are told apart by category alone, as on incidents
        subcategory=np.full(count, None, dtype=np.object_),
    )


def _cause_note(thing: Words) -> Words:
    return np.asarray("the cause is in " + thing + ", found by comparing several cases", dtype=np.object_)


def _write_place(
    world: World, draft: Draft, lives: Lives, empty: Flags, generator: np.random.Generator
) -> None:
    """Leave item and service empty where they are to be, and fill what else has none."""
    service, item = draft.words("problems", "service_id"), draft.words("problems", "ci_id")
    some = world.services[world.some_service(len(service), generator)]
    missing = (service == None) & (item == None)  # noqa: E711 - by element
    service = np.where(missing, some, service)
    open_ones = ~lives.book.proactive & lives.open_at(world.period.end) & (generator.random(len(empty)) < 0.1)
    empty = (empty | open_ones) & lives.book.counts
    draft.put("problems", service_id=words(service, ~empty), ci_id=words(item, ~empty))
