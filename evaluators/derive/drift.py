"""Derived columns of transitions: values of controlled items that moved, and what explains it."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.days import as_days
from evaluators.derive.deployments import DEPLOYMENTS, production
from evaluators.derive.names import department_of
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

DRIFT = f"""
WITH {DEPLOYMENTS}, drifted AS (
  SELECT t.source, t.id, t.at AS moved_at, i.id AS item, COALESCE(i.owner_group, i.support_group) AS team
  FROM transition AS t JOIN configuration_item AS i ON i.source = t.source AND i.id = t.record_id
  WHERE t.record_kind = 'configuration_item' AND t.old_value IS NOT NULL
    AND t.new_value IS DISTINCT FROM t.old_value
    AND i.controlled AND {production("i.environment")}
), authorised AS (
  SELECT source, ci_id AS item, COALESCE(actual_start_at, planned_start_at) AS started_at,
    COALESCE(actual_end_at, planned_end_at, closed_at, actual_start_at, planned_start_at) AS ended_at
  FROM change
  WHERE ci_id IS NOT NULL AND disposition IS NULL AND NOT COALESCE(unauthorised, FALSE)
    AND (approved_at IS NOT NULL OR type = 'standard' OR gate_passed)
  UNION ALL
  SELECT source, ci_id, COALESCE(started_at, deployed_at), deployed_at FROM described
  WHERE ci_id IS NOT NULL AND deployment AND deployed_at IS NOT NULL
), explained AS (
  SELECT DISTINCT d.source, d.id FROM drifted AS d
  JOIN authorised AS a ON a.source = d.source AND a.item = d.item
    AND d.moved_at >= a.started_at - INTERVAL 24 HOUR AND d.moved_at <= a.ended_at + INTERVAL 24 HOUR
)
SELECT d.source, d.id, d.moved_at AS drifted_on, e.id IS NOT NULL AS drift_explained, d.team AS drifted_team
FROM drifted AS d LEFT JOIN explained AS e ON e.source = d.source AND e.id = d.id
ORDER BY d.source, d.id
"""
"""A first value is no drift: there was nothing to drift from."""


def derive_drift(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return the drift of controlled items in production (cfg-drift-explained)."""
    rows = as_days(store.query(DRIFT), ("drifted_on",), policy.time_zone)
    return rows.append_column("department", department_of(rows.column("drifted_team"), policy.departments))
