"""POST, PUT, PATCH and DELETE on the Table API, as far as a client's own tests need them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.servicenow.api.context import Instance
from sandbox.servicenow.api.reading import NOT_FOUND, refusal, visible
from sandbox.servicenow.exchange import Request, failure
from sandbox.servicenow.query import Context, parse
from sandbox.servicenow.query.clauses import row_test
from sandbox.servicenow.store import Row
from sandbox.serving.exchange import Reply, answer

_PREFIXES = {"incident": "INC", "problem": "PRB", "change_request": "CHG", "sc_request": "REQ"}


def create(instance: Instance, request: Request) -> Reply:
    """Insert a row; unknown fields are ignored, defaults are set."""
    refused = refusal(instance, request.name)
    if refused is not None:
        return refused
    values = _defaults(instance, request.name) | _known(instance, request)
    refused = _aborted(instance, request.name, values)
    if refused is not None:
        return refused
    row = instance.writer.insert(request.name, values)
    reply = answer(201, {"result": visible(instance, request, request.name, [row])[0]})
    reply.headers["Location"] = f"{instance.url}/api/now/table/{request.name}/{row['sys_id']}"
    return reply


def change(instance: Instance, request: Request) -> Reply:
    """Update a row."""
    refused = refusal(instance, request.name)
    if refused is not None:
        return refused
    row = instance.tables.row(request.name, request.part)
    if row is None or instance.rights.hides(row):
        return failure(404, *NOT_FOUND)
    values = _known(instance, request)
    refused = _aborted(instance, request.name, {**row, **values})
    if refused is not None:
        return refused
    changed = instance.writer.update(request.name, request.part, values) or row
    return answer(200, {"result": visible(instance, request, request.name, [changed])[0]})


def remove(instance: Instance, request: Request) -> Reply:
    """Delete a row and what is attached to it."""
    refused = refusal(instance, request.name)
    if refused is not None:
        return refused
    if not instance.writer.delete(request.name, request.part):
        return failure(404, *NOT_FOUND)
    for row in instance.tables.rows("sys_attachment"):
        if row.get("table_sys_id") == request.part:
            instance.writer.delete("sys_attachment", row["sys_id"], audited=False)
    return Reply(204)


def _known(instance: Instance, request: Request) -> dict[str, str]:
    columns = instance.tables.columns(request.name)
    return {name: _text(value) for name, value in request.json().items() if name in columns}


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("value", "")
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _defaults(instance: Instance, table: str) -> Row:
    if "task" not in instance.tables.schema.lineage(table):
        return {}
    count = len(instance.tables.view(table)) + 1
    found = instance.selector.find("sys_user", f"user_name={instance.settings.user}", instance.context())
    user = next(iter(found.rows), {})
    return {
        "number": f"{_PREFIXES.get(table, 'TASK')}{9_000_000 + count:07d}",
        "state": "1",
        "active": "true",
        "priority": "4",
        "opened_at": instance.clock.text(),
        "opened_by": user.get("sys_id", ""),
    }


def _aborted(instance: Instance, table: str, values: Mapping[str, str]) -> Reply | None:
    """Return the refusal of a business rule whose filter the new values fulfil."""
    for rule in instance.tables.rows("sys_script"):
        if rule.get("collection") == table and rule.get("abort_action") == "true":
            probe = {**values, "sys_id": "trial", "sys_class_name": table}
            if _fulfils(instance, table, probe, rule.get("filter_condition", "")):
                return failure(403, "Operation Failed", rule.get("message", ""))
    return None


def _fulfils(instance: Instance, table: str, row: Row, query: str) -> bool:
    return any(
        all(
            any(test(row) for c in group if (test := row_test(instance.tables, table, c, Context())))
            for group in branch
        )
        for branch in parse(query).branches
    )
