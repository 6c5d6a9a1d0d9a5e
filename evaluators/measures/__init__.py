"""The few formula families. A catalogue entry names one and gives its parameters."""

from typing import Annotated

from pydantic import Field

from evaluators.measures.auc import AreaUnderCurve
from evaluators.measures.completeness import MeanCompleteness
from evaluators.measures.conforming import ConformingVolume
from evaluators.measures.control import InControl
from evaluators.measures.count_ratio import CountRatio
from evaluators.measures.covered import CoveredVolume
from evaluators.measures.dominated import DominatedCells
from evaluators.measures.early_warning import EarlyWarning
from evaluators.measures.improvement import Improvement
from evaluators.measures.linkage_recall import LinkageRecall
from evaluators.measures.macro import CellFrequency, MacroShare
from evaluators.measures.matched import MatchedRatio
from evaluators.measures.modal import ModalShare
from evaluators.measures.named_share import NamedShare
from evaluators.measures.rate_drop import RateDrop
from evaluators.measures.share import Share
from evaluators.measures.spread import CellSpread
from evaluators.measures.stratified import StratifiedShare
from evaluators.measures.total_ratio import TotalRatio
from evaluators.measures.values import Mean, Median

Measure = Annotated[
    Share
    | MeanCompleteness
    | StratifiedShare
    | ModalShare
    | DominatedCells
    | ConformingVolume
    | InControl
    | Improvement
    | TotalRatio
    | CountRatio
    | CoveredVolume
    | Median
    | Mean
    | MacroShare
    | CellFrequency
    | CellSpread
    | AreaUnderCurve
    | MatchedRatio
    | RateDrop
    | LinkageRecall
    | EarlyWarning
    | NamedShare,
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
        "count_ratio",
        "count_per_user",
        "covered_volume",
        "median",
        "mean",
        "macro_share",
        "cell_frequency",
        "cell_spread",
        "auc",
        "matched_ratio",
        "past",
        "rate_drop",
        "linkage_recall",
        "early_warning",
        "named_share",
    }
)
"""Names of all families, the building blocks among them."""
