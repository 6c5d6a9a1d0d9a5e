"""Derived columns of urgent incidents: warnings before them, and before the same hours of other days."""

from __future__ import annotations

import pyarrow as pa

from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

COMPARED_DAYS = 28
"""Days before the incident whose same hours stand for random windows: drawn once and for all, so that the
same evidence always gives the same lift."""

WARNINGS = f"""
WITH signal AS (
  SELECT source, ci_id, service_id, opened_at,
    COALESCE(LEAST(acknowledged_at, remediated_at, ticketed_at),
      CASE WHEN work_recorded OR remediation IS NOT NULL THEN opened_at END) AS acted_at
  FROM alert WHERE COALESCE(early_warning,
    severity = 4 OR regexp_matches(lower(type), 'anomaly|warning|predict'), FALSE)
), announcing AS (
  SELECT source, ci_id AS place, opened_at, acted_at FROM signal WHERE ci_id IS NOT NULL
  UNION ALL
  SELECT source, service_id, opened_at, acted_at FROM signal WHERE service_id IS DISTINCT FROM ci_id
    AND service_id IS NOT NULL
), place AS (
  SELECT source, place, ROW_NUMBER() OVER () AS number FROM (SELECT DISTINCT source, place FROM announcing)
), warning AS (
  SELECT p.number AS place, a.opened_at, a.acted_at, date_trunc('day', a.opened_at) AS day
  FROM announcing AS a JOIN place AS p ON p.source = a.source AND p.place = a.place
), beginning AS (
  SELECT source, MIN(opened_at) + INTERVAL 24 HOUR AS first_at FROM alert GROUP BY 1
), asked AS (
  SELECT i.source, i.id, i.ci_id, i.service_id, i.opened_at, ROW_NUMBER() OVER () AS number,
    LEAST({COMPARED_DAYS}, GREATEST(0, COALESCE(
      date_diff('second', b.first_at, i.opened_at) // 86400, 0))) AS windows
  FROM incident AS i LEFT JOIN beginning AS b ON b.source = i.source
  WHERE i.priority <= 2 AND COALESCE(i.ci_id, i.service_id) IS NOT NULL
), placed AS (
  SELECT a.number, p.number AS place, a.opened_at, a.windows
  FROM asked AS a JOIN place AS p ON p.source = a.source AND p.place = a.ci_id
  UNION
  SELECT a.number, p.number, a.opened_at, a.windows
  FROM asked AS a JOIN place AS p ON p.source = a.source AND p.place = a.service_id
), near AS (
  SELECT p.number, BOOL_OR(COALESCE(w.acted_at <= p.opened_at, FALSE)) AS used
  FROM placed AS p, (VALUES (0), (1)) AS back (days)
  JOIN warning AS w ON w.place = p.place AND w.day = date_trunc('day', p.opened_at) - to_days(back.days)
    AND w.opened_at >= p.opened_at - INTERVAL 24 HOUR AND w.opened_at <= p.opened_at - INTERVAL 15 MINUTE
  GROUP BY 1
), compared AS (
  SELECT p.number, p.place, d.days, p.opened_at - to_days(d.days) - INTERVAL 15 MINUTE AS latest
  FROM placed AS p
  JOIN (SELECT CAST(unnest(range(1, {COMPARED_DAYS + 1})) AS INTEGER) AS days) AS d ON d.days <= p.windows
), counted AS (
  SELECT c.number, COUNT(DISTINCT c.days) AS warnings
  FROM compared AS c ASOF JOIN warning AS w ON w.place = c.place AND w.opened_at <= c.latest
  WHERE w.opened_at >= c.latest - INTERVAL 1425 MINUTE
  GROUP BY 1
)
SELECT a.source, a.id, n.number IS NOT NULL AS warned, COALESCE(n.used, FALSE) AS warning_used,
  CAST(a.windows AS BIGINT) AS comparison_windows, COALESCE(c.warnings, 0) AS comparison_warnings
FROM asked AS a
LEFT JOIN near AS n ON n.number = a.number
LEFT JOIN counted AS c ON c.number = a.number
ORDER BY a.source, a.id
"""
"""Warnings within a window of 23:45 hours lie on two days: an equal day keeps the join small on items with
very many alerts. A window before the first alert that is known says nothing and is no window."""


def derive_warnings(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return the warnings before every P1/P2 incident with item or service (mon-early-warning)."""
    return store.query(WARNINGS)
