"""Derived columns of configuration items: how deep a service is mapped, what critical services stand on."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.items import critical
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

DEEPEST_MAPPED = 4
"""Levels below a service that are looked at; two are asked for."""
DEEPEST_CRITICAL = 5
"""Levels below a critical service that are taken as part of it."""

DEPENDENCIES = f"""
WITH RECURSIVE item AS (
  SELECT source, id, COALESCE(service, FALSE) AS service, COALESCE(operational, FALSE) AS operational,
    {critical("criticality")} AS critical
  FROM configuration_item
), depends AS (
  SELECT DISTINCT source, parent_id, child_id FROM ci_relationship WHERE parent_id <> child_id
), reached (source, service, id, depth) AS (
  SELECT source, id, id, 0 FROM item WHERE service
  UNION
  SELECT r.source, r.service, d.child_id, r.depth + 1 FROM reached AS r
  JOIN depends AS d ON d.source = r.source AND d.parent_id = r.id AND d.child_id <> r.service
  WHERE r.depth < {DEEPEST_MAPPED}
), mapped AS (
  SELECT r.source, r.service AS id, MAX(r.depth) AS levels FROM reached AS r
  JOIN item AS i ON i.source = r.source AND i.id = r.id AND i.operational AND r.depth > 0
  GROUP BY 1, 2
), below (source, id, depth) AS (
  SELECT source, id, 0 FROM item WHERE service AND critical
  UNION
  SELECT b.source, d.child_id, b.depth + 1 FROM below AS b
  JOIN depends AS d ON d.source = b.source AND d.parent_id = b.id
  WHERE b.depth < {DEEPEST_CRITICAL}
), part AS (
  SELECT DISTINCT source, id FROM below
), rated AS (
  SELECT DISTINCT source FROM item WHERE critical
)
SELECT i.source, i.id,
  i.critical OR p.id IS NOT NULL OR rated.source IS NULL AS of_critical_service,
  CASE WHEN i.service THEN CAST(COALESCE(m.levels, 0) AS BIGINT) END AS dependency_levels
FROM item AS i
LEFT JOIN mapped AS m ON m.source = i.source AND m.id = i.id
LEFT JOIN part AS p ON p.source = i.source AND p.id = i.id
LEFT JOIN rated ON rated.source = i.source
ORDER BY i.source, i.id
"""
"""Steps are bounded, so that a circle of dependencies ends. A source that calls nothing critical leaves
criticality unknown: every item counts."""


def derive_dependencies(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return of_critical_service and dependency_levels (cfg-ownership, cfg-service-mapping)."""
    return store.query(DEPENDENCIES)
