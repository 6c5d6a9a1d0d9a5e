"""Predicates: the closed subset of SQL an indicator may use (design decision 2).

Comparison, AND/OR/NOT, IS [NOT] NULL, IN over literals, BETWEEN, LIKE, COALESCE, + - * on integers,
bare boolean columns and the literals integer, string, TRUE, FALSE, NULL. Everything else is refused by
the type of its node in the syntax tree, not by its name. The normalised text is written here, node by
node and with every nested operation in parentheses, so nothing that was not understood reaches an engine.
"""

from __future__ import annotations

import difflib
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from storage.records.schema import ColumnType, RecordKind

if TYPE_CHECKING:
    # sqlglot takes a sixth of a second to import, so it is imported where a predicate is parsed.
    from sqlglot.expressions import Expr

LONGEST_TEXT = 2_000
"""Characters a predicate may have."""
DEEPEST_NESTING = 60
"""Levels of nested operations a predicate may have."""

_COMPARISONS = {"eq": "=", "neq": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_CONNECTORS = {"and": "AND", "or": "OR"}
_ARITHMETIC = {"add": "+", "sub": "-", "mul": "*"}
_TESTS = ("is", "in", "between", "like")
_RECKON: dict[str, Callable[[int, int], int]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
}
_ARGUMENTS: dict[str, frozenset[str]] = {
    **dict.fromkeys((*_COMPARISONS, *_CONNECTORS, *_ARITHMETIC), frozenset({"this", "expression"})),
    **dict.fromkeys(("like", "is"), frozenset({"this", "expression", "negate"})),
    "in": frozenset({"this", "expressions", "negate"}),
    "between": frozenset({"this", "low", "high", "negate"}),
    "coalesce": frozenset({"this", "expressions"}),
    **dict.fromkeys(("not", "neg", "paren", "column", "boolean"), frozenset({"this"})),
    "literal": frozenset({"this", "is_string"}),
    "null": frozenset(),
}
"""Arguments a node may carry: SYMMETRIC, ANY, IN (SELECT …) and the like come as further ones."""

_LARGEST_COLUMN = 10**9
"""Largest integer taken for possible in a column when sums are checked: 31 years in seconds."""
_LARGEST_INTEGER = 2**63 - 1

_SUBSET = "allowed are comparison, AND, OR, NOT, IS NULL, IN, BETWEEN, LIKE, COALESCE, and + - * on integers"
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
_REFUSAL_OF = {key: sentence for sentence, keys in _REFUSALS.items() for key in keys.split()}


class PredicateError(ValueError):
    """A text is not a predicate; `offset` is the character where, from 0, or None where unknown."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True)
class Predicate:
    """A condition on one record; in pydantic models a string that is checked when it is loaded."""

    text: str
    """As written."""
    columns: frozenset[str]
    sql: str
    """Normalised DuckDB text, safe in parentheses; every column unqualified and quoted."""

    @classmethod
    def parse(cls, text: str) -> Predicate:
        """Read `text`; raises PredicateError with a sentence and an offset."""
        tree = _tree(text)
        compiler = _Compiler()
        try:
            piece = compiler.compile(tree)
        except RecursionError:
            raise PredicateError("the condition is nested too deeply") from None
        return cls(text, frozenset(compiler.columns), piece.sql)

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what does not fit the columns of `kind`: unknown names, types that cannot meet."""
        unknown = [_unknown(name, kind) for name in sorted(self.columns - set(kind.by_name))]
        if unknown:
            return unknown
        checker = _TypeChecker(kind)
        family = checker.check(_tree(self.text))
        if not checker.problems and family not in (None, "boolean"):
            checker.problems.append(f"'{self.text}' is {_ARTICLES[family]}, not a condition")
        return checker.problems

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate from a string, serialise to the text as written."""
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            json_schema_input_schema=core_schema.str_schema(min_length=1, max_length=LONGEST_TEXT),
            serialization=core_schema.plain_serializer_function_ser_schema(
                _text_of, return_schema=core_schema.str_schema()
            ),
        )

    @classmethod
    def _validate(cls, value: object) -> Predicate:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise PredicateError("a condition is a text such as: priority <= 2 AND resolved_at IS NOT NULL")
        return cls.parse(value)


def _text_of(predicate: Predicate) -> str:
    return predicate.text


def _unknown(name: str, kind: RecordKind) -> str:
    close = difflib.get_close_matches(name.lower(), kind.by_name, n=1)
    suggestion = f" (did you mean '{close[0]}'?)" if close else ""
    return f"'{name}' is not a column of {kind.name}{suggestion}"


# --- From text to tree ------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _tree(text: str) -> Expr:
    """Parse `text` into exactly one syntax tree, which callers must not change."""
    _refuse_characters(text)
    _refuse_tokens(text)
    from sqlglot.dialects.duckdb import DuckDB
    from sqlglot.errors import ParseError
    from sqlglot.expressions import Condition

    try:
        trees = DuckDB().parse_into(Condition, text)
    except ParseError as error:
        raise _unreadable(error, text) from None
    except Exception:
        # A parser of somebody else's meets arbitrary text: whatever it trips over is the text's fault.
        raise PredicateError("the condition cannot be read") from None
    if len(trees) != 1 or trees[0] is None:
        raise PredicateError("write exactly one condition")
    return trees[0]


def _refuse_characters(text: str) -> None:
    if not text.strip():
        raise PredicateError("the condition is empty", 0)
    if len(text) > LONGEST_TEXT:
        raise PredicateError(f"the condition is longer than {LONGEST_TEXT} characters", LONGEST_TEXT)
    for offset, character in enumerate(text):
        if character not in "\n\r\t" and (ord(character) < 32 or 0xD800 <= ord(character) <= 0xDFFF):
            raise PredicateError(f"character {character!a} is not allowed", offset)


def _refuse_tokens(text: str) -> None:
    """Refuse what a tree no longer shows: semicolons, comments, brackets nested beyond reason."""
    end = depth = 0
    for token in _tokens(text):
        _refuse_gap(text, end, token.start)
        end = token.end + 1
        if token.text == ";" and end - token.start == 1:
            raise PredicateError("';' is not allowed: write one condition", token.start)
        depth += (token.text == "(") - (token.text == ")")
        if depth > DEEPEST_NESTING:
            raise PredicateError("the condition is nested too deeply", token.start)
    _refuse_gap(text, end, len(text))


def _tokens(text: str) -> list[Any]:
    from sqlglot.dialects.duckdb import DuckDB

    try:
        return list(DuckDB().tokenize(text))
    except Exception:
        # TokenError has no position; an open quote is what makes nearly all of them.
        offset = text.rindex("'") if text.count("'") % 2 else None
        raise PredicateError("a quote or comment is not closed", offset) from None


def _refuse_gap(text: str, start: int, end: int) -> None:
    gap = text[start:end]
    if gap.strip():
        offset = start + len(gap) - len(gap.lstrip())
        raise PredicateError("comments are not allowed inside a condition", offset)


def _unreadable(error: Any, text: str) -> PredicateError:
    """Say where the parser stopped; its own message carries colour codes and class names."""
    first = error.errors[0] if error.errors else {}
    near, line, column = first.get("highlight") or "", first.get("line"), first.get("col")
    if not near or line is None or column is None:
        return PredicateError("the condition cannot be read")
    before = sum(len(row) for row in text.splitlines(keepends=True)[: line - 1])
    offset = min(max(before + column - len(near), 0), len(text))
    return PredicateError(f"the condition cannot be read near '{near}'", offset)


# --- From tree to text ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Piece:
    """A part of the normalised text; `bound` is the largest integer it can come to, 0 if none."""

    sql: str
    simple: bool = False
    constant: int | None = None
    bound: int = 0

    @property
    def operand(self) -> str:
        return self.sql if self.simple else f"({self.sql})"


class _Compiler:
    """Writes a checked tree as text and collects its columns."""

    def __init__(self) -> None:
        self.columns: set[str] = set()
        self._depth = 0
        self._references = 0
        self._special: dict[str, Callable[[Any], _Piece]] = {
            "not": self._not,
            "neg": self._negative,
            "paren": self._parenthesis,
            **dict.fromkeys(_TESTS, self._test),
            "coalesce": self._coalesce,
            "column": self._column,
            "literal": _literal,
            "boolean": _boolean,
            "null": _null,
        }

    def compile(self, node: Expr) -> _Piece:
        """Return the normalised text of `node`; raises PredicateError at what is outside the subset."""
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise PredicateError("the condition is nested too deeply", _offset(node))
        _refuse_node(node)
        if node.key in _CONNECTORS:
            piece = self._connector(node)
        elif node.key in _ARITHMETIC:
            piece = self._arithmetic(node)
        elif node.key in _COMPARISONS:
            piece = self._comparison(node)
        else:
            piece = self._special[node.key](node)
        self._depth -= 1
        return piece

    def _comparison(self, node: Any) -> _Piece:
        left, right = self.compile(node.this), self.compile(node.expression)
        return _Piece(f"{left.operand} {_COMPARISONS[node.key]} {right.operand}")

    def _connector(self, node: Any) -> _Piece:
        terms = _chain(node)
        word = f" {_CONNECTORS[node.key]} "
        return _Piece(word.join(self.compile(term).operand for term in terms))

    def _arithmetic(self, node: Any) -> _Piece:
        left, right = self.compile(node.this), self.compile(node.expression)
        bound = left.bound * right.bound if node.key == "mul" else left.bound + right.bound
        if bound > _LARGEST_INTEGER:
            raise PredicateError("the result may not fit into 64 bits", _offset(node))
        if left.constant is not None and right.constant is not None:
            # Engines reckon literals in 32 bits, where 30 * 86400 * 1000 overflows.
            return _integer(_RECKON[node.key](left.constant, right.constant))
        return _Piece(f"{left.operand} {_ARITHMETIC[node.key]} {right.operand}", bound=bound)

    def _negative(self, node: Any) -> _Piece:
        piece = self.compile(node.this)
        if piece.constant is not None:
            return _integer(-piece.constant)
        return _Piece(f"-{piece.operand}", bound=piece.bound)

    def _not(self, node: Any) -> _Piece:
        inner = node.this
        if inner.key in _TESTS and not inner.args.get("negate"):
            _refuse_node(inner)
            return self._test(inner, negated=True)
        return _Piece(f"NOT {self.compile(inner).operand}")

    def _parenthesis(self, node: Any) -> _Piece:
        return self.compile(node.this)

    def _test(self, node: Any, negated: bool = False) -> _Piece:
        # The parser writes NOT around some tests and a flag into others, differently from version to version.
        word = "NOT " if negated or node.args.get("negate") else ""
        value = self.compile(node.this).operand
        if node.key == "is":
            return _Piece(f"{value} IS {word}{self._only_null(node.expression)}")
        rest = {"in": self._list, "between": self._range, "like": self._pattern}[node.key](node)
        return _Piece(f"{value} {word}{rest}")

    def _only_null(self, node: Any) -> str:
        if node.key != "null":
            raise PredicateError("IS goes with NULL only: compare with = instead", _offset(node))
        return "NULL"

    def _list(self, node: Any) -> str:
        items = [self._listed(item) for item in node.expressions]
        if not items:
            raise PredicateError("IN needs a list of values such as (1, 2)", _offset(node))
        return f"IN ({', '.join(items)})"

    def _listed(self, node: Expr) -> str:
        piece = self.compile(node)
        if piece.constant is None and node.key not in ("literal", "boolean"):
            raise PredicateError("a list after IN holds numbers, texts, TRUE or FALSE only", _offset(node))
        return piece.sql

    def _range(self, node: Any) -> str:
        low, high = (self.compile(node.args[end]).operand for end in ("low", "high"))
        return f"BETWEEN {low} AND {high}"

    def _pattern(self, node: Any) -> str:
        pattern = node.expression
        if pattern.key != "literal" or not pattern.is_string:
            raise PredicateError("LIKE needs a text such as 'Network%'", _offset(pattern))
        return f"LIKE {self.compile(pattern).sql}"

    def _coalesce(self, node: Any) -> _Piece:
        before = self._references
        pieces = [self.compile(part) for part in (node.this, *node.expressions)]
        if self._references == before:
            raise PredicateError("COALESCE needs a column", _offset(node))
        inner = ", ".join(piece.sql for piece in pieces)
        return _Piece(f"COALESCE({inner})", simple=True, bound=max(piece.bound for piece in pieces))

    def _column(self, node: Any) -> _Piece:
        if node.this.key != "identifier":
            raise PredicateError(_REFUSAL_OF["star"], _offset(node))
        name: str = node.this.this
        self.columns.add(name)
        self._references += 1
        quoted = name.replace('"', '""')
        return _Piece(f'"{quoted}"', simple=True, bound=_LARGEST_COLUMN)


def _chain(node: Any) -> list[Any]:
    """Terms of a AND b AND c: the tree leans to the left, so long lists would count as deep."""
    terms, rest = [], node
    while rest.key == node.key:
        _refuse_node(rest)
        terms.append(rest.expression)
        rest = rest.this
    return [rest, *reversed(terms)]


def _integer(value: int) -> _Piece:
    return _Piece(str(value), simple=value >= 0, constant=value, bound=abs(value))


def _literal(node: Any) -> _Piece:
    if node.is_string:
        quoted = node.this.replace("'", "''")
        return _Piece(f"'{quoted}'", simple=True)
    if not (node.this.isascii() and node.this.isdigit()):
        raise PredicateError(f"'{node.this}' is not allowed: predicates reckon in integers", _offset(node))
    value = int(node.this)
    if value > _LARGEST_INTEGER:
        raise PredicateError(f"{node.this} does not fit into 64 bits", _offset(node))
    return _integer(value)


def _boolean(node: Any) -> _Piece:
    return _Piece("TRUE" if node.this else "FALSE", simple=True)


def _null(node: Any) -> _Piece:
    return _Piece("NULL", simple=True)


def _refuse_node(node: Expr) -> None:
    """Refuse a node outside the subset, or one inside it that carries more than it should."""
    allowed = _ARGUMENTS.get(node.key)
    if allowed is None:
        raise PredicateError(_refusal(node), _offset(node))
    further = {name for name, value in node.args.items() if value not in (None, False, [], "")} - allowed
    if not further:
        return
    if node.key == "column":
        raise PredicateError(_REFUSAL_OF["dot"], _offset(node))
    if "query" in further:
        raise PredicateError(_REFUSAL_OF["subquery"], _offset(node))
    raise PredicateError(f"this form of {node.key.upper()} is not allowed: {_SUBSET}", _offset(node))


def _refusal(node: Expr) -> str:
    from sqlglot.expressions import Anonymous, Func

    if node.key in _REFUSAL_OF:
        return _REFUSAL_OF[node.key]
    if isinstance(node, Func):
        name = node.name if isinstance(node, Anonymous) else node.sql_name()
        return f"function {name.upper()} is not allowed: {_SUBSET}"
    return f"{type(node).__name__} is not allowed: {_SUBSET}"


def _offset(node: Expr) -> int | None:
    """First character of `node`, or of what stands around it where the parser kept no position."""
    around: Expr | None = node
    while around is not None:
        starts = [part.meta["start"] for part in around.walk() if "start" in part.meta]
        if starts:
            return int(min(starts))
        around = around.parent
    return None


# --- Types ------------------------------------------------------------------------------------------

_FAMILIES = {
    ColumnType.TEXT: "text",
    ColumnType.INTEGER: "integer",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TIMESTAMP: "time",
    ColumnType.DATE: "time",
}
_ARTICLES = {"text": "text", "integer": "a number", "boolean": "yes or no", "time": "a point in time"}


class _TypeChecker:
    """Finds operations on types that cannot meet; the family None is NULL, which meets everything."""

    def __init__(self, kind: RecordKind) -> None:
        self.problems: list[str] = []
        self._kind = kind

    def check(self, node: Any) -> str | None:
        """Return the family of `node`, noting problems on the way."""
        if node.key == "column":
            return _FAMILIES[self._kind.by_name[node.this.this].type]
        if node.key in ("literal", "boolean", "null"):
            return _family_of_literal(node)
        parts = _parts(node)
        families = [(part, self.check(part)) for part in parts]
        return self._judge(node.key, families)

    def _judge(self, key: str, families: list[tuple[Any, str | None]]) -> str | None:
        if key in ("paren", "coalesce"):
            self._same(families)
            return next((family for _, family in families if family), None)
        if key in _ARITHMETIC or key == "neg":
            self._all(families, "integer", "+ - * reckon with numbers")
            return "integer"
        if key in _CONNECTORS or key == "not":
            self._all(families, "boolean", "AND, OR and NOT join conditions")
        elif key == "like":
            self._all(families, "text", "LIKE compares text")
        elif key != "is":
            self._same(families)
            self._no_null(families)
        return "boolean"

    def _same(self, families: list[tuple[Any, str | None]]) -> None:
        known = [(part, family) for part, family in families if family]
        for part, family in known[1:]:
            first, expected = known[0]
            if family != expected:
                left = f"{_written(first)} is {_ARTICLES[expected]}"
                right = f"{_written(part)} is {_ARTICLES[family]}"
                self.problems.append(f"{left} and {right}, which cannot be compared")
                return

    def _no_null(self, families: list[tuple[Any, str | None]]) -> None:
        if any(family is None for _, family in families):
            self.problems.append("a comparison with NULL is never true: write IS NULL")

    def _all(self, families: list[tuple[Any, str | None]], expected: str, rule: str) -> None:
        self.problems.extend(
            f"{_written(part)} is {_ARTICLES[family]}: {rule}"
            for part, family in families
            if family not in (None, expected)
        )


def _family_of_literal(node: Any) -> str | None:
    if node.key == "null":
        return None
    if node.key == "boolean":
        return "boolean"
    return "text" if node.is_string else "integer"


def _parts(node: Any) -> list[Any]:
    """Operands of `node` in the order they are written."""
    if node.key in _CONNECTORS:
        return _chain(node)
    names = ("this", "expression", "low", "high")
    single = [node.args[name] for name in names if node.args.get(name) is not None]
    return single + list(node.args.get("expressions") or ())


def _written(node: Any) -> str:
    return f"'{node.this.this}'" if node.key == "column" else str(_Compiler().compile(node).sql)
