"""Settles which service stands on tickets, and how critical services are, before anything is planted."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.items import OF_SERVICE
from sandbox.organisation.numbers import Flags, Floats, Words, subset
from sandbox.organisation.planting.among import among
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.watched import CRITICAL, FEWEST_CRITICAL
from sandbox.organisation.table import words
from sandbox.organisation.world import World

FORMER = words([f"{name} (old name)" for name in ("Payroll", "Mail", "Portal", "Reporting")])
"""Services that tickets name although no configuration item has the name."""
BY_CRITICALITY = 0.6
"""Of the business impact that is recorded: so much through the criticality of the service alone."""
IMPACT_DAYS = 180


def name_services(world: World, draft: Draft, asked: Asked) -> None:
    """Let as many tickets name a service that exists, and as much volume lie on services with targets.

    What is not identified names a service by a former name: a service to whom it is promised, but not one
    that exists. Services without a target are those that nothing can be requested of.
    """
    generator = world.stream("plant service names")
    incidents = draft.words("incidents", "service_id")
    requests = _of_requests(world, draft, incidents)
    real = words(sorted(set(requests.tolist())))
    pool = _changeable(world, draft, asked)
    loss = _loss(world, draft, asked, pool)
    lost = pool & (generator.random(len(pool)) < loss)
    incidents[lost] = FORMER[generator.integers(0, len(FORMER), int(lost.sum()))]
    lost = generator.random(len(requests)) < loss
    requests[lost] = FORMER[generator.integers(0, len(FORMER), int(lost.sum()))]
    known, nameless = ~lost, np.full(len(requests), False)
    without, missing = _without_targets(world, draft, asked, incidents)
    if missing > 0:
        nameless = lost & (generator.random(len(lost)) < missing / max(float(lost.mean()), 0.01))
    requests[np.isin(requests, without)] = None
    empty = np.flatnonzero((requests == None) & ~nameless)  # noqa: E711 - by element
    for part, names in ((known, real), (~known, FORMER)):
        these = empty[part[empty]]
        free = names[~np.isin(names, without)]
        requests[these] = free[generator.integers(0, len(free), len(these))]
    requests[nameless] = None
    draft.put("incidents", service_id=incidents)
    draft.put("requests", service_id=requests, ci_id=words(draft.words("requests", "ci_id"), known))


def _of_requests(world: World, draft: Draft, incidents: Words) -> Words:
    """Return a service for every request; those that only incidents know get their part of them.

    Configuration management may have put incidents on services that went out of use.
    """
    services, count = draft.words("requests", "service_id"), draft.size("requests")
    generator = world.stream("plant service of requests")
    some = world.services[world.some_service(count, generator)]
    services = np.where(services == None, some, services)  # noqa: E711 - by element
    outdated = incidents[~among(incidents, words([*world.services, None]))]
    share = len(outdated) / len(incidents)
    moved = generator.random(count) < share
    if moved.any():
        services[moved] = outdated[generator.integers(0, len(outdated), int(moved.sum()))]
    return services


def _changeable(world: World, draft: Draft, asked: Asked) -> Flags:
    """Incidents whose service may go: ordinary ones, and none whose item a service depends on directly.

    Where configuration is planted as well, only those whose item stays valid without a service.
    """
    cases = world.cases
    position = np.where(cases.item < cases.healed_from, cases.item, 0)
    application = OF_SERVICE[position % len(OF_SERVICE)] == OF_SERVICE[0]
    item = draft.known("incidents", "ci_id")
    pool = (cases.priority > 2) & ~cases.healed & draft.known("incidents", "service_id")
    pool &= ~(item & application)
    if "configuration" in asked.quality.practices:
        place = draft.position("configuration_items", draft.words("incidents", "ci_id"))
        pool &= item & (place >= 0) & draft.is_true("configuration_items", "operational")[place]
    return np.asarray(pool & ~draft.is_true("incidents", "major"), dtype=np.bool_)


def _loss(world: World, draft: Draft, asked: Asked, pool: Flags) -> float:
    """Probability that a ticket which may lose its service does, so that the share known comes out."""
    recent = world.cases.clean & _opened_lately(world, draft, "incidents", 90)
    ordered = _opened_lately(world, draft, "requests", 90) & ~draft.known("requests", "disposition")
    unknown = float((recent & ~draft.known("incidents", "service_id")).sum())
    total = float(recent.sum() + ordered.sum())
    changeable = float((recent & pool).sum() + ordered.sum())
    wanted = (1 - asked.share("slm-service-identified")) * total - unknown
    return float(np.clip(wanted / max(changeable, 1.0), 0.0, 1.0))


def identified(world: World, draft: Draft, asked: Asked) -> float:
    """Return the share of the tickets that name a service which exists, or an item of one, in percent.

    It is the one asked for, unless all requests or none had to lose their service and it was not reached.
    """
    former = among(draft.words("requests", "service_id"), FORMER)
    if former.any() and not former.all():
        return asked.value("slm-service-identified")
    applications = set(_served(draft))
    services = set(draft.words("configuration_items", "id")[draft.is_true("configuration_items", "service")])
    found = total = 0
    for table, counts in (("incidents", world.cases.clean), ("requests", None)):
        lately = _opened_lately(world, draft, table, 90) & ~draft.known(table, "disposition")
        which = np.flatnonzero(lately if counts is None else lately & counts)
        names, items = draft.words(table, "service_id")[which], draft.words(table, "ci_id")[which]
        known = [
            name in services or item in applications or item in services
            for name, item in zip(names.tolist(), items.tolist(), strict=True)
        ]
        found, total = found + sum(known), total + len(known)
    return 100 * found / max(total, 1)


def _served(draft: Draft) -> list[object]:
    """Return the items that a service depends on directly."""
    services = draft.words("configuration_items", "id")[draft.is_true("configuration_items", "service")]
    above = among(draft.words("ci_relationships", "parent_id"), services)
    return list(draft.words("ci_relationships", "child_id")[above].tolist())


def _opened_lately(world: World, draft: Draft, table: str, days: int) -> Flags:
    opened = draft.seconds(table, "opened_at")
    return np.asarray((opened >= world.period.end - days * DAY) & (opened < world.period.end))


def _without_targets(world: World, draft: Draft, asked: Asked, incidents: Words) -> tuple[Words, float]:
    """Choose services that get no requests; return them, and the share of requests to name none at all.

    Their incidents, and the tickets that name no service, are the volume without agreed targets.
    """
    recent = world.cases.clean & _opened_lately(world, draft, "incidents", 90)
    requests = float(_opened_lately(world, draft, "requests", 90).sum())
    # what is not identified needs a name that is promised something, so one of the former names stays
    named = incidents[recent]
    every = {str(name) for name in named.tolist() if name is not None} - {FORMER[0]}
    names = words(sorted(every))
    volumes: Floats = np.array([(named == name).sum() for name in names], dtype=np.float64)
    nameless = float((named == None).sum())  # noqa: E711 - by element
    wanted = (1 - asked.share("slm-service-target-coverage")) * (float(recent.sum()) + requests) - nameless
    most = 0.75 * float(volumes.sum())
    generator = world.stream("plant services without targets")
    chosen = subset(volumes, float(np.clip(wanted, 0, most)), generator, most)
    return words(names[chosen]), max(0.0, wanted - most) / max(requests, 1.0)


def covered(world: World, draft: Draft) -> float:
    """Return the share of the tickets of 90 days on services of which things are requested and promised."""
    lately = _opened_lately(world, draft, "requests", 90) & ~draft.known("requests", "disposition")
    asked_for = draft.words("requests", "service_id")[lately]
    promised = draft.known("requests", "target_seconds")[lately] | _with_clock(draft, "request")[lately]
    recent = world.cases.clean & _opened_lately(world, draft, "incidents", 90)
    named = draft.words("incidents", "service_id")[recent]
    kept = _with_clock(draft, "incident")[recent]
    both = set(asked_for[promised].tolist()) & set(named[kept].tolist()) - {None}
    every = [*asked_for.tolist(), *named.tolist()]
    return 100 * sum(name in both for name in every) / max(len(every), 1)


def _with_clock(draft: Draft, kind: str) -> Flags:
    table = "service_levels"
    which = draft.equal(table, "record_kind", kind) & draft.equal(table, "target", "resolution")
    which &= draft.known(table, "stopped_at") | ~draft.is_true(table, "cancelled")
    return among(draft.words(f"{kind}s", "id"), draft.words(table, "record_id")[which])


def rate_criticality(world: World, draft: Draft, asked: Asked) -> None:
    """Say of some services how critical they are: of a few that they are critical, of others as it was.

    Urgent incidents on these have their business impact recorded by it (slm-business-impact-recorded).
    """
    table = "configuration_items"
    generator = world.stream("plant service criticality")
    service = draft.is_true(table, "service")
    ids, criticality = draft.words(table, "id"), draft.words(table, "criticality")
    urgent = urgent_lately(world)
    volumes = np.bincount(world.cases.service[urgent], minlength=len(world.services)).astype(np.float64)
    order = generator.permutation(len(world.services))
    critical, rest = order[:FEWEST_CRITICAL], order[FEWEST_CRITICAL:]
    share = BY_CRITICALITY * asked.share("slm-business-impact-recorded")
    more = rest[subset(volumes[rest], share * volumes.sum() - volumes[critical].sum(), generator)]
    names = world.services
    rated = np.isin(ids, names[more])
    criticality = np.where(service & (criticality == CRITICAL), "high", criticality)
    criticality[service & ~rated] = None
    criticality = np.where(service & np.isin(ids, names[critical]), CRITICAL, criticality)
    draft.put(table, criticality=words(criticality))


def urgent_lately(world: World) -> Flags:
    """Urgent incidents opened in the last 180 days."""
    cases, end = world.cases, world.period.end
    recent = (cases.opened >= end - IMPACT_DAYS * DAY) & (cases.opened < end)
    return np.asarray(cases.clean & (cases.priority <= 2) & recent, dtype=np.bool_)
