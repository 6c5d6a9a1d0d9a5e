"""Derived column of changes: whether another group's change touches the same thing at the same time."""

from __future__ import annotations

import pyarrow as pa

from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

COLLISIONS = """
WITH booked AS (
  SELECT source, id, assignment_group, ci_id, planned_start_at, planned_end_at FROM change
  WHERE disposition IS NULL AND ci_id IS NOT NULL AND planned_start_at < planned_end_at
), dependent AS (
  SELECT DISTINCT source, ci_id AS one, ci_id AS other FROM booked
  UNION SELECT source, parent_id, child_id FROM ci_relationship
  UNION SELECT source, child_id, parent_id FROM ci_relationship
), taken AS (
  SELECT *, unnest(range(epoch(planned_start_at)::BIGINT // 604800,
    epoch(planned_end_at)::BIGINT // 604800 + 1)) AS week FROM booked
), colliding AS (
  SELECT DISTINCT a.source, a.id FROM taken AS a
  JOIN dependent AS d ON d.source = a.source AND d.one = a.ci_id
  JOIN taken AS b ON b.source = a.source AND b.ci_id = d.other AND b.week = a.week
    AND b.planned_start_at < a.planned_end_at AND a.planned_start_at < b.planned_end_at
  WHERE b.assignment_group IS DISTINCT FROM a.assignment_group
)
SELECT b.source, b.id, c.id IS NOT NULL AS collides FROM booked AS b
LEFT JOIN colliding AS c ON c.source = b.source AND c.id = b.id
ORDER BY b.source, b.id
"""
"""Windows that only touch do not overlap. Two that overlap share a week, which keeps the join small on items
that very many changes name."""


def derive_collisions(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return collides of every change with an item and a planned window (chg-collision-rate)."""
    return store.query(COLLISIONS)
