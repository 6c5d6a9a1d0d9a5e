"""Derived columns of incidents: which recur, and whether this one repeats an earlier one."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.conditions import cluster, counts
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

REPEATS = f"""
WITH placed AS (
  SELECT i.source, i.id, i.opened_at, i.resolved_at, {counts("i")} AS counts, {cluster("i")} AS cluster
  FROM incident AS i
), ended AS (
  SELECT cluster, resolved_at FROM placed
  WHERE counts AND cluster IS NOT NULL AND resolved_at >= opened_at
), beginning AS (
  SELECT source, MIN(opened_at) AS first_at FROM incident GROUP BY 1
)
SELECT p.source, p.id, p.cluster,
  CASE WHEN p.cluster IS NOT NULL AND p.opened_at >= b.first_at + INTERVAL 30 DAY
    THEN COALESCE(p.opened_at <= e.resolved_at + INTERVAL 30 DAY, FALSE) END AS repeats_within_30_days
FROM placed AS p
JOIN beginning AS b ON b.source = p.source
ASOF LEFT JOIN ended AS e ON e.cluster = p.cluster AND e.resolved_at < p.opened_at
ORDER BY p.source, p.id
"""
"""The latest resolution before the opening decides: if it is older than 30 days, so are all others.

Nothing is said of the first 30 days of a source: what they repeat was not extracted, so that a series would
begin too well."""


def derive_repeats(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return cluster and repeats_within_30_days of every incident (prb-repeat-incident-trend)."""
    return store.query(REPEATS)
