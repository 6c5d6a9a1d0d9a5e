"""Plants configuration management: what stands on tickets, how items are kept, what explains their drift."""

from __future__ import annotations

from sandbox.organisation.planting.configuration_dates import date_items
from sandbox.organisation.planting.configuration_drift import correct, drift
from sandbox.organisation.planting.configuration_forecast import blame
from sandbox.organisation.planting.configuration_items import complete, own, repeat
from sandbox.organisation.planting.configuration_references import dissolve, map_services, refer, used_share
from sandbox.organisation.planting.configuration_snapshots import remember
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.world import World


def prepare(world: World, draft: Draft, asked: Asked) -> None:
    """Settle which items there are, what services stand on, and which items stand on tickets."""
    dissolve(world, draft)
    map_services(world, draft, asked)
    refer(world, draft, asked)


def plant(world: World, draft: Draft, asked: Asked) -> dict[str, float]:
    """Plant every indicator; return the raw values planted.

    Nothing that another practice builds on changes here: neither items on tickets nor dependencies.
    """
    own(world, draft, asked)
    filled, consistency = complete(world, draft, asked)
    repeated = repeat(world, draft, asked)
    dated = date_items(world, draft, asked)
    drift(world, draft, asked)
    correct(world, draft, asked)
    in_control = remember(world, draft, asked, dated.fresh & filled & ~repeated)
    return asked.planted(
        cfg_freshness=100 * dated.fresh_share,
        cfg_verified_share=100 * dated.checked_share,
        cfg_owner_consistency=consistency,
        cfg_used_in_operations=used_share(world, draft),
        cfg_impact_prediction_recall=blame(world, draft, asked),
        cfg_health_in_control=in_control,
    )
