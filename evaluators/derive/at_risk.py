"""Derived columns of incidents and requests: targets that were nearly missed, and what was done about it."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.promises import internal
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

RISK = """
WITH clock AS (
  SELECT c.source, c.record_id AS id, c.id AS clock, c.started_at, c.stopped_at, c.target_seconds,
    COALESCE(c.breached, FALSE) AS breached, COALESCE(c.elapsed_seconds, c.clock_seconds) AS elapsed,
    COALESCE(c.due_at, c.started_at + to_seconds(c.target_seconds)) AS due_at
  FROM service_level AS c
  WHERE c.record_kind = '{kind}' AND c.target = 'resolution' AND c.stopped_at IS NOT NULL
    AND NOT COALESCE(c.cancelled, FALSE) AND NOT {internal}
), passing AS (
  SELECT *, LEAST(stopped_at, due_at) AS until,
    started_at + to_seconds(CAST(0.75 * date_diff('second', started_at, due_at) AS BIGINT)) AS risk_at
  FROM clock WHERE target_seconds > 0 AND (breached OR 4 * elapsed >= 3 * target_seconds)
), intervened AS (
  SELECT DISTINCT p.source, p.clock FROM passing AS p
  JOIN transition AS t ON t.source = p.source AND t.record_kind = '{kind}' AND t.record_id = p.id
    AND t.at >= p.risk_at AND t.at < p.until
  WHERE t.new_value IS NOT NULL AND (t.field IN ('assignment_group', 'assignee')
    OR t.field = 'priority' AND TRY_CAST(t.new_value AS INTEGER) < TRY_CAST(t.old_value AS INTEGER))
), outcome AS (
  SELECT p.source, p.id, BOOL_AND(i.clock IS NOT NULL AND NOT p.breached) AS averted
  FROM passing AS p LEFT JOIN intervened AS i ON i.source = p.source AND i.clock = p.clock
  GROUP BY 1, 2
)
SELECT DISTINCT c.source, c.id, o.id IS NOT NULL AS at_risk, COALESCE(o.averted, FALSE) AS risk_averted
FROM clock AS c LEFT JOIN outcome AS o ON o.source = c.source AND o.id = c.id
ORDER BY c.source, c.id
"""
"""The moment at 75 % is three quarters of the way from start to due date: pauses and hours off are spread
evenly, since no platform says when the clock stood still. Being assigned at all is an intervention."""


def derive_incident_risk(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return at_risk and risk_averted of every incident with a resolution clock that stopped."""
    return store.query(RISK.format(kind="incident", internal=internal("c")))


def derive_request_risk(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return at_risk and risk_averted of every request with a resolution clock that stopped."""
    return store.query(RISK.format(kind="request", internal=internal("c")))
