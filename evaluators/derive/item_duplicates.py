"""Derived column of configuration items: whether the same thing is listed twice."""

from __future__ import annotations

import pyarrow as pa

from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

DUPLICATES = """
WITH live AS (
  SELECT * FROM configuration_item WHERE operational
), key AS (
  SELECT source, id, class, 'serial number' AS name, lower(trim(serial_number)) AS value FROM live
  UNION ALL SELECT source, id, class, 'host and address',
    lower(trim(host_name)) || ' ' || trim(ip_address) FROM live
  UNION ALL SELECT source, id, class, 'cloud', lower(trim(cloud_id)) FROM live
  UNION ALL SELECT source, id, class, 'correlation', lower(trim(correlation_id)) FROM live
), repeated AS (
  SELECT source, class, name, value FROM key WHERE class IS NOT NULL AND value <> ''
  GROUP BY ALL HAVING COUNT(*) > 1
), twice AS (
  SELECT DISTINCT k.source, k.id FROM key AS k JOIN repeated AS r
    ON r.source = k.source AND r.class = k.class AND r.name = k.name AND r.value = k.value
)
SELECT l.source, l.id, t.id IS NOT NULL AS duplicated FROM live AS l
LEFT JOIN twice AS t ON t.source = l.source AND t.id = l.id
ORDER BY l.source, l.id
"""
"""A retired item that was replaced under the same key is no duplicate. An empty part makes no key."""


def derive_duplicates(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return duplicated of every item in operation (cfg-duplicate-free)."""
    return store.query(DUPLICATES)
