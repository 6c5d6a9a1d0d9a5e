"""What users say and feel: surveys about incidents and requests, outages of the most urgent incidents."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import HOUR, MINUTE
from sandbox.organisation.items import Items
from sandbox.organisation.numbers import Integers, Words, drawn, log_normal
from sandbox.organisation.requests import Requests
from sandbox.organisation.table import Table, words
from sandbox.organisation.world import World, numbered, record_table, reference

COMMENTS = {"": 0.7, "solved quickly, thank you": 0.15, "it took too long": 0.1, "I had to ask twice": 0.05}
MARKS = (0.05, 0.07, 0.15, 0.35, 0.38)
"""Shares of the marks 1 to 5."""


def survey_table(world: World, requests: Requests) -> Table:
    """Send surveys after some incidents and requests ended; some are answered within days."""
    assumed, cases, generator = world.assumptions.feedback, world.cases, world.stream("surveys")
    caller = cases.column("caller")
    asked = (caller != None) & cases.clean & world.happened(cases.resolved)  # noqa: E711 - by element
    some = np.flatnonzero(asked & (generator.random(len(caller)) < assumed.surveyed))
    done = world.happened(requests.fulfilled)
    more = np.flatnonzero(done & (generator.random(len(done)) < assumed.surveyed / 2))
    service = words(cases.table.columns["service_id"])
    of_request = world.services[requests.service]
    parts = [
        (cases.resolved[some], _same("incident", some), cases.ids[some], service[some]),
        (requests.fulfilled[more], _same("request", more), requests.ids[more], of_request[more]),
    ]
    people = (caller[some], requests.requester[more])
    groups = (words(cases.table.columns["assignment_group"])[some], world.groups[requests.group[more]])
    ended, kind, record, services = (np.concatenate([part[column] for part in parts]) for column in range(4))
    return _surveys(world, ended, kind, record, services, np.concatenate(people), np.concatenate(groups))


def _same(name: str, which: Integers) -> Words:
    return words(np.full(len(which), name))


def _surveys(
    world: World, ended: Integers, kind: Words, record: Words, service: Words, person: Words, group: Words
) -> Table:
    generator = world.stream("answers")
    sent = ended + generator.integers(1, HOUR, len(ended))
    order = np.argsort(sent, kind="stable")
    order = order[world.happened(sent[order])]
    sent, count = sent[order], len(order)
    answered = sent + log_normal(9.0 * HOUR, 1.2, count, generator)
    replies = (generator.random(count) < world.assumptions.feedback.answered) & world.happened(answered)
    mark = 1 + generator.choice(5, count, p=MARKS)
    return record_table(
        "survey",
        {
            "id": numbered("SRV", count),
            "sent_at": world.times(sent),
            "answered_at": world.times(answered, replies),
            "name": words(np.full(count, "Satisfaction")),
            "record_kind": kind[order],
            "record_id": record[order],
            "service_id": service[order],
            "assignment_group": group[order],
            "respondent": person[order],
            "score": words(25 * (mark - 1), replies),
            "comment": words(drawn(COMMENTS, count, generator), replies),
            "updated_at": world.times(np.where(replies, answered, sent)),
        },
    )


def outage_table(world: World, items: Items, causes: Words) -> Table:
    """Return an outage of most P1 incidents; `causes` are the ids of the changes that caused incidents."""
    assumed, cases, generator = world.assumptions.feedback, world.cases, world.stream("outages")
    recorded = generator.random(len(cases.ids)) < assumed.outage_recorded
    which = np.flatnonzero((cases.priority == 1) & cases.clean & recorded)
    count = len(which)
    started = cases.opened[which] - generator.integers(0, 30 * MINUTE, count)
    degraded = generator.random(count) < assumed.degraded
    ended = world.happened(cases.resolved[which])
    return record_table(
        "outage",
        {
            "id": numbered("OUT", count),
            "started_at": world.times(started),
            "ended_at": world.times(cases.resolved[which]),
            "type": words(np.where(degraded, "degradation", "outage")),
            "planned": words(np.zeros(count, dtype=np.bool_)),
            "service_id": world.services[cases.service[which]],
            "ci_id": items.ids[items.of_incidents(cases.item[which])],
            "incident_id": reference(cases.ids, which),
            "change_id": words(causes[which]),
            "affected_users": words(log_normal(120.0, 1.0, count, generator)),
            "updated_at": world.times(np.where(ended, cases.resolved[which], started)),
        },
    )
