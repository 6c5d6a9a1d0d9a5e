"""Derived columns of configuration items: which services are critical, and when monitoring last saw them."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.items import critical
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

MOST_USED = 20
"""Services by ticket volume that stand for the critical ones where a source names none."""

WATCHED = f"""
WITH RECURSIVE part AS (
  SELECT source, id AS service, id, 0 AS depth FROM configuration_item WHERE service
  UNION
  SELECT p.source, p.service, r.child_id, p.depth + 1 FROM part AS p
  JOIN ci_relationship AS r ON r.source = p.source AND r.parent_id = p.id WHERE p.depth < 3
), named AS (
  SELECT source, id, lower(name) AS name FROM configuration_item
  UNION SELECT source, id, lower(host_name) FROM configuration_item
), on_node AS (
  SELECT source, lower(node) AS name, MAX(occurred_at) AS at FROM event
  WHERE ci_id IS NULL AND service_id IS NULL AND node IS NOT NULL GROUP BY 1, 2
), heard AS (
  SELECT source, ci_id AS id, MAX(occurred_at) AS at FROM event GROUP BY 1, 2
  UNION ALL SELECT source, service_id, MAX(occurred_at) FROM event GROUP BY 1, 2
  UNION ALL SELECT source, ci_id, MAX(opened_at) FROM alert GROUP BY 1, 2
  UNION ALL SELECT source, service_id, MAX(opened_at) FROM alert GROUP BY 1, 2
  UNION ALL SELECT n.source, n.id, o.at FROM on_node AS o
    JOIN named AS n ON n.source = o.source AND n.name = o.name
), watched AS (
  SELECT p.source, p.service AS id, MAX(h.at) AS last_watched_at FROM part AS p
  JOIN heard AS h ON h.source = p.source AND h.id = p.id GROUP BY 1, 2
), ticket AS (
  SELECT source, service_id AS id, opened_at FROM incident WHERE disposition IS NULL
  UNION ALL SELECT source, service_id, opened_at FROM request WHERE disposition IS NULL
), latest AS (
  SELECT source, MAX(opened_at) AS at FROM ticket GROUP BY 1
), used AS (
  SELECT t.source, t.id, COUNT(*) AS tickets FROM ticket AS t JOIN latest AS l ON l.source = t.source
  WHERE t.opened_at > l.at - INTERVAL 365 DAY GROUP BY 1, 2
), live AS (
  SELECT i.source, i.id, {critical("i.criticality")} AS critical, u.tickets,
    ROW_NUMBER() OVER (PARTITION BY i.source ORDER BY u.tickets DESC NULLS LAST, i.id) AS place
  FROM configuration_item AS i LEFT JOIN used AS u ON u.source = i.source AND u.id = i.id
  WHERE i.service AND i.operational
), naming AS (
  SELECT source, BOOL_OR(critical) AS names_critical FROM live GROUP BY 1
)
SELECT i.source, i.id, w.last_watched_at,
  COALESCE(CASE WHEN n.names_critical THEN l.critical
    ELSE l.place <= {MOST_USED} AND l.tickets > 0 END, FALSE) AS critical_service
FROM configuration_item AS i
LEFT JOIN watched AS w ON w.source = i.source AND w.id = i.id
LEFT JOIN live AS l ON l.source = i.source AND l.id = i.id
LEFT JOIN naming AS n ON n.source = i.source
ORDER BY i.source, i.id
"""
"""An alert is made of events, so it shows as well that something watches. Events that are bound to nothing
are told by their node, the name of an item. Ticket volume is that of the last year that is known."""


def derive_watched_services(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return critical_service and last_watched_at of every item (mon-critical-service-coverage)."""
    return store.query(WATCHED)
