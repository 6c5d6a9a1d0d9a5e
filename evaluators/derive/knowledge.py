"""Derived columns of articles: who can read them, until when, and whether somebody looks after them."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.conditions import available
from evaluators.derive.days import as_days
from evaluators.derive.names import department_of
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

ARTICLES = f"""
WITH in_use AS (
  SELECT source, name AS key FROM "group" WHERE active AND name IS NOT NULL
  UNION SELECT source, id FROM "group" WHERE active
)
SELECT a.source, a.id, a.owner_group, a.valid_until AS expires_on, {available("a")} AS available,
  COALESCE(a.owner_active, FALSE) OR g.key IS NOT NULL AS actively_owned
FROM knowledge AS a LEFT JOIN in_use AS g ON g.source = a.source AND g.key = a.owner_group
ORDER BY a.source, a.id
"""


def derive_articles(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return what an article's own fields and its owner group say."""
    rows = as_days(store.query(ARTICLES), ("expires_on",), policy.time_zone)
    department = department_of(rows.column("owner_group"), policy.departments)
    return rows.append_column("department", department).drop_columns(["owner_group"])
