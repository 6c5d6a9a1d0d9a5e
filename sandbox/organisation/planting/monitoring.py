"""Plants monitoring and event management: its alerts and events are made anew."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.planting.alert_plan import Plan, plan_alerts
from sandbox.organisation.planting.alert_records import alert_table
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.event_records import event_table, plan_events
from sandbox.organisation.planting.teams import Rates
from sandbox.organisation.planting.watched import QUIET_FROM, watch
from sandbox.organisation.planting.weeks import plan_weeks
from sandbox.organisation.world import World

CAPPED = 50.0
"""Noise that falls while fewer outages are detected scores no more than this (balance rule)."""


def plant(world: World, draft: Draft, asked: Asked) -> dict[str, float]:
    """Plant every indicator; return the raw values planted."""
    watched = watch(world, draft, asked.share("mon-critical-service-coverage"))
    quiet = watched.quiet[world.cases.service] & (world.cases.opened >= world.period.end - QUIET_FROM)
    plan, rates = plan_alerts(world, draft, asked, quiet)
    generator = world.stream("plant monitoring weeks")
    weeks = plan_weeks(world, asked.share("mon-acknowledge-time-in-control"), generator)
    own, ignored = plan_events(world, plan, asked.share("mon-event-compression"))
    alerts = alert_table(world, draft, plan, weeks, watched, asked, own)
    draft.tables["events"] = event_table(world, plan, alerts, ignored, watched)
    draft.tables["alerts"] = alerts
    return asked.planted(
        mon_alert_response=100 * rates.pooled,
        mon_team_response_consistency=_conforming(world, plan, rates),
        mon_acknowledge_time_in_control=weeks.in_control,
        mon_noise_trend=_noise_score(asked),
    )


def _conforming(world: World, plan: Plan, rates: Rates) -> float:
    """Return the share of the serious alerts of 90 days that teams had which do not fall behind."""
    recent = plan.serious & (plan.opened >= world.period.end - 90 * DAY)
    return 100 * (1 - float(np.isin(plan.group[recent], rates.behind).mean()))


def _noise_score(asked: Asked) -> float:
    """Return the score of the noise, capped where detection does not get better."""
    falls = 100.0 * asked.improves("mon-noise-trend")
    return falls if asked.improves("mon-detection-time-trend") else min(falls, CAPPED)
