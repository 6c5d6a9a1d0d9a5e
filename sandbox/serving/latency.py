"""How long a simulated platform takes to answer."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

_P95 = 1.6448536269514722
"""95th percentile of the standard normal distribution."""


@dataclass(frozen=True)
class Latency:
    """Seconds a request takes: always `median`, or log-normal with a 95th percentile of `p95`."""

    median: float = 0.32
    p95: float = 1.4
    longest: float = 3.0

    @classmethod
    def constant(cls, seconds: float) -> Latency:
        """Return a latency that never varies."""
        return cls(seconds, seconds, seconds)

    def seconds(self, draw: random.Random) -> float:
        """Return the seconds of one request."""
        if self.median <= 0 or self.p95 <= self.median:
            return max(self.median, 0.0)
        sigma = math.log(self.p95 / self.median) / _P95
        return min(self.median * math.exp(draw.gauss(0, sigma)), self.longest)


NONE = Latency.constant(0)
