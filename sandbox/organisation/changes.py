"""Changes: requested, approved, planned and carried out; some fail, and some of these cause incidents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY, HOUR
from sandbox.organisation.demands import (
    EMERGENCY,
    INCIDENT,
    NORMAL,
    OWN,
    PROBLEM,
    RELEASE,
    STANDARD,
    Demands,
    gather,
)
from sandbox.organisation.items import APPLICATION, Items
from sandbox.organisation.numbers import Flags, Integers, Words, between, drawn, log_normal
from sandbox.organisation.problems import Problems
from sandbox.organisation.releases import Releases
from sandbox.organisation.structure import CATEGORIES
from sandbox.organisation.table import Columns, Table, words
from sandbox.organisation.vocabulary import CHECKS, THINGS, VERBS
from sandbox.organisation.world import NEVER, World, numbered, record_table, reference

TYPES = words(["normal", "standard", "emergency"])
MODELS = words(["Normal change", "Patch of a server", "Emergency change"])
GOOD, WITH_ISSUES, UNSUCCESSFUL, BACKED_OUT = range(4)
OUTCOMES = words(["successful", "successful_with_issues", "failed", "backed_out"])
CLOSE_CODES = words(["Successful", "Successful with issues", "Unsuccessful", "Unsuccessful"])
KIND_OF_FAILURE = (0.5, 0.25, 0.25)
RISKS = (0.03, 0.12, 0.35, 0.5)
CONFLICTS = {"Not Run": 0.2, "No Conflict": 0.7, "Conflict": 0.1}
RISKY = 2


@dataclass(frozen=True)
class Changes:
    """One element by change, in the order they were requested; moments may lie after the period."""

    ids: Words
    demands: Demands
    approved: Integers
    """NEVER where it never was."""
    planned: tuple[Integers, Integers]
    closed: Integers
    cancelled: Flags
    risk: Integers
    outcome: Integers
    automated: Flags
    caused: Integers
    """Incident it caused, -1 for none."""

    def of(self, purpose: int, owners: int) -> Integers:
        """Return the last change for each of these problems, incidents or releases, -1 for none."""
        which = np.flatnonzero((self.demands.purpose == purpose) & ~self.cancelled)
        which = which[np.argsort(self.demands.ended[which], kind="stable")]
        found = np.full(owners, -1, dtype=np.int64)
        found[self.demands.owner[which]] = which
        return found

    def number(self, purpose: int, owners: int) -> Integers:
        """Return how many changes there are for each."""
        which = (self.demands.purpose == purpose) & ~self.cancelled
        return np.bincount(self.demands.owner[which], minlength=owners).astype(np.int64)


def plan_changes(world: World, items: Items, problems: Problems, releases: Releases) -> Changes:
    """Plan every change, its approval, its window and its outcome."""
    assumed, generator = world.assumptions.changes, world.stream("changes")
    demands = gather(world, items, problems, releases)
    count = len(demands.owner)
    cancelled = (demands.purpose == OWN) & (generator.random(count) < assumed.cancelled)
    risk = 1 + generator.choice(4, count, p=RISKS)
    outcome = _outcomes(world, demands, releases, risk)
    closed = demands.ended + log_normal(1.5 * DAY, 0.6, count, generator)
    given_up = between(demands.opened, demands.started, 0.5)
    automated = (demands.type != EMERGENCY) & (items.kind[demands.item] == APPLICATION)
    return Changes(
        numbered("CHG", count),
        demands,
        _approved(world, demands, cancelled),
        _planned(world, demands),
        np.where(cancelled, given_up, closed),
        cancelled,
        risk,
        outcome,
        automated & (generator.random(count) < 2 * assumed.automated),
        _caused(world, items, demands, outcome, cancelled),
    )


def _approved(world: World, demands: Demands, cancelled: Flags) -> Integers:
    """Approve before the start, but for a few; a standard change is approved once for all."""
    assumed, generator = world.assumptions.changes, world.stream("approvals")
    count = len(demands.owner)
    share = np.where(demands.type == EMERGENCY, assumed.emergency_approved_late, assumed.approved_late)
    late = generator.random(count) < share
    before = between(demands.opened, demands.started, 0.2 + 0.7 * generator.random(count))
    after = between(demands.started, demands.ended, 0.3 + 0.6 * generator.random(count))
    approved = np.where(late, after, before)
    approved = np.where(generator.random(count) < assumed.never_approved, NEVER, approved)
    approved = np.where(demands.type == STANDARD, demands.opened, approved)
    return np.where(cancelled, NEVER, approved)


def _planned(world: World, demands: Demands) -> tuple[Integers, Integers]:
    """Plan a window around the work, or one that it missed by some hours."""
    assumed, generator = world.assumptions.changes, world.stream("windows")
    count = len(demands.owner)
    length = demands.ended - demands.started
    kept = generator.random(count) < assumed.in_window
    early = np.where(
        kept, 0.3 * generator.random(count) * length, log_normal(6.0 * HOUR, 0.8, count, generator)
    )
    begin = np.maximum(demands.started - early.astype(np.int64), demands.opened)
    end = np.where(
        kept, demands.ended + (0.3 * generator.random(count) * length).astype(np.int64), begin + length
    )
    return begin, np.maximum(end, begin + 60)


def _outcomes(world: World, demands: Demands, releases: Releases, risk: Integers) -> Integers:
    """Fail by risk; what fixes something works, and a release ends as its last changes do."""
    assumed, generator = world.assumptions.changes, world.stream("outcomes")
    count = len(demands.owner)
    share = np.array(assumed.failure_by_risk)[risk - 1] * np.where(demands.type == EMERGENCY, 1.6, 1.0)
    fails = generator.random(count) < share
    outcome = np.where(fails, 1 + generator.choice(3, count, p=KIND_OF_FAILURE), GOOD)
    outcome[(demands.purpose == PROBLEM) | (demands.purpose == INCIDENT)] = GOOD
    of_release = np.flatnonzero(demands.purpose == RELEASE)
    found = releases.outcome[demands.owner[of_release]]
    same = np.array([GOOD, WITH_ISSUES, BACKED_OUT])[found]
    outcome[of_release] = same
    return np.asarray(outcome, dtype=np.int64)


def _caused(world: World, items: Items, demands: Demands, outcome: Integers, cancelled: Flags) -> Integers:
    """Find for failing changes the next incident on their service; none has two causes."""
    assumed, cases, generator = world.assumptions.changes, world.cases, world.stream("causes")
    able = np.flatnonzero(cases.clean & ~cases.healed & cases.service_known)
    able = able[np.lexsort((cases.opened[able], cases.service[able]))]
    keys = cases.service[able] * NEVER + cases.opened[able]
    fails = (outcome != GOOD) & ~cancelled & world.happened(demands.started)
    which = np.flatnonzero(fails & (generator.random(len(outcome)) < assumed.failing_causes_incident))
    service = items.service[demands.item[which]]
    position = np.searchsorted(keys, service * NEVER + demands.started[which], side="right")
    position = np.minimum(position, len(able) - 1)
    incident = able[position]
    soon = cases.opened[incident] - demands.started[which] <= assumed.incident_within
    fits = (cases.service[incident] == service) & (cases.opened[incident] > demands.started[which]) & soon
    caused = np.full(len(outcome), -1, dtype=np.int64)
    _, first = np.unique(incident[fits], return_index=True)
    caused[which[fits][first]] = incident[fits][first]
    return caused


def change_table(world: World, items: Items, changes: Changes, problems: Words, releases: Words) -> Table:
    """Return the changes as records."""
    columns = _times_and_states(world, changes)
    columns |= _classification(world, items, changes)
    columns |= _people(world, items, changes)
    columns |= _conduct(world, items, changes)
    columns |= _notes(world, changes)
    columns |= _links(world, changes, problems, releases)
    return record_table("change", {"id": changes.ids, **columns})


def _done(world: World, changes: Changes) -> Flags:
    return ~changes.cancelled & world.happened(changes.demands.ended)


def _times_and_states(world: World, changes: Changes) -> Columns:
    demands, going = changes.demands, ~changes.cancelled
    assumed, generator = world.assumptions.changes, world.stream("change states")
    planned = (generator.random(len(changes.ids)) >= assumed.window_missing) | (demands.purpose != OWN)
    stopped = changes.cancelled & world.happened(changes.closed)
    state = np.full(len(changes.ids), "Assess", dtype=np.object_)
    for moments, name in (
        (np.minimum(changes.approved, demands.started), "Scheduled"),
        (demands.started, "Implement"),
        (demands.ended, "Review"),
        (changes.closed, "Closed"),
    ):
        state[world.happened(moments) & going] = name
    state[stopped] = "Canceled"
    approval = np.where(world.happened(changes.approved), "approved", "requested")
    work = [(seconds, going) for seconds in (changes.approved, demands.started, demands.ended)]
    return {
        "opened_at": world.times(demands.opened),
        "approved_at": world.times(changes.approved),
        "planned_start_at": _plan(changes.planned[0], planned),
        "planned_end_at": _plan(changes.planned[1], planned),
        "actual_start_at": world.times(demands.started, going),
        "actual_end_at": world.times(demands.ended, going),
        "closed_at": world.times(changes.closed),
        "state": state,
        "disposition": words(np.full(len(state), "cancelled"), stopped),
        "approval": words(np.where(stopped, "not requested", approval)),
        "updated_at": world.times(world.latest((demands.opened, None), (changes.closed, None), *work)),
    }


def _plan(seconds: Integers, where: Flags) -> np.ndarray[tuple[int, ...], np.dtype[np.datetime64]]:
    """Return planned moments, which may lie after the period."""
    result = seconds.astype("datetime64[s]")
    result[~where] = np.datetime64("NaT")
    return result


def _classification(world: World, items: Items, changes: Changes) -> Columns:
    demands, generator, count = changes.demands, world.stream("change classes"), len(changes.ids)
    known = (generator.random(count) < world.assumptions.changes.item_known) | (demands.purpose == RELEASE)
    modelled = (demands.type == STANDARD) | (generator.random(count) < 0.3)
    impact = np.where(changes.risk <= RISKY, 2, 3)
    return {
        "type": TYPES[demands.type],
        "model": words(MODELS[demands.type], modelled),
        "priority": words(np.where(demands.type == EMERGENCY, 1, np.minimum(changes.risk + 1, 4))),
        "risk": words(changes.risk),
        "impact": words(impact),
        "category": words(list(CATEGORIES))[generator.integers(0, len(CATEGORIES), count)],
        "service_id": words(world.services[items.service[demands.item]], known),
        "ci_id": words(items.ids[demands.item], known),
        "affected_ci_count": words(known * (1 + generator.poisson(0.6, count))),
        "affected_service_count": words(known * (1 + generator.poisson(0.2, count))),
        "production": words(words(items.table.columns["environment"])[demands.item] == "production"),
    }


def _people(world: World, items: Items, changes: Changes) -> Columns:
    demands, generator, count = changes.demands, world.stream("change people"), len(changes.ids)
    group = items.group[demands.item]
    assignee = world.members(group, generator)
    approved, standard = world.happened(changes.approved), demands.type == STANDARD
    approvals = np.where(changes.risk <= RISKY, 2, 1)
    by_hand = approved & ~standard
    approver = world.members(world.some_group(count, generator), generator)
    implementer = np.where(changes.automated, "svc_deploy", assignee)
    asked = (demands.purpose == OWN) & (generator.random(count) < 0.3)
    return {
        "assignment_group": words(world.groups[group], generator.random(count) < 0.97),
        "assignee": words(assignee, world.happened(demands.opened + HOUR)),
        "requester": words(np.where(asked, world.callers(count, generator), assignee)),
        "created_by": words(np.where(changes.automated, "svc_pipeline", assignee)),
        "approver": words(approver, by_hand),
        "implementer": words(implementer, _done(world, changes)),
        "approval_count": words(by_hand * approvals),
        "manual_approval_count": words(by_hand * approvals),
        "reassignment_count": words(generator.choice(3, count, p=(0.85, 0.12, 0.03))),
    }


def _conduct(world: World, items: Items, changes: Changes) -> Columns:
    demands, generator, count = changes.demands, world.stream("conduct"), len(changes.ids)
    done = _done(world, changes)
    conflict = drawn(CONFLICTS, count, generator)
    draw = generator.random((4, count))
    product = words([f"pipeline-{service}" for service in items.service[demands.item].tolist()])
    return {
        "gate_passed": words(changes.automated & done & (draw[0] < 0.8)),
        "automated_verification": words(changes.automated & done & (draw[1] < 0.7)),
        "pipeline": words(product, changes.automated & done),
        "unauthorised": words(done & ~world.happened(changes.approved) & (draw[2] < 0.5)),
        "conflict_status": conflict,
        "conflict_acknowledged": words((conflict == "Conflict") & (draw[3] < 0.6)),
        "outside_maintenance": words((demands.type == NORMAL) & (draw[3] < 0.15)),
        "close_code": words(CLOSE_CODES[changes.outcome], done),
        "outcome": words(OUTCOMES[changes.outcome], done),
        "backed_out": words(done & (changes.outcome == BACKED_OUT)),
    }


def _notes(world: World, changes: Changes) -> Columns:
    generator, count = world.stream("change notes"), len(changes.ids)
    verb, thing, check = (
        words(part)[generator.integers(0, len(part), count)] for part in (VERBS, THINGS, CHECKS)
    )
    draw, normal = generator.random((5, count)), changes.demands.type == NORMAL
    done = _done(world, changes)
    reviewed = done & ((changes.outcome != GOOD) | (draw[0] < 0.2))
    review = drawn({"No action needed": 0.7, "Procedure improved": 0.3}, count, generator)
    return {
        "justification_note": words("needed because of " + thing, draw[0] < 0.8),
        "implementation_plan_note": words(
            thing + " is to be " + verb + " in the window", ~normal | (draw[1] < 0.8)
        ),
        "backout_plan_note": words("put back " + thing + " as it was before", draw[2] < 0.7),
        "test_plan_note": words(check + ", then with two users", draw[3] < 0.6),
        "close_note": words(verb + " " + thing + ", " + check, done & (draw[4] < 0.85)),
        "review_outcome": words(review, reviewed & world.happened(changes.closed)),
    }


def _links(world: World, changes: Changes, problems: Words, releases: Words) -> Columns:
    demands = changes.demands

    def owners(purpose: int, ids: Words) -> Words:
        return reference(ids, np.where(demands.purpose == purpose, demands.owner, -1))

    return {
        "problem_id": owners(PROBLEM, problems),
        "incident_id": owners(INCIDENT, world.cases.ids),
        "release_id": owners(RELEASE, releases),
    }
