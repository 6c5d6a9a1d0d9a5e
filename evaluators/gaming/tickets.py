"""Detectors on incidents and requests: 'Other', cancelled requests, resolution texts."""

from __future__ import annotations

from evaluators.gaming.rates import RateRule, by_rate, rate_of
from evaluators.gaming.scenarios import Limits
from evaluators.gaming.scene import Scene
from evaluators.gaming.suspicion import Finding
from evaluators.measures.base import quoted

UNSPECIFIC = (
    "other",
    "others",
    "misc",
    "miscellaneous",
    "general",
    "unknown",
    "unspecified",
    "n/a",
    "none",
    "-",
)
"""Values that say nothing, beside the form defaults of the policy; without case."""
FIELDS = ("category", "subcategory", "service_id", "close_code")

CANCELLED_LATE = RateRule(
    kind="request",
    needs=("closed_at", "due_at", "disposition"),
    on="r.closed_at",
    suspect="r.disposition = 'cancelled' AND r.closed_at > r.due_at",
    what="Requests that were cancelled after they were due",
    among="r.due_at IS NOT NULL AND (r.disposition IS NULL OR r.disposition = 'cancelled')",
    counted=False,
)


def cancelled_late(scene: Scene, limits: Limits) -> Finding | None:
    """Name late requests that were cancelled (counter-check of req-fulfilled-within-30-days)."""
    return by_rate(scene, CANCELLED_LATE, limits)


def unspecific(scene: Scene, limits: Limits) -> Finding | None:
    """Name the field in which 'Other' and form defaults rose most (inc-record-completeness)."""
    found = [(rate.sigma, rule) for rule in map(_unspecific, FIELDS) if (rate := rate_of(scene, rule))]
    for _, rule in sorted(found, key=lambda each: -each[0]):
        finding = by_rate(scene, rule, limits)
        if finding is not None:
            return finding
    return None


def _unspecific(field: str) -> RateRule:
    def says_nothing(scene: Scene) -> str:
        own = scene.examination.policy.field_defaults.get(f"incident.{field}", ())
        values = ", ".join(quoted(value) for value in dict.fromkeys((*UNSPECIFIC, *map(str.lower, own))))
        return f"lower(trim(r.{field})) IN ({values})"

    return RateRule(
        kind="incident",
        needs=("resolved_on", field),
        on="r.resolved_on",
        suspect=says_nothing,
        what=f"Incidents whose {field.removesuffix('_id').replace('_', ' ')} is 'Other' or the like",
    )


TEXTS = """
WITH text AS (
  SELECT r.id, r.resolution_note_fingerprint AS text, COALESCE(r.category, '') AS category,
    {recent} AS recent
  FROM {records} AS r
  WHERE r.resolution_note_length >= {length} AND r.resolution_note_fingerprint IS NOT NULL
    AND r.resolver_type IS DISTINCT FROM 'automation' AND ({recent} OR {past})
), cell AS (
  SELECT text, category, COUNT(*) FILTER (WHERE recent) AS now, COUNT(*) FILTER (WHERE NOT recent) AS earlier
  FROM text GROUP BY 1, 2
), counted AS (
  SELECT text, CAST(SUM(now) AS BIGINT) AS n, CAST(SUM(earlier) AS BIGINT) AS before,
    COUNT(*) FILTER (WHERE now > 0) AS categories, MAX(now) AS largest
  FROM cell GROUP BY 1
), compared AS (
  SELECT *, CAST(SUM(n) OVER () AS BIGINT) AS total, CAST(SUM(before) OVER () AS BIGINT) AS past FROM counted
)
SELECT * FROM compared WHERE n >= {least} ORDER BY n DESC, text
"""


def same_text(scene: Scene, limits: Limits) -> Finding | None:
    """Name texts that stand on a good part of all incidents, whatever their category."""
    records = scene.records(
        "incident", "resolved_on", "resolution_note_length", "resolution_note_fingerprint", "category"
    )
    if records is None:
        return None
    rows = scene.rows(
        TEXTS.format(
            records=records,
            recent=scene.recently("r.resolved_on"),
            past=scene.formerly("r.resolved_on"),
            length=int(limits["length"]),
            least=int(limits["least"]),
        )
    )
    texts = [row for row in rows if _boilerplate(row, limits)]
    return _same_text(scene, records, texts) if texts else None


def _boilerplate(row: dict[str, int], limits: Limits) -> bool:
    now, before = row["n"] / row["total"], row["before"] / row["past"] if row["past"] else 0.0
    spread = row["categories"] >= limits["categories"]
    if not spread or row["largest"] > limits["one_category"] * row["n"]:
        return False
    if row["past"] < limits["past"]:
        return now >= limits["alone"]
    return now >= limits["share"] and now >= limits["times"] * before


def _same_text(scene: Scene, records: str, texts: list[dict[str, int]]) -> Finding:
    named = ", ".join(quoted(str(row["text"])) for row in texts)
    rows = scene.rows(
        f"SELECT r.id FROM {records} AS r WHERE {scene.recently('r.resolved_on')} "
        f"AND r.resolution_note_fingerprint IN ({named}) ORDER BY 1"
    )
    total, number = int(texts[0]["total"]), sum(int(row["n"]) for row in texts)
    what = "One resolution text stands" if len(texts) == 1 else f"{len(texts)} resolution texts stand"
    return Finding(
        f"{what} on {number:,} of {total:,} incidents of the last 90 days ({100 * number / total:.1f} %), "
        f"in up to {max(row['categories'] for row in texts)} categories.",
        {"texts": len(texts), "suspect": number, "total": total, "share now": number / total},
        "incident",
        tuple(row["id"] for row in rows),
    )
