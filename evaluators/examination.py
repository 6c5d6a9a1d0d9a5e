"""One examination: what all indicators of an assessment share, and the way a single one is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from evaluators.achievement import achievement, f_point
from evaluators.catalogue import Catalogue, Exclusion, Indicator, Practice
from evaluators.measures.base import Context, Population, quoted
from evaluators.measures.improvement import Improvement
from evaluators.measures.share import Share
from evaluators.measures.stratified import StratifiedShare
from evaluators.policy import Policy
from evaluators.results import IndicatorResult, Measurement, State
from evaluators.statistics.periods import month_index
from evaluators.statistics.resampling import generator, seed_of
from evaluators.statistics.trend import Ceiling
from evaluators.support import SupportMap
from storage.errors import ItsmMaturityError
from storage.evidence.store import EvidenceStore

COHORT_COLUMN = "opened_on"
"""A fixed cohort is a set of records by the day they were opened (erratum A1)."""


@dataclass
class Examination:
    """Evidence, rules and day of one assessment."""

    store: EvidenceStore
    catalogue: Catalogue
    policy: Policy
    as_of: date
    reconstructed: bool
    supports: SupportMap
    evidence: str
    """Digest of the evidence, part of every seed (erratum B8)."""
    exemptions: Mapping[str, str]
    notes: list[str] = field(default_factory=list)

    def result(self, indicator: Indicator, department: str | None = None) -> IndicatorResult:
        """Measure and rate one indicator."""
        query, measurement = self._measured(indicator, department)
        rated = measurement.state is State.MEASURED and measurement.value is not None
        return IndicatorResult(
            id=indicator.id,
            practice=indicator.practice,
            attribute=indicator.attribute,
            core=indicator.core,
            weight=indicator.effective_weight,
            unit=indicator.unit,
            measurement=measurement,
            achievement=self._rated(indicator, measurement) if rated else None,
            window=indicator.window.bounds(self.as_of, self.policy),
            rule=indicator.rule,
            query=query,
        )

    def population(self, indicator: Indicator, sources: tuple[str, ...]) -> Population:
        """Return the records an indicator looks at in these sources."""
        first, until = indicator.window.bounds(self.as_of, self.policy)
        conditions = self._exclusions(indicator, sources)
        dated_by = indicator.window.of
        if self.policy.cohort is not None and dated_by != COHORT_COLUMN:
            conditions, dated_by = (*conditions, f"{dated_by} IS NOT NULL"), COHORT_COLUMN
        return Population(
            kind=indicator.kind,
            dated_by=dated_by,
            first=first,
            until=until,
            as_of=self._start_of_day(),
            sources=sources,
            conditions=conditions,
            field_defaults=self.policy.field_defaults,
            fixed=self.policy.cohort is not None,
        )

    def _start_of_day(self) -> datetime:
        local = datetime.combine(self.as_of, time(), ZoneInfo(self.policy.time_zone))
        return local.astimezone(UTC).replace(tzinfo=None)

    def _measured(self, indicator: Indicator, department: str | None) -> tuple[str, Measurement]:
        """Return the query that was asked and what was found."""
        if indicator.id in self.exemptions:
            return "", Measurement(State.NOT_APPLICABLE, self.exemptions[indicator.id])
        needs = (indicator.window.of, *indicator.measure.needs())
        answerable = self.supports.answerable(indicator.kind, needs, reconstructed=self.reconstructed)
        if answerable.state is not None:
            return "", Measurement(answerable.state, answerable.reason)
        population = self.population(indicator, answerable.sources)
        query = indicator.measure.sql(population)
        try:
            rows = self.store.query(query)
            return query, indicator.measure.answer(rows, self._context(indicator, population, department))
        except ItsmMaturityError as error:
            return query, Measurement(State.ERROR, error.message)

    def _context(self, indicator: Indicator, population: Population, department: str | None) -> Context:
        seed = seed_of(self.catalogue.version, self.evidence, department or "", indicator.id)
        return Context(
            policy=self.policy,
            population=population,
            as_of=self.as_of,
            minimum=indicator.minimum_sample,
            better_up=indicator.better_up,
            percent=indicator.unit == "%",
            generator=generator(seed),
            query=self.store.query,
            department=department,
            reference=lambda: self._ceiling(indicator, department),
        )

    def _ceiling(self, indicator: Indicator, department: str | None) -> Ceiling | None:
        """Return the last 12 monthly values of the indicator that the ceiling rule refers to (B12)."""
        measure = indicator.measure
        if not isinstance(measure, Improvement) or measure.ceiling is None:
            return None
        referred = self.catalogue.indicator(measure.ceiling)
        needs = (referred.window.of, *referred.measure.needs())
        answerable = self.supports.answerable(referred.kind, needs, reconstructed=self.reconstructed)
        if answerable.state is not None or not isinstance(referred.measure, Share | StratifiedShare):
            return None
        monthly = referred.model_copy(update={"window": indicator.window})
        population = self.population(monthly, answerable.sources)
        context = self._context(monthly, population, department)
        rows = self.store.query(referred.measure.sql(population))
        series = referred.measure.series(rows, context, measure.minimum_in_period)
        recent = series.index >= month_index(population.until) - 12
        anchors = referred.anchors
        point = f_point(anchors.zero, anchors.full, anchors.scale)
        return Ceiling(series.values[recent], point, referred.better_up)

    def _exclusions(self, indicator: Indicator, sources: tuple[str, ...]) -> tuple[str, ...]:
        """Return the conditions of rule X0, each for the sources that can answer it (erratum B3)."""
        rules = self.policy.exclusions
        if not rules.enabled:
            return ()
        practice = self.catalogue.practice(indicator.practice)
        conditions = []
        for exclusion in practice.exclusions:
            able = self._able(practice, exclusion, indicator.kind, sources)
            if able:
                excluded = f"COALESCE({exclusion.when.sql}, FALSE)"
                conditions.append(f"NOT (source IN ({', '.join(map(quoted, able))}) AND {excluded})")
        if rules.go_live is not None:
            warm = rules.go_live + timedelta(days=rules.warm_up_days)
            conditions.append(f"{COHORT_COLUMN} >= DATE '{warm}'")
        return tuple(conditions)

    def _able(
        self, practice: Practice, exclusion: Exclusion, kind: str, sources: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Return the sources that fill what an exclusion asks for; the others are noted."""
        able = []
        for source in sources:
            missing = exclusion.when.columns - self.supports.columns((source,), kind)
            if not missing:
                able.append(source)
                continue
            lacking = ", ".join(sorted(missing))
            self.notes.append(
                f"{practice.title}: not excluded: {exclusion.name} ({source} does not fill {lacking})"
            )
        return tuple(able)

    def _rated(self, indicator: Indicator, measurement: Measurement) -> float:
        anchors = indicator.anchors
        value = achievement(float(measurement.value or 0.0), anchors.zero, anchors.full, anchors.scale)
        return min(value, round(measurement.cap, 9))
