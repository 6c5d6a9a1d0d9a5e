"""Hand-offs between departments: who passes work to whom, how long it waits there, how often it comes back.

Section 6.7. A hand-off is a change of the assignment group of a record to a group of another department.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa

from evaluators.derive.names import department_of
from evaluators.derive.platform_departments import with_platform_departments
from evaluators.measures.base import quoted
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

KINDS = ("incident", "request")
DAYS = 90
MOST = 200
"""Pairs that are shown at most, those with most hand-offs."""

GROUPS = """
SELECT DISTINCT new_value AS name FROM "transition"
WHERE field = 'assignment_group' AND new_value IS NOT NULL ORDER BY 1
"""

HANDED_OVER = """
WITH home AS (SELECT * FROM (VALUES {homes}) AS mapped(name, department)),
visit AS (
  SELECT t.source, t.record_kind, t.record_id, t."at", t.sequence, home.department,
    LAG(home.department) OVER (
      PARTITION BY t.source, t.record_kind, t.record_id ORDER BY t."at", t.sequence
    ) AS before
  FROM "transition" AS t JOIN home ON home.name = t.new_value
  WHERE t.field = 'assignment_group' AND t.record_kind IN ({kinds})
), handed AS (
  SELECT *,
    LEAD("at") OVER (PARTITION BY source, record_kind, record_id ORDER BY "at", sequence) AS left_at,
    LEAD(department) OVER (PARTITION BY source, record_kind, record_id ORDER BY "at", sequence) AS following
  FROM visit WHERE before <> department
), taken AS (
  SELECT source, record_kind, record_id, "at" FROM "transition"
  WHERE field = 'assignee' AND new_value IS NOT NULL
), waited AS (
  SELECT handed.before, handed.department, handed.following, handed."at",
    MIN(CASE WHEN handed.left_at IS NULL OR taken."at" < handed.left_at THEN taken."at" END) AS taken_at
  FROM handed LEFT JOIN taken ON taken.source = handed.source AND taken.record_kind = handed.record_kind
    AND taken.record_id = handed.record_id AND taken."at" >= handed."at"
  WHERE handed."at" >= TIMESTAMP '{first}' AND handed."at" < TIMESTAMP '{until}'
  GROUP BY handed.source, handed.record_kind, handed.record_id, handed."at", handed.sequence, handed.before,
    handed.department, handed.following
)
SELECT before AS sender, department AS receiver, COUNT(*) AS n,
  CAST(MEDIAN(epoch(taken_at) - epoch("at")) FILTER (WHERE taken_at > "at") AS DOUBLE) AS waited,
  SUM(CASE WHEN following = before THEN 1 ELSE 0 END) AS bounced
FROM waited GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT {most}
"""


@dataclass(frozen=True)
class HandOff:
    """Work that one department passed to another."""

    sender: str
    receiver: str
    count: int
    waiting_seconds: float | None
    """Median time until somebody of the receiver took it; None where nobody did or it is not known.

    Where the hand-over itself names a person, nobody took anything: such a hand-off says nothing of waiting.
    """
    bounced: float
    """Share (0-1) that the receiver passed straight back."""


def hand_offs(store: EvidenceStore, policy: Policy, as_of: date) -> tuple[HandOff, ...]:
    """Return the pairs of departments that passed work on in the last 90 days, the busiest first."""
    names = store.query(GROUPS).column("name").cast(pa.string())
    departments = department_of(names, with_platform_departments(store, policy).departments)
    homes = [
        f"({quoted(name)}, {quoted(department)})"
        for name, department in zip(names.to_pylist(), departments.to_pylist(), strict=True)
        if department is not None
    ]
    if not homes:
        return ()
    query = HANDED_OVER.format(
        homes=", ".join(homes),
        kinds=", ".join(map(quoted, KINDS)),
        first=as_of - timedelta(days=DAYS),
        until=as_of,
        most=MOST,
    )
    return tuple(
        HandOff(
            row["sender"],
            row["receiver"],
            row["n"],
            row["waited"],
            int(row["bounced"]) / row["n"],
        )
        for row in store.query(query).to_pylist()
    )
