"""The Aggregate API: counts and sums of every row, hidden ones too, because it ignores row rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.servicenow.api.context import Instance
from sandbox.servicenow.api.reading import find
from sandbox.servicenow.exchange import Request
from sandbox.servicenow.query import find_field, value_at
from sandbox.servicenow.store import Row
from sandbox.serving.exchange import Reply, answer

_FUNCTIONS: dict[str, Callable[[list[float]], float]] = {
    "avg": lambda values: sum(values) / len(values),
    "sum": sum,
    "min": min,
    "max": max,
}


def statistics(instance: Instance, request: Request) -> Reply:
    """Answer a request for statistics; every figure is text."""
    found = find(instance, request)
    if isinstance(found, Reply):
        return found
    rows = found.page(0, len(found))
    fields = [
        name for name in _list(request, "sysparm_group_by") if find_field(instance.tables, request.name, name)
    ]
    if not fields:
        result: object = {"stats": _figures(instance, request, rows)}
    else:
        result = _groups(instance, request, rows, fields)
    reply = answer(200, {"result": result})
    reply.matched = len(found)
    return reply


def _groups(instance: Instance, request: Request, rows: Sequence[Row], fields: list[str]) -> list[Any]:
    readers = [value_at(instance.tables, request.name, name) for name in fields]
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(reader(row) for reader in readers), []).append(row)
    result: list[dict[str, Any]] = [
        {
            "stats": _figures(instance, request, members),
            "groupby_fields": [
                _named(instance, request, name, value) for name, value in zip(fields, key, strict=True)
            ],
        }
        for key, members in sorted(groups.items())
    ]
    return [group for group in result if _having(request, group["stats"])]


def _named(instance: Instance, request: Request, name: str, value: str) -> dict[str, str | None]:
    display = request.parameters.get("sysparm_display_value", "false").lower()
    field = find_field(instance.tables, request.name, name)
    if display == "false" or field is None:
        return {"field": name, "value": value}
    shown = instance.labels.shown(request.name, name, field, value)
    return (
        {"field": name, "value": shown}
        if display == "true"
        else {
            "field": name,
            "value": value,
            "display_value": shown,
        }
    )


def _figures(instance: Instance, request: Request, rows: Sequence[Row]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    if request.flag("sysparm_count"):
        figures["count"] = str(len(rows))
    for function, apply in _FUNCTIONS.items():
        for name in _list(request, f"sysparm_{function}_fields"):
            figures.setdefault(function, {})[name] = _figure(instance, request, rows, name, function, apply)
    return figures


def _figure(
    instance: Instance,
    request: Request,
    rows: Sequence[Row],
    name: str,
    function: str,
    apply: Callable[[list[float]], float],
) -> str:
    if find_field(instance.tables, request.name, name) is None:
        return ""
    read = value_at(instance.tables, request.name, name)
    texts = [text for row in rows if (text := read(row))]
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        # moments and words: least and greatest only
        return {"min": min, "max": max}[function](texts) if function in ("min", "max") else ""
    return f"{apply(numbers):g}" if numbers else ""


def _having(request: Request, figures: dict[str, Any]) -> bool:
    """Evaluate `count^field^>^number` alternatives; anything else lets a group pass."""
    text = request.parameters.get("sysparm_having", "")
    parts = text.split("^")
    if len(parts) != 4 or not parts[3].replace(".", "").isdigit():
        return True
    figure = figures.get(parts[0])
    value = figure.get(parts[1], "") if isinstance(figure, dict) else figure
    try:
        number, bound = float(value or "nan"), float(parts[3])
    except ValueError:
        return False
    return {">": number > bound, "<": number < bound, "=": number == bound}.get(parts[2], True)


def _list(request: Request, parameter: str) -> list[str]:
    return [name for part in request.parameters.get(parameter, "").split(",") if (name := part.strip())]
