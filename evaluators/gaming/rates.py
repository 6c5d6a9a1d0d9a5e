"""Detectors of one shape: the share of suspect records now against the organisation's own past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evaluators.gaming.comparison import Rate, rose
from evaluators.gaming.scenarios import Limits
from evaluators.gaming.scene import Scene
from evaluators.gaming.suspicion import Finding


@dataclass(frozen=True)
class RateRule:
    """What is suspect among what, as conditions on one record kind `r` in DuckDB's dialect."""

    kind: str
    needs: tuple[str, ...]
    on: str
    """The day that places a record."""
    suspect: str | Callable[[Scene], str]
    what: str
    """Suspect records in words, as the subject of a sentence."""
    among: str = "TRUE"
    counted: bool = True


def rate_of(scene: Scene, rule: RateRule) -> Rate | None:
    """Count by week; None where no source can say it."""
    records = scene.records(rule.kind, *rule.needs, counted=rule.counted)
    if records is None:
        return None
    day, suspect = rule.on, _suspect(scene, rule)
    rows = scene.rows(
        f"SELECT {scene.recently(day)} AS recent, "
        f"CASE WHEN {scene.formerly(day)} THEN date_diff('day', CAST({day} AS DATE), "
        f"DATE '{scene.since}') // 7 END AS week, "
        f"COUNT(*) AS total, COUNT(*) FILTER (WHERE {suspect}) AS suspect FROM {records} AS r "
        f"WHERE ({rule.among}) AND {scene.between(day, scene.past_since, scene.until)} "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    )
    now = [row for row in rows if row["recent"]]
    weeks = tuple((row["suspect"], row["total"]) for row in rows if not row["recent"])
    return Rate(sum(row["suspect"] for row in now), sum(row["total"] for row in now), weeks)


def suspects_of(scene: Scene, rule: RateRule) -> tuple[str, ...]:
    """Return the ids of the suspect records of the recent days."""
    records = scene.records(rule.kind, *rule.needs, counted=rule.counted)
    rows = scene.rows(
        f"SELECT r.id FROM {records} AS r WHERE ({rule.among}) AND {scene.recently(rule.on)} "
        f"AND ({_suspect(scene, rule)}) ORDER BY 1"
    )
    return tuple(row["id"] for row in rows)


def by_rate(scene: Scene, rule: RateRule, limits: Limits) -> Finding | None:
    """Name the rule's records when their share rose above the past."""
    rate = rate_of(scene, rule)
    if rate is None or not rose(rate, limits):
        return None
    return Finding(
        f"{rule.what}: {sentence_of(rate)}",
        figures_of(rate),
        rule.kind,
        suspects_of(scene, rule),
    )


def sentence_of(rate: Rate) -> str:
    """Return now against before in words."""
    now = f"{rate.suspect:,} of {rate.total:,} in the last 90 days ({100 * rate.now:.1f} %)"
    if not rate.has_past(1):
        return f"{now}; there are too few earlier records to compare with."
    return f"{now}, {100 * rate.before:.1f} % in the nine months before."


def figures_of(rate: Rate) -> dict[str, float]:
    """Return the numbers of a comparison."""
    return {
        "suspect": rate.suspect,
        "total": rate.total,
        "share now": rate.now,
        "share before": rate.before,
        "standard errors": rate.sigma,
    }


def _suspect(scene: Scene, rule: RateRule) -> str:
    condition = rule.suspect if isinstance(rule.suspect, str) else rule.suspect(scene)
    return f"COALESCE({condition}, FALSE)"
