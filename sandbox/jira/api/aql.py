"""A subset of AQL: object types, schemas, keys and attributes compared with values, AND and OR."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.jira.jql import QueryError, parse
from sandbox.jira.jql.syntax import And, Clause, Node, Not
from sandbox.jira.store.assets import AssetObject, Assets

Test = Callable[[AssetObject], bool]


def object_test(assets: Assets, query: str) -> Test:
    """Return the test of a query; an empty one takes every object. Raises QueryError."""
    where = parse(query).where
    return _node(assets, where) if where is not None else lambda each: True


def _node(assets: Assets, node: Node) -> Test:
    if isinstance(node, Not):
        inner = _node(assets, node.part)
        return lambda each: not inner(each)
    if isinstance(node, Clause):
        return _clause(assets, node)
    tests = [_node(assets, part) for part in node.parts]
    if isinstance(node, And):
        return lambda each: all(test(each) for test in tests)
    return lambda each: any(test(each) for test in tests)


def _clause(assets: Assets, clause: Clause) -> Test:
    read = _reader(assets, clause.field)
    wanted = {value.text.lower() for value in clause.values}
    empty = any(value.empty for value in clause.values)
    if clause.operator in ("is", "is not") or empty:
        negated = clause.operator in ("is not", "!=")
        return lambda each: bool(read(each)) == negated
    if clause.operator in ("=", "in"):
        return lambda each: bool(wanted & read(each))
    if clause.operator in ("!=", "not in"):
        return lambda each: not wanted & read(each)
    if clause.operator == "~":
        return lambda each: any(text in found for text in wanted for found in read(each))
    if clause.operator in (">", ">=", "<", "<="):
        return _compared(clause, read)
    raise QueryError(f"The operator '{clause.operator}' is not supported.")


def _compared(clause: Clause, read: Callable[[AssetObject], set[str]]) -> Test:
    bound, strict, above = clause.values[0].text, "=" not in clause.operator, clause.operator[0] == ">"

    def test(each: AssetObject) -> bool:
        for text in read(each):
            first, second = (text, bound) if above else (bound, text)
            numbers = first.isdigit() and second.isdigit()
            ahead = int(first) > int(second) if numbers else first > second
            if ahead or (text == bound and not strict):
                return True
        return False

    return test


def _reader(assets: Assets, name: str) -> Callable[[AssetObject], set[str]]:
    low = name.lower()
    if low in ("objecttype", "objecttypeid"):
        return lambda each: {assets.types[each.type].name.lower(), str(each.type)}
    if low in ("objectschema", "objectschemaid"):
        schemas = assets.schemas

        def schema(each: AssetObject) -> set[str]:
            number = assets.types[each.type].schema
            return {str(number), *(text.lower() for text in schemas[number])}

        return schema
    if low == "key":
        return lambda each: {each.key.lower()}
    if low in ("objectid", "id"):
        return lambda each: {str(each.id)}
    if low == "label":
        return lambda each: {each.label.lower()}
    ids = {a.id for type_ in assets.types.values() for a in type_.attributes if a.name.lower() == low}
    if not ids:
        raise QueryError(f"No attribute with the name '{name}' was found.")
    return lambda each: {text.lower() for id_ in ids for text in each.values.get(id_, ())}
