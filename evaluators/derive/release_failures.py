"""Derived columns of releases: which deployments failed, and how long users felt it."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.deployments import DEPLOYMENTS
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

FAILURES = f"""
WITH {DEPLOYMENTS}, deployed AS (
  SELECT * FROM placed WHERE deployed_at IS NOT NULL
), cause AS (
  SELECT source, id, id AS cause FROM deployed
  UNION SELECT source, id, change_id FROM deployed WHERE change_id IS NOT NULL
  UNION SELECT d.source, d.id, c.id FROM deployed AS d
    JOIN change AS c ON c.source = d.source AND c.release_id = d.id
), blamed AS (
  SELECT c.source, c.id, MIN(i.opened_at) AS opened_at,
    CASE WHEN BOOL_AND(i.resolved_at IS NOT NULL) THEN MAX(i.resolved_at) END AS resolved_at
  FROM cause AS c JOIN incident AS i ON i.source = c.source AND i.caused_by_change_id = c.cause
  WHERE i.disposition IS NULL GROUP BY 1, 2
), repaired AS (
  SELECT d.source, d.id, MIN(h.deployed_at) AS fixed_at FROM deployed AS d
  JOIN deployed AS h ON h.source = d.source AND h.service = d.service AND h.repairs
    AND h.deployed_at > d.deployed_at AND h.deployed_at <= d.deployed_at + INTERVAL 72 HOUR
  GROUP BY 1, 2
), judged AS (
  SELECT d.source, d.id,
    COALESCE(d.rolled_back, FALSE) OR COALESCE(d.outcome IN ('failed', 'rolled_back'), FALSE)
      OR d.failed_at IS NOT NULL OR b.id IS NOT NULL OR f.id IS NOT NULL AS failed,
    LEAST(d.failed_at, b.opened_at) AS began_at,
    COALESCE(d.restored_at, b.resolved_at, CASE WHEN b.id IS NULL THEN f.fixed_at END) AS ended_at
  FROM deployed AS d
  LEFT JOIN blamed AS b ON b.source = d.source AND b.id = d.id
  LEFT JOIN repaired AS f ON f.source = d.source AND f.id = d.id
)
SELECT source, id, failed,
  CASE WHEN failed AND ended_at >= began_at
    THEN CAST(date_diff('second', began_at, ended_at) AS BIGINT) END AS user_impact_seconds
FROM judged ORDER BY source, id
"""
"""What the release says of its restoration comes first; the fix is taken where no incident tells."""


def derive_release_failures(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return failed and user_impact_seconds of every deployment to production."""
    return store.query(FAILURES)
