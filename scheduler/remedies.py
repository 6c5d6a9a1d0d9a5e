"""What to ask an administrator for: the advice of all probes, each piece once, with what it would open.

A probe says of each table a sentence such as `task_sla: the account may not read it. Grant itil, or …`. The
same advice often helps several tables and record kinds, so it is told apart from what is wrong and grouped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_NEXT_TABLE = re.compile(r"(?<=\.) (?=[a-z][a-z0-9_]*(?::| has no | holds no ))")
_ADVICE = re.compile(
    r"^(?:(?P<table>[a-z][a-z0-9_]*):? )?(?P<finding>.*?)\s*(?P<advice>"
    r"\b(?:Grant|Add|Activate|Make|Ask|Define|Enable|Install|Set)\b.*)?$",
    re.DOTALL,
)
_ROLE = re.compile(r"^(Grant [\w. ]*\w)(?:,| or|;|$)")


@dataclass(frozen=True)
class Statement:
    """What a probe says of one table."""

    finding: str
    """What is the matter, without what to do about it."""
    table: str
    advice: str
    """What to do about it; empty where nothing has to be done."""


@dataclass(frozen=True)
class Remedy:
    """One thing to ask for, and what it would open."""

    advice: str
    tables: tuple[str, ...]
    kinds: tuple[str, ...]
    """Record kinds it helps."""
    needed_by: tuple[str, ...]
    """Those among them that cannot be read without it."""
    indicators: tuple[str, ...]
    """Indicators that cannot be rated while these are not read."""


def statements(detail: str) -> list[Statement]:
    """Return the statements that the detail of a probe is made of, one for each table."""
    return [_statement(part) for part in _NEXT_TABLE.split(detail.strip()) if part]


def _statement(text: str) -> Statement:
    found = _ADVICE.match(text)
    advice = (found["advice"] or "").strip() if found else ""
    finding = text[: len(text) - len(advice)].strip()
    return Statement(finding, (found["table"] or "") if found and advice else "", advice)


def remedies(
    details: Mapping[str, str], unread: Sequence[str], indicators: Mapping[str, Sequence[str]]
) -> tuple[Remedy, ...]:
    """Return what to ask for, what opens whole record kinds first.

    `details` is what a probe says by record kind, `unread` the kinds that cannot be read, `indicators` by
    kind those that cannot be rated and read it.
    """
    grouped: dict[str, list[tuple[str, Statement]]] = {}
    for kind, detail in details.items():
        for statement in _asked_for(detail, required=kind in unread):
            grouped.setdefault(_key(statement.advice), []).append((kind, statement))
    found = [_remedy(advice, parts, unread, indicators) for advice, parts in grouped.items()]
    return tuple(sorted(found, key=lambda each: not each.needed_by))


def _asked_for(detail: str, *, required: bool) -> Iterator[Statement]:
    """Yield the statements that ask for something; all there is where a kind that is not read has none."""
    asking = [each for each in statements(detail) if each.advice]
    if required and detail and not asking:
        yield Statement("", "", detail)
    yield from asking


def _key(advice: str) -> str:
    """Return the role alone where one is named: with it the rules that would do instead are not needed."""
    role = _ROLE.match(advice)
    return f"{role[1]}." if role else advice


def _remedy(
    advice: str,
    parts: Sequence[tuple[str, Statement]],
    unread: Sequence[str],
    indicators: Mapping[str, Sequence[str]],
) -> Remedy:
    kinds = tuple(dict.fromkeys(kind for kind, _ in parts))
    needed = tuple(kind for kind in kinds if kind in unread)
    tables = tuple(dict.fromkeys(each.table for _, each in parts if each.table))
    waiting = tuple(dict.fromkeys(name for kind in needed for name in indicators.get(kind, ())))
    return Remedy(advice, tables, kinds, needed, waiting)
