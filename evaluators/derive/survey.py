"""Derived columns of surveys: day, department, outcome of the target, low rating."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.days import as_days
from evaluators.derive.names import department_of
from evaluators.derive.promises import internal
from evaluators.derive.service_level import BOTH_KINDS
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

SURVEYS = f"""{BOTH_KINDS}
, clocks AS (
  SELECT c.record_kind AS kind, c.source, c.record_id AS id, NOT BOOL_OR(c.breached) AS met
  FROM service_level AS c
  WHERE c.target = 'resolution' AND c.breached IS NOT NULL AND NOT COALESCE(c.cancelled, FALSE)
    AND NOT {internal("c")}
  GROUP BY 1, 2, 3
), without_clock AS (
  SELECT 'incident' AS kind, source, id, CASE WHEN closed_at IS NOT NULL THEN made_sla END AS met
  FROM incident
  UNION ALL SELECT 'request', source, id, fulfilled_at <= due_at FROM request
)
SELECT s.source, s.id, s.sent_at AS sent_on, s.answered_at AS answered_on,
  COALESCE(t.assignment_group, s.assignment_group) AS team,
  COALESCE(t.excluded, FALSE) AS record_excluded,
  COALESCE(c.met, w.met) AS target_met,
  s.score <= CASE WHEN s.points >= 11 THEN 60 WHEN s.points = 10 THEN 56 ELSE 25 END AS low_rating
FROM survey AS s
LEFT JOIN ticket AS t ON t.kind = s.record_kind AND t.source = s.source AND t.id = s.record_id
LEFT JOIN clocks AS c ON c.kind = s.record_kind AND c.source = s.source AND c.id = s.record_id
LEFT JOIN without_clock AS w ON w.kind = s.record_kind AND w.source = s.source AND w.id = s.record_id
ORDER BY s.source, s.id
"""
"""Two of five marks are 25 of 100; six of ten are 56, or 60 on a scale from 0 to 10."""


def derive_surveys(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return what answers and the records they are about say."""
    rows = store.query(SURVEYS)
    department = department_of(rows.column("team"), policy.departments)
    rows = rows.drop_columns(["team"]).append_column("department", department)
    return as_days(rows, ("sent_on", "answered_on"), policy.time_zone)
