"""The data-quality gate (section 4): what in the records is doubtful before anything is rated.

`evaluators.quality.gate.examine` runs it; what it says and its limits stand here, and import nothing of the
evaluation.
"""

from __future__ import annotations

from evaluators.quality.checks import BY_ID, CHECKS, Check
from evaluators.quality.finding import QualityFinding

__all__ = ["BY_ID", "CHECKS", "Check", "QualityFinding"]
