"""What stands on tickets: items in operation or long retired, and services that are mapped or not."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.numbers import Flags, Integers, Words
from sandbox.organisation.outages import ITEMS_BY_SERVICE
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.table import times, words
from sandbox.organisation.world import World, numbered

RETIRED = ("Old Intranet", "Old Telephony", "Old Payroll")
"""Services that went out of operation before the records begin, and still stand on tickets."""
RECENT = 180 * DAY
FIRST_APPLICATION, FIRST_SERVER, NETWORK_DEVICE = 0, 2, 5
"""Which of the six items of a service is which (OF_SERVICE)."""


def rest(wanted: float, whole: int, given: int, free: int) -> float:
    """Return the chance of `free` records that brings `whole` to a share, where `given` have it anyway."""
    return float(np.clip((wanted * whole - given) / max(free, 1), 0.0, 1.0))


def dissolve(world: World, draft: Draft) -> None:
    """Add services that are retired, each with an application that is retired as well."""
    count = len(RETIRED)
    retire(world, draft, words(list(RETIRED)), words(list(RETIRED)), "service")
    names = words([f"app-old-{number}" for number in range(count)])
    retire(world, draft, numbered("OLD", count), names, "application")


def retire(world: World, draft: Draft, ids: Words, names: Words, class_: str) -> None:
    """Add items that went out of operation before the records begin."""
    count = len(ids)
    ended = np.full(count, world.period.earliest - 30 * DAY)
    begun = ended - 900 * DAY
    draft.append(
        "configuration_items",
        count,
        id=ids,
        name=names,
        **{"class": np.full(count, class_)},
        status=np.full(count, "Retired"),
        operational=np.zeros(count, dtype=np.bool_),
        service=np.full(count, class_ == "service"),
        environment=np.full(count, "production"),
        criticality=np.full(count, "medium"),
        support_group=np.full(count, world.groups[0]),
        owner_group=np.full(count, world.groups[0]),
        discovery_source=np.full(count, "manual entry"),
        controlled=np.zeros(count, dtype=np.bool_),
        created_at=times(begun),
        retired_at=times(ended),
        created_by=np.full(count, "import.user"),
        changed_by=np.full(count, "import.user"),
        updated_at=times(ended),
    )


def map_services(world: World, draft: Draft, asked: Asked) -> None:
    """Let exactly the share asked for of the services on tickets stand on two levels or more.

    A service is mapped down to a server through an application; of the others, half name one device.
    """
    generator, services = world.stream("plant service mapping"), len(world.services)
    every = services + len(RETIRED)
    mapped = np.zeros(services, dtype=np.bool_)
    wanted = min(round(asked.share("cfg-service-mapping") * every), services)
    mapped[generator.permutation(services)[:wanted]] = True
    parent = draft.words("ci_relationships", "parent_id")
    draft.keep("ci_relationships", ~np.isin(parent, world.services[~mapped]))
    flat = np.flatnonzero(~mapped & (generator.random(services) < 0.5))
    deep = np.flatnonzero(mapped)
    _relate(world, draft, world.services[deep], _item(draft, services, deep, FIRST_APPLICATION), "Depends on")
    first, below = (_item(draft, services, deep, place) for place in (FIRST_APPLICATION, FIRST_SERVER))
    _relate(world, draft, first, below, "Runs on")
    _relate(world, draft, world.services[flat], _item(draft, services, flat, NETWORK_DEVICE), "Depends on")


def _item(draft: Draft, services: int, service: Integers, place: int) -> Words:
    """Return one of the six items that incidents on a service are about."""
    return draft.words("configuration_items", "id")[services + service * ITEMS_BY_SERVICE + place]


def _relate(world: World, draft: Draft, above: Words, below: Words, type_: str) -> None:
    """Add relationships that are not there yet."""
    pairs = zip(
        draft.words("ci_relationships", "parent_id"), draft.words("ci_relationships", "child_id"), strict=True
    )
    there = set(pairs)
    new = [place for place, pair in enumerate(zip(above, below, strict=True)) if pair not in there]
    count, moment = len(new), np.full(len(new), world.period.earliest - 100 * DAY)
    size = sum(str(name).startswith("RELM") for name in draft.words("ci_relationships", "id").tolist())
    draft.append(
        "ci_relationships",
        count,
        id=words([f"RELM{size + number:06d}" for number in range(1, count + 1)]),
        parent_id=above[new],
        child_id=below[new],
        type=np.full(count, type_),
        discovery_source=np.full(count, "dependency mapping"),
        created_at=times(moment),
        created_by=np.full(count, "svc_discovery"),
        updated_at=times(moment),
    )


def refer(world: World, draft: Draft, asked: Asked) -> None:
    """Put retired items and services on ordinary incidents until the share of valid ones is as asked.

    Changes keep what they have: an item that is named but gone would be planted for change enablement, too.
    """
    generator, cases = world.stream("plant references"), world.cases
    counted, valid = _counted(world, draft), _valid(draft, "incidents")
    free = counted & valid & ~cases.healed & (cases.priority > 2) & ~draft.is_true("incidents", "major")
    whole, given = int(counted.sum()), int((counted & valid & ~free).sum())
    changes, good = _changes(draft)
    chance = rest(asked.share("cfg-used-in-operations"), whole + changes, given + good, int(free.sum()))
    gone = free & (generator.random(len(free)) >= chance)
    which = generator.integers(0, len(RETIRED), len(free))
    service, item = draft.words("incidents", "service_id"), draft.words("incidents", "ci_id")
    old = numbered("OLD", len(RETIRED))
    named = gone & draft.known("incidents", "service_id")
    about = gone & draft.known("incidents", "ci_id")
    service[named], item[about] = words(list(RETIRED))[which[named]], old[which[about]]
    draft.put("incidents", service_id=service, ci_id=item)


def used_share(world: World, draft: Draft) -> float:
    """Return the share of incidents and changes with a valid item or service, over the last half year.

    Before that it may have been another one: changes keep their item as often as they fail.
    """
    since, end = world.period.end - RECENT, world.period.end
    opened, changed = draft.seconds("incidents", "opened_at"), draft.seconds("changes", "opened_at")
    counted = _counted(world, draft) & (opened >= since)
    changes, good = _changes(draft, (changed >= since) & (changed < end))
    valid = int((counted & _valid(draft, "incidents")).sum())
    return 100 * (valid + good) / (int(counted.sum()) + changes)


def _counted(world: World, draft: Draft) -> Flags:
    opened = draft.seconds("incidents", "opened_at")
    return np.asarray(world.cases.clean & (opened >= world.period.start), dtype=np.bool_)


def _changes(draft: Draft, which: Flags | bool = True) -> tuple[int, int]:
    """Return how many of these changes count, and how many of them name something valid."""
    counted = ~draft.known("changes", "disposition") & which
    return int(counted.sum()), int((counted & _valid(draft, "changes")).sum())


def _valid(draft: Draft, table: str) -> Flags:
    """Say which tickets name an item that is in operation, or was when they were opened."""
    retired, opened = draft.seconds("configuration_items", "retired_at"), draft.seconds(table, "opened_at")
    result = np.zeros(draft.size(table), dtype=np.bool_)
    for column in ("ci_id", "service_id"):
        place = draft.position("configuration_items", draft.words(table, column))
        result |= (place >= 0) & (retired[place] > opened)
    return result
