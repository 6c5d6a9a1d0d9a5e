"""Plants change enablement: places, windows, authority, outcomes, and the incidents that changes cause."""

from __future__ import annotations

from sandbox.organisation.planting.change_conduct import authorise, hasten, sort_out
from sandbox.organisation.planting.change_gaps import expected_item_share, leave_gaps
from sandbox.organisation.planting.change_outcomes import cause_incidents, decide, rate_risk
from sandbox.organisation.planting.change_plan import Fixed, look_at
from sandbox.organisation.planting.change_windows import collide, place_and_schedule
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.world import World

__all__ = ["expected_item_share", "plant"]


def plant(world: World, draft: Draft, asked: Asked) -> dict[str, float]:
    """Plant every indicator of change enablement; return the raw values planted."""
    work = look_at(world, draft)
    place_and_schedule(world, draft, asked, work)
    pinned = collide(world, draft, asked, work)
    types = sort_out(world, draft, asked, work, pinned)
    hasten(world, draft, asked, work, types)
    consistency = authorise(world, draft, asked, work, types)
    failed = decide(world, draft, asked, work)
    rate_risk(world, draft, asked, failed)
    harmful = cause_incidents(world, draft, asked, work, failed)
    completeness = leave_gaps(world, draft, asked, work, types, Fixed(pinned | harmful, failed))
    # faster at the price of more failures counts at most half (balance rule)
    faster = 100.0 * asked.improves("chg-lead-time-trend")
    if not asked.improves("chg-failure-trend"):
        faster = min(faster, 50.0)
    return asked.planted(
        chg_team_authorisation_consistency=consistency,
        chg_record_completeness=100 * completeness,
        chg_lead_time_trend=faster,
    )
