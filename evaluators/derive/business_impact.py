"""Derived column of incidents: whether the record says what the outage meant for the business."""

from __future__ import annotations

import pyarrow as pa

from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

IMPACT = """
WITH outages AS (
  SELECT source, incident_id AS id,
    BOOL_OR(started_at IS NOT NULL AND ended_at IS NOT NULL) AS timed, MAX(service_id) AS service_id
  FROM outage WHERE incident_id IS NOT NULL GROUP BY 1, 2
)
SELECT i.source, i.id,
  COALESCE(o.timed, FALSE) OR s.criticality IS NOT NULL AS business_impact_recorded
FROM incident AS i
LEFT JOIN outages AS o ON o.source = i.source AND o.id = i.id
LEFT JOIN configuration_item AS s ON s.source = i.source AND s.id = COALESCE(i.service_id, o.service_id)
ORDER BY i.source, i.id
"""
"""Who is affected is told by the affected service: a number of users alone has no criticality."""


def derive_business_impact(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return business_impact_recorded of every incident (slm-business-impact-recorded)."""
    return store.query(IMPACT)
