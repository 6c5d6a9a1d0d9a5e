"""The ladder against the specification's runnable reference in random cases."""

from __future__ import annotations

import random
from collections.abc import Iterator

from evaluators import ladder as product
from tests.evaluators.test_ladder import reference, some_attributes, some_indicators, weighted
from tests.validity.figures import Figure, at_most

CASES = 100_000


def figures() -> Iterator[Figure]:
    """Count disagreements in attribute, level, index and bottleneck."""
    rnd, oracle = random.Random(2026), reference()
    wrong = 0
    for _ in range(CASES):
        indicators = some_indicators(rnd)
        wrong += product.attribute_achievement(weighted(indicators)) != _rounded(oracle.attribute(indicators))
        attributes = some_attributes(rnd, 0.1)
        wrong += product.level(attributes) != oracle.level(attributes)
        wrong += abs(product.index(attributes) - oracle.index(attributes)) > 1e-9
        wrong += product.bottleneck(attributes) != oracle.bottleneck(attributes)
    yield at_most(f"Ladder: disagreements with the reference in {CASES:,} random cases", wrong, 0, "cases")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 9)
