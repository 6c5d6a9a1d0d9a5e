"""Derived columns of incidents: whether their item was corrected, whether the model foresaw their service."""

from __future__ import annotations

import pyarrow as pa

from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

FARTHEST_PREDICTED = 3
"""Steps of dependency from a changed item up to a service (cfg-impact-prediction-recall)."""

CORRECTIONS = """
WITH step AS (
  SELECT source, record_id AS id, field, old_value, new_value, t.at AS moved_at
  FROM transition AS t WHERE record_kind = 'incident'
), assigned AS (
  SELECT source, id, MIN(moved_at) AS assigned_at FROM step
  WHERE field IN ('assignment_group', 'assignee') AND new_value IS NOT NULL GROUP BY 1, 2
), corrected AS (
  SELECT DISTINCT s.source, s.id FROM step AS s
  JOIN assigned AS a ON a.source = s.source AND a.id = s.id AND s.moved_at > a.assigned_at
  WHERE s.field IN ('ci_id', 'service_id') AND s.old_value IS NOT NULL
    AND s.new_value IS DISTINCT FROM s.old_value
)
SELECT a.source, a.id, c.id IS NOT NULL AS ci_corrected FROM assigned AS a
LEFT JOIN corrected AS c ON c.source = a.source AND c.id = a.id
ORDER BY a.source, a.id
"""
"""Filling an empty field is no correction."""

PREDICTIONS = f"""
WITH RECURSIVE caused AS (
  SELECT i.source, i.id, i.service_id, c.id AS change, c.ci_id, c.service_id AS listed
  FROM incident AS i JOIN change AS c ON c.source = i.source AND c.id = i.caused_by_change_id
  WHERE i.service_id IS NOT NULL
), depends AS (
  SELECT DISTINCT source, parent_id, child_id FROM ci_relationship WHERE parent_id <> child_id
), named AS (
  SELECT source, change, ci_id AS id FROM caused WHERE ci_id IS NOT NULL
  UNION SELECT source, change, listed FROM caused WHERE listed IS NOT NULL
), hit (source, change, id, steps) AS (
  SELECT source, change, id, 0 FROM named
  UNION
  SELECT h.source, h.change, d.parent_id, h.steps + 1 FROM hit AS h
  JOIN depends AS d ON d.source = h.source AND d.child_id = h.id
  WHERE h.steps < {FARTHEST_PREDICTED}
)
SELECT c.source, c.id, BOOL_OR(h.id IS NOT NULL) AS service_predicted FROM caused AS c
LEFT JOIN hit AS h ON h.source = c.source AND h.change = c.change AND h.id = c.service_id
GROUP BY 1, 2 ORDER BY 1, 2
"""


def derive_corrections(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return ci_corrected of every incident that was assigned (cfg-ci-correction-trend)."""
    return store.query(CORRECTIONS)


def derive_predictions(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return service_predicted of every incident caused by a change (cfg-impact-prediction-recall)."""
    return store.query(PREDICTIONS)
