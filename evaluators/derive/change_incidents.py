"""Derived columns of changes: incidents recorded as their consequence, and incidents that came after them."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.conditions import counts, implementation_end, implemented
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

AROUND_CHANGE = f"""
WITH real_incident AS (
  SELECT source, ci_id, service_id, opened_at, caused_by_change_id FROM incident AS i WHERE {counts("i")}
), hit AS (
  SELECT source, ci_id AS place, opened_at FROM real_incident WHERE ci_id IS NOT NULL
  UNION ALL
  SELECT source, service_id, opened_at FROM real_incident WHERE service_id IS DISTINCT FROM ci_id
), recorded AS (
  SELECT source, caused_by_change_id AS id, COUNT(*) AS incidents FROM real_incident GROUP BY 1, 2
), done AS (
  SELECT c.source, c.id, COALESCE(c.ci_id, c.service_id) AS place, {implementation_end("c")} AS ended_at
  FROM change AS c WHERE {implemented("c")} AND COALESCE(c.ci_id, c.service_id) IS NOT NULL
), near AS (
  SELECT d.source, d.id, date_diff('second', d.ended_at - INTERVAL 35 DAY, h.opened_at) AS since
  FROM done AS d JOIN hit AS h ON h.source = d.source AND h.place = d.place
    AND h.opened_at >= d.ended_at - INTERVAL 35 DAY AND h.opened_at < d.ended_at + INTERVAL 48 HOUR
), weeks AS (
  SELECT source, id, 5 - since // 604800 AS weeks_before, COUNT(*) AS incidents FROM near
  WHERE since % 604800 < 172800 GROUP BY 1, 2, 3
), around AS (
  SELECT source, id,
    SUM(CASE WHEN weeks_before = 0 THEN incidents ELSE 0 END) AS after_change,
    SUM(CASE WHEN weeks_before BETWEEN 1 AND 4 THEN incidents ELSE 0 END) AS before_change,
    SUM(CASE WHEN weeks_before = 1 THEN incidents ELSE 0 END) AS after_placebo,
    SUM(CASE WHEN weeks_before BETWEEN 2 AND 5 THEN incidents ELSE 0 END) AS before_placebo
  FROM weeks GROUP BY 1, 2
)
SELECT d.source, d.id,
  CAST(COALESCE(r.incidents, 0) AS BIGINT) AS incidents_recorded,
  CAST(COALESCE(a.after_change, 0) AS BIGINT) AS incidents_after,
  CAST(COALESCE(a.before_change, 0) AS BIGINT) AS incidents_before,
  CAST(COALESCE(a.after_placebo, 0) AS BIGINT) AS placebo_incidents_after,
  CAST(COALESCE(a.before_placebo, 0) AS BIGINT) AS placebo_incidents_before
FROM done AS d
LEFT JOIN recorded AS r ON r.source = d.source AND r.id = d.id
LEFT JOIN around AS a ON a.source = d.source AND a.id = d.id
ORDER BY d.source, d.id
"""
"""The 48 hours after the end of the work, and the same hours of the weeks before, one to five."""


def derive_change_incidents(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return the counts of incidents around every implemented change (chg-incident-linkage-recall)."""
    return store.query(AROUND_CHANGE)
