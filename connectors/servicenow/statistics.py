"""Asks for counts that the instance makes itself (Aggregate API)."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.servicenow.answers import RefusedError
from connectors.servicenow.drain import Query
from connectors.servicenow.transport import Instance
from storage.errors import FatalError

_MOST_GROUPS = 10_000


def newest(instance: Instance, query: Query) -> tuple[int | None, str]:
    """Return how many rows a query has, and its newest cursor; None without statistics."""
    parameters = {
        "sysparm_query": query.encoded(ordered=False),
        "sysparm_count": "true",
        "sysparm_max_fields": query.cursor,
    }
    try:
        stats = instance.statistics(query.table, parameters).result.get("stats", {})
    except RefusedError:
        return None, ""
    found = str((stats.get("max") or {}).get(query.cursor) or "")
    return int(stats.get("count") or 0), found


def grouped(
    instance: Instance, table: str, clause: str, fields: Sequence[str]
) -> list[tuple[tuple[str, ...], str]]:
    """Return counts by the values of some fields; raises RefusedError where statistics are denied."""
    parameters = {"sysparm_count": "true", "sysparm_group_by": ",".join(fields), "sysparm_query": clause}
    result = instance.statistics(table, parameters, list).result
    if len(result) >= _MOST_GROUPS:
        raise FatalError(
            f"{table}: its counts fall into more than {_MOST_GROUPS:,} groups.",
            hint="Leave it out of `records`.",
        )
    found = []
    for group in result:
        values = {one.get("field"): str(one.get("value") or "") for one in group.get("groupby_fields", ())}
        figure = str((group.get("stats") or {}).get("count") or "0")
        found.append((tuple(values.get(field, "") for field in fields), figure))
    return found
