"""Makes tests of rows out of clauses: types, dot-walks, scripts and zones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import ge, gt, le, lt
from zoneinfo import ZoneInfo

from sandbox.servicenow.query.compare import tester
from sandbox.servicenow.query.dates import in_zone, script_value
from sandbox.servicenow.query.parse import Clause
from sandbox.servicenow.store import Field, Row, Tables

RowTest = Callable[[Row], bool]
GMT = ZoneInfo("GMT")


@dataclass(frozen=True)
class Context:
    """Who asks and when: scripts give dates in `zone`, and plain dates too if `zoned` is set."""

    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    zone: ZoneInfo = GMT
    zoned: bool = False
    unknown: str = "drop"
    """What becomes of a clause that is not understood: `drop` it, give `no_rows`, or `forbidden`."""


def find_field(tables: Tables, table: str, path: str) -> Field | None:
    """Return the field at the end of a dot-walk, None where there is none."""
    for step in path.split("."):
        found = tables.schema.fields(table).get(step) if table in tables.schema else None
        if found is None:
            return Field("string") if step in tables.columns(table) and "." not in path else None
        table = found.reference
    return found


def value_at(tables: Tables, table: str, path: str) -> Callable[[Row], str]:
    """Return what reads a field, over references where it is a dot-walk."""
    first, _, rest = path.partition(".")
    if not rest:
        return lambda row: row.get(first, "")
    reference = tables.schema.fields(table)[first].reference
    inner = value_at(tables, reference, rest)

    def walk(row: Row) -> str:
        target = tables.row(reference, row.get(first, ""))
        return inner(target) if target else ""

    return walk


def row_test(tables: Tables, table: str, clause: Clause, context: Context) -> RowTest | None:
    """Return a test of rows; None for an unknown field or operator, or a value that does not fit."""
    field = find_field(tables, table, clause.field) if clause.field else None
    if field is None:
        return None
    if clause.operator in ("SAMEAS", "NSAMEAS"):
        return _same_as(tables, table, clause)
    resolved = resolve(clause, field, context)
    test = tester(resolved.operator, resolved.value, field.type) if resolved else None
    if resolved is None or test is None:
        return None
    if "." in clause.field:
        read = value_at(tables, table, clause.field)
        return lambda row: test(read(row))
    return _quick(resolved, field, test)


def resolve(clause: Clause, field: Field, context: Context) -> Clause | None:
    """Replace scripts and local dates by UTC text; None where that is not possible."""
    if clause.operator == "ON":
        return _on(clause, field, context)
    values = [_value(part, field, context) for part in _parts(clause)]
    if None in values:
        return None
    joined = ("@" if clause.operator == "BETWEEN" else ",").join(part for part in values if part is not None)
    return replace(clause, value=joined)


def _parts(clause: Clause) -> list[str]:
    if clause.operator == "BETWEEN":
        return clause.value.split("@")
    return [clause.value]


def _on(clause: Clause, field: Field, context: Context) -> Clause | None:
    """`ONToday@start@end` is a BETWEEN of the two scripts that follow the label."""
    parts = clause.value.split("@")
    if len(parts) != 3:
        return None
    return resolve(replace(clause, operator="BETWEEN", value="@".join(parts[1:])), field, context)


def _value(part: str, field: Field, context: Context) -> str | None:
    if part.startswith("javascript:"):
        return script_value(part, context.now, context.zone)
    if context.zoned and field.type == "glide_date_time" and part[:4].isdigit():
        return in_zone(part, context.zone) or part
    return part


def _same_as(tables: Tables, table: str, clause: Clause) -> RowTest | None:
    if find_field(tables, table, clause.value) is None:
        return None
    one, two = value_at(tables, table, clause.field), value_at(tables, table, clause.value)
    wanted = clause.operator == "SAMEAS"
    return lambda row: (one(row) == two(row)) is wanted


_SIGNS: dict[str, Callable[[str, str], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le}


def _quick(clause: Clause, field: Field, test: Callable[[str], bool]) -> RowTest:
    """Return a test of a plain field, written out for the common case of a range of moments."""
    name, bound = clause.field, clause.value
    compare = _SIGNS.get(clause.operator)
    if compare is not None and field.type == "glide_date_time" and len(bound) == 19:
        return lambda row: (cell := row.get(name, "")) != "" and compare(cell, bound)
    return lambda row: test(row.get(name, ""))
