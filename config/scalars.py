"""Finds each character of a text value in the YAML it was written as."""

from __future__ import annotations

import re

_HEADER = re.compile(r"\|([0-9+-]*)[ \t]*(?:#[^\n]*)?(?:\r\n|\r|\n)")
_BREAK = re.compile(r"[ \t]*(\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))*[ \t]*")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_ESCAPED_BREAK = re.compile(r"\\(\r\n|\r|\n)[ \t]*")
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")


def character_positions(written: str, value: str) -> list[int]:
    """Return for each character of `value` its index in `written`, the scalar as it stands in the file.

    Empty where it cannot be told: a folded (`>`) scalar, or anything that does not add up.
    """
    if written.startswith("|"):
        positions = _literal(written)[: len(value)]
    elif written.startswith(">"):
        positions = []
    elif written[:1] in ('"', "'"):
        positions = _flow(written, 1, len(written) - 1, written[0])
    else:
        positions = _flow(written, 0, len(written), "")
    return positions if len(positions) == len(value) else []


def _literal(written: str) -> list[int]:
    header = _HEADER.match(written)
    if header is None:
        return []
    lines = _LINE.findall(written, header.end())
    indent = _indent(header.group(1), lines)
    positions: list[int] = []
    start = header.end()
    for line in lines:
        body = line.rstrip("\r\n")
        positions += range(start + indent, start + len(body))
        if body != line:
            positions.append(start + len(body))
        start += len(line)
    return positions


def _indent(indicators: str, lines: list[str]) -> int:
    first = next((line for line in lines if line.strip()), "")
    indent = len(first) - len(first.lstrip(" "))
    # An explicit indicator says that leading blanks belong to the text; it counts from the parent's
    # indentation, which is unknown here, so the least indented line stands in for it.
    if any(character.isdigit() for character in indicators):
        indents = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
        indent = min(indents, default=indent)
    return indent


def _flow(written: str, start: int, end: int, quote: str) -> list[int]:
    positions: list[int] = []
    index = start
    while index < end:
        found, index = _next(written, index, quote)
        positions += found
    return positions


def _next(written: str, index: int, quote: str) -> tuple[list[int], int]:
    if quote == '"' and written[index] == "\\":
        return _escaped(written, index)
    if quote == "'" and written.startswith("''", index):
        return [index], index + 2
    fold = _BREAK.match(written, index)
    if fold is not None:
        breaks = len(re.findall(r"\r\n|\r|\n", fold.group()))
        return [fold.start(1)] * max(1, breaks - 1), fold.end()
    return [index], index + 1


def _escaped(written: str, index: int) -> tuple[list[int], int]:
    joined = _ESCAPED_BREAK.match(written, index)
    if joined is not None:
        return [], joined.end()
    escape = _ESCAPE.match(written, index)
    return [index], escape.end() if escape else index + 1
