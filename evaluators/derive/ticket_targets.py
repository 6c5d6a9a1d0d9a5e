"""Derived columns of incidents and requests: which ought to have a target, which items have one."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.promises import attached
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

INCIDENTS = """
SELECT source, id, COALESCE(priority <= 2, FALSE) AS target_expected FROM incident ORDER BY source, id
"""

REQUESTS = f"""
WITH clocks AS (
  SELECT DISTINCT c.source, c.record_id AS id FROM service_level AS c
  WHERE c.record_kind = 'request' AND c.target = 'resolution' AND {attached("c")}
)
SELECT r.source, r.id, r.due_at IS NOT NULL AS target_expected,
  c.id IS NOT NULL OR r.target_seconds IS NOT NULL AS target_agreed
FROM request AS r LEFT JOIN clocks AS c ON c.source = r.source AND c.id = r.id
ORDER BY r.source, r.id
"""


def derive_incident_expectation(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return target_expected of every incident (slm-urgent-target-coverage)."""
    return store.query(INCIDENTS)


def derive_request_expectation(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return target_expected and target_agreed of every request."""
    return store.query(REQUESTS)
