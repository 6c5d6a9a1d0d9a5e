"""Plants request management: what is ordered and delivered, who contacts the desk and how, what users say."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.planting.active_users import count_users
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.request_answers import answer
from sandbox.organisation.planting.request_contacts import add_contacts
from sandbox.organisation.planting.request_items import deliver_items
from sandbox.organisation.table import words
from sandbox.organisation.world import World


def plant(world: World, draft: Draft, asked: Asked) -> dict[str, float]:
    """Plant every indicator of request management; return the raw values planted."""
    count_users(world, draft, asked)
    conforming = deliver_items(world, draft, asked)
    contacts = add_contacts(world, draft, asked)
    answered = answer(world, draft, asked, contacts)
    satisfy(world, draft, asked)
    return asked.planted(
        req_team_fulfilment_consistency=100 * conforming,
        req_self_service_share=100 * contacts.self_service,
        req_first_contact_resolution=100 * contacts.first_contact,
        req_contact_response=100 * answered,
        req_demand_shift_trend=_shift(asked),
    )


def satisfy(world: World, draft: Draft, asked: Asked) -> None:
    """Let the marks 1 to 5 of those who answered be binomial, so that their mean is as asked for."""
    generator, count = world.stream("plant request satisfaction"), draft.size("surveys")
    mark = generator.binomial(4, asked.share("req-satisfaction"), count)
    draft.put("surveys", score=words(25 * np.asarray(mark), draft.known("surveys", "answered_at")))


def _shift(asked: Asked) -> float:
    """A demand that falls while satisfaction falls as well counts at most half (balance rule)."""
    falling = "service-level" in asked.quality.practices and not Asked(
        "service-level", asked.quality
    ).improves("slm-satisfaction-trend")
    wanted = 100.0 * asked.improves("req-demand-shift-trend")
    return min(wanted, 50.0) if falling else wanted
