"""Types: operations whose sides cannot meet."""

from __future__ import annotations

from typing import Any

from evaluators.predicates.subset import ARITHMETIC, CONNECTORS, chain
from evaluators.predicates.writing import Compiler
from storage.records.schema import ColumnType, RecordKind

_FAMILIES = {
    ColumnType.TEXT: "text",
    ColumnType.INTEGER: "integer",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TIMESTAMP: "time",
    ColumnType.DATE: "time",
}
ARTICLES = {"text": "text", "integer": "a number", "boolean": "yes or no", "time": "a point in time"}


class TypeChecker:
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
        if key in ARITHMETIC or key == "neg":
            self._all(families, "integer", "+ - * reckon with numbers")
            return "integer"
        if key in CONNECTORS or key == "not":
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
                left = f"{_written(first)} is {ARTICLES[expected]}"
                right = f"{_written(part)} is {ARTICLES[family]}"
                self.problems.append(f"{left} and {right}, which cannot be compared")
                return

    def _no_null(self, families: list[tuple[Any, str | None]]) -> None:
        if any(family is None for _, family in families):
            self.problems.append("a comparison with NULL is never true: write IS NULL")

    def _all(self, families: list[tuple[Any, str | None]], expected: str, rule: str) -> None:
        self.problems.extend(
            f"{_written(part)} is {ARTICLES[family]}: {rule}"
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
    if node.key in CONNECTORS:
        return chain(node)
    names = ("this", "expression", "low", "high")
    single = [node.args[name] for name in names if node.args.get(name) is not None]
    return single + list(node.args.get("expressions") or ())


def _written(node: Any) -> str:
    return f"'{node.this.this}'" if node.key == "column" else str(Compiler().compile(node).sql)
