"""Cuts a query into words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["word", "text", "number", "sign", "end"]
_WORD = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<sign>!=|!~|>=|<=|&&|\|\||[=<>~!(),\[\]])
    | (?P<word>(?:[^\s"'=<>~!(),\[\]&|\\]|\\.)+)
    | (?P<end>$))""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"-?\d+")
_ESCAPE = re.compile(r"\\(.)")
_NAMED = {"n": "\n", "t": "\t", "r": "\r"}


class QueryError(ValueError):
    """A query that Jira refuses; the text is what it says."""


@dataclass(frozen=True)
class Word:
    """One word: what it is, its value, where it begins."""

    kind: Kind
    value: str
    at: int

    def is_(self, *words: str) -> bool:
        """Return whether it is one of these words or signs, in any case and not within quotes."""
        return self.kind in ("word", "sign") and self.value.lower() in words


def words(query: str) -> list[Word]:
    """Return the words of a query with an end behind them; raises QueryError."""
    found: list[Word] = []
    at = 0
    while True:
        match = _WORD.match(query, at)
        if match is None:
            raise QueryError(
                f"Error in the JQL Query: Expecting a value but found a sign at (line 1, character {at + 1})."
            )
        begin, at = match.start(match.lastgroup or 0), match.end()
        if match.lastgroup == "end":
            return [*found, Word("end", "", begin)]
        found.append(_word(match, begin))


def _word(match: re.Match[str], begin: int) -> Word:
    group = match.lastgroup
    text = match.group(group or 0)
    if group == "text":
        return Word("text", _unescaped(text[1:-1]), begin)
    if group == "sign":
        return Word("sign", {"&&": "and", "||": "or"}.get(text, text), begin)
    text = _unescaped(text)
    return Word("number" if _NUMBER.fullmatch(text) else "word", text, begin)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _NAMED.get(match.group(1), match.group(1)), text)
