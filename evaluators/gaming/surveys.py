"""A sudden drop of surveys sent, to everybody or to those whose target was missed."""

from __future__ import annotations

from evaluators.gaming.comparison import Rate, fell
from evaluators.gaming.rates import RateRule, rate_of
from evaluators.gaming.scenarios import Limits
from evaluators.gaming.scene import Scene
from evaluators.gaming.suspicion import Finding
from storage.evidence import relation

ASKED = (
    f"EXISTS (SELECT 1 FROM {relation('survey')} AS s WHERE s.source = r.source "
    "AND s.record_id = r.id AND s.sent_at IS NOT NULL)"
)
EVERYBODY = RateRule(
    kind="incident",
    needs=("resolved_on", "survey.sent_at", "survey.record_id"),
    on="r.resolved_on",
    suspect=ASKED,
    what="incidents",
)
DISAPPOINTED = RateRule(
    kind="incident",
    needs=("resolved_on", "resolution_target_met", "survey.sent_at", "survey.record_id"),
    on="r.resolved_on",
    suspect=ASKED,
    what="incidents that missed their target",
    among="NOT r.resolution_target_met",
)
REQUESTS = RateRule(
    kind="request",
    needs=("resolved_on", "survey.sent_at", "survey.record_id"),
    on="r.resolved_on",
    suspect=ASKED,
    what="requests",
)


def dropped_surveys(scene: Scene, limits: Limits) -> Finding | None:
    """Name the tickets that stopped being asked about (counter-check of slm-experience-gap)."""
    found = []
    for rule in (EVERYBODY, DISAPPOINTED, REQUESTS):
        rate = rate_of(scene, rule)
        if rate is not None and fell(rate, limits):
            found.append((rule, rate))
    if not found:
        return None
    rule, rate = found[0]
    return _finding(rule, rate)


def _finding(rule: RateRule, rate: Rate) -> Finding:
    missing = round(rate.before * rate.total) - rate.suspect
    return Finding(
        f"Surveys went out for {rate.suspect:,} of {rate.total:,} {rule.what} of the last 90 days "
        f"({100 * rate.now:.1f} %), for {100 * rate.before:.1f} % in the nine months before: about "
        f"{missing:,} are missing.",
        {"share now": rate.now, "share before": rate.before, "standard errors": rate.sigma},
        "survey",
        count=missing,
    )
