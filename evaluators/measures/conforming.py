"""Conforming volume: how much of the work is done by teams that do not fall behind (method D)."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from evaluators.measures.base import Context, MeasureModel, Population, insufficient, quoted
from evaluators.measures.case_mix import CaseMixRatio
from evaluators.measures.completeness import MeanCompleteness
from evaluators.measures.share import Share
from evaluators.measures.teams import TeamEvidence, renamed_teams
from evaluators.results import Measurement, State
from evaluators.statistics.conforming import (
    ConformingResult,
    Rule,
    Team,
    TeamMeasure,
    conforming_volume,
    pooled_teams,
    reference_value,
)
from evaluators.statistics.intervals import percentile_interval
from evaluators.statistics.resampling import CONFIDENCE_DRAWS
from storage.records.schema import RecordKind

JUDGED_AS: dict[str, TeamMeasure] = {
    "mean_completeness": "mean",
    "share": "proportion",
    "case_mix_ratio": "duration",
}


class ConformingVolume(MeasureModel):
    """Volume of conforming teams in percent of the tested volume (section 5.4, errata B9 and B10)."""

    family: Literal["conforming_volume"]
    of: Annotated[MeanCompleteness | Share | CaseMixRatio, Field(discriminator="family")]
    minimum_team: int = 30
    """Smaller teams are pooled into their department."""
    better: Literal["up", "down"] = "up"
    """Direction of the measure that the teams are compared by."""

    def needs(self) -> tuple[str, ...]:
        """Return what the compared measure needs, and the team."""
        return (*self.of.needs(), self.of.group)

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the compared measure."""
        return self.of.problems(kind)

    def sql(self, population: Population) -> str:
        """Return the query of the compared measure."""
        return self.of.sql(population)

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Test each team against the reference and add up."""
        teams = self.of.teams(self._pooled(rows), context)
        total = sum(team.n for team in teams)
        if not total:
            return insufficient("no records", 0)
        verdict = self._verdict([team.team() for team in teams], total)
        if not verdict.sufficient or verdict.share is None:
            return insufficient(verdict.reason, verdict.tested)
        if len(verdict.teams) < context.minimum:
            reason = f"{len(verdict.teams)} teams are large enough to test, {context.minimum} are needed"
            return insufficient(reason, verdict.tested)
        draws = np.array([self._draw(teams, draw, total) for draw in range(CONFIDENCE_DRAWS)])
        low, high = percentile_interval(draws)
        behind = [team for team, conforms in verdict.teams if not conforms]
        return Measurement(
            State.MEASURED,
            f"{len(behind)} of {len(verdict.teams)} teams fall behind",
            value=100 * verdict.share,
            low=low,
            high=high,
            numerator=verdict.conforming,
            denominator=verdict.tested,
            n=verdict.tested,
            groups=self._worst(behind),
            sample=self._sample(behind, context),
            draws=tuple(draws),
            aggregates=(("conforming", verdict.conforming), ("tested", verdict.tested), ("all", total)),
        )

    def _pooled(self, rows: pa.Table) -> pa.Table:
        volumes: Counter[str] = Counter()
        departments: dict[str, str] = {}
        for row in rows.select(["team", "department", *self._count_column(rows)]).to_pylist():
            if row["team"] is not None:
                volumes[row["team"]] += row.get("n", row.get("denominator", 1))
                if row["department"] is not None:
                    departments[row["team"]] = row["department"]
        return renamed_teams(rows, pooled_teams(volumes, departments, self.minimum_team))

    def _count_column(self, rows: pa.Table) -> list[str]:
        return [name for name in ("n", "denominator") if name in rows.column_names]

    def _verdict(self, teams: list[Team], total: int) -> ConformingResult:
        tested = [team for team in teams if team.name]
        up = self.better == "up"
        pooled = sum(team.value * team.n for team in teams) / total
        rule = Rule(JUDGED_AS[self.of.family], reference_value(tested, pooled, better_is_up=up), up)
        return conforming_volume(tested, rule, total)

    def _draw(self, teams: list[TeamEvidence], draw: int, total: int) -> float:
        share = self._verdict([team.resampled(draw) for team in teams], total).share
        return 100 * (share or 0.0)

    def _worst(self, behind: list[Team]) -> tuple[tuple[str, float, int], ...]:
        ranked = sorted(behind, key=lambda team: (-team.n, team.name))
        return tuple((team.name, round(team.value, 4), team.n) for team in ranked[:3])

    def _sample(self, behind: list[Team], context: Context) -> tuple[str, ...]:
        names = ", ".join(quoted(team.name) for team in behind)
        return context.sample(f"{self.of.group} IN ({names})") if names else ()
