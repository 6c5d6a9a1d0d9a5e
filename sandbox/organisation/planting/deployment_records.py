"""Deployments as records: what they are tied to, how they were carried out, and their trial runs."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import DAY, HOUR, MINUTE
from sandbox.organisation.numbers import Flags, Integers, Words
from sandbox.organisation.planting.among import among
from sandbox.organisation.planting.deployments import BROKEN, ROLLED_BACK, Deployments
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.release_promises import models
from sandbox.organisation.table import Columns, times, words
from sandbox.organisation.world import NEVER, World, numbered, reference

PRODUCTION, STAGING = "production", "staging"
LONGEST_WAIT = 45 * DAY
"""A change older than this is not the one of a deployment."""
TESTED, PASSED, TRIED = range(3)
KINDS_OF_TEST = (0.4, 0.35, 0.25)


def deploy(world: World, draft: Draft, asked: Asked, planned: Deployments) -> None:
    """Add the deployments, and runs of some before production, to the releases."""
    count = len(planned.at)
    generator = world.stream("plant deployment records")
    began = planned.at - generator.integers(4 * MINUTE, HOUR, count)
    kind = generator.choice(3, count, p=KINDS_OF_TEST)
    tied = _tied(world, draft, asked, planned)
    tested = planned.verified & (kind == TESTED)
    # a late test is none, whatever the release above says of its own
    smoke = ~planned.verified & (planned.at + HOUR < world.period.end)
    columns = {
        **_identity(world, draft, planned, tied),
        **_conduct(world, asked, planned),
        **_authorised(world, draft, asked, planned, began),
        **_outcome(planned, world),
        "id": numbered("DPL", count),
        "type": np.full(count, "deployment"),
        "environment": np.full(count, PRODUCTION),
        "opened_at": times(began - generator.integers(HOUR, DAY, count)),
        "committed_at": times(np.minimum(planned.at - planned.lead, began)),
        "started_at": times(began),
        "tested_at": times(np.where(tested, began - HOUR, planned.at + HOUR), tested | smoke),
        "test_gate_passed": planned.verified & (kind == PASSED),
        "released_at": times(planned.at),
        "state": np.full(count, "Complete"),
        "hotfix": planned.hotfix,
        "issue_count": generator.integers(0, 6, count),
        "model": _models(world, asked, tied[1]),
    }
    columns["tested_at"] = _never_too_late(columns["tested_at"], planned.verified & (kind != TESTED))
    tried = np.flatnonzero(planned.verified & (kind == TRIED))
    draft.append("releases", count, **columns)
    _try(draft, columns, tried, began[tried] - generator.integers(HOUR, 2 * DAY, len(tried)))


def _never_too_late(moments: object, elsewhere: Flags) -> object:
    """Leave the time of a test empty where something else tells of it."""
    found = np.asarray(moments).copy()
    found[elsewhere] = np.datetime64("NaT")
    return found


def _models(world: World, asked: Asked, above: Words) -> Words:
    """Draw models; a deployment without any would take that of its release."""
    found = models(world, asked, len(above), "deployments")
    found[(found == None) & (above != None)] = "Minor release"  # noqa: E711 - by element
    return found


def _tied(world: World, draft: Draft, asked: Asked, planned: Deployments) -> tuple[Words, Words]:
    """Return version and release of each: one of them or both where it is tied to a release at all."""
    generator, count = world.stream("plant deployment ties"), len(planned.at)
    tied = generator.random(count) < asked.share("rel-recorded-deployment-share")
    above = _releases_above(world, draft, planned)
    below = tied & (above >= 0) & (generator.random(count) < 0.6)
    # the test of a release is that of its deployments as well
    below &= planned.verified | ~_tested_above(draft, above, planned.at)
    alone = below & (generator.random(count) < 0.25)
    version = words([f"{1 + n // 100}.{n // 10 % 10}.{n}" for n in range(count)], tied & ~alone)
    return version, reference(draft.words("releases", "id"), np.where(below, above, -1))


def _releases_above(world: World, draft: Draft, planned: Deployments) -> Integers:
    """Return the release of the service that was opened last before each deployment, -1 for none."""
    product, opened = draft.words("releases", "service_id"), draft.seconds("releases", "opened_at")
    live = ~draft.known("releases", "disposition")
    found = np.full(len(planned.at), -1, dtype=np.int64)
    for service in np.unique(planned.service).tolist():
        own = np.flatnonzero(live & (product == world.services[service]))
        own = own[np.argsort(opened[own], kind="stable")]
        which = np.flatnonzero(planned.service == service)
        place = np.searchsorted(opened[own], planned.at[which]) - 1
        if len(own):
            found[which] = np.where(place >= 0, own[np.maximum(place, 0)], -1)
    return found


def _tested_above(draft: Draft, above: Integers, at: Integers) -> Flags:
    passed = draft.is_true("releases", "test_gate_passed")[above]
    return np.asarray(passed | (draft.seconds("releases", "tested_at")[above] <= at), dtype=np.bool_)


def _identity(world: World, draft: Draft, planned: Deployments, tied: tuple[Words, Words]) -> Columns:
    generator, (version, above) = world.stream("plant deployment people"), tied
    service = world.services[planned.service]
    owner = world.members(planned.team, generator)
    shown = words(np.where(version == None, "", version))  # noqa: E711 - by element
    return {
        "name": "Deployment of " + service + " " + shown,
        "version": version,
        "parent_id": above,
        "product": service,
        "service_id": service,
        "ci_id": _first_items(draft, service),
        "assignment_group": world.groups[planned.team],
        "owner": owner,
        "created_by": words(np.where(generator.random(len(service)) < 0.7, "svc_pipeline", owner)),
    }


def _first_items(draft: Draft, service: Words) -> Words:
    """Return an application of each service, None where it has none of its own."""
    application = draft.equal("configuration_items", "class", "application")
    names = draft.words("configuration_items", "id")
    below = draft.words("ci_relationships", "child_id")
    fitting = among(below, names[application])
    pairs = zip(
        draft.words("ci_relationships", "parent_id")[fitting].tolist(), below[fitting].tolist(), strict=True
    )
    found: dict[str, str] = {}
    for parent, child in pairs:
        found.setdefault(parent, child)
    return words([found.get(name) for name in service.tolist()])


def _conduct(world: World, asked: Asked, planned: Deployments) -> Columns:
    """Let a pipeline do it without a hand, or with steps by hand, or a person alone."""
    generator, count = world.stream("plant deployment conduct"), len(planned.at)
    automated = generator.random(count) < asked.share("rel-automated-deployment-share")
    piped = automated | (generator.random(count) < 0.5)
    person = world.members(planned.team, generator)
    pipeline = words([f"pipeline-{service}" for service in planned.service.tolist()], piped)
    return {
        "pipeline": pipeline,
        "executor": words(np.where(piped, "svc_deploy", person)),
        "manual_steps": ~automated,
    }


def _authorised(world: World, draft: Draft, asked: Asked, planned: Deployments, began: Integers) -> Columns:
    """Link a change by machine or approve the deployment itself; else by hand, or approve too late."""
    generator, count = world.stream("plant deployment changes"), len(planned.at)
    linked = generator.random(count) < asked.share("rel-deployment-change-linkage")
    wanted = generator.random(count) < 0.5
    change = _changes_of(world, draft, planned, began, wanted)
    has_change = np.asarray(change != None, dtype=np.bool_)  # noqa: E711 - by element
    itself = linked & ~has_change
    late = ~linked & (generator.random(count) < 0.3)
    approved = np.where(itself, began - generator.integers(60, HOUR, count), planned.at)
    return {
        "change_id": change,
        "change_count": has_change.astype(np.int64),
        "change_linked_automatically": linked & has_change,
        "approved_at": times(approved, itself | late),
    }


def _changes_of(world: World, draft: Draft, planned: Deployments, began: Integers, wanted: Flags) -> Words:
    """Find for each deployment wanted the last change of its service before it that nothing hangs on.

    Emergency changes would make it a hotfix, one that caused an incident a failure, one in a release a tie.
    """
    free = ~draft.equal("changes", "type", "emergency") & ~draft.known("changes", "disposition")
    free &= ~draft.known("changes", "release_id") & ~draft.known("changes", "incident_id")
    free &= ~among(draft.words("changes", "id"), draft.words("incidents", "caused_by_change_id"))
    opened, service = draft.seconds("changes", "opened_at"), draft.words("changes", "service_id")
    found = np.full(len(began), -1, dtype=np.int64)
    for number in np.unique(planned.service).tolist():
        own = np.flatnonzero(free & (service == world.services[number]))
        own = own[np.argsort(opened[own], kind="stable")]
        which = np.flatnonzero((planned.service == number) & wanted)
        place = np.searchsorted(opened[own], began[which]) - 1
        recent = (
            (place >= 0) & (began[which] - opened[own[np.maximum(place, 0)]] < LONGEST_WAIT)
            if len(own)
            else place > 0
        )
        _, first = np.unique(place, return_index=True)
        chosen = first[recent[first]]
        found[which[chosen]] = own[place[chosen]]
    return reference(draft.words("changes", "id"), found)


def _outcome(planned: Deployments, world: World) -> Columns:
    rolled_back = planned.failed & (planned.failure == ROLLED_BACK)
    broken = planned.failed & (planned.failure == BROKEN)
    outcome = np.where(rolled_back, "rolled_back", np.where(broken, "failed", "successful"))
    return {
        "outcome": outcome,
        "rolled_back": rolled_back,
        "failed_at": times(planned.failed_at, planned.failed_at < NEVER),
        "restored_at": world.times(np.minimum(planned.restored_at, NEVER)),
    }


def _try(draft: Draft, columns: Columns, tried: Integers, at: Integers) -> None:
    """Run these versions in another environment first; a version that nobody names passed a gate instead."""
    named = np.asarray(words(columns["version"])[tried] != None, dtype=np.bool_)  # noqa: E711 - by element
    nameless, which = tried[~named], tried[named]
    at = at[named]
    gate = draft.words("releases", "test_gate_passed")
    first = draft.size("releases") - len(columns["id"])
    gate[first + nameless] = True
    draft.put("releases", test_gate_passed=gate)
    kept = (
        "version",
        "product",
        "service_id",
        "assignment_group",
        "owner",
        "created_by",
        "pipeline",
        "executor",
    )
    draft.append(
        "releases",
        len(which),
        **{name: columns[name][which] for name in kept},
        id=words(columns["id"])[which] + "-S",
        name="Trial of " + words(columns["name"])[which],
        type=np.full(len(which), "deployment"),
        environment=np.full(len(which), STAGING),
        opened_at=times(at - HOUR),
        started_at=times(at - HOUR // 2),
        released_at=times(at),
        state=np.full(len(which), "Complete"),
        outcome=np.full(len(which), "successful"),
        rolled_back=np.zeros(len(which), dtype=np.bool_),
        hotfix=np.zeros(len(which), dtype=np.bool_),
        change_linked_automatically=np.zeros(len(which), dtype=np.bool_),
        change_count=np.zeros(len(which), dtype=np.int64),
    )
