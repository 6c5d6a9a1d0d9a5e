"""Group splitting: teams divided into parts that are too small to be tested."""

from __future__ import annotations

from datetime import timedelta

from evaluators.gaming.scenarios import Limits
from evaluators.gaming.scene import RECENT_DAYS, Scene
from evaluators.gaming.suspicion import Finding
from evaluators.measures.base import quoted

GROUPS = """
SELECT assignment_group AS name, MIN(resolved_on) AS first_seen, MIN(MIN(resolved_on)) OVER () AS beginning,
  COUNT(*) FILTER (WHERE {recent}) AS now, COUNT(*) FILTER (WHERE {before}) AS before
FROM {records} AS r WHERE assignment_group IS NOT NULL GROUP BY 1 ORDER BY 1
"""


def split_groups(scene: Scene, limits: Limits) -> Finding | None:
    """Name new small groups that took over a good part of the volume (inc-team-record-consistency)."""
    records = scene.records("incident", "opened_on", "resolved_on", "assignment_group")
    if records is None:
        return None
    earlier = scene.between("resolved_on", scene.since - timedelta(days=RECENT_DAYS), scene.since)
    rows = scene.rows(GROUPS.format(records=records, recent=scene.recently("resolved_on"), before=earlier))
    total, total_before = (sum(row[name] for row in rows) for name in ("now", "before"))
    if not rows or min(total, total_before) < limits["volume"]:
        return None
    if (scene.since - rows[0]["beginning"]).days < limits["history"]:
        return None
    small = [row for row in rows if 0 < row["now"] < limits["small"]]
    new = [row for row in small if row["first_seen"] is not None and row["first_seen"] >= scene.since]
    now = sum(row["now"] for row in small) / total
    before = sum(row["before"] for row in rows if row["before"] < limits["small"]) / total_before
    held = sum(row["now"] for row in new)
    if len(new) < limits["groups"] or now - before < limits["points"] or held < limits["new"] * now * total:
        return None
    return _finding(scene, records, [row["name"] for row in new], held, (now, before))


def _finding(scene: Scene, records: str, names: list[str], held: int, shares: tuple[float, float]) -> Finding:
    listed = ", ".join(map(quoted, names))
    rows = scene.rows(
        f"SELECT id FROM {records} AS r WHERE {scene.recently('resolved_on')} "
        f"AND assignment_group IN ({listed}) ORDER BY 1"
    )
    now, before = shares
    return Finding(
        f"{len(names)} new groups, each too small to be tested, resolved {held:,} incidents of the last 90 "
        f"days; small groups now hold {100 * now:.1f} % of the volume, {100 * before:.1f} % in the 90 days "
        f"before. They are {', '.join(names[:5])}{' …' if len(names) > 5 else ''}.",
        {"new groups": len(names), "suspect": held, "small now": now, "small before": before},
        "incident",
        tuple(row["id"] for row in rows),
    )
