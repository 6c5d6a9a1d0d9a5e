"""The smallest set of raises that reaches a level, from results and catalogue alone (section 6.9)."""

from evaluators.roadmap.effort import Effort, shipped_effort
from evaluators.roadmap.plan import Affected, Roadmap, Step, roadmap
from evaluators.roadmap.raises import Candidate, Raise, required, smallest_raises

__all__ = [
    "Affected",
    "Candidate",
    "Effort",
    "Raise",
    "Roadmap",
    "Step",
    "required",
    "roadmap",
    "shipped_effort",
    "smallest_raises",
]
