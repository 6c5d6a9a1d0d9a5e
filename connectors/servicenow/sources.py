"""Where a canonical value comes from: the small vocabulary that `tables` is written in.

A field is written as ServiceNow names it. `assignment_group.name` is the name in the row that the field
refers to, read from its own table instead of joined by the instance; `state@label` is what people see of a
choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.servicenow.answers import Row

Kept = Mapping[str, object]


@dataclass(frozen=True)
class Source:
    """One way to a value: the first field that has one, through `values` where they are given."""

    fields: tuple[str, ...]
    values: Mapping[str, str | None] | None = None
    otherwise: str | None = None
    """Value of what is not in `values`; None where `strict`, or else as sent."""
    strict: bool = False
    constant: str | None = None
    then: Source | None = None
    """Where to look when this gives nothing."""

    def names(self) -> Iterator[str]:
        """Yield every field that it may read."""
        yield from self.fields
        if self.then is not None:
            yield from self.then.names()


def first(*fields: str) -> Source:
    """The first of some fields that is not empty."""
    return Source(fields)


def constant(text: str) -> Source:
    """The same for every record."""
    return Source((), constant=text)


def label(name: str, usual: Mapping[str, str] | None = None) -> Source:
    """What people see of a choice; where choices cannot be read, what is usual."""
    return Source((f"{name}@label",), then=Source((name,), usual))


def chosen(
    name: str, values: Mapping[str, str | None], otherwise: str | None = None, then: Source | None = None
) -> Source:
    """A value for some values of a field, and nothing or `otherwise` for all others."""
    return Source((name,), values, otherwise, strict=True, then=then)


def shown(name: str, values: Mapping[str, str]) -> Source:
    """A field with some of its values written in another way."""
    return Source((name,), values)


@dataclass(frozen=True)
class Companion:
    """A table whose rows say something about the records of another one."""

    table: str
    parent: str
    """Field that refers to the record."""
    fields: tuple[str, ...]
    """Fields of its rows; `metric.min` is that of the row that `metric` refers to."""
    cells: tuple[str, ...]
    """What `fold` makes of a record's rows, to be used as fields."""
    fold: Callable[[Sequence[Row]], Mapping[str, str]]
    clauses: tuple[str, ...] = ()

    @property
    def own_fields(self) -> tuple[str, ...]:
        """Fields to ask the table itself for."""
        return tuple(dict.fromkeys(("sys_id", self.parent, *map(own_field, self.fields))))


@dataclass(frozen=True)
class Table:
    """How the rows of one table become records of one kind."""

    kind: str
    name: str
    columns: Mapping[str, str | Source]
    clauses: tuple[str, ...] = ()
    companions: tuple[Companion, ...] = ()
    cursor: str = "sys_updated_on"
    insert_only: bool = False
    """Rows never change, so that nothing but arrivals and deletions is looked for."""
    audited: bool = True
    """Deletions usually stand in sys_audit_delete."""
    tracked: Mapping[str, str] = field(default_factory=dict)
    """Canonical name by field whose history metric definitions may keep."""

    def sources(self, mapped: Mapping[str, str]) -> dict[str, Source]:
        """Return the source of every column, with the operator's own fields first."""
        found = {name: as_source(one) for name, one in self.columns.items()}
        return found | {name: first(one) for name, one in mapped.items()}


def as_source(given: str | Source) -> Source:
    """Return a source; a text is the field of that name."""
    return first(given) if isinstance(given, str) else given


REFERENCES: Mapping[str, str] = {
    "assignment_group": "sys_user_group",
    "support_group": "sys_user_group",
    "managed_by_group": "sys_user_group",
    "ownership_group": "sys_user_group",
    "parent": "sys_user_group",
    "assigned_to": "sys_user",
    "opened_by": "sys_user",
    "closed_by": "sys_user",
    "resolved_by": "sys_user",
    "caller_id": "sys_user",
    "requested_by": "sys_user",
    "requested_for": "sys_user",
    "owned_by": "sys_user",
    "managed_by": "sys_user",
    "acknowledged_by": "sys_user",
    "manager": "sys_user",
    "author": "sys_user",
    "user": "sys_user",
    "approver": "sys_user",
    "implementer": "sys_user",
    "department": "cmn_department",
    "business_unit": "business_unit",
    "request": "sc_request",
    "pipeline": "sn_devops_pipeline",
    "metric": "asmt_metric",
    "sla": "contract_sla",
    "definition": "metric_definition",
    "type": "cmdb_rel_type",
    "cat_item": "sc_cat_item",
    "category": "sc_category",
    "chg_model": "chg_model",
    "std_change_producer_version": "std_change_producer_version",
    "kb_knowledge_base": "kb_knowledge_base",
    "kb_category": "kb_category",
    "metric_type": "asmt_metric_type",
    "location": "cmn_location",
    "u_department": "cmn_department",
    "model_id": "cmdb_model",
}
"""Table that a field refers to, where more of it than its sys_id is wanted."""


def referred(name: str) -> Iterator[tuple[str, str]]:
    """Yield table and field of every row on the way of a name: `manager.department.name` leads to two."""
    field_, *rest = name.split(".")
    for wanted in rest:
        yield REFERENCES[field_], wanted
        field_ = wanted


def own_field(name: str) -> str:
    """Return the field of the table itself that a name begins with."""
    return name.partition(".")[0].partition("@")[0]
