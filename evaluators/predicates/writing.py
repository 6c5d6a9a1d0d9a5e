"""From syntax tree to normalised text, node by node."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluators.predicates.subset import (
    ARITHMETIC,
    COMPARISONS,
    CONNECTORS,
    DEEPEST_NESTING,
    REFUSAL_OF,
    TESTS,
    PredicateError,
    chain,
    offset_of,
    refuse_node,
)

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

_RECKON: dict[str, Callable[[int, int], int]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
}
_LARGEST_COLUMN = 10**9
"""Largest integer taken for possible in a column when sums are checked: 31 years in seconds."""
_LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True)
class Piece:
    """A part of the normalised text; `bound` is the largest integer it can come to, 0 if none."""

    sql: str
    simple: bool = False
    constant: int | None = None
    bound: int = 0

    @property
    def operand(self) -> str:
        """Text that can stand beside an operator."""
        return self.sql if self.simple else f"({self.sql})"


class Compiler:
    """Writes a checked tree as text and collects its columns."""

    def __init__(self) -> None:
        self.columns: set[str] = set()
        self._depth = 0
        self._references = 0
        self._special: dict[str, Callable[[Any], Piece]] = {
            "not": self._not,
            "neg": self._negative,
            "paren": self._parenthesis,
            **dict.fromkeys(TESTS, self._test),
            "coalesce": self._coalesce,
            "column": self._column,
            "literal": _literal,
            "boolean": _boolean,
            "null": _null,
        }

    def compile(self, node: Expr) -> Piece:
        """Return the normalised text of `node`; raises PredicateError at what is outside the subset."""
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise PredicateError("the condition is nested too deeply", offset_of(node))
        refuse_node(node)
        if node.key in CONNECTORS:
            piece = self._connector(node)
        elif node.key in ARITHMETIC:
            piece = self._arithmetic(node)
        elif node.key in COMPARISONS:
            piece = self._comparison(node)
        else:
            piece = self._special[node.key](node)
        self._depth -= 1
        return piece

    def _comparison(self, node: Any) -> Piece:
        left, right = self.compile(node.this), self.compile(node.expression)
        return Piece(f"{left.operand} {COMPARISONS[node.key]} {right.operand}")

    def _connector(self, node: Any) -> Piece:
        terms = chain(node)
        word = f" {CONNECTORS[node.key]} "
        return Piece(word.join(self.compile(term).operand for term in terms))

    def _arithmetic(self, node: Any) -> Piece:
        left, right = self.compile(node.this), self.compile(node.expression)
        bound = left.bound * right.bound if node.key == "mul" else left.bound + right.bound
        if bound > _LARGEST_INTEGER:
            raise PredicateError("the result may not fit into 64 bits", offset_of(node))
        if left.constant is not None and right.constant is not None:
            # Engines reckon literals in 32 bits, where 30 * 86400 * 1000 overflows.
            return _integer(_RECKON[node.key](left.constant, right.constant))
        return Piece(f"{left.operand} {ARITHMETIC[node.key]} {right.operand}", bound=bound)

    def _negative(self, node: Any) -> Piece:
        piece = self.compile(node.this)
        if piece.constant is not None:
            return _integer(-piece.constant)
        return Piece(f"-{piece.operand}", bound=piece.bound)

    def _not(self, node: Any) -> Piece:
        inner = node.this
        if inner.key in TESTS and not inner.args.get("negate"):
            refuse_node(inner)
            return self._test(inner, negated=True)
        return Piece(f"NOT {self.compile(inner).operand}")

    def _parenthesis(self, node: Any) -> Piece:
        return self.compile(node.this)

    def _test(self, node: Any, negated: bool = False) -> Piece:
        # The parser writes NOT around some tests and a flag into others, differently from version to version.
        word = "NOT " if negated or node.args.get("negate") else ""
        value = self.compile(node.this).operand
        if node.key == "is":
            return Piece(f"{value} IS {word}{self._only_null(node.expression)}")
        rest = {"in": self._list, "between": self._range, "like": self._pattern}[node.key](node)
        return Piece(f"{value} {word}{rest}")

    def _only_null(self, node: Any) -> str:
        if node.key != "null":
            raise PredicateError("IS goes with NULL only: compare with = instead", offset_of(node))
        return "NULL"

    def _list(self, node: Any) -> str:
        items = [self._listed(item) for item in node.expressions]
        if not items:
            raise PredicateError("IN needs a list of values such as (1, 2)", offset_of(node))
        return f"IN ({', '.join(items)})"

    def _listed(self, node: Expr) -> str:
        piece = self.compile(node)
        if piece.constant is None and node.key not in ("literal", "boolean"):
            raise PredicateError("a list after IN holds numbers, texts, TRUE or FALSE only", offset_of(node))
        return piece.sql

    def _range(self, node: Any) -> str:
        low, high = (self.compile(node.args[end]).operand for end in ("low", "high"))
        return f"BETWEEN {low} AND {high}"

    def _pattern(self, node: Any) -> str:
        pattern = node.expression
        if pattern.key != "literal" or not pattern.is_string:
            raise PredicateError("LIKE needs a text such as 'Network%'", offset_of(pattern))
        return f"LIKE {self.compile(pattern).sql}"

    def _coalesce(self, node: Any) -> Piece:
        before = self._references
        pieces = [self.compile(part) for part in (node.this, *node.expressions)]
        if self._references == before:
            raise PredicateError("COALESCE needs a column", offset_of(node))
        inner = ", ".join(piece.sql for piece in pieces)
        return Piece(f"COALESCE({inner})", simple=True, bound=max(piece.bound for piece in pieces))

    def _column(self, node: Any) -> Piece:
        if node.this.key != "identifier":
            raise PredicateError(REFUSAL_OF["star"], offset_of(node))
        name: str = node.this.this
        self.columns.add(name)
        self._references += 1
        quoted = name.replace('"', '""')
        return Piece(f'"{quoted}"', simple=True, bound=_LARGEST_COLUMN)


def _integer(value: int) -> Piece:
    return Piece(str(value), simple=value >= 0, constant=value, bound=abs(value))


def _literal(node: Any) -> Piece:
    if node.is_string:
        quoted = node.this.replace("'", "''")
        return Piece(f"'{quoted}'", simple=True)
    if not (node.this.isascii() and node.this.isdigit()):
        raise PredicateError(f"'{node.this}' is not allowed: predicates reckon in integers", offset_of(node))
    value = int(node.this)
    if value > _LARGEST_INTEGER:
        raise PredicateError(f"{node.this} does not fit into 64 bits", offset_of(node))
    return _integer(value)


def _boolean(node: Any) -> Piece:
    return Piece("TRUE" if node.this else "FALSE", simple=True)


def _null(node: Any) -> Piece:
    return Piece("NULL", simple=True)
