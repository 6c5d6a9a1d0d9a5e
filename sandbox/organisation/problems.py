"""Problems: those the incidents are occurrences of, and some found before they hurt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY, HOUR
from sandbox.organisation.items import Items
from sandbox.organisation.numbers import Flags, Integers, Words, between, drawn, log_normal
from sandbox.organisation.structure import CATEGORIES
from sandbox.organisation.table import Columns, Table, words
from sandbox.organisation.vocabulary import CHECKS, THINGS, VERBS
from sandbox.organisation.world import NEVER, World, record_table, reference

ROOT_CAUSES = {
    "Software defect": 0.35,
    "Configuration": 0.25,
    "Capacity": 0.15,
    "Hardware": 0.15,
    "Process": 0.1,
}
ORIGINS = {"trend": 0.5, "event": 0.2, "review": 0.2, "vendor": 0.1}
DISPOSITIONS = {"cancelled": 0.5, "duplicate": 0.5}
FIXED, ACCEPTED, GIVEN_UP = "Fix applied", "Risk accepted", "Cause not found"
CLOSES_AFTER = 7 * DAY
SHORTEST_FIX = 2 * DAY


@dataclass(frozen=True)
class Problems:
    """One element by problem, in the order they were opened; moments may lie after the period."""

    ids: Words
    first: Integers
    """Position of the incident it was first reported by, -1 where it was found otherwise."""
    service: Integers
    category: Integers
    item: Integers
    group: Integers
    opened: Integers
    disposition: Words
    cause: Integers
    """When the root cause was found; NEVER where it is not."""
    known: Integers
    """When it became a known error; NEVER where it does not."""
    resolved: Integers
    closed: Integers
    code: Words
    """How it is resolved."""
    through_change: Flags
    """A change fixes it, between cause and resolution."""
    with_article: Flags
    """An article describes it."""


def plan_problems(world: World, items: Items) -> Problems:
    """Plan the problems that incidents name, and those found by other means."""
    cases, generator = world.cases, world.stream("problems")
    named = np.unique(cases.problem[cases.problem >= 0])
    others = world.volume(world.assumptions.problems.proactive)
    first = np.concatenate([named, np.full(others, -1)])
    number = np.concatenate([named, len(cases.ids) + np.arange(others)])
    opened = np.concatenate([_reported(world, named, generator), world.moments(others, generator)])
    service = np.concatenate([cases.service[named], world.some_service(others, generator)])
    category = np.concatenate([cases.category[named], generator.integers(0, len(CATEGORIES), others)])
    order = np.lexsort((number, opened))
    first, service = first[order], service[order]
    turn = generator.integers(0, 6, len(first))
    item = np.where(first >= 0, items.of_incidents(cases.item[first]), items.lasting(service, turn))
    ids = words([f"PRB{n:07d}" for n in number[order].tolist()])
    return _lived(world, items, ids, first, service, category[order], item, opened[order])


def _reported(world: World, first: Integers, generator: np.random.Generator) -> Integers:
    """Open a problem after its first incident, and within the period."""
    opened, assumed = world.cases.opened[first], world.assumptions.problems
    wait = log_normal(assumed.opened_after, 1.2, len(first), generator)
    return np.asarray(opened + np.minimum(wait, (world.period.end - opened) * 0.9), dtype=np.int64)


def _lived(
    world: World,
    items: Items,
    ids: Words,
    first: Integers,
    service: Integers,
    category: Integers,
    item: Integers,
    opened: Integers,
) -> Problems:
    assumed, generator, count = world.assumptions.problems, world.stream("problem lives"), len(ids)
    counts = generator.random(count) >= assumed.uncounted
    found = counts & (generator.random(count) < assumed.root_cause_found)
    cause = np.where(found, opened + log_normal(assumed.root_cause_after, 1.0, count, generator), NEVER)
    marked = found & (generator.random(count) < assumed.known_error)
    base = np.where(found, cause, opened)
    wait = SHORTEST_FIX + log_normal(assumed.resolved_after, 1.0, count, generator)
    known = np.where(marked, base + (0.2 * generator.random(count) * wait).astype(np.int64), NEVER)
    draw = generator.random(count)
    fixed, accepted = found & (draw < assumed.fixed), draw > 1 - assumed.risk_accepted
    given_up = opened + log_normal(5 * DAY, 0.5, count, generator)
    return Problems(
        ids,
        first,
        service,
        category,
        item,
        items.group[item],
        opened,
        words(drawn(DISPOSITIONS, count, generator), ~counts),
        cause,
        known,
        resolved=np.where(counts, base + wait, NEVER),
        closed=np.where(counts, base + wait + CLOSES_AFTER, given_up),
        code=words(np.where(fixed, FIXED, np.where(accepted, ACCEPTED, GIVEN_UP))),
        through_change=fixed & (generator.random(count) < assumed.fix_through_change),
        with_article=marked & (generator.random(count) < assumed.with_article),
    )


def problem_table(world: World, items: Items, problems: Problems, fixes: Words, articles: Words) -> Table:
    """Return the problems as records; `fixes` and `articles` are the ids of what fixes and describes each."""
    columns = _times_and_states(world, problems)
    columns |= _classification(world, items, problems)
    columns |= _people(world, problems)
    columns |= _findings(world, problems)
    columns |= {"id": problems.ids, "fix_change_id": fixes, "knowledge_id": articles}
    return record_table("problem", columns)


def _times_and_states(world: World, problems: Problems) -> Columns:
    past = world.happened
    assessed = problems.opened + np.minimum(problems.cause - problems.opened, DAY) // 2
    state = np.full(len(problems.ids), "New", dtype=np.object_)
    for moments, name in (
        (assessed, "Assess"),
        (between(assessed, problems.cause, 0.3), "Root Cause Analysis"),
        (problems.cause, "Fix in Progress"),
        (problems.resolved, "Resolved"),
        (problems.closed, "Closed"),
    ):
        state[past(moments)] = name
    moments = (problems.opened, assessed, problems.cause, problems.known, problems.resolved, problems.closed)
    return {
        "opened_at": world.times(problems.opened),
        "root_cause_at": world.times(problems.cause),
        "known_error_at": world.times(problems.known),
        "resolved_at": world.times(problems.resolved),
        "closed_at": world.times(problems.closed),
        "state": state,
        "disposition": words(problems.disposition, past(problems.closed)),
        "updated_at": world.times(world.latest(*((seconds, None) for seconds in moments))),
    }


def _classification(world: World, items: Items, problems: Problems) -> Columns:
    cases, generator, count = world.cases, world.stream("problem classes"), len(problems.ids)
    reported = problems.first >= 0
    priority = np.where(reported, cases.priority[problems.first], 3)
    known = generator.random(count) < world.assumptions.problems.service_known
    number = np.bincount(cases.problem[cases.problem >= 0], minlength=len(cases.ids))
    return {
        "origin": words(np.where(reported, "incident", drawn(ORIGINS, count, generator))),
        "priority": words(priority),
        "impact": words(np.clip(priority, 1, 3)),
        "urgency": words(np.clip(priority, 1, 3)),
        "major": words(reported & (cases.column("major")[problems.first] == True)),  # noqa: E712 - by element
        "category": words(list(CATEGORIES))[problems.category],
        "subcategory": words(list(THINGS))[generator.integers(0, len(THINGS), count)],
        "service_id": words(world.services[problems.service], known),
        "ci_id": words(items.ids[problems.item], known),
        "first_incident_id": reference(cases.ids, problems.first),
        "incident_count": words(np.where(reported, number[problems.first], 0)),
    }


def _people(world: World, problems: Problems) -> Columns:
    generator, count = world.stream("problem people"), len(problems.ids)
    assignee = world.members(problems.group, generator)
    resolved = world.happened(problems.resolved)
    taken = world.happened(problems.opened + HOUR)
    moves = generator.choice(3, count, p=(0.7, 0.22, 0.08))
    return {
        "assignment_group": world.groups[problems.group],
        "assignee": words(assignee, taken),
        "created_by": world.members(world.some_group(count, generator), generator),
        "resolver": words(assignee, resolved),
        "reassignment_count": words(moves),
        "reopen_count": words((resolved & (generator.random(count) < 0.03)).astype(np.int64)),
    }


def _findings(world: World, problems: Problems) -> Columns:
    assumed, generator, count = world.assumptions.problems, world.stream("findings"), len(problems.ids)
    found, resolved = world.happened(problems.cause), world.happened(problems.resolved)
    parts = [words(part)[generator.integers(0, len(part), count)] for part in (VERBS, THINGS, CHECKS)]
    fixed, marked = resolved & (problems.code == FIXED), world.happened(problems.known)
    earlier = np.maximum(np.arange(count) - 1, 0)
    repeats = (
        (problems.disposition == "duplicate") & world.happened(problems.closed) & (earlier < np.arange(count))
    )
    written = marked | (generator.random(count) < 0.3)
    review = drawn({"Lessons recorded": 0.6, "No action needed": 0.4}, count, generator)
    return {
        "known_error": words(marked),
        "root_cause_code": words(drawn(ROOT_CAUSES, count, generator), found),
        "root_cause_note": words("the cause is in " + parts[1] + ", found by comparing several cases", found),
        "workaround_note": words(
            "until it is fixed: " + parts[1] + " is to be " + parts[0],
            written & found & (generator.random(count) < assumed.workaround),
        ),
        "fix_note": words(parts[0] + " " + parts[1] + ", " + parts[2], fixed),
        "resolution_code": words(problems.code, resolved),
        "risk_accepted": words(resolved & (problems.code == ACCEPTED)),
        "duplicate_of_id": words(problems.ids[earlier], repeats),
        "review_outcome": words(review, resolved & (generator.random(count) < 0.5)),
    }
