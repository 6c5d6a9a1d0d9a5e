"""Random series that several tests judge."""

from __future__ import annotations

import numpy as np

from evaluators.statistics.arrays import FloatArray


def autoregressive(rng: np.random.Generator, series: int, length: int, phi: float = 0.0) -> FloatArray:
    """Return stationary AR(1) series of variance 1, shape (series, length)."""
    noise = rng.normal(size=(series, length)) * np.sqrt(1 - phi**2)
    values = np.empty((series, length))
    values[:, 0] = noise[:, 0] / np.sqrt(1 - phi**2)
    for step in range(1, length):
        values[:, step] = phi * values[:, step - 1] + noise[:, step]
    return values
