"""Derived columns of incidents: the problem that each is tied to."""

from __future__ import annotations

import pyarrow as pa

from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

PROBLEMS = """
WITH real_problem AS (
  SELECT source, id, opened_at, resolved_at, first_incident_id,
    COALESCE(known_error, known_error_at IS NOT NULL) AS known_error
  FROM problem WHERE COALESCE(disposition, 'duplicate') = 'duplicate'
), tied AS (
  SELECT i.source, i.id, p.id AS problem FROM incident AS i
  JOIN real_problem AS p ON p.source = i.source AND p.id = i.problem_id
  UNION
  SELECT p.source, p.first_incident_id, p.id FROM real_problem AS p WHERE p.first_incident_id IS NOT NULL
), found AS (
  SELECT i.source, i.id, MIN(p.opened_at) AS problem_opened_at,
    BOOL_OR(p.known_error OR p.resolved_at IS NULL OR p.resolved_at >= i.opened_at) AS active
  FROM tied AS t
  JOIN incident AS i ON i.source = t.source AND i.id = t.id
  JOIN real_problem AS p ON p.source = t.source AND p.id = t.problem
  GROUP BY 1, 2
)
SELECT i.source, i.id,
  CAST(date_diff('second', i.resolved_at, f.problem_opened_at) AS BIGINT) AS problem_opened_seconds,
  COALESCE(f.active, FALSE) AS problem_active
FROM incident AS i LEFT JOIN found AS f ON f.source = i.source AND f.id = i.id
ORDER BY i.source, i.id
"""
"""The link may stand on either record. A duplicate problem points to the real one and ties an incident as
well; a cancelled one ties nothing."""


def derive_problem_ties(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return problem_opened_seconds and problem_active of every incident."""
    return store.query(PROBLEMS)
