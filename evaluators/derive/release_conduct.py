"""Derived columns of releases: how they were planned, verified, linked and carried out."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.deployments import DEPLOYMENTS
from evaluators.derive.names import matches
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

GENERIC_MODELS = tuple(
    name + ending
    for name in ("major", "minor", "patch", "emergency", "normal", "planned", "unplanned", "default")
    for ending in ("", " release")
)
"""Models that only tell the size of a release: no recipe for anything."""

CONDUCT = f"""
WITH {DEPLOYMENTS}, tested AS (
  SELECT DISTINCT d.source, d.id FROM placed AS d
  JOIN placed AS e ON e.source = d.source AND e.shipped_version = d.shipped_version AND e.id <> d.id
    AND COALESCE(e.product, e.service, e.pipeline)
      IS NOT DISTINCT FROM COALESCE(d.product, d.service, d.pipeline)
    AND e.released_at <= COALESCE(d.started_at, d.released_at)
  WHERE e.deployment AND NOT e.production AND lower(trim(e.environment)) NOT LIKE 'dev%'
    AND e.disposition IS NULL AND COALESCE(e.outcome = 'successful', TRUE)
), planned AS (
  SELECT t.source, t.record_id AS id,
    CASE WHEN t.at <= r.started_at THEN t.new_value ELSE t.old_value END AS value
  FROM transition AS t JOIN release AS r ON r.source = t.source AND r.id = t.record_id
  WHERE t.record_kind = 'release' AND t.field = 'planned_at' AND r.started_at IS NOT NULL
  QUALIFY ROW_NUMBER() OVER (PARTITION BY t.source, t.record_id ORDER BY t.at <= r.started_at DESC,
    CASE WHEN t.at <= r.started_at THEN -t.sequence ELSE t.sequence END) = 1
), bundled AS (
  SELECT DISTINCT source, release_id AS id FROM change WHERE release_id IS NOT NULL AND disposition IS NULL
), judged AS (
  SELECT d.*, COALESCE(d.model, r.model) AS recipe,
    r.id IS NOT NULL OR m.id IS NOT NULL AS in_release,
    COALESCE(d.tested_at <= d.released_at, d.test_gate_passed, FALSE)
      OR COALESCE(r.tested_at <= d.released_at, r.test_gate_passed, FALSE) OR e.id IS NOT NULL AS verified,
    d.change_id IS NOT NULL OR COALESCE(d.change_count > 0, FALSE) OR COALESCE(d.issue_count > 0, FALSE)
      OR b.id IS NOT NULL AS work_linked,
    COALESCE(d.baselined_at, TRY_CAST(p.value AS TIMESTAMP), d.planned_at) AS promised_at,
    COALESCE(COALESCE(d.change_linked_automatically, c.creator_type = 'automation')
      AND c.opened_at <= d.released_at, FALSE) AS change_linked,
    COALESCE(d.deployment AND d.approved_at <= COALESCE(d.started_at, d.released_at), FALSE)
      AS authorised_itself
  FROM placed AS d
  LEFT JOIN release AS r ON r.source = d.source AND r.id = d.parent_id
  LEFT JOIN change AS c ON c.source = d.source AND c.id = d.change_id
  LEFT JOIN release AS m ON m.source = c.source AND m.id = c.release_id
  LEFT JOIN tested AS e ON e.source = d.source AND e.id = d.id
  LEFT JOIN planned AS p ON p.source = d.source AND p.id = d.id
  LEFT JOIN bundled AS b ON b.source = d.source AND b.id = d.id
)
SELECT source, id, recipe, verified, work_linked,
  shipped_version IS NOT NULL OR in_release AS tied_to_release,
  CASE WHEN deployment THEN verified
    WHEN NOT piped THEN version IS NOT NULL AND owner IS NOT NULL AND work_linked AND released_at IS NOT NULL
    END AS to_standard,
  COALESCE(released_at <= promised_at + INTERVAL 3 DAY
    OR 10 * date_diff('second', promised_at, released_at) <= duration_seconds, FALSE) AS on_schedule,
  (pipeline IS NOT NULL OR COALESCE(executor_type = 'automation', FALSE))
    AND NOT COALESCE(manual_steps, FALSE) AS by_pipeline,
  change_linked OR authorised_itself AS change_linked
FROM judged ORDER BY source, id
"""
"""A date counts as it was planned when work began: of the history before that the last value, else what the
first later change replaced, else what it is today."""


def derive_release_conduct(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return what a release's own fields, history, tests and links say."""
    rows = store.query(CONDUCT)
    recipe = rows.column("recipe")
    named = recipe.is_valid().to_numpy() & ~matches(recipe, GENERIC_MODELS)
    return rows.append_column("named_model", pa.array(named)).drop_columns(["recipe"])
