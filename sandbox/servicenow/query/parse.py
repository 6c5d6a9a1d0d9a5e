"""Reads an encoded query: `A^ORB^C` means (A or B) and C, `^NQ` starts another complete query."""

from __future__ import annotations

import re
from dataclasses import dataclass

OPERATORS = (
    "NOT LIKE",
    "NOT IN",
    "STARTSWITH",
    "ENDSWITH",
    "CONTAINS",
    "ISNOTEMPTY",
    "ISEMPTY",
    "EMPTYSTRING",
    "ANYTHING",
    "BETWEEN",
    "NSAMEAS",
    "SAMEAS",
    "NOTONToday",
    "LIKE",
    "IN",
    "ON",
    "!=",
    ">=",
    "<=",
    "=",
    ">",
    "<",
)
RANGES = frozenset({">", ">=", "<", "<=", "BETWEEN"})
_OPERATOR = "|".join(map(re.escape, OPERATORS))
# a name in small letters must not end in an operator's first letter; other names end as early as they can
_CLAUSES = (
    re.compile(rf"([a-z0-9_.]+)({_OPERATOR})(.*)", re.DOTALL),
    re.compile(rf"([A-Za-z0-9_.]+?)({_OPERATOR})(.*)", re.DOTALL),
)
_SEPARATOR = re.compile(r"(?<!\^)\^(?!\^)")
_RELATED = re.compile(r"\^?RLQUERY(\w+)\.(\w+),([<>=!]*)(\d+)(?:,m2m)?(.*?)\^ENDRLQUERY", re.DOTALL)
_JOIN = re.compile(r"\^?JOIN(\w+)\.(\w+)=(\w+)\.(\w+)!(.*)", re.DOTALL)


@dataclass(frozen=True)
class Clause:
    """A field, an operator and a value; `field` is empty where nothing could be read."""

    field: str
    operator: str
    value: str
    text: str


@dataclass(frozen=True)
class Order:
    """One field to sort by."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class Related:
    """Rows with `number` related rows in `table` that point here by `field` and fulfil `query`."""

    table: str
    field: str
    operator: str
    number: int
    query: str
    here: str = "sys_id"


Group = tuple[Clause, ...]
"""Alternatives."""
Branch = tuple[Group, ...]
"""Groups that must all be fulfilled."""


@dataclass(frozen=True)
class Query:
    """Branches of which one must be fulfilled, related rows that must be there, and the order."""

    branches: tuple[Branch, ...] = ((),)
    orders: tuple[Order, ...] = ()
    related: tuple[Related, ...] = ()

    @property
    def clauses(self) -> list[Clause]:
        """Every clause."""
        return [clause for branch in self.branches for group in branch for clause in group]


def parse(text: str) -> Query:
    """Read an encoded query; what cannot be read becomes a clause without a field."""
    related: list[Related] = []
    text = _JOIN.sub(lambda match: _joined(match, related), text)
    text = _RELATED.sub(lambda match: _related(match, related), text)
    branches: list[list[list[Clause]]] = [[]]
    orders: list[Order] = []
    for part in _SEPARATOR.split(text):
        _take(part.replace("^^", "^"), branches, orders)
    kept = tuple(tuple(map(tuple, branch)) for branch in branches)
    return Query(kept, tuple(orders), tuple(related))


def _take(part: str, branches: list[list[list[Clause]]], orders: list[Order]) -> None:
    if part in ("", "EQ"):
        return
    if part.startswith("ORDERBYDESC"):
        orders.append(Order(part[11:], descending=True))
    elif part.startswith("ORDERBY"):
        orders.append(Order(part[7:]))
    elif part.startswith("NQ"):
        branches.append([[_clause(part[2:])]] if part[2:] else [])
    elif part.startswith("OR") and branches[-1]:
        branches[-1][-1].append(_clause(part[2:]))
    else:
        branches[-1].append([_clause(part)])


def _clause(text: str) -> Clause:
    for pattern in _CLAUSES:
        match = pattern.fullmatch(text)
        if match:
            return Clause(match[1], match[2], match[3], text)
    return Clause("", "", "", text)


def _joined(match: re.Match[str], related: list[Related]) -> str:
    related.append(Related(match[3], match[4], ">", 0, match[5], match[2]))
    return ""


def _related(match: re.Match[str], related: list[Related]) -> str:
    query = match[5].removeprefix("^")
    related.append(Related(match[1], match[2], match[3] or "=", int(match[4]), query))
    return ""
