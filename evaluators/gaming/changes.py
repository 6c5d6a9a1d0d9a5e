"""Back-dated changes: what their dates say, and when the history says it was entered."""

from __future__ import annotations

from evaluators.gaming.rates import RateRule, by_rate
from evaluators.gaming.scenarios import Limits
from evaluators.gaming.scene import Scene
from evaluators.gaming.suspicion import Finding
from storage.evidence import relation

_HISTORY = (
    f"EXISTS (SELECT 1 FROM {relation('transition')} AS t WHERE t.source = r.source "
    "AND t.record_kind = 'change' AND t.record_id = r.id AND {condition})"
)
_ENTERED_LATER = (
    "t.field = 'approval' AND lower(t.new_value) LIKE '%approved%' AND t.at > r.actual_start_at "
    "AND t.at > r.approved_at + INTERVAL 1 HOUR AND r.approved_at <= r.actual_start_at"
)
_RECORDED_LATER = (
    "t.field = 'state' AND t.old_value IS NULL AND t.at > r.opened_at + INTERVAL 1 DAY "
    "AND t.at > r.actual_start_at"
)
_PLANNED_LATER = "t.field IN ('planned_start_at', 'planned_end_at') AND t.at > r.actual_start_at"

BACK_DATED = RateRule(
    kind="change",
    needs=(
        "implemented_on",
        "opened_at",
        "approved_at",
        "actual_start_at",
        "transition:approval|transition:state",
    ),
    on="r.implemented_on",
    suspect=" OR ".join(
        _HISTORY.format(condition=condition)
        for condition in (_ENTERED_LATER, _RECORDED_LATER, _PLANNED_LATER)
    ),
    what="Changes whose approval, plan or record was entered after the work began but dated before it",
)


def back_dated(scene: Scene, limits: Limits) -> Finding | None:
    """Name changes that the history dates later than they say (chg-authorised-before-start)."""
    return by_rate(scene, BACK_DATED, limits)
