"""Which records of kind release are deployments to production, for the queries that ask for them."""

from __future__ import annotations

from storage.records import KINDS

STORED = ", ".join(("source", "id", *(column.name for column in KINDS["release"].stored)))
"""Derived columns of an earlier time are left out: they have the names of what is worked out here."""


def production(environment: str) -> str:
    """Condition that an environment is the one users work in."""
    name = f"lower(trim({environment}))"
    return f"COALESCE({name} IN ('prod', 'prd', 'live') OR {name} LIKE 'production%', FALSE)"


DEPLOYMENTS = f"""
told AS (
  SELECT {STORED}, COALESCE(type = 'deployment', environment IS NOT NULL) AS deployment,
    {production("environment")} AS production,
    COALESCE(outcome = 'failed' AND failed_at IS NULL, FALSE) AS never_ran
  FROM release
), piped AS (
  SELECT DISTINCT source FROM told WHERE deployment
), described AS (
  SELECT t.*, p.source IS NOT NULL AS piped,
    CASE WHEN t.disposition IS NOT NULL THEN NULL
      WHEN t.deployment THEN CASE WHEN t.production AND NOT t.never_ran THEN t.released_at END
      WHEN p.source IS NULL AND (t.production OR t.environment IS NULL) THEN t.released_at END AS deployed_at,
    CASE WHEN t.disposition IS NULL AND NOT t.deployment THEN COALESCE(t.released_at,
      CASE WHEN t.outcome IS NOT NULL THEN t.planned_at END) END AS shipped_at
  FROM told AS t LEFT JOIN piped AS p ON p.source = t.source
), placed AS (
  SELECT d.*, COALESCE(d.service_id, r.service_id, c.service_id) AS service,
    COALESCE(d.assignment_group, r.assignment_group, c.assignment_group) AS team,
    COALESCE(d.version, r.version) AS shipped_version,
    COALESCE(d.hotfix, FALSE) OR COALESCE(c.type IN ('emergency', 'hotfix'), FALSE) AS repairs
  FROM described AS d
  LEFT JOIN release AS r ON r.source = d.source AND r.id = d.parent_id
  LEFT JOIN change AS c ON c.source = d.source AND c.id = d.change_id
)
"""
"""`piped`: the source tells of deployments. Where it does not, shipping a release is its deployment. A run
that failed before anybody noticed (`never_ran`) put nothing into production."""
