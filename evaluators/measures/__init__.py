"""The few formula families. A catalogue entry names one and gives its parameters."""

from typing import Annotated

from pydantic import Field

from evaluators.measures.completeness import MeanCompleteness
from evaluators.measures.conforming import ConformingVolume
from evaluators.measures.control import InControl
from evaluators.measures.dominated import DominatedCells
from evaluators.measures.improvement import Improvement
from evaluators.measures.modal import ModalShare
from evaluators.measures.share import Share
from evaluators.measures.stratified import StratifiedShare
from evaluators.measures.total_ratio import TotalRatio

Measure = Annotated[
    Share
    | MeanCompleteness
    | StratifiedShare
    | ModalShare
    | DominatedCells
    | ConformingVolume
    | InControl
    | Improvement
    | TotalRatio,
    Field(discriminator="family"),
]
"""Any measure, told apart by its `family`."""

FAMILIES = frozenset(
    {
        "share",
        "mean_completeness",
        "stratified_share",
        "modal_share",
        "dominated_cells",
        "case_mix_ratio",
        "conforming_volume",
        "in_control",
        "improvement",
        "total_ratio",
    }
)
"""Names of all families, the building blocks among them."""
