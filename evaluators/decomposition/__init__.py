"""What changed between two assessments of one scope, term by term (section 6.11)."""

from evaluators.decomposition.change import Change, Restated, decompose
from evaluators.decomposition.groups import GroupShare, group_shares
from evaluators.decomposition.sentences import sentences
from evaluators.decomposition.terms import AttributeChange, Kind, Term

__all__ = [
    "AttributeChange",
    "Change",
    "GroupShare",
    "Kind",
    "Restated",
    "Term",
    "decompose",
    "group_shares",
    "sentences",
]
