"""Plants release management: releases that are kept to their promise or not, and deployments of them."""

from __future__ import annotations

from sandbox.organisation.planting.deployment_records import deploy
from sandbox.organisation.planting.deployments import plan_deployments
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.release_promises import describe, keep_promises, widen
from sandbox.organisation.world import World

CAPPED = 50.0
"""What a trend scores at most while the one it must not be bought with worsens (section 5.6)."""


def plant(world: World, draft: Draft, asked: Asked) -> dict[str, float]:
    """Plant every indicator; return the raw values planted.

    Failures that do not become rarer become more frequent, so that they are never held at excellence by
    chance; a faster lead time is then worth half.
    """
    draft.put("releases", parent_id=draft.words("releases", "parent_id"))
    widen(world, draft)
    keep_promises(world, draft, asked)
    describe(world, draft, asked)
    deploy(world, draft, asked, plan_deployments(world, asked))
    faster, safer = asked.improves("rel-lead-time-trend"), asked.improves("rel-change-failure-trend")
    return asked.planted(rel_lead_time_trend=(100.0 if safer else CAPPED) * faster)
