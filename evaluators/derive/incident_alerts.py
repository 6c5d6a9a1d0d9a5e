"""Derived columns of incidents: which were noticed by monitoring, which an alert gave birth to."""

from __future__ import annotations

import pyarrow as pa

from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

DETECTION = """
WITH linked AS (
  SELECT source, incident_id AS id, MIN(opened_at) AS alert_at, MIN(ticketed_at) AS ticketed_at,
    BOOL_OR(COALESCE(incident_created_automatically, FALSE)) AS automatic
  FROM alert WHERE incident_id IS NOT NULL GROUP BY 1, 2
), reported AS (
  SELECT i.source, i.id, i.parent_id, i.opened_at, l.alert_at, l.ticketed_at, COALESCE(l.automatic, FALSE)
      OR COALESCE(i.creator_type = 'automation', FALSE) AND l.id IS NOT NULL AS automatic,
    COALESCE(l.automatic, FALSE) OR COALESCE(regexp_matches(lower(i.channel), 'monitor|event|alert'),
      i.creator_type = 'automation', FALSE) AS by_machine
  FROM incident AS i LEFT JOIN linked AS l ON l.source = i.source AND l.id = i.id
  WHERE COALESCE(i.disposition, 'duplicate') = 'duplicate'
), family AS (
  SELECT source, id, alert_at, opened_at, by_machine FROM reported
  UNION ALL
  SELECT source, parent_id, alert_at, opened_at, by_machine FROM reported WHERE parent_id IS NOT NULL
), first AS (
  SELECT source, id, MIN(alert_at) AS alert_at,
    MIN(CASE WHEN NOT by_machine THEN opened_at END) AS report_at
  FROM family GROUP BY 1, 2
)
SELECT r.source, r.id,
  f.alert_at IS NOT NULL AND COALESCE(f.alert_at < f.report_at, TRUE) AS detected_by_monitoring,
  COALESCE(r.alert_at <= r.opened_at
    AND (r.by_machine OR abs(date_diff('second', r.opened_at, r.ticketed_at)) <= 60), FALSE) AS alert_born,
  r.automatic AS created_automatically
FROM reported AS r JOIN first AS f ON f.source = r.source AND f.id = r.id
ORDER BY r.source, r.id
"""
"""Users report through the incident itself, unless a machine made it, or through its children. What a channel
says goes before who created the record: portals create with an identity of their own."""


def derive_detection(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return detected_by_monitoring, alert_born and created_automatically of every incident."""
    return store.query(DETECTION)
