"""Derived columns of changes: authorised, successful, known in their impact, carried out by machines."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.conditions import implementation_end, implemented
from evaluators.derive.days import as_days
from evaluators.derive.names import department_of, matches
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

GENERIC_MODELS = tuple(
    name + ending
    for name in ("normal", "standard", "emergency", "expedited", "retroactive", "unauthori?ed", "default")
    for ending in ("", " change")
)
"""Models that repeat the type of the change: no recipe for anything."""
DATES = ("opened_on", "planned_start_on", "implemented_on", "closed_on")

CHANGES = f"""
WITH caused AS (
  SELECT DISTINCT source, caused_by_change_id AS id FROM incident
  WHERE caused_by_change_id IS NOT NULL AND disposition IS NULL
), repaired AS (
  SELECT DISTINCT c.source, c.id FROM change AS c
  JOIN change AS e ON e.source = c.source AND e.ci_id = c.ci_id AND e.id <> c.id
    AND COALESCE(e.actual_start_at, e.opened_at) >= {implementation_end("c")}
    AND COALESCE(e.actual_start_at, e.opened_at) <= {implementation_end("c")} + INTERVAL 72 HOUR
  WHERE e.type IN ('emergency', 'hotfix') AND e.disposition IS NULL
), found AS (
  SELECT source, record_id AS id, field, CASE WHEN old_value IS NULL THEN t.at END AS entered_at
  FROM transition AS t
  WHERE record_kind = 'change' AND field IN ('ci_id', 'service_id')
  QUALIFY ROW_NUMBER() OVER (PARTITION BY source, record_id, field ORDER BY sequence) = 1
), entered AS (
  SELECT source, id, MAX(CASE WHEN field = 'ci_id' THEN entered_at END) AS item_at,
    MAX(CASE WHEN field = 'service_id' THEN entered_at END) AS service_at
  FROM found GROUP BY 1, 2
), described AS (
  SELECT c.*, {implemented("c")} AS implemented,
    COALESCE(c.actual_start_at, c.planned_start_at, {implementation_end("c")}) AS started_at
  FROM change AS c
)
SELECT c.source, c.id, c.assignment_group, c.model, c.opened_at AS opened_on,
  c.planned_start_at AS planned_start_on,
  CASE WHEN c.implemented THEN {implementation_end("c")} END AS implemented_on, c.closed_at AS closed_on,
  COALESCE(c.opened_at <= c.actual_start_at, FALSE) AND NOT COALESCE(c.unauthorised, FALSE) AND (
    COALESCE(c.approved_at <= c.actual_start_at, FALSE) OR COALESCE(c.type = 'standard', FALSE)
    OR COALESCE(c.gate_passed, FALSE)) AS authorised_before_start,
  CASE WHEN c.implemented THEN COALESCE(c.outcome = 'successful', FALSE) AND NOT COALESCE(c.backed_out, FALSE)
    AND h.id IS NULL AND r.id IS NULL END AS succeeded,
  COALESCE((item.operational OR item.retired_at > c.started_at)
    AND COALESCE(e.item_at, c.opened_at) <= c.started_at, FALSE)
  OR COALESCE((service.operational OR service.retired_at > c.started_at)
    AND COALESCE(e.service_at, c.opened_at) <= c.started_at, FALSE) AS impact_known_before_start,
  (COALESCE(c.type = 'standard', FALSE) OR COALESCE(c.gate_passed, FALSE))
    AND (c.pipeline IS NOT NULL OR COALESCE(c.implementer_type = 'automation', FALSE))
    AND COALESCE(c.automated_verification, FALSE)
    AND COALESCE(c.manual_approval_count, CAST(c.approver_type = 'person' AS BIGINT), 0) = 0
    AS flowed_without_people
FROM described AS c
LEFT JOIN caused AS h ON h.source = c.source AND h.id = c.id
LEFT JOIN repaired AS r ON r.source = c.source AND r.id = c.id
LEFT JOIN entered AS e ON e.source = c.source AND e.id = c.id
LEFT JOIN configuration_item AS item ON item.source = c.source AND item.id = c.ci_id
LEFT JOIN configuration_item AS service ON service.source = c.source AND service.id = c.service_id
ORDER BY c.source, c.id
"""
"""Without an entry in the history, an item was there since the record was opened."""


def derive_changes(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return what a change's own fields, history and what followed say."""
    rows = store.query(CHANGES)
    model = rows.column("model")
    named = model.is_valid().to_numpy() & ~matches(model, GENERIC_MODELS)
    department = department_of(rows.column("assignment_group"), policy.departments)
    rows = as_days(rows, DATES, policy.time_zone)
    rows = rows.append_column("named_model", pa.array(named)).append_column("department", department)
    return rows.drop_columns(["assignment_group", "model"])
