"""From text to syntax tree: one condition, and nothing that a tree would not show."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from evaluators.predicates.subset import DEEPEST_NESTING, LONGEST_TEXT, PredicateError

if TYPE_CHECKING:
    from sqlglot.expressions import Expr


@lru_cache(maxsize=1024)
def tree_of(text: str) -> Expr:
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
