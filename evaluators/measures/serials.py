"""All measures that can be taken period by period."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from evaluators.measures.case_mix import CaseMixRatio
from evaluators.measures.count_per_user import CountPerUser
from evaluators.measures.count_ratio import CountRatio
from evaluators.measures.macro import MacroShare
from evaluators.measures.past import Past
from evaluators.measures.share import Share
from evaluators.measures.stratified import StratifiedShare
from evaluators.measures.values import Mean, Median

Serial = Annotated[
    Share | StratifiedShare | CaseMixRatio | CountRatio | CountPerUser | Median | Mean | MacroShare | Past,
    Field(discriminator="family"),
]
"""What a trend or a control chart may be made of."""
