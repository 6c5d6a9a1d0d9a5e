"""The gaming monitor (section 5.8): patterns in the records that a human should look at.

`evaluators.gaming.monitor.monitor` runs it; what it says and what it looks for stands here, and imports
nothing of the evaluation.
"""

from __future__ import annotations

from evaluators.gaming.scenarios import BY_NAME, SCENARIOS, Limit, Scenario
from evaluators.gaming.suspicion import SideBySide, Suspicion

__all__ = ["BY_NAME", "SCENARIOS", "Limit", "Scenario", "SideBySide", "Suspicion"]
