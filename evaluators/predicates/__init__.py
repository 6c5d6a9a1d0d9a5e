"""Predicates: the closed subset of SQL an indicator may use (design decision 2).

Comparison, AND/OR/NOT, IS [NOT] NULL, IN over literals, BETWEEN, LIKE, COALESCE, + - * on integers,
bare boolean columns and the literals integer, string, TRUE, FALSE, NULL. Everything else is refused by
the type of its node in the syntax tree, not by its name. The normalised text is written here, node by
node and with every nested operation in parentheses, so nothing that was not understood reaches an engine.
"""

from evaluators.predicates.predicate import Predicate
from evaluators.predicates.subset import LONGEST_TEXT, PredicateError

__all__ = ["LONGEST_TEXT", "Predicate", "PredicateError"]
