"""Conforming volume: how much of the work is done by teams that do not fall behind (method D)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from evaluators.measures.base import Context, MeasureModel, insufficient, quoted
from evaluators.measures.case_mix import CaseMixRatio
from evaluators.measures.completeness import MeanCompleteness
from evaluators.measures.population import Population
from evaluators.measures.share import Share
from evaluators.measures.teams import TeamEvidence, renamed_teams
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import FloatArray
from evaluators.statistics.conforming import (
    FEWEST_TEAMS,
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

    def columns(self) -> frozenset[str]:
        """Return what the compared measure reads."""
        return self.of.columns()

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the compared measure."""
        return self.of.problems(kind)

    def sql(self, population: Population) -> str:
        """Return the query of the compared measure."""
        return self.of.sql(population)

    def expanded(self, rows: pa.Table) -> pa.Table:
        """Return the rows as the compared measure expands them."""
        return self.of.expanded(rows)

    def departments(
        self, rows: pa.Table, contexts: Mapping[str, Context], whole: Context
    ) -> dict[str, Measurement]:
        """Judge the teams of each department by the organisation's reference (section 5.4)."""
        pooled = self._pooled(rows)
        home: dict[str, str] = {}
        volumes: Counter[str | None] = Counter()
        for team, department, records in volumes_of(pooled):
            volumes[department] += records
            if team is not None and department is not None:
                home.setdefault(team, department)
        teams = self.of.teams(pooled, whole)
        reference = Reference(self, teams)
        own: dict[str, list[TeamEvidence]] = {name: [] for name in contexts}
        for each in teams:
            place = home.get(each.name or "")
            if place in own:
                own[place].append(each)
        return {
            name: self._of_department(own[name], volumes.get(name, 0), reference, context)
            for name, context in contexts.items()
        }

    def _of_department(
        self, teams: list[TeamEvidence], total: int, reference: Reference, context: Context
    ) -> Measurement:
        if not total:
            return insufficient("no records", 0)
        if reference.tested < max(context.minimum, FEWEST_TEAMS):
            reason = f"the organisation has {reference.tested} teams large enough to compare with"
            return insufficient(f"{reason}, {max(context.minimum, FEWEST_TEAMS)} are needed", total)
        verdict = reference.verdict([team.team() for team in teams], total)
        if not verdict.sufficient:
            return insufficient(verdict.reason, verdict.tested)
        draws = np.array([reference.drawn(teams, draw, total) for draw in range(CONFIDENCE_DRAWS)])
        return self._measured(verdict, draws, total, against=" the organisation's reference")

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Test each team against the reference and add up."""
        teams = self.of.teams(self._pooled(rows), context)
        total = sum(team.n for team in teams)
        if not total:
            return insufficient("no records", 0)
        verdict = self._verdict([team.team() for team in teams], total)
        if not verdict.sufficient:
            return insufficient(verdict.reason, verdict.tested)
        if len(verdict.teams) < context.minimum:
            reason = f"{len(verdict.teams)} teams are large enough to test, {context.minimum} are needed"
            return insufficient(reason, verdict.tested)
        draws = np.array([self._draw(teams, draw, total) for draw in range(CONFIDENCE_DRAWS)])
        found = self._measured(verdict, draws, total)
        return replace(found, sample=self._sample(_behind(verdict), context))

    def _measured(
        self, verdict: ConformingResult, draws: FloatArray, total: int, against: str = ""
    ) -> Measurement:
        behind = _behind(verdict)
        low, high = percentile_interval(draws)
        return Measurement(
            State.MEASURED,
            f"{len(behind)} of {len(verdict.teams)} teams fall behind{against}",
            value=100 * (verdict.share or 0.0),
            low=low,
            high=high,
            numerator=verdict.conforming,
            denominator=verdict.tested,
            n=verdict.tested,
            groups=self._worst(behind),
            draws=tuple(draws),
            aggregates=(("conforming", verdict.conforming), ("tested", verdict.tested), ("all", total)),
        )

    def _pooled(self, rows: pa.Table) -> pa.Table:
        volumes: Counter[str] = Counter()
        departments: dict[str, str] = {}
        for team, department, records in volumes_of(rows):
            if team is not None:
                volumes[team] += records
                if department is not None:
                    departments[team] = department
        return renamed_teams(rows, pooled_teams(volumes, departments, self.minimum_team))

    def _verdict(self, teams: list[Team], total: int) -> ConformingResult:
        return conforming_volume([team for team in teams if team.name], self.rule(teams), total)

    def rule(self, teams: list[Team]) -> Rule:
        """Return how teams are judged, by the reference that all teams of the organisation give."""
        up = self.better == "up"
        total = sum(team.n for team in teams)
        pooled = sum(team.value * team.n for team in teams) / total if total else 0.0
        tested = [team for team in teams if team.name]
        return Rule(JUDGED_AS[self.of.family], reference_value(tested, pooled, better_is_up=up), up)

    def _draw(self, teams: list[TeamEvidence], draw: int, total: int) -> float:
        share = self._verdict([team.resampled(draw) for team in teams], total).share
        return 100 * (share or 0.0)

    def _worst(self, behind: list[Team]) -> tuple[tuple[str, float, int], ...]:
        ranked = sorted(behind, key=lambda team: (-team.n, team.name))
        return tuple((team.name, round(team.value, 4), team.n) for team in ranked[:3])

    def _sample(self, behind: list[Team], context: Context) -> tuple[str, ...]:
        names = ", ".join(quoted(team.name) for team in behind)
        return context.sample(f"{self.of.group} IN ({names})") if names else ()


def _behind(verdict: ConformingResult) -> list[Team]:
    return [team for team, conforms in verdict.teams if not conforms]


@dataclass
class Reference:
    """What the organisation's teams say about how a department's are judged, also in every resample."""

    measure: ConformingVolume
    teams: list[TeamEvidence]

    @cached_property
    def tested(self) -> int:
        """Number of teams that are large enough to test."""
        return sum(team.name is not None for team in self.teams)

    @cached_property
    def rule(self) -> Rule:
        """How teams are judged."""
        return self.measure.rule([team.team() for team in self.teams])

    @cached_property
    def rules(self) -> list[Rule]:
        """How teams are judged in every resample."""
        return [
            self.measure.rule([team.resampled(draw) for team in self.teams])
            for draw in range(CONFIDENCE_DRAWS)
        ]

    def verdict(self, teams: list[Team], total: int) -> ConformingResult:
        """Judge a department's teams; one is enough, since the reference is the organisation's."""
        return conforming_volume(teams, self.rule, total, fewest=1)

    def drawn(self, teams: list[TeamEvidence], draw: int, total: int) -> float:
        """Return the conforming volume of a resample in percent."""
        resampled = [team.resampled(draw) for team in teams]
        return 100 * (conforming_volume(resampled, self.rules[draw], total, fewest=1).share or 0.0)


def volumes_of(rows: pa.Table) -> list[tuple[str | None, str | None, int]]:
    """Return (team, department, records) in sorted order, empty names first."""
    counted = [name for name in ("n", "denominator") if name in rows.column_names]
    wanted, name = ((counted[0], "sum"), f"{counted[0]}_sum") if counted else (([], "count_all"), "count_all")
    sums = rows.group_by(["team", "department"]).aggregate([wanted])
    found = zip(*(sums.column(each).to_pylist() for each in ("team", "department", name)), strict=True)
    return sorted(found, key=lambda each: tuple((name is not None, name) for name in each[:2]))
