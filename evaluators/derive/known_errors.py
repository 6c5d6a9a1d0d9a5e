"""Derived column of problems: whether an article tells the service desk about the known error."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.conditions import available
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

PUBLISHED = f"""
WITH readable AS (
  SELECT source, id, problem_id, CASE WHEN COALESCE(origin_kind, 'problem') = 'problem' THEN origin_id END
    AS origin_id
  FROM knowledge AS a WHERE {available("a")}
), described AS (
  SELECT p.source, p.id FROM problem AS p
    JOIN readable AS a ON a.source = p.source AND a.id = p.knowledge_id
  UNION SELECT source, problem_id FROM readable WHERE problem_id IS NOT NULL
  UNION SELECT source, origin_id FROM readable WHERE origin_id IS NOT NULL
)
SELECT p.source, p.id, d.id IS NOT NULL AS known_error_published
FROM problem AS p LEFT JOIN described AS d ON d.source = p.source AND d.id = p.id
ORDER BY p.source, p.id
"""


def derive_known_errors(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return known_error_published of every problem (knw-known-error-published)."""
    return store.query(PUBLISHED)
