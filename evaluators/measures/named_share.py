"""Named share: how many of the different things that records name fulfil a condition (method P)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import field_validator

from evaluators.measures.base import Context, MeasureModel, codes, insufficient, integers
from evaluators.measures.counted import counted_share
from evaluators.measures.population import Population, Reading
from evaluators.predicates import Predicate
from evaluators.results import Measurement
from evaluators.windows import Window
from storage.records import KINDS
from storage.records.schema import RecordKind

NAMED = "named"


class NamedShare(MeasureModel):
    """100 × different things that exist and fulfil `fulfilling` / different things that records name.

    However many records name a thing, it counts once; one that no source knows fulfils nothing.
    minimum_sample counts things (cfg-service-mapping).
    """

    family: Literal["named_share"]
    of: str
    """Column that names the thing by its id."""
    named: str
    """Record kind of the things, as they are today."""
    fulfilling: Predicate
    """Condition on a thing."""

    @field_validator("named")
    @classmethod
    def _exists(cls, kind: str) -> str:
        if kind not in KINDS:
            raise ValueError(f"'{kind}' is not a record kind; choose from {', '.join(KINDS)}")
        return kind

    def needs(self) -> tuple[str, ...]:
        """Return the column that names a thing."""
        return (self.of,)

    def also(self, kinds: tuple[str, ...], window: Window) -> Mapping[str, Reading]:
        """Return the things."""
        needs = tuple(sorted(self.fulfilling.columns))
        return {NAMED: Reading((self.named,), Window(snapshot=True), needs, frozenset(needs))}

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the column and the condition."""
        return super().problems(kind) + self.fulfilling.problems(KINDS[self.named])

    def sql(self, population: Population) -> str:
        """Count records by department and thing, and say which things fulfil the condition."""
        return (
            f"SELECT department, source, {self.of} AS thing, COUNT(*) AS n, "
            f"CAST(BOOL_OR({self._fulfilled(population)}) AS BIGINT) AS fulfilled "
            f"FROM {population.relation} WHERE {population.where} AND {self.of} IS NOT NULL "
            f"GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Count different things, take the interval, name those most often named that fall short."""
        index, things = codes(rows, "source", "thing")
        records = np.bincount(index, weights=integers(rows, "n"), minlength=len(things)).astype(np.int64)
        fulfilled = np.bincount(index, weights=integers(rows, "fulfilled"), minlength=len(things)) > 0
        good, total = int(fulfilled.sum()), len(things)
        if total < max(context.minimum, 1):
            return insufficient(f"{total} of at least {context.minimum} different {self.of}", total)
        short = [each for each in np.argsort(-records, kind="stable").tolist() if not fulfilled[each]]
        return counted_share(
            good,
            total,
            f"{good:,} of {total:,} different {self.of}",
            context,
            n_unit=f"different {self.of}",
            groups=tuple((str(things[each][1]), 100.0, int(records[each])) for each in short[:3]),
            sample=context.sample(
                f"{self.of} IS NOT NULL AND NOT {self._fulfilled(context.population)}",
            ),
        )

    def _fulfilled(self, population: Population) -> str:
        things = population.also[NAMED]
        return (
            f"((source, {self.of}) IN (SELECT (source, id) FROM {things.relation} "
            f"WHERE {things.where} AND ({self.fulfilling.sql})))"
        )
