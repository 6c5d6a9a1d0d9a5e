"""Turns a query into a test of an issue."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.jira.jql.clauses import Source, entity_id, known_ids, source, text_of
from sandbox.jira.jql.moments import Asker, moment
from sandbox.jira.jql.past import past_test
from sandbox.jira.jql.syntax import And, Clause, Node, Not, Or, Value
from sandbox.jira.jql.words import QueryError
from sandbox.jira.store import Issue, Site

Test = Callable[[Issue], bool]
_OPPOSITE = {
    "=": "!=",
    "!=": "=",
    ">": "<=",
    "<=": ">",
    "<": ">=",
    ">=": "<",
    "~": "!~",
    "!~": "~",
    "in": "not in",
    "not in": "in",
    "is": "is not",
    "is not": "is",
    "was": "was not",
    "was not": "was",
    "was in": "was not in",
    "was not in": "was in",
}
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-\d+")


class Compiler:
    """Makes tests for one asker on one site."""

    def __init__(self, site: Site, asker: Asker, *, cloud: bool, lenient: bool = False) -> None:
        self._site = site
        self._asker = asker
        self._cloud = cloud
        self._lenient = lenient
        """Values that do not exist match nothing instead of being refused (validateQuery)."""
        self.warnings: list[str] = []

    def test(self, node: Node) -> Test:
        """Return the test of a query; raises QueryError."""
        if isinstance(node, Not):
            return self._opposite(node.part)
        if isinstance(node, Clause):
            return self._clause(node)
        tests = [self.test(part) for part in node.parts]
        if isinstance(node, And):
            return lambda issue: all(test(issue) for test in tests)
        return lambda issue: any(test(issue) for test in tests)

    def _opposite(self, node: Node) -> Test:
        """Negate as Jira does: the operator is turned round, so that empty values match neither way."""
        if isinstance(node, Not):
            return self.test(node.part)
        if isinstance(node, And):
            return self.test(Or(tuple(Not(part) for part in node.parts)))
        if isinstance(node, Or):
            return self.test(And(tuple(Not(part) for part in node.parts)))
        if node.operator in _OPPOSITE:
            turned = Clause(node.field, _OPPOSITE[node.operator], node.values, node.conditions)
            return self._clause(turned)
        test = self._clause(node)
        return lambda issue: not test(issue)

    def _clause(self, clause: Clause) -> Test:
        try:
            return self._strict(clause)
        except QueryError as error:
            if not self._lenient:
                raise
            self.warnings.append(str(error))
            return _never

    def _strict(self, clause: Clause) -> Test:
        where = source(self._site, clause.field, cloud=self._cloud)
        if where.kind == "nothing":
            return _never
        if clause.operator.startswith("was") or clause.operator == "changed":
            return past_test(where, clause, self._asker)
        if clause.operator in ("is", "is not") or any(value.empty for value in clause.values):
            return self._empty(where, clause)
        if where.kind == "moment":
            return self._moment(where, clause)
        if where.kind in ("key", "id"):
            return self._key(where, clause)
        if clause.operator in ("~", "!~"):
            return self._words(where, clause)
        if clause.operator in _COMPARE:
            return self._number(where, clause)
        return self._equal(where, clause)

    def _empty(self, where: Source, clause: Clause) -> Test:
        if not all(value.empty for value in clause.values):
            # a list with EMPTY in it: empty, or one of the others
            others = tuple(value for value in clause.values if not value.empty)
            rest = self._strict(Clause(clause.field, clause.operator, others))
            empty = self._strict(
                Clause(clause.field, "is" if clause.operator == "in" else "is not", (Value("", empty=True),))
            )
            if clause.operator == "in":
                return lambda issue: empty(issue) or rest(issue)
            return lambda issue: empty(issue) and rest(issue)
        filled = self._filled(where)
        if clause.operator in ("is", "=", "in"):
            return lambda issue: not filled(issue)
        if clause.operator in ("is not", "!=", "not in"):
            return filled
        raise QueryError(f"The operator '{clause.operator}' is not supported with EMPTY.")

    def _filled(self, where: Source) -> Test:
        if where.kind in ("key", "id"):
            return lambda issue: True
        if where.kind == "moment":
            return lambda issue: any(True for _ in where.moments(issue))
        if where.id == "comment":
            return lambda issue: bool(issue.comments)
        if where.id == "statusCategory":
            return lambda issue: True
        return lambda issue: any(True for _ in where.raw(issue))

    def _moment(self, where: Source, clause: Clause) -> Test:
        wanted = [moment(value, self._asker) for value in clause.values]
        if clause.operator in _COMPARE:
            compare, bound = _COMPARE[clause.operator], wanted[0]
            return lambda issue: any(compare(ms, bound) for ms in where.moments(issue))
        among = set(wanted)
        if clause.operator in ("=", "in"):
            return lambda issue: any(ms in among for ms in where.moments(issue))
        if clause.operator in ("!=", "not in"):
            return lambda issue: any(ms not in among for ms in where.moments(issue))
        raise self._unsupported(clause)

    def _key(self, where: Source, clause: Clause) -> Test:
        if clause.operator in _COMPARE:
            return self._key_range(clause)
        wanted = {number for value in clause.values for number in self._ids(where, value)}
        if clause.operator in ("=", "in"):
            return lambda issue: issue.id in wanted
        if clause.operator in ("!=", "not in"):
            return lambda issue: issue.id not in wanted
        raise self._unsupported(clause)

    def _ids(self, where: Source, value: Value) -> list[int]:
        found = self._site.issue(value.text)
        if found is not None:
            return [found.id]
        if value.number:
            return []
        if not _KEY.fullmatch(value.text):
            raise QueryError(f"The issue key '{value.text}' for field '{where.name}' is invalid.")
        raise QueryError(f"An issue with key '{value.text}' does not exist for field '{where.name}'.")

    def _key_range(self, clause: Clause) -> Test:
        """Compare ids, or numbers within the project of a key."""
        compare, value = _COMPARE[clause.operator], clause.values[0]
        if value.number:
            bound = int(value.text)
            return lambda issue: compare(issue.id, bound)
        if not _KEY.fullmatch(value.text):
            raise QueryError(f"The issue key '{value.text}' for field '{clause.field}' is invalid.")
        project, _, number = value.text.upper().rpartition("-")
        least = int(number)
        return lambda issue: issue.project.key == project and compare(issue.number, least)

    def _words(self, where: Source, clause: Clause) -> Test:
        wanted = re.findall(r"[\w]+", clause.values[0].text.lower())
        site, negated = self._site, clause.operator == "!~"

        def test(issue: Issue) -> bool:
            text = text_of(site, where, issue)
            return all(re.search(rf"\b{word}", text) for word in wanted) != negated and bool(text)

        return test

    def _number(self, where: Source, clause: Clause) -> Test:
        compare = _COMPARE[clause.operator]
        if where.id == "priority":
            return self._rank(clause)
        try:
            bound = float(clause.values[0].text)
        except ValueError as error:
            raise self._unsupported(clause) from error
        return lambda issue: any(
            isinstance(value, int | float) and compare(value, bound) for value in where.raw(issue)
        )

    def _rank(self, clause: Clause) -> Test:
        """Compare priorities by their rank: the first is the highest."""
        compare = _COMPARE[clause.operator]
        ranks = {id_: -at for at, id_ in enumerate(self._site.priorities)}
        bound = max(ranks[id_] for id_ in known_ids(self._site, "priority", clause.values[0].text))
        read = entity_id("priority")
        return lambda issue: compare(ranks.get(read(issue) or "", -999), bound)

    def _equal(self, where: Source, clause: Clause) -> Test:
        if clause.operator not in ("=", "!=", "in", "not in"):
            raise self._unsupported(clause)
        positive = clause.operator in ("=", "in")
        if where.kind == "entity":
            return self._entity(where, clause, positive)
        if where.kind == "text" and where.id in ("summary", "description", "environment", "comment"):
            raise self._unsupported(clause)
        wanted = {token for value in clause.values for token in self._wanted(value)}
        if positive:
            return lambda issue: any(token in wanted for token in where.tokens(issue))
        filled = self._filled(where)
        return lambda issue: filled(issue) and not any(token in wanted for token in where.tokens(issue))

    def _entity(self, where: Source, clause: Clause, positive: bool) -> Test:
        wanted = {id_ for value in clause.values for id_ in known_ids(self._site, where.id, value.text)}
        read = entity_id(where.id)
        if positive:
            return lambda issue: read(issue) in wanted
        return lambda issue: (id_ := read(issue)) is not None and id_ not in wanted

    def _wanted(self, value: Value) -> list[str]:
        if value.call is None:
            return [value.text.lower()]
        name, *arguments = value.call
        if name == "currentuser":
            return [self._asker.user.lower()]
        if name == "membersof" and arguments:
            groups = [group for group in self._site.groups.values() if group.name == arguments[0]]
            return [member.id.lower() for group in groups for member in group.members]
        raise QueryError(f"Unable to find JQL function '{name}({', '.join(arguments)})'.")

    def _unsupported(self, clause: Clause) -> QueryError:
        return QueryError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")


def _never(issue: Issue) -> bool:
    return False
