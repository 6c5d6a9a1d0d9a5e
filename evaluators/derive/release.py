"""Derived columns of releases: what they are, when they reached production, whose they are."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.days import as_days
from evaluators.derive.deployments import DEPLOYMENTS
from evaluators.derive.names import department_of
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

DATES = ("opened_on", "planned_on", "deployed_on", "shipped_on", "released_on", "production_work_on")

RELEASES = f"""
WITH {DEPLOYMENTS}
SELECT source, id, opened_at AS opened_on, planned_at AS planned_on, deployed_at AS deployed_on,
  shipped_at AS shipped_on, COALESCE(deployed_at, shipped_at) AS released_on,
  CASE WHEN deployment THEN deployed_at END AS production_work_on,
  deployment, team AS product_team, service AS deployed_service,
  COALESCE(created_by LIKE 'migration:%', FALSE) AS migrated
FROM placed ORDER BY source, id
"""


def derive_releases(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return the days, team and service of every release and deployment."""
    rows = as_days(store.query(RELEASES), DATES, policy.time_zone)
    return rows.append_column("department", department_of(rows.column("product_team"), policy.departments))
