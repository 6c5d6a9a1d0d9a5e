"""Releases as they were promised: shipped in time, late, given up or open, and what is known of them."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import DAY, HOUR
from sandbox.organisation.numbers import Flags, Integers, Words, between, drawn, log_normal
from sandbox.organisation.planting.among import among
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.table import words
from sandbox.organisation.world import NEVER, World, numbered

VOLUME = 0.02
"""Releases by incident: ten times what the smallest sample needs."""
LATEST = 28 * DAY
"""A late release still counts as completed: that one which took longer than 30 days did not."""
NAMED = {"Standard release": 0.6, "Continuous delivery": 0.4}
NAMELESS = {"": 0.5, "Minor release": 0.3, "Patch release": 0.2}
"""A model that only tells the size is no method."""


def widen(world: World, draft: Draft) -> None:
    """Add releases of the same products to those there are, made of issues rather than changes."""
    assumed, generator = world.assumptions.releases, world.stream("plant release volume")
    missing = world.volume(VOLUME) - draft.size("releases")
    if missing <= 0:
        return
    opened = world.moments(missing, generator)
    length = log_normal(float(assumed.length), 0.4, missing, generator)
    product = generator.integers(0, min(assumed.products, len(world.services)), missing)
    service = world.services[product]
    group = world.some_group(missing, generator)
    owner = world.members(group, generator)
    begun = between(opened, opened + length, 0.05 + 0.15 * generator.random(missing))
    draft.append(
        "releases",
        missing,
        id=numbered("RLSM", missing),
        type=np.full(missing, "release"),
        name=service + words([f" {2 + number}.0" for number in range(missing)]),
        version=words([f"{2 + number}.0" for number in range(missing)]),
        product=service,
        service_id=service,
        environment=np.full(missing, "production"),
        opened_at=opened.astype("datetime64[s]"),
        started_at=world.times(begun),
        committed_at=world.times(begun),
        planned_at=(opened + length).astype("datetime64[s]"),
        baselined_at=(opened + length).astype("datetime64[s]"),
        state=np.full(missing, "Work in Progress"),
        hotfix=np.zeros(missing, dtype=np.bool_),
        rolled_back=np.zeros(missing, dtype=np.bool_),
        test_gate_passed=np.zeros(missing, dtype=np.bool_),
        manual_steps=np.ones(missing, dtype=np.bool_),
        assignment_group=world.groups[group],
        owner=owner,
        created_by=owner,
        change_linked_automatically=np.zeros(missing, dtype=np.bool_),
        change_count=np.zeros(missing, dtype=np.int64),
        issue_count=generator.integers(1, 30, missing),
    )


def keep_promises(world: World, draft: Draft, asked: Asked) -> None:
    """Ship what is completed, and set the dates promised so that it kept them or not.

    The day of shipping stays where it is known, because changes and tests stand before it; what moves is the
    date that was promised. What is not completed never ships, so that being on time is a share of the rest.
    """
    generator, count = world.stream("plant release promises"), draft.size("releases")
    planned, released = draft.seconds("releases", "planned_at"), draft.seconds("releases", "released_at")
    opened = draft.seconds("releases", "opened_at")
    shipped = np.where(released < NEVER, released, planned - generator.integers(0, 6 * HOUR, count))
    shipped = np.maximum(shipped, opened + DAY)
    begun = draft.seconds("releases", "started_at")
    begun = np.where(begun < NEVER, begun, between(opened, shipped, 0.1))
    complete = world.stream("plant release completion").random(count) < asked.share("rel-completion-rate")
    late = world.stream("plant release schedule").random(count) >= asked.share("rel-schedule-adherence")
    slip = np.maximum(4 * DAY, (0.15 * (shipped - opened)).astype(np.int64))
    slip = np.minimum(slip + generator.integers(0, 8 * DAY, count), LATEST)
    early = generator.integers(HOUR, 2 * DAY, count)
    promised = np.where(late & complete, shipped - slip, shipped + early)
    moved = late & complete & (generator.random(count) < 0.5)
    going = complete & world.happened(shipped)
    draft.put_seconds(
        "releases",
        started_at=np.where(world.happened(begun), begun, NEVER),
        released_at=np.where(going, shipped, NEVER),
        baselined_at=promised,
        planned_at=np.where(moved, shipped + early, promised),
    )
    _end(world, draft, going, ~complete & world.happened(shipped), shipped)


def _end(world: World, draft: Draft, going: Flags, missed: Flags, shipped: Integers) -> None:
    """Name state and outcome: what did not ship by its day was given up after work began, or drags on."""
    generator, count = world.stream("plant release ends"), draft.size("releases")
    given_up = missed & (generator.random(count) < 0.5)
    state = np.where(going, "Complete", np.where(given_up, "Cancelled", "Work in Progress"))
    failed, restored = (draft.seconds("releases", name) for name in ("failed_at", "restored_at"))
    outcome = draft.words("releases", "outcome")
    outcome[going & (outcome == None)] = "successful"  # noqa: E711 - by element
    outcome[~going] = None
    draft.put(
        "releases",
        state=state,
        disposition=words(np.full(count, "cancelled"), given_up),
        outcome=outcome,
        rolled_back=draft.is_true("releases", "rolled_back") & going,
    )
    draft.put_seconds(
        "releases",
        failed_at=np.where(going, failed, NEVER),
        restored_at=np.where(going, restored, NEVER),
    )


def describe(world: World, draft: Draft, asked: Asked) -> None:
    """Let version, owner and linked work be known equally often, and the date always, as a mean of four."""
    generator, count = world.stream("plant release contents"), draft.size("releases")
    known = (4 * asked.share("rel-content-traceability") - 1) / 3
    versioned, owned, linked = generator.random((3, count)) < known
    issues = draft.words("releases", "issue_count")
    issues[linked] = generator.integers(1, 30, count)[linked]
    issues[~linked] = 0
    members = words(draft.words("releases", "change_count"))
    members[~linked] = 0
    owner = draft.words("releases", "created_by")
    version = words([f"{1 + number // 10}.{number % 10}" for number in range(count)])
    draft.put(
        "releases",
        version=words(version, versioned),
        owner=words(owner, owned),
        issue_count=issues,
        change_count=members,
        change_id=words(draft.words("releases", "change_id"), linked),
        model=models(world, asked, count, "releases"),
    )
    member = draft.words("changes", "release_id")
    lost = among(member, draft.words("releases", "id")[~linked])
    draft.put("changes", release_id=words(member, ~lost))


def models(world: World, asked: Asked, count: int, purpose: str) -> Words:
    """Draw a named model, or one that says nothing, or none."""
    generator = world.stream(f"plant model of {purpose}")
    named = generator.random(count) < asked.share("rel-model-use")
    return words(np.where(named, drawn(NAMED, count, generator), drawn(NAMELESS, count, generator)))
