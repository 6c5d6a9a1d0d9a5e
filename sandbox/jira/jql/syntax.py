"""Reads a query: AND binds tighter than OR, NOT tighter than both, parentheses before all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sandbox.jira.jql.words import QueryError, Word, words

MOST_ORDER_FIELDS = 7
_RESERVED = frozenset({"and", "or", "not", "in", "is", "was", "changed", "order", "by", "empty", "null"})


@dataclass(frozen=True)
class Value:
    """A literal: quoted or not, a number, EMPTY, or a call of a function."""

    text: str
    quoted: bool = False
    empty: bool = False
    call: tuple[str, ...] | None = None

    @property
    def number(self) -> bool:
        """It is an unquoted number."""
        return not self.quoted and self.text.lstrip("-").isdigit()


@dataclass(frozen=True)
class Clause:
    """A field compared with values; `operator` is one of = != > >= < <= ~ !~ in, not in, is, is not,
    was, was not, was in, was not in, changed."""

    field: str
    operator: str
    values: tuple[Value, ...] = ()
    conditions: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    """Of the history: by, from, to, after, before, on, during."""


@dataclass(frozen=True)
class Not:
    """The opposite."""

    part: Node


@dataclass(frozen=True)
class And:
    """All parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    """Any part."""

    parts: tuple[Node, ...]


Node = Clause | Not | And | Or


@dataclass(frozen=True)
class Query:
    """What is looked for, None for everything, and the order: field and whether it descends."""

    where: Node | None
    order: tuple[tuple[str, bool], ...] = ()


@lru_cache(maxsize=512)
def parse(text: str) -> Query:
    """Return a query; raises QueryError with what Jira says."""
    return _Reader(words(text)).query()


class _Reader:
    def __init__(self, found: list[Word]) -> None:
        self._words = found
        self._at = 0

    @property
    def _word(self) -> Word:
        return self._words[self._at]

    def _next(self) -> Word:
        word = self._word
        self._at += word.kind != "end"
        return word

    def _take(self, *wanted: str) -> bool:
        if not self._word.is_(*wanted):
            return False
        self._next()
        return True

    def _expect(self, wanted: str) -> None:
        if not self._take(wanted):
            raise self._wrong(f"Expecting '{wanted}'")

    def _wrong(self, expected: str) -> QueryError:
        word = self._word
        found = f"got '{word.value}'" if word.kind != "end" else "reached the end of the query"
        return QueryError(
            f"Error in the JQL Query: {expected} but {found}. (line 1, character {word.at + 1})"
        )

    def query(self) -> Query:
        where = None
        if self._word.kind != "end" and not self._word.is_("order"):
            where = self._or()
        order = self._order() if self._take("order") else ()
        if self._word.kind != "end":
            raise self._wrong("Expecting either 'OR' or 'AND'")
        return Query(where, order)

    def _or(self) -> Node:
        parts = [self._and()]
        while self._take("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Node:
        parts = [self._not()]
        while self._take("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self) -> Node:
        if self._take("not", "!"):
            return Not(self._not())
        if self._take("("):
            inner = self._or()
            self._expect(")")
            return inner
        return self._clause()

    def _clause(self) -> Clause:
        name = self._field()
        operator = self._operator()
        if operator == "changed":
            return Clause(name, operator, conditions=self._conditions())
        values = self._values() if operator.endswith("in") else (self._value(),)
        conditions = self._conditions() if operator.startswith("was") else ()
        return Clause(name, operator, values, conditions)

    def _field(self) -> str:
        word = self._word
        if word.kind not in ("word", "text", "number") or (
            word.kind == "word" and word.value.lower() in _RESERVED
        ):
            raise self._wrong("Expecting a field name")
        self._next()
        if word.value.lower() == "cf" and self._take("["):
            number = self._next().value
            self._expect("]")
            return f"cf[{number}]"
        return word.value

    def _operator(self) -> str:
        word = self._word
        if word.is_("=", "!=", ">", ">=", "<", "<=", "~", "!~", "in", "changed"):
            self._next()
            return word.value.lower()
        if self._take("not"):
            self._expect("in")
            return "not in"
        if self._take("is"):
            return "is not" if self._take("not") else "is"
        if self._take("was"):
            negated = "was not" if self._take("not") else "was"
            return f"{negated} in" if self._take("in") else negated
        raise self._wrong(
            "Expecting operator but got something else. The valid operators are '=', '!=', '<', '>', "
            "'<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"
        )

    def _values(self) -> tuple[Value, ...]:
        if not self._word.is_("("):
            return (self._value(),)
        self._next()
        found = [self._value()]
        while self._take(","):
            found.append(self._value())
        self._expect(")")
        return tuple(found)

    def _value(self) -> Value:
        word = self._word
        if word.kind in ("end", "sign"):
            raise self._wrong("Expecting either a value, list or function")
        self._next()
        if word.kind == "text":
            return Value(word.value, quoted=True)
        if word.is_("empty", "null"):
            return Value("", empty=True)
        if self._take("("):
            return Value(word.value, call=(word.value.lower(), *self._arguments()))
        return Value(word.value)

    def _arguments(self) -> tuple[str, ...]:
        found: list[str] = []
        while not self._take(")"):
            if self._word.kind in ("end", "sign"):
                raise self._wrong("Expecting ')'")
            found.append(self._next().value)
            self._take(",")
        return tuple(found)

    def _conditions(self) -> tuple[tuple[str, tuple[Value, ...]], ...]:
        found = []
        while self._word.is_("by", "from", "to", "after", "before", "on", "during"):
            name = self._next().value.lower()
            found.append((name, self._values()))
        return tuple(found)

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._expect("by")
        found = [self._ordered()]
        while self._take(","):
            found.append(self._ordered())
        return tuple(found)

    def _ordered(self) -> tuple[str, bool]:
        name = self._field()
        if self._take("desc"):
            return name, True
        self._take("asc")
        return name, False
