"""Priorities lowered after opening, and the targets that were kept by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from evaluators.gaming.clocks import SETTLED
from evaluators.gaming.rates import RateRule, by_rate
from evaluators.gaming.scenarios import Limits
from evaluators.gaming.scene import Scene
from evaluators.gaming.suspicion import Finding
from storage.evidence import relation

LOWERED = (
    "t.record_kind = 'incident' AND t.field = 'priority' "
    "AND TRY_CAST(t.new_value AS INTEGER) > TRY_CAST(t.old_value AS INTEGER)"
)
DOWNGRADED = RateRule(
    kind="incident",
    needs=("resolved_on", "priority", "transition:priority"),
    on="r.resolved_on",
    suspect=(
        f"EXISTS (SELECT 1 FROM {relation('transition')} AS t WHERE t.source = r.source "
        f"AND t.record_id = r.id AND {LOWERED})"
    ),
    what="Incidents whose priority was lowered after they were opened",
)

TARGETS = """
WITH lowered AS (
  SELECT t.source, t.record_id, MIN(TRY_CAST(t.old_value AS INTEGER)) AS opened_as
  FROM {transitions} AS t WHERE {is_lowered} GROUP BY 1, 2
), clock AS (
  SELECT i.priority, l.opened_as, r.breached, r.elapsed_seconds, r.target_seconds, {recent} AS recent
  FROM {clocks} AS r JOIN {incidents} AS i ON i.source = r.source AND i.id = r.record_id
    LEFT JOIN lowered AS l ON l.source = r.source AND l.record_id = r.record_id
  WHERE {settled} AND {year}
), promised AS (
  SELECT priority, MEDIAN(target_seconds) AS seconds FROM clock WHERE opened_as IS NULL GROUP BY 1
)
SELECT COUNT(*) AS total, COUNT(*) FILTER (WHERE NOT breached) AS kept,
  COUNT(*) FILTER (WHERE NOT breached AND COALESCE(elapsed_seconds <= seconds, TRUE)) AS kept_at_first
FROM clock LEFT JOIN promised ON promised.priority = clock.opened_as WHERE recent AND breached IS NOT NULL
"""
"""Resolution targets kept, and kept had the most urgent priority before it was lowered stayed.

What a priority promises is the median target of incidents that were never lowered.
"""


def downgraded(scene: Scene, limits: Limits) -> Finding | None:
    """Name incidents whose priority was lowered, with attainment against the priority before.

    That is the counter-check of inc-sla-attainment (section 5.8); the published value stays as it is.
    """
    finding = by_rate(scene, DOWNGRADED, limits)
    row = _targets(scene) if finding is not None else None
    if finding is None or row is None or not row["total"]:
        return finding
    kept, at_first = row["kept"] / row["total"], row["kept_at_first"] / row["total"]
    return replace(
        finding,
        sentence=f"{finding.sentence} Of all resolution targets {100 * kept:.1f} % were kept as recorded; "
        f"against the targets of the priorities before, {100 * at_first:.1f} % were.",
        figures={**finding.figures, "kept as recorded": kept, "kept at the priority before": at_first},
    )


def _targets(scene: Scene) -> dict[str, Any] | None:
    """Return how many targets were kept; None where no source has clocks with durations."""
    clocks = scene.records(
        "service_level",
        "stopped_on",
        "breached",
        "record_id",
        "target",
        "target_seconds",
        "elapsed_seconds",
    )
    incidents = scene.records("incident", *DOWNGRADED.needs)
    if clocks is None or incidents is None:
        return None
    return scene.row(
        TARGETS.format(
            transitions=relation("transition"),
            is_lowered=LOWERED,
            recent=scene.recently("r.stopped_on"),
            clocks=clocks,
            incidents=incidents,
            settled=SETTLED,
            year=scene.between("r.stopped_on", scene.past_since, scene.until),
        )
    )
