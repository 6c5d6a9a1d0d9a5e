"""GET on the Table API: query, cut, hide, render - in that order, as the platform does it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import orjson

from sandbox.servicenow.api.context import Instance
from sandbox.servicenow.exchange import Request, failure
from sandbox.servicenow.query import Forbidden, parse
from sandbox.servicenow.query.select import Found
from sandbox.servicenow.store import Row
from sandbox.serving.exchange import Reply, answer

DEFAULT_LIMIT = 10_000
NOT_FOUND = ("No Record found", "Record doesn't exist or ACL restricts the record retrieval")
REFUSED = (
    "Insufficient rights to query records",
    "Field(s) present in the query do not have permission to be read",
)


def refusal(instance: Instance, table: str) -> Reply | None:
    """Return why a table cannot be read, None where it can."""
    if table not in instance.tables:
        return failure(400, f"Invalid table {table}")
    rule = instance.rights.of(table)
    if rule.closed:
        return failure(403, "User Not Authorized", "The table is not accessible through web services")
    if rule.denied:
        return failure(403, "User Not Authorized", "Failed API level ACL Validation")
    return None


def find(instance: Instance, request: Request) -> Found | Reply:
    """Return the rows of a request's query before any is hidden, or why there are none."""
    table, text = request.name, request.parameters.get("sysparm_query", "")
    refused = refusal(instance, table)
    if refused is not None:
        return refused
    rule = instance.rights.of(table)
    if rule.refused and any(clause.field in rule.refused for clause in parse(text).clauses):
        return failure(403, *REFUSED)
    if rule.before_query:
        text = _and_everywhere(text, rule.before_query)
    try:
        return instance.selector.find(table, text, instance.context(), rule.without_range)
    except Forbidden:
        return failure(403, *REFUSED)


def list_rows(instance: Instance, request: Request) -> Reply:
    """Answer a list."""
    found = find(instance, request)
    if isinstance(found, Reply):
        return found
    table = request.name
    limit = request.integer("sysparm_limit", DEFAULT_LIMIT)
    if instance.settings.limits.page:
        limit = min(limit, instance.settings.limits.page)
    offset = request.integer("sysparm_offset", 0)
    cut = found.page(offset, limit)
    rows = visible(instance, request, table, cut)
    if not cut and request.version == "v1":
        reply = failure(404, *NOT_FOUND)
    else:
        reply = Reply(200, orjson.dumps({"result": rows}), rows=rows)
    reply.matched, reply.cut, reply.last = len(found), len(cut), offset + limit >= len(found)
    reply.headers |= _paging_headers(instance, request, len(found), offset, limit)
    return reply


def read_row(instance: Instance, request: Request) -> Reply:
    """Answer a single row."""
    refused = refusal(instance, request.name)
    if refused is not None:
        return refused
    row = instance.tables.row(request.name, request.part)
    if row is None or instance.rights.hides(row):
        return failure(404, *NOT_FOUND)
    rows = visible(instance, request, request.name, [row])
    reply = answer(200, {"result": rows[0]})
    reply.rows = rows
    return reply


def visible(instance: Instance, request: Request, table: str, rows: Sequence[Row]) -> list[dict[str, object]]:
    """Return rows as the account sees them."""
    rights = instance.rights
    render = instance.renderer.row_renderer(
        table,
        shown_fields(instance, request, table),
        request.parameters.get("sysparm_display_value", "false").lower(),
        not request.flag("sysparm_exclude_reference_link"),
        frozenset(name for name, how in rights.of(table).fields.items() if how == "empty"),
    )
    if not rights.filter_rows:
        return [render(row) for row in rows]
    return [{} if rights.hollows(row) else render(row) for row in rows if not rights.hides(row)]


def shown_fields(instance: Instance, request: Request, table: str) -> list[str]:
    """Return the fields asked for, without those that the account may not see."""
    asked = request.parameters.get("sysparm_fields", "")
    names = asked.split(",") if asked else sorted(instance.tables.columns(table))
    denied = {name for name, how in instance.rights.of(table).fields.items() if how == "absent"}
    return [name for part in names if (name := part.strip()) and name not in denied]


def _and_everywhere(text: str, added: str) -> str:
    """Add a query to every branch of another."""
    return "^NQ".join(f"{added}^{part}" if part else added for part in text.split("^NQ"))


def _paging_headers(
    instance: Instance, request: Request, total: int, offset: int, limit: int
) -> dict[str, str]:
    headers = {}
    if not request.flag("sysparm_no_count"):
        headers["X-Total-Count"] = str(total)
    if not request.flag("sysparm_suppress_pagination_header") and limit:
        headers["Link"] = _links(instance, request, total, offset, limit)
    return headers


def _links(instance: Instance, request: Request, total: int, offset: int, limit: int) -> str:
    last = max((total - 1) // limit * limit, 0)
    targets = {"first": 0}
    if offset > 0:
        targets["prev"] = max(offset - limit, 0)
    if offset + limit < total:
        targets["next"] = offset + limit
    targets["last"] = last
    return ",".join(_link(instance, request, name, at) for name, at in targets.items())


def _link(instance: Instance, request: Request, name: str, offset: int) -> str:
    query = urlencode({**request.parameters, "sysparm_offset": str(offset)})
    return f'<{instance.url}{request.path}?{query}>;rel="{name}"'
