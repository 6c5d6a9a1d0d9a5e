"""Derived columns of alerts: how they were answered, what they led to, whether they came back."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from evaluators.derive.business_time import DAY
from evaluators.derive.columns import flags, moments
from evaluators.derive.days import as_days
from evaluators.derive.following import next_after
from evaluators.derive.names import department_of
from evaluators.derive.tickets import TICKETS, VALID_ITEMS
from evaluators.policy import Policy
from evaluators.statistics.arrays import BoolArray
from storage.evidence.store import EvidenceStore

RECURS_SECONDS = DAY
"""The same on the same item within 24 hours of the closing is a recurrence (mon-auto-remediation)."""

ALERTS = """
WITH history AS (
  SELECT source, record_id AS id, MIN(t.at) AS ticketed_at FROM transition AS t
  WHERE record_kind = 'alert' AND field = 'incident_id' AND new_value IS NOT NULL GROUP BY 1, 2
), beginning AS (
  SELECT source, MIN(occurred_at) AS first_at FROM event GROUP BY 1
), followed AS (
  SELECT a.*, i.priority AS incident_priority, i.disposition AS incident_disposition,
    COALESCE(a.ticketed_at, h.ticketed_at, CASE WHEN i.opened_at >= a.opened_at THEN i.opened_at END)
      AS linked_at,
    COALESCE(a.remediated_at, CASE WHEN a.remediation IS NOT NULL THEN a.closed_at END) AS treated_at,
    a.remediated_at IS NOT NULL OR a.remediation IS NOT NULL AS treated
  FROM alert AS a
  LEFT JOIN history AS h ON h.source = a.source AND h.id = a.id
  LEFT JOIN incident AS i ON i.source = a.source AND i.id = a.incident_id
)
SELECT a.source, a.id, a.opened_at, a.closed_at, a.ci_id,
  COALESCE(a.metric, a.type, a.message_key, '') AS symptom, a.assignment_group, a.opened_at AS opened_on,
  CAST(date_diff('second', a.opened_at, LEAST(a.acknowledged_at, a.linked_at, a.treated_at)) AS BIGINT)
    AS response_seconds,
  CAST(date_diff('second', a.opened_at, LEAST(
    CASE WHEN a.incident_priority <= 3 AND COALESCE(a.incident_disposition, 'duplicate') = 'duplicate'
      THEN a.linked_at END,
    a.treated_at,
    CASE WHEN a.work_recorded THEN COALESCE(a.acknowledged_at, a.closed_at) END)) AS BIGINT)
    AS consequence_seconds,
  a.incident_id IS NOT NULL OR a.treated OR COALESCE(a.work_recorded, FALSE) AS actionable,
  COALESCE(a.shown, NOT COALESCE(a.maintenance, FALSE) AND a.parent_id IS NULL) AS shown_to_people,
  COALESCE(a.ci_id, a.node, a.service_id) AS monitored_item,
  COALESCE(lower(a.remediation) = 'successful' AND a.closer_type = 'automation' AND a.condition_cleared
    AND a.closed_at IS NOT NULL AND a.ci_id IS NOT NULL, FALSE) AS cleared_by_machine,
  b.first_at IS NOT NULL AND a.opened_at >= date_trunc('day', b.first_at) AS within_events
FROM followed AS a LEFT JOIN beginning AS b ON b.source = a.source
ORDER BY a.source, a.id
"""
"""An incident that was there before the alert does not say when it was linked."""


def derive_alerts(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return what an alert's own fields, its incident and the alerts after it say."""
    rows = store.query(ALERTS)
    healed = flags(rows, "cleared_by_machine") & ~_recurs(rows)
    noise = flags(rows, "shown_to_people") & ~flags(rows, "actionable")
    department = department_of(rows.column("assignment_group"), policy.departments)
    rows = rows.drop_columns(
        ["opened_at", "closed_at", "ci_id", "symptom", "assignment_group", "cleared_by_machine"]
    )
    for name, values in {
        "healed": pa.array(healed),
        "noise": pa.array(noise.astype(np.int64)),
        "department": department,
    }.items():
        rows = rows.append_column(name, values)
    return as_days(rows, ("opened_on",), policy.time_zone)


def derive_alert_binding(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return ci_valid of every alert."""
    return store.query(VALID_ITEMS + TICKETS.format(kind="alert", columns="", joins=""))


def _recurs(rows: pa.Table) -> BoolArray:
    """Say which came back: an alert of the same metric (or type) on the same item soon after the closing."""
    opened, closed = moments(rows, "opened_at"), moments(rows, "closed_at")
    every = np.ones(len(rows), np.bool_)
    again = next_after(rows, ("source", "ci_id", "symptom"), opened, closed, every)
    return np.asarray(again.known & (again.values - closed.values < RECURS_SECONDS), dtype=np.bool_)
