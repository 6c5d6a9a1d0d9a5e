"""What a predicate may hold: kinds of nodes, their arguments, and the sentences that refuse the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # sqlglot takes a sixth of a second to import, so it is imported where a predicate is parsed.
    from sqlglot.expressions import Expr

LONGEST_TEXT = 2_000
"""Characters a predicate may have."""
DEEPEST_NESTING = 60
"""Levels of nested operations a predicate may have."""

COMPARISONS = {"eq": "=", "neq": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
CONNECTORS = {"and": "AND", "or": "OR"}
ARITHMETIC = {"add": "+", "sub": "-", "mul": "*"}
TESTS = ("is", "in", "between", "like")
_ARGUMENTS: dict[str, frozenset[str]] = {
    **dict.fromkeys((*COMPARISONS, *CONNECTORS, *ARITHMETIC), frozenset({"this", "expression"})),
    **dict.fromkeys(("like", "is"), frozenset({"this", "expression", "negate"})),
    "in": frozenset({"this", "expressions", "negate"}),
    "between": frozenset({"this", "low", "high", "negate"}),
    "coalesce": frozenset({"this", "expressions"}),
    **dict.fromkeys(("not", "neg", "paren", "column", "boolean"), frozenset({"this"})),
    "literal": frozenset({"this", "is_string"}),
    "null": frozenset(),
}
"""Arguments a node may carry: SYMMETRIC, ANY, IN (SELECT …) and the like come as further ones."""

SUBSET = "allowed are comparison, AND, OR, NOT, IS NULL, IN, BETWEEN, LIKE, COALESCE, and + - * on integers"
_REFUSALS = {
    "subqueries are not allowed": "select subquery exists union intersect except any all",
    "casts are not allowed: compare columns of one type": "cast trycast",
    "date arithmetic is not allowed: use a column that holds the duration in seconds": "interval",
    "division is not allowed: multiply the other side, predicates reckon in integers": "div intdiv mod",
    "parameters are not allowed: write the value": "placeholder parameter sessionparameter",
    "* is not allowed: name the column": "star columns",
    "window functions are not allowed": "window",
    "CASE is not allowed: use AND, OR and COALESCE": "case if",
    "qualified columns are not allowed: write the column's name alone": "dot",
}
REFUSAL_OF = {key: sentence for sentence, keys in _REFUSALS.items() for key in keys.split()}


class PredicateError(ValueError):
    """A text is not a predicate; `offset` is the character where, from 0, or None where unknown."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def refuse_node(node: Expr) -> None:
    """Refuse a node outside the subset, or one inside it that carries more than it should."""
    allowed = _ARGUMENTS.get(node.key)
    if allowed is None:
        raise PredicateError(_refusal(node), offset_of(node))
    further = {name for name, value in node.args.items() if value not in (None, False, [], "")} - allowed
    if not further:
        return
    if node.key == "column":
        raise PredicateError(REFUSAL_OF["dot"], offset_of(node))
    if "query" in further:
        raise PredicateError(REFUSAL_OF["subquery"], offset_of(node))
    raise PredicateError(f"this form of {node.key.upper()} is not allowed: {SUBSET}", offset_of(node))


def _refusal(node: Expr) -> str:
    from sqlglot.expressions import Anonymous, Func

    if node.key in REFUSAL_OF:
        return REFUSAL_OF[node.key]
    if isinstance(node, Func):
        name = node.name if isinstance(node, Anonymous) else node.sql_name()
        return f"function {name.upper()} is not allowed: {SUBSET}"
    return f"{type(node).__name__} is not allowed: {SUBSET}"


def offset_of(node: Expr) -> int | None:
    """First character of `node`, or of what stands around it where the parser kept no position."""
    around: Expr | None = node
    while around is not None:
        starts = [part.meta["start"] for part in around.walk() if "start" in part.meta]
        if starts:
            return int(min(starts))
        around = around.parent
    return None


def chain(node: Any) -> list[Any]:
    """Terms of a AND b AND c: the tree leans to the left, so long lists would count as deep."""
    terms, rest = [], node
    while rest.key == node.key:
        refuse_node(rest)
        terms.append(rest.expression)
        rest = rest.this
    return [rest, *reversed(terms)]
