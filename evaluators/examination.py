"""One examination: what all indicators of an assessment share, and the way a single one is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property

import pyarrow as pa

from evaluators.achievement import achievement
from evaluators.catalogue import Catalogue, Indicator
from evaluators.measures.base import Context, MeasureModel, Snapshot, by_department
from evaluators.measures.population import Population
from evaluators.policy import Policy
from evaluators.populations import Populations
from evaluators.referred import Referred
from evaluators.results import IndicatorResult, Measurement, State
from evaluators.statistics.resampling import generator, seed_of
from evaluators.support import Answerable, SupportMap
from storage.errors import ItsmMaturityError
from storage.evidence.store import EvidenceStore

SAMPLED = 5
"""Ids of records that are named with a number."""

Scopes = tuple[str, dict[str | None, Measurement]]
"""Query, and what was found by department; None is the organisation."""


@dataclass
class Divided:
    """Rows of all departments, divided when one of them asks."""

    whole: pa.Table

    @cached_property
    def parts(self) -> dict[str | None, pa.Table]:
        """Return the rows by department."""
        return by_department(self.whole)

    def of(self, department: str | None) -> pa.Table:
        """Return the rows of one department, all rows for the organisation."""
        return self.whole if department is None else self.parts.get(department, self.whole.slice(0, 0))


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
    past: Callable[[str, str | None], Sequence[Snapshot]] = lambda _indicator, _department: ()
    """What earlier assessments saw of an indicator's snapshot, by indicator and department."""
    notes: list[str] = field(default_factory=list)
    departments: tuple[str, ...] = ()
    """Departments that are looked at besides the organisation."""
    _found: dict[str, Scopes] = field(default_factory=dict, init=False)
    _rows: dict[str, Divided] = field(default_factory=dict, init=False)

    def result(self, indicator: Indicator, department: str | None = None) -> IndicatorResult:
        """Measure and rate one indicator; what belongs to the organisation alone a department inherits."""
        if indicator.id not in self._found:
            self._rows.clear()
            self._found[indicator.id] = self._measured(indicator)
        query, found = self._found[indicator.id]
        scope = department if indicator.scope == "both" else None
        if scope is not None and scope not in found:
            # All departments at once: they share the rows of one query.
            names = tuple(dict.fromkeys((*self.departments, scope)))
            found.update(self._measured_in_departments(indicator, names))
        return self._result(indicator, query, found[scope])

    def _result(self, indicator: Indicator, query: str, measurement: Measurement) -> IndicatorResult:
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

    @property
    def populations(self) -> Populations:
        """Return what says which records count."""
        return Populations(
            self.catalogue, self.policy, self.as_of, self.reconstructed, self.supports, self.notes
        )

    def population(self, indicator: Indicator) -> Population | Answerable:
        """Return the records an indicator looks at, or why no source can show them."""
        return self.populations.of(indicator)

    def _measured(self, indicator: Indicator) -> Scopes:
        """Return the query that was asked and what was found in the organisation."""
        population = self._asked(indicator)
        if isinstance(population, Measurement):
            return "", {None: population}
        query = indicator.measure.sql(population)
        try:
            rows = self.rows(indicator.measure, query, None)
            return query, {None: indicator.measure.answer(rows, self.context(indicator, population, None))}
        except ItsmMaturityError as error:
            return query, {None: Measurement(State.ERROR, error.message)}

    def _measured_in_departments(
        self, indicator: Indicator, names: tuple[str, ...]
    ) -> dict[str | None, Measurement]:
        """Return what was found in every department, from the rows of one query."""
        population = self._asked(indicator)
        if isinstance(population, Measurement):
            return dict.fromkeys(names, population)
        measure = indicator.measure
        samples = self._samples(population)
        contexts = {
            name: replace(self.context(indicator, population, name), samples=samples) for name in names
        }
        try:
            rows = self.rows(measure, measure.sql(population), None)
            whole = self.context(indicator, population, None)
            return dict(measure.departments(rows, contexts, whole).items())
        except ItsmMaturityError as error:
            return dict.fromkeys(names, Measurement(State.ERROR, error.message))

    def _asked(self, indicator: Indicator) -> Population | Measurement:
        """Return the records to look at, or why there is nothing to look at."""
        if indicator.id in self.exemptions:
            return Measurement(State.NOT_APPLICABLE, self.exemptions[indicator.id])
        population = self.population(indicator)
        if isinstance(population, Answerable):
            return Measurement(population.state or State.ERROR, population.reason)
        return population

    def _samples(self, population: Population) -> Callable[[str], Mapping[str | None, tuple[str, ...]]]:
        """Return how ids are found: for all departments at once, each condition asked once."""

        @cache
        def found(failing: str) -> Mapping[str | None, tuple[str, ...]]:
            rows = self.store.query(
                f"SELECT department, id FROM {population.relation} WHERE {population.where} AND ({failing}) "
                f"AND department IS NOT NULL QUALIFY row_number() OVER (PARTITION BY department "
                f"ORDER BY {population.dated_by} DESC, id) <= {SAMPLED} "
                f"ORDER BY department, {population.dated_by} DESC, id"
            )
            ids: dict[str | None, tuple[str, ...]] = {}
            for row in rows.to_pylist():
                ids[row["department"]] = (*ids.get(row["department"], ()), row["id"])
            return ids

        return found

    def rows(self, measure: MeasureModel, query: str, department: str | None) -> pa.Table:
        """Return the rows of a query in one scope, with what only the whole organisation can say of them.

        Kept while one indicator is measured, so that all its scopes share them.
        """
        if query not in self._rows:
            self._rows[query] = Divided(measure.expanded(self.store.query(query)))
        return self._rows[query].of(department)

    def context(self, indicator: Indicator, population: Population, department: str | None) -> Context:
        """Return what a measure may use in one scope besides its own rows."""
        seed = seed_of(self.catalogue.measured, self.evidence, department or "", indicator.id)
        referred = Referred(self, indicator, department)
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
            reference=referred.ceiling,
            worsened=referred.worsened,
            past=lambda: self.past(indicator.id, department),
        )

    def _rated(self, indicator: Indicator, measurement: Measurement) -> float:
        anchors = indicator.anchors
        value = achievement(float(measurement.value or 0.0), anchors.zero, anchors.full, anchors.scale)
        return min(value, round(measurement.cap, 9))
