"""Derived column of incidents and requests: whether an article soon followed a new recurring issue."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.conditions import counts, put_to_use
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

GAPS = f"""
WITH ticket AS (
  SELECT 'incident' AS kind, source, id, opened_at, service_id, category FROM incident AS i
  WHERE {counts("i")}
  UNION ALL SELECT 'request', source, id, opened_at, service_id, category FROM request
  WHERE disposition IS NULL AND incident_id IS NULL
), beginning AS (
  SELECT source, MIN(opened_at) AS first_at FROM ticket GROUP BY 1
), crowd AS (
  SELECT *, LAG(opened_at, 4) OVER earlier AS first_of_five FROM ticket
  WHERE service_id IS NOT NULL AND category IS NOT NULL AND opened_at IS NOT NULL
  WINDOW earlier AS (PARTITION BY service_id, category ORDER BY opened_at, kind, id)
), issue AS (
  SELECT c.* FROM crowd AS c
  WHERE c.first_of_five >= c.opened_at - INTERVAL 30 DAY AND NOT EXISTS (
    SELECT 1 FROM knowledge AS a WHERE a.service_id = c.service_id AND a.category = c.category
      AND a.published_at <= c.opened_at AND (a.retired_at IS NULL OR a.retired_at > c.opened_at))
  QUALIFY ROW_NUMBER() OVER (PARTITION BY c.service_id, c.category ORDER BY c.opened_at, c.kind, c.id) = 1
), used AS (
  SELECT a.service_id, a.category, a.published_at FROM knowledge AS a
  WHERE a.use_count > 0 OR (a.source, a.id) IN (
    SELECT (u.source, u.article_id) FROM knowledge_use AS u WHERE {put_to_use("u")})
)
SELECT r.source, r.id,
  CASE WHEN i.id IS NOT NULL AND i.opened_at >= b.first_at + INTERVAL 30 DAY THEN EXISTS (
    SELECT 1 FROM used AS a WHERE a.service_id = i.service_id AND a.category = i.category
      AND a.published_at >= i.opened_at AND a.published_at <= i.opened_at + INTERVAL 30 DAY)
  END AS gap_closed
FROM {{kind}} AS r
LEFT JOIN issue AS i ON i.kind = '{{kind}}' AND i.source = r.source AND i.id = r.id
LEFT JOIN beginning AS b ON b.source = i.source
ORDER BY r.source, r.id
"""
"""An issue is a service and category, as articles have them. It is new once: what recurred before, or in the
first 30 days of a source, is no new issue however long it goes on without an article."""


def derive_incident_gaps(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return gap_closed of every incident; empty unless it made a new issue."""
    return store.query(GAPS.format(kind="incident"))


def derive_request_gaps(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return gap_closed of every request; empty unless it made a new issue."""
    return store.query(GAPS.format(kind="request"))
