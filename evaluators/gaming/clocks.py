"""Detectors on service level clocks: pauses that save a target, and changes after the stop."""

from __future__ import annotations

from dataclasses import replace

from evaluators.gaming.comparison import Rate, deviations, rose
from evaluators.gaming.rates import RateRule, by_rate, figures_of, rate_of, sentence_of, suspects_of
from evaluators.gaming.scenarios import Limits
from evaluators.gaming.scene import Scene
from evaluators.gaming.suspicion import Finding

SETTLED = "r.record_kind = 'incident' AND r.target = 'resolution' AND NOT COALESCE(r.cancelled, FALSE)"
SAVED = RateRule(
    kind="service_level",
    needs=("stopped_on", "original_due_at", "breached", "record_id", "target"),
    on="r.stopped_on",
    suspect="NOT r.breached AND r.stopped_at > r.original_due_at",
    what="Clocks that kept their target only because they were paused",
    among=f"{SETTLED} AND r.original_due_at IS NOT NULL",
)
KEPT = replace(
    SAVED,
    suspect="NOT r.breached AND r.stopped_at <= r.original_due_at",
    what="Clocks that kept the original breach time",
)
"""Attainment against the original breach time (counter-check of inc-sla-attainment)."""

RESOLUTION = "COALESCE(r.target, 'resolution') = 'resolution' AND NOT COALESCE(r.cancelled, FALSE)"
EDITED = RateRule(
    kind="service_level",
    needs=("stopped_on", "edited"),
    on="r.stopped_on",
    suspect="r.edited",
    what="Clocks changed by hand after they stopped",
    among=RESOLUTION,
)
CONTRADICTED = RateRule(
    kind="service_level",
    needs=("stopped_on", "breached", "elapsed_seconds", "target_seconds"),
    on="r.stopped_on",
    suspect="NOT r.breached AND r.elapsed_seconds > r.target_seconds",
    what="Clocks kept against their own elapsed time",
    among=RESOLUTION,
)
MET = RateRule(
    kind="incident",
    needs=("resolved_on", "resolution_target_met"),
    on="r.resolved_on",
    suspect="r.resolution_target_met",
    what="Incidents that met their target",
    among="r.resolution_target_met IS NOT NULL",
)


def edited(scene: Scene, limits: Limits) -> Finding | None:
    """Name clocks that were repaired after they stopped (counter-check of slm-clock-validity)."""
    return by_rate(scene, CONTRADICTED, limits) or by_rate(scene, EDITED, limits)


def paused(scene: Scene, limits: Limits) -> Finding | None:
    """Name pauses: they rose, and either attainment rose with them or targets were kept by them alone."""
    now, usual = _paused(scene)
    if now is None or not _pauses_rose(now, usual, limits):
        return None
    saved, met = rate_of(scene, SAVED), rate_of(scene, MET)
    by_pauses = saved is not None and rose(saved, limits)
    together = met is not None and met.has_past(limits["past"]) and met.sigma >= limits["met_sigma"]
    if not by_pauses and not together:
        return None
    return _paused_finding(scene, now, usual, saved, met)


def _pauses_rose(now: float, usual: list[float], limits: Limits) -> bool:
    if not usual:
        return True
    before = sorted(usual)[len(usual) // 2]
    return now - before >= limits["paused_points"] and deviations(now, usual) >= limits["paused_deviations"]


def _paused(scene: Scene) -> tuple[float | None, list[float]]:
    """Return the paused share of open time now, and of each week before."""
    records = scene.records("incident", "resolved_on", "paused_seconds", "open_seconds")
    if records is None:
        return None, []
    rows = scene.rows(
        f"SELECT {scene.recently('resolved_on')} AS recent, CASE WHEN {scene.formerly('resolved_on')} "
        f"THEN date_diff('day', resolved_on, DATE '{scene.since}') // 7 END AS week, "
        "SUM(paused_seconds) / SUM(open_seconds) AS share "
        f"FROM {records} AS r WHERE {scene.between('resolved_on', scene.past_since, scene.until)} "
        "GROUP BY 1, 2 HAVING SUM(open_seconds) > 0 ORDER BY 1, 2"
    )
    now = [row["share"] for row in rows if row["recent"]]
    usual = [row["share"] for row in rows if not row["recent"] and row["share"] is not None]
    return (now[0] if now else None), usual


def _paused_finding(
    scene: Scene, now: float, usual: list[float], saved: Rate | None, met: Rate | None
) -> Finding:
    before = sorted(usual)[len(usual) // 2] if usual else 0.0
    figures = {"paused now": now, "paused before": before}
    sentence = (
        f"{100 * now:.1f} % of the open time was paused in the last 90 days, {100 * before:.1f} % before"
    )
    if met is not None:
        figures |= {"met now": met.now, "met before": met.before}
        sentence += f", while attainment went from {100 * met.before:.1f} to {100 * met.now:.1f} %"
    if saved is None:
        return Finding(f"{sentence}.", figures, "service_level")
    sentence = f"{sentence}. {SAVED.what}: {sentence_of(saved)}"
    kept = rate_of(scene, KEPT)
    if kept is not None:
        figures |= {"kept without pauses": kept.now}
        sentence += f" Against the original breach time {100 * kept.now:.1f} % were kept."
    return Finding(sentence, figures | figures_of(saved), "service_level", suspects_of(scene, SAVED))
