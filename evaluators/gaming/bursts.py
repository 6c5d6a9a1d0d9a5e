"""Closure bursts: one person closing many incidents on one day."""

from __future__ import annotations

from evaluators.gaming.comparison import rose
from evaluators.gaming.rates import RateRule, figures_of, rate_of, sentence_of, suspects_of
from evaluators.gaming.scenarios import Limits
from evaluators.gaming.scene import Scene
from evaluators.gaming.suspicion import Finding

NEEDS = ("resolved_on", "resolver")

DAYS = """
SELECT resolver, resolved_on FROM (
  SELECT resolver, resolved_on, COUNT(*) AS n, MEDIAN(COUNT(*)) OVER () AS of_all,
    COALESCE(
      MEDIAN(CASE WHEN {past} THEN COUNT(*) END) OVER (PARTITION BY resolver),
      MEDIAN(COUNT(*)) OVER (PARTITION BY resolver)
    ) AS usual
  FROM {records} AS d
  WHERE resolver IS NOT NULL AND COALESCE(resolver_type, '') NOT IN ('automation', 'migration') AND {year}
  GROUP BY 1, 2
) WHERE n >= {a_day} AND n > {medians} * usual AND n > {medians} * of_all
"""
"""Days of a person with far more closures than that person's and everybody's usual day."""


def closure_bursts(scene: Scene, limits: Limits) -> Finding | None:
    """Name closures on days with > 5 times the median by one person (inc-resolved-within-30-days).

    Who closes in batches all year does not stand out: the share of such closures has to rise.
    """
    rule = burst_rule(scene, limits)
    rate = rate_of(scene, rule) if rule is not None else None
    if rule is None or rate is None or not rose(rate, limits):
        return None
    return Finding(
        f"{rule.what}: {sentence_of(rate)}",
        figures_of(rate),
        "incident",
        suspects_of(scene, rule),
    )


def burst_rule(scene: Scene, limits: Limits) -> RateRule | None:
    """Return the closures on such days; None where no source says who resolved what and when."""
    records = scene.records("incident", *NEEDS)
    if records is None:
        return None
    days = DAYS.format(
        records=records,
        year=scene.between("resolved_on", scene.past_since, scene.until),
        past=scene.formerly("resolved_on"),
        a_day=int(limits["a_day"]),
        medians=limits["medians"],
    )
    return RateRule(
        kind="incident",
        needs=NEEDS,
        on="r.resolved_on",
        suspect=f"(r.resolver, r.resolved_on) IN ({days})",
        what=f"Incidents closed by one person, {limits['a_day']:.0f} or more on a day",
    )
