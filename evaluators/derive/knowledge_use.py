"""Derived columns of uses of articles: by whom, of whose article, and how current that is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from evaluators.derive.channels import SELF_SERVICE, among, channels_of
from evaluators.derive.conditions import put_to_use
from evaluators.derive.days import as_days
from evaluators.derive.names import department_of
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

DATES = ("used_on", "article_used_on", "article_revised_on")

USES = f"""
WITH ticket AS (
  SELECT 'incident' AS kind, source, id, assignment_group FROM incident
  UNION ALL SELECT 'request', source, id, assignment_group FROM request
  UNION ALL SELECT 'problem', source, id, assignment_group FROM problem
), worked_on AS (
  SELECT u.source, u.id, ANY_VALUE(t.assignment_group) AS assignment_group FROM knowledge_use AS u
  JOIN ticket AS t ON t.source = u.source AND t.id = u.record_id AND t.kind = COALESCE(u.record_kind, t.kind)
  GROUP BY 1, 2
), latest AS (
  SELECT source, article_id, MAX(used_at) AS used_at FROM knowledge_use AS u
  WHERE {put_to_use("u")} GROUP BY 1, 2
), described AS (
  SELECT u.source, u.id, u.channel, u.used_at, {put_to_use("u")} AS put_to_use,
    COALESCE(u.user_group, w.assignment_group) AS using_group,
    COALESCE(u.type IN ('created', 'revised'), FALSE) AS written, a.author_group, l.used_at AS last_used_at,
    GREATEST(a.created_at, a.published_at, a.revised_at, a.confirmed_at) AS revised_at
  FROM knowledge_use AS u
  LEFT JOIN worked_on AS w ON w.source = u.source AND w.id = u.id
  LEFT JOIN knowledge AS a ON a.source = u.source AND a.id = u.article_id
  LEFT JOIN latest AS l ON l.source = u.source AND l.article_id = u.article_id
)
SELECT source, id, channel, put_to_use, using_group, used_at AS used_on, revised_at AS article_revised_on,
  author_group AS article_author_group,
  CASE WHEN written THEN using_group WHEN put_to_use THEN author_group END AS contributing_group,
  CASE WHEN put_to_use THEN used_at WHEN written THEN last_used_at END AS article_used_on
FROM described ORDER BY source, id
"""
"""Who created or revised an article contributes where that article is put to use at all."""


def derive_uses(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return what each use says together with its article and ticket."""
    rows = as_days(store.query(USES), DATES, policy.time_zone)
    channel = channels_of(rows.column("channel"))
    itself = pa.array(among(channel, SELF_SERVICE), mask=~np.asarray(channel.is_valid()))
    department = department_of(rows.column("using_group"), policy.departments)
    rows = rows.append_column("by_self_service", itself).append_column("department", department)
    return rows.drop_columns(["channel"])
