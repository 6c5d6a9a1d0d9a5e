"""Derived columns of changes: software changes that stand in for deployments, and their releases."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.conditions import implementation_end, implemented
from evaluators.derive.days import as_days
from evaluators.derive.names import matches
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

SOFTWARE = ("*software*", "*application*", "*deployment*")
"""Categories of software changes, whatever the platform calls them."""

CHANGE_RELEASES = f"""
SELECT c.source, c.id, c.category, c.pipeline IS NOT NULL AS by_pipeline,
  CASE WHEN {implemented("c")} AND COALESCE(c.production, TRUE) AND p.source IS NULL
    THEN {implementation_end("c")} END AS production_work_on,
  r.id IS NOT NULL AS tied_to_release
FROM change AS c
LEFT JOIN release AS r ON r.source = c.source AND r.id = c.release_id
LEFT JOIN (
  SELECT DISTINCT source FROM release WHERE COALESCE(type = 'deployment', environment IS NOT NULL)
) AS p ON p.source = c.source
ORDER BY c.source, c.id
"""


def derive_change_releases(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return production_work_on and tied_to_release (rel-recorded-deployment-share)."""
    rows = as_days(store.query(CHANGE_RELEASES), ("production_work_on",), policy.time_zone)
    software = matches(rows.column("category"), SOFTWARE) | rows.column("by_pipeline").to_numpy()
    days = rows.column("production_work_on").to_numpy()
    known = software & rows.column("production_work_on").is_valid().to_numpy()
    position = rows.column_names.index("production_work_on")
    rows = rows.set_column(
        position, "production_work_on", pa.array(days.astype("datetime64[D]"), mask=~known)
    )
    return rows.drop_columns(["category", "by_pipeline"])
