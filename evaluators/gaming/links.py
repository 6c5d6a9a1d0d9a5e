"""Links added in bulk shortly before the assessment, and one article on unrelated tickets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from evaluators.gaming.scenarios import Limits
from evaluators.gaming.scene import Scene
from evaluators.gaming.suspicion import Finding
from storage.evidence import relation

LINKS = ("problem_id", "caused_by_change_id", "fix_change_id")
NAMES = {
    "problem_id": "problems",
    "caused_by_change_id": "causing changes",
    "fix_change_id": "fixing changes",
}
LINKING = "u.type IN ('linked', 'solved')"

HOURS = """
WITH changed AS (
  SELECT id, date_trunc('hour', updated_at) AS hour, {link} IS NOT NULL AS linked,
    updated_at > closed_at + INTERVAL {late} DAY AND {shortly} AS late
  FROM {records} AS r WHERE closed_at IS NOT NULL AND resolved_on >= DATE '{since}'
), hours AS (
  SELECT hour FROM changed WHERE late GROUP BY 1
  HAVING COUNT(*) FILTER (WHERE linked) >= {least} AND AVG(CAST(linked AS INTEGER)) >= {linked}
), marked AS (
  SELECT id, linked, COALESCE(late AND hour IN (SELECT hour FROM hours), FALSE) AS bulk FROM changed
)
SELECT id FROM marked WHERE bulk AND linked
  AND (SELECT COALESCE(AVG(CAST(linked AS INTEGER)), 0) FROM marked WHERE NOT bulk) <= {elsewhere} * {linked}
ORDER BY 1
"""
"""Closed incidents that one hour touched, nearly all with the link, which others mostly lack.

A script that touches every record touches those without the link as well, and is no suspect.
"""

HISTORY = """
SELECT DISTINCT r.id FROM {records} AS r JOIN {transition} AS t ON t.source = r.source
  AND t.record_kind = 'incident' AND t.record_id = r.id AND t.field = '{link}' AND t.new_value IS NOT NULL
WHERE t.at > r.closed_at + INTERVAL {late} DAY AND {shortly} ORDER BY 1
"""

USES = """
SELECT r.id, {shortly} AS recent, u.used_at > r.closed_at + INTERVAL {late} DAY AS late
FROM {uses} AS u JOIN {records} AS r ON r.source = u.source AND r.id = u.record_id
WHERE {linking} AND {year} AND r.closed_at IS NOT NULL
"""


def bulk_links(scene: Scene, limits: Limits) -> Finding | None:
    """Name links of tickets that had long been closed, many at once, in the last weeks."""
    found: dict[str, set[str]] = {}
    for name, ids in (*_links_of_incidents(scene, limits), *_articles(scene, limits)):
        found.setdefault(name, set()).update(ids)
    many = {name: ids for name, ids in found.items() if len(ids) >= limits["least"]}
    if not many:
        return None
    suspects = tuple(sorted(set().union(*many.values())))
    counts = " and ".join(f"{len(ids):,} to {name}" for name, ids in many.items())
    return Finding(
        f"In the {limits['days']:.0f} days before the assessment links were added to closed incidents: "
        f"{counts}.",
        {f"links to {name}": len(ids) for name, ids in many.items()},
        "incident",
        suspects,
    )


def _shortly(scene: Scene, limits: Limits, column: str) -> str:
    return scene.between(column, scene.until - timedelta(days=int(limits["days"])), scene.until)


def _links_of_incidents(scene: Scene, limits: Limits) -> Iterator[tuple[str, list[str]]]:
    for link in LINKS:
        records = scene.records("incident", "closed_at", "resolved_on", link)
        if records is None:
            continue
        values = {
            "records": records,
            "link": link,
            "late": int(limits["late"]),
            "least": int(limits["least"]),
            "linked": limits["linked"],
            "elsewhere": limits["elsewhere"],
            "since": scene.past_since,
            "transition": relation("transition"),
        }
        for query, column in ((HOURS, "updated_at"), (HISTORY, "t.at")):
            rows = scene.rows(query.format(shortly=_shortly(scene, limits, column), **values))
            yield NAMES[link], [row["id"] for row in rows]


def _articles(scene: Scene, limits: Limits) -> Iterator[tuple[str, list[str]]]:
    """Yield incidents that got an article late, when late ones are more usual than before."""
    uses = scene.records("knowledge_use", "used_at", "type", "record_id")
    records = scene.records("incident", "closed_at")
    if uses is None or records is None:
        return
    linked = USES.format(
        uses=uses,
        records=records,
        late=int(limits["late"]),
        linking=LINKING,
        shortly=_shortly(scene, limits, "u.used_at"),
        year=scene.between("u.used_at", scene.past_since, scene.until),
    )
    share = scene.row(
        "SELECT AVG(CAST(late AS INTEGER)) FILTER (WHERE recent) AS now, "
        f"AVG(CAST(late AS INTEGER)) FILTER (WHERE NOT recent) AS before FROM ({linked})"
    )
    if share["now"] - share["before"] >= limits["points"]:
        rows = scene.rows(f"SELECT DISTINCT id FROM ({linked}) WHERE recent AND late ORDER BY 1")
        yield "articles", [row["id"] for row in rows]


ARTICLES = """
WITH ticket AS (
  SELECT source, id, assignment_group AS team, COALESCE(category, '') AS category FROM {records} AS r
  WHERE {recent} AND assignment_group IS NOT NULL
), used AS (
  SELECT DISTINCT u.article_id AS article, k.source, k.id, k.team, k.category
  FROM {uses} AS u JOIN ticket AS k ON k.source = u.source AND k.id = u.record_id
  WHERE {linking} AND u.article_id IS NOT NULL
), cell AS (
  SELECT article, team, category, COUNT(*) AS n FROM used GROUP BY 1, 2, 3
), forced AS (
  SELECT article, team FROM cell JOIN (SELECT team, COUNT(*) AS total FROM ticket GROUP BY 1) USING (team)
  GROUP BY 1, 2 HAVING SUM(n) >= {least} AND SUM(n) > {share} * MAX(total)
    AND COUNT(*) >= {categories} AND MAX(n) <= {one_category} * SUM(n)
)
SELECT used.id, article, team FROM used JOIN forced USING (article, team) ORDER BY 1, 2
"""


def forced_links(scene: Scene, limits: Limits) -> Finding | None:
    """Name articles on > 15 % of a group's tickets of several categories (counter-check of knw-link-rate)."""
    uses = scene.records("knowledge_use", "type", "article_id", "record_id")
    records = scene.records("incident", "resolved_on", "assignment_group", "category")
    if uses is None or records is None:
        return None
    values = {name: limits[name] for name in ("least", "share", "categories", "one_category")}
    recent = scene.recently("resolved_on")
    rows = scene.rows(ARTICLES.format(uses=uses, records=records, recent=recent, linking=LINKING, **values))
    if not rows:
        return None
    articles = sorted({row["article"] for row in rows})
    teams = sorted({row["team"] for row in rows})
    suspects = tuple(sorted({row["id"] for row in rows}))
    return Finding(
        f"{', '.join(articles[:3])}{' …' if len(articles) > 3 else ''} was linked to {len(suspects):,} "
        f"incidents of several categories in the last 90 days, more than {100 * limits['share']:.0f} % of "
        f"those of {', '.join(teams[:3])}{' …' if len(teams) > 3 else ''}.",
        {"articles": len(articles), "groups": len(teams), "suspect": len(suspects)},
        "incident",
        suspects,
    )
