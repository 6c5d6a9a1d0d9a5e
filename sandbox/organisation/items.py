"""Configuration items in classes, some of them duplicates, new or retired."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.assumptions import ItemAssumptions
from sandbox.organisation.clock import DAY
from sandbox.organisation.numbers import Flags, Integers, Words, drawn, log_normal
from sandbox.organisation.outages import ITEMS_BY_SERVICE
from sandbox.organisation.table import Columns, Table, words
from sandbox.organisation.world import LOCATIONS, NEVER, World, record_table

CLASSES = ("service", "application", "server", "database", "network device")
SERVICE, APPLICATION, SERVER, DATABASE, NETWORK_DEVICE = range(5)
OF_SERVICE = np.array([APPLICATION, APPLICATION, SERVER, SERVER, DATABASE, NETWORK_DEVICE])
"""Class of each of the items that the incidents of a service are about."""
OTHERS = (0.0, 0.2, 0.45, 0.15, 0.2)
PREFIXES = words(["", "app", "srv", "db", "net"])
ENVIRONMENTS = {"production": 0.55, "test": 0.25, "development": 0.2}
MODELS = words(["", "Business application", "Rack server R2", "Relational database 15", "Access switch S24"])


@dataclass(frozen=True)
class Items:
    """One element by item: first the services, then six items of each, then jobs, then all others."""

    ids: Words
    service: Integers
    """Service it belongs to; of a service, itself."""
    kind: Integers
    """Position in CLASSES."""
    group: Integers
    """Group that supports it, whether the record says so or not."""
    created: Integers
    retired: Integers
    healed_from: int
    """Jobs, that is items of automation, stand from here on."""
    table: Table

    @property
    def nodes(self) -> Words:
        """Names that monitoring knows the items by."""
        return words(self.table.columns["name"])

    @property
    def services(self) -> int:
        """Number of services."""
        return int((self.kind == SERVICE).sum())

    def of_incidents(self, item: Integers) -> Integers:
        """Return the positions of the items that incidents are about."""
        return np.asarray(self.services + item, dtype=np.int64)

    def standing(self, wanted: Integers, opened: Integers, ended: Integers, turn: Integers) -> Integers:
        """Return `wanted`, or one of the lasting items of its service where it is too new or retired."""
        there = (self.created[wanted] <= opened) & (self.retired[wanted] > ended)
        return np.where(there, wanted, self.lasting(self.service[wanted], turn))

    def lasting(self, service: Integers, turn: Integers) -> Integers:
        """Return one of the items of each service that are there all the time."""
        return np.asarray(
            self.services + service * ITEMS_BY_SERVICE + turn % ITEMS_BY_SERVICE, dtype=np.int64
        )


@dataclass(frozen=True)
class _Found:
    """When items were created and confirmed, and by what."""

    automated: Flags
    created: Integers
    first: Integers
    last: Integers
    verified: Integers
    """0 for never."""
    touched: Integers
    """By a person; 0 for never."""
    retired: Integers


def build_items(world: World) -> Items:
    """Build the items the incidents are about, and others up to the volume asked for."""
    cases, services = world.cases, len(world.services)
    lasting = services * ITEMS_BY_SERVICE
    jobs = max(int(cases.item.max()) + 1 - cases.healed_from, 0)
    others = max(world.volume(world.assumptions.items.volume) - services - lasting - jobs, 40)
    generator = world.stream("items")
    every = np.arange(services)
    service = np.concatenate(
        [every, every.repeat(ITEMS_BY_SERVICE), world.some_service(jobs + others, generator)]
    )
    kind = np.concatenate(
        [
            np.full(services, SERVICE),
            np.tile(OF_SERVICE, services),
            np.full(jobs, APPLICATION),
            generator.choice(len(CLASSES), others, p=OTHERS),
        ]
    )
    ids = words(
        [
            *world.services,
            *(f"CI{number:05d}" for number in range(lasting)),
            *(f"JOB{number:05d}" for number in range(jobs)),
            *(f"CI{number:05d}" for number in range(cases.healed_from, cases.healed_from + others)),
        ]
    )
    other = np.arange(len(ids)) >= len(ids) - others
    return _described(world, ids, service, kind, other)


def _described(world: World, ids: Words, service: Integers, kind: Integers, other: Flags) -> Items:
    generator = world.stream("item groups")
    owners = world.some_group(len(world.services), generator)
    own = generator.random(len(ids)) < 0.5
    group = np.where(own, owners[service], world.some_group(len(ids), generator))
    found = _found(world, kind, other)
    columns = _identity(world, ids, service, kind, other)
    columns |= _keeping(world, kind, group, owners[service], found)
    columns |= _origin(world, group, found)
    columns = _with_duplicates(world, ids, kind, other, found, columns)
    jobs_from = int((kind == SERVICE).sum()) * (1 + ITEMS_BY_SERVICE)
    table = record_table("configuration_item", columns)
    return Items(ids, service, kind, group, found.created, found.retired, jobs_from, table)


def _found(world: World, kind: Integers, other: Flags) -> _Found:
    """Draw when each was created, found, verified and touched; what incidents are about lasts."""
    assumed, generator = world.assumptions.items, world.stream("discovery")
    count, start, end = len(kind), world.period.start, world.period.end
    new = other & (generator.random(count) < assumed.new)
    early = world.period.earliest - log_normal(400 * DAY, 0.5, count, generator)
    created = np.where(new, start + generator.integers(0, end - start - 60 * DAY, count), early)
    retires = other & ~new & (generator.random(count) < assumed.retired)
    retired = np.where(retires, start + generator.integers(60 * DAY, end - start, count), NEVER)
    until = np.minimum(retired, end)
    automated = (kind >= SERVER) & (generator.random(count) < assumed.discovered)
    lately = generator.random(count) < assumed.discovered_lately
    ago = np.where(lately, generator.integers(0, 10 * DAY, count), generator.integers(35, 300, count) * DAY)
    last = np.maximum(until - 1 - ago, created)
    first = np.minimum(created + generator.integers(0, DAY, count), last)
    verified = until - 1 - generator.integers(0, 365 * DAY, count)
    verified = np.where(generator.random(count) < assumed.verified, np.maximum(verified, created), 0)
    touched = until - 1 - generator.integers(0, 700 * DAY, count)
    touched = np.where(generator.random(count) < 0.5, np.maximum(touched, created), 0)
    return _Found(automated, created, first, last, verified, touched, retired)


def _identity(world: World, ids: Words, service: Integers, kind: Integers, other: Flags) -> Columns:
    assumed, generator = world.assumptions.items, world.stream("item identity")
    count, hardware, is_service = len(ids), kind >= SERVER, kind == SERVICE
    number = np.arange(count)
    short = PREFIXES[kind] + words([f"-{n:05d}" for n in number.tolist()])
    known = generator.random((2, count)) < assumed.attribute_known
    cloud = hardware & (kind != NETWORK_DEVICE) & (generator.random(count) < 0.25)
    environment = words(np.where(other, drawn(ENVIRONMENTS, count, generator), "production"))
    critical = generator.random(len(world.services)) < assumed.critical_services
    ordinary = drawn({"high": 0.3, "medium": 0.5, "low": 0.2}, len(world.services), generator)
    return {
        "id": ids,
        "name": words(np.where(is_service, ids, short)),
        "class": words(list(CLASSES))[kind],
        "service": words(is_service),
        "environment": words(environment, known[0] | is_service),
        "criticality": words(np.where(critical, "critical", ordinary))[service],
        "location": words(list(LOCATIONS))[generator.integers(0, len(LOCATIONS), count)],
        "model": words(MODELS[kind], known[1] & ~is_service),
        "serial_number": words([f"SN{n * 7919 % 10**8:08d}" for n in number.tolist()], hardware & ~cloud),
        "host_name": words(short + ".example.org", hardware),
        "ip_address": words([f"10.{n >> 14}.{n >> 7 & 127}.{n & 127}" for n in number.tolist()], hardware),
        "cloud_id": words([f"i-{n * 2654435761 % 2**32:08x}" for n in number.tolist()], cloud),
        "correlation_id": words([f"src-{n:06d}" for n in number.tolist()], hardware),
    }


def _keeping(world: World, kind: Integers, group: Integers, owner: Integers, found: _Found) -> Columns:
    assumed, generator = world.assumptions.items, world.stream("keeping")
    draw = generator.random((4, len(kind)))
    retired, is_service = world.happened(found.retired), kind == SERVICE
    status = np.where(retired, "Retired", np.where(draw[0] < 0.03, "In maintenance", "Operational"))
    return {
        "status": words(status),
        "operational": words(~retired),
        "support_group": words(world.groups[group], (draw[1] < assumed.supported) | is_service),
        "owner_group": words(world.groups[owner], (draw[2] < assumed.owned) | is_service),
        "owner": words(world.members(owner, generator), draw[3] < assumed.owned),
        "controlled": words((kind != SERVICE) & (draw[0] < 0.7)),
        "retired_at": world.times(found.retired),
    }


def _origin(world: World, group: Integers, found: _Found) -> Columns:
    generator = world.stream("item origin")
    count = len(group)
    person = world.members(group, generator)
    by_hand = found.touched > np.where(found.automated, found.last, 0)
    changed_by = np.where(found.automated & ~by_hand, "svc_discovery", person)
    source = drawn({"network scan": 0.6, "agent": 0.3, "cloud interface": 0.1}, count, generator)
    entered = drawn({"import": 0.5, "manual entry": 0.5}, count, generator)
    updated = world.latest(
        (found.created, None),
        (found.last, found.automated),
        (found.verified, found.verified > 0),
        (found.touched, found.touched > 0),
        (found.retired, None),
    )
    return {
        "discovery_source": words(np.where(found.automated, source, entered)),
        "created_at": world.times(found.created),
        "first_discovered_at": world.times(found.first, found.automated),
        "last_discovered_at": world.times(found.last, found.automated),
        "verified_at": world.times(found.verified, found.verified > 0),
        "changed_by_person_at": world.times(found.touched, found.touched > 0),
        "created_by": words(np.where(found.automated, "svc_discovery", person)),
        "changed_by": words(changed_by),
        "updated_at": world.times(updated),
    }


def _with_duplicates(
    world: World, ids: Words, kind: Integers, other: Flags, found: _Found, columns: Columns
) -> Columns:
    """Let some of the others repeat the serial number, host and address of an earlier item of their class."""
    assumed: ItemAssumptions = world.assumptions.items
    generator = world.stream("duplicates")
    able = other & (kind >= SERVER) & (found.created < world.period.start) & (found.retired == NEVER)
    repeats = able & (generator.random(len(ids)) < assumed.duplicate)
    lasting = ~other & (kind >= SERVER)
    result = dict(columns)
    result["duplicate_of_id"] = np.full(len(ids), None, dtype=np.object_)
    for class_ in (SERVER, DATABASE, NETWORK_DEVICE):
        copies, originals = (
            np.flatnonzero(repeats & (kind == class_)),
            np.flatnonzero(lasting & (kind == class_)),
        )
        chosen = generator.choice(originals, len(copies))
        for name in ("serial_number", "host_name", "ip_address", "cloud_id", "correlation_id"):
            result[name] = words(result[name])
            result[name][copies] = result[name][chosen]
        marked = generator.random(len(copies)) < assumed.duplicate_marked
        result["duplicate_of_id"][copies[marked]] = ids[chosen[marked]]
    return result
