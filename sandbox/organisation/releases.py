"""Releases: versions of products, planned, tested and shipped, each made of changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY, HOUR
from sandbox.organisation.items import Items
from sandbox.organisation.numbers import Flags, Integers, Words, between, drawn, log_normal, rank_within
from sandbox.organisation.table import Columns, Table, words
from sandbox.organisation.world import NEVER, World, numbered, record_table

SUCCESSFUL, FAILED, ROLLED_BACK = range(3)
OUTCOMES = words(["successful", "failed", "rolled_back"])
MODELS = {"Standard release": 0.6, "Continuous delivery": 0.4}


@dataclass(frozen=True)
class Releases:
    """One element by release, in the order they were opened; moments may lie after the period."""

    ids: Words
    service: Integers
    item: Integers
    group: Integers
    opened: Integers
    baselined: Integers
    planned: Integers
    started: Integers
    tested: Integers
    """NEVER where it is not tested."""
    approved: Integers
    released: Integers
    cancelled: Flags
    hotfix: Flags
    outcome: Integers
    size: Integers
    """Changes it shall have."""


def plan_releases(world: World, items: Items) -> Releases:
    """Plan releases of the first services, which are the products; the changes in them are made later."""
    assumed, generator = world.assumptions.releases, world.stream("releases")
    count = world.volume(assumed.volume)
    opened = world.moments(count, generator)
    product = generator.integers(0, min(assumed.products, items.services), count)
    item = items.services + product * 6  # the first item of a service is an application
    hotfix = generator.random(count) < assumed.hotfix
    length = log_normal(np.where(hotfix, 2 * DAY, assumed.length).astype(np.float64), 0.4, count, generator)
    length = np.maximum(length, DAY)
    started = between(opened, opened + length, 0.2 * generator.random(count))
    late = generator.random(count) >= assumed.on_time
    slip = np.where(late, log_normal(assumed.late_by, 0.7, count, generator), 0)
    baselined = opened + length
    released = baselined + slip - generator.integers(0, 6 * HOUR, count)
    tested = between(started, released, 0.6 + 0.2 * generator.random(count))
    approved = between(started, released, 0.85 + 0.1 * generator.random(count))
    moved = np.where(late & (generator.random(count) < 0.5), slip, 0)
    draw = generator.random(count)
    bad = np.where(draw < assumed.rolled_back, ROLLED_BACK, FAILED)
    return Releases(
        numbered("RLS", count),
        product,
        item,
        items.group[item],
        opened,
        baselined,
        baselined + moved,
        started,
        np.where(generator.random(count) < assumed.tested, tested, NEVER),
        approved,
        released,
        cancelled=~hotfix & (generator.random(count) < assumed.cancelled),
        hotfix=hotfix,
        outcome=np.where(draw < assumed.rolled_back + assumed.failed, bad, SUCCESSFUL),
        size=1 + generator.integers(0, assumed.most_changes, count),
    )


def release_table(world: World, items: Items, releases: Releases, members: Integers, last: Words) -> Table:
    """Return the releases as records; `members` are the changes in each, `last` the one that ships it."""
    columns = _times_and_states(world, releases)
    columns |= _contents(world, items, releases)
    columns |= _people(world, releases, last)
    columns |= {"id": releases.ids, "change_id": last, "change_count": words(members)}
    return record_table("release", columns)


def _times_and_states(world: World, releases: Releases) -> Columns:
    generator, count = world.stream("release states"), len(releases.ids)
    going = ~releases.cancelled
    done = going & world.happened(releases.released)
    failed = releases.released + log_normal(5 * HOUR, 0.8, count, generator)
    restored = failed + log_normal(4 * HOUR, 0.9, count, generator)
    bad = going & (releases.outcome != SUCCESSFUL)
    state = np.where(world.happened(releases.started), "Work in Progress", "Pending")
    state = np.where(done, "Complete", state)
    given_up = between(releases.opened, releases.started, 0.5)
    committed = between(releases.started, releases.released, 0.1)
    steps = (releases.started, committed, releases.tested, releases.approved, releases.released)
    moments = [(seconds, going) for seconds in steps]
    updated = world.latest(
        (releases.opened, None), (given_up, releases.cancelled), *moments, (failed, bad), (restored, bad)
    )
    stopped = releases.cancelled & world.happened(given_up)
    return {
        "opened_at": world.times(releases.opened),
        "committed_at": world.times(committed, going),
        "baselined_at": releases.baselined.astype("datetime64[s]"),
        "planned_at": releases.planned.astype("datetime64[s]"),
        "started_at": world.times(releases.started, going),
        "tested_at": world.times(releases.tested, going),
        "approved_at": world.times(releases.approved, going),
        "released_at": world.times(releases.released, going),
        "failed_at": world.times(failed, bad),
        "restored_at": world.times(restored, bad),
        "state": words(np.where(releases.cancelled, np.where(stopped, "Cancelled", "Pending"), state)),
        "disposition": words(np.full(count, "cancelled"), stopped),
        "outcome": words(OUTCOMES[releases.outcome], done & (~bad | world.happened(failed))),
        "rolled_back": words(done & (releases.outcome == ROLLED_BACK) & world.happened(failed)),
        "test_gate_passed": words(going & world.happened(releases.tested)),
        "updated_at": world.times(updated),
    }


def _contents(world: World, items: Items, releases: Releases) -> Columns:
    assumed, generator = world.assumptions.releases, world.stream("release contents")
    count = len(releases.ids)
    version = words([f"{1 + n // 10}.{n % 10}" for n in rank_within(releases.service).tolist()])
    product = world.services[releases.service]
    return {
        "type": words(np.full(count, "release")),
        "name": product + " " + version,
        "version": words(version, generator.random(count) < 0.95),
        "product": product,
        "service_id": product,
        "ci_id": items.ids[releases.item],
        "environment": words(np.full(count, "production")),
        "hotfix": words(releases.hotfix),
        "model": words(drawn(MODELS, count, generator), generator.random(count) < assumed.model),
        "issue_count": words(generator.integers(1, 30, count)),
    }


def _people(world: World, releases: Releases, last: Words) -> Columns:
    generator, count = world.stream("release people"), len(releases.ids)
    shipped = world.happened(releases.released) & ~releases.cancelled
    automated = generator.random(count) < 0.4
    owner = world.members(releases.group, generator)
    linked = last != None  # noqa: E711 - by element
    return {
        "pipeline": words(
            "pipeline-" + words(releases.service).astype(str).astype(np.object_), automated & shipped
        ),
        "manual_steps": words(~automated & (generator.random(count) < 0.8)),
        "assignment_group": world.groups[releases.group],
        "owner": words(owner, generator.random(count) < 0.92),
        "created_by": owner,
        "executor": words(np.where(automated, "svc_deploy", owner), shipped),
        "change_linked_automatically": words(linked & automated),
    }
