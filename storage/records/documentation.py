"""Writes docs/records.md from the record kinds: `python -m storage.records.documentation > docs/records.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from storage.records import KINDS
from storage.records.schema import Column, Dating, FieldClass, Origin, RecordKind

_HEAD = """# Record kinds

Every platform row becomes a record of one of these kinds before anything is evaluated. This page is
written from the code (`python -m storage.records.documentation > docs/records.md`).

Every record also has `source` (the connector's name), `id`, `updated_at` and `feed`: the
table that it came from, where several feed its kind. Times are UTC, durations
whole seconds.

- **Filled by**: *mapping* – the connector, from fields of the platform; *record* – computed from the
  same record when it is taken in; *derive* – computed from history, other records and policy.
- **Kept**: *plain* – as sent; *person* – as a keyed hash that says person, automation or migration;
  *text* – length and keyed fingerprint, the words are dropped.
- A column that ends in `_at`, `_on` or `_until` also has an age, `<column>_age_days`: whole days to the start of
  the assessment's day. Indicators may use it like any column of whole numbers.
- **As of**: *dated* – can be read as of an earlier day; *current* – shows today's state alone, so it
  cannot be used in a reconstruction.
"""

_FILLED = {Origin.MAPPED: "mapping", Origin.RECORD: "record", Origin.DERIVED: "derive"}
_KEPT = {FieldClass.PLAIN: "plain", FieldClass.PERSON: "person", FieldClass.TEXT: "text"}
_AS_OF = {Dating.DATED: "dated", Dating.CURRENT_ONLY: "current"}


def markdown() -> str:
    """Return the page: a contents list and a table of columns for every kind."""
    contents = "\n".join(f"- [{kind.name}](#{kind.name}) – {kind.doc}" for kind in KINDS.values())
    sections = "\n".join(map(_section, KINDS.values()))
    return f"{_HEAD}\n{contents}\n\n{sections}"


def _section(kind: RecordKind) -> str:
    return "\n".join(_lines(kind))


def _lines(kind: RecordKind) -> Iterator[str]:
    yield f"## {kind.name}\n"
    yield f"{kind.doc}\n"
    if kind.tracked:
        yield f"History is kept of: {', '.join(f'`{name}`' for name in kind.tracked)}.\n"
    yield "| column | type | filled by | kept | as of | meaning |"
    yield "|---|---|---|---|---|---|"
    yield from map(_row, kind.columns)
    yield ""


def _row(column: Column) -> str:
    needs = f" (from {', '.join(f'`{need}`' for need in column.needs)})" if column.needs else ""
    cells = (
        f"`{column.name}`",
        column.type.value,
        _FILLED[column.origin],
        _KEPT[column.field_class],
        _AS_OF[column.dating],
        (column.doc + needs).replace("|", "\\|"),
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(markdown())
