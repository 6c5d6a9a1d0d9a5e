"""Turns pydantic's errors into sentences for the person who wrote the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from config.alternatives import relevant
from config.document import Document, Route
from config.forms import ALTERNATIVES, form, instead, wanted_form
from config.interpolation import Interpolation
from config.places import NOWHERE, child, descendant
from config.setting_names import names_at
from config.values import SETTING_ERROR, shown, suggestion
from storage.errors import Problem


@dataclass(frozen=True)
class Fault:
    """One pydantic error, with its way into the data instead of into the models."""

    type: str
    path: Route
    context: dict[str, Any]
    said: str
    value: object
    at_key: bool = False
    """The key is wrong rather than its value."""


def validation_problems(
    error: ValidationError,
    document: Document,
    interpolation: Interpolation,
    model: type[BaseModel],
    base: Route = (),
) -> list[Problem]:
    """Return a problem for every error that `model` found in the data at `base` of a document.

    What could not be filled in is not complained about a second time.
    """
    writer = _Writer(document, interpolation, model, base)
    return [writer.problem(fault) for fault in _faults(error, interpolation, base)]


def _faults(error: ValidationError, interpolation: Interpolation, base: Route) -> Iterable[Fault]:
    data = descendant(interpolation.data, base)
    found = relevant(error.errors(include_url=False), data)
    for details in found:
        fault = _fault(details, data, base)
        if not _unresolved(fault.path, interpolation):
            yield fault


def _fault(details: Any, data: object, base: Route) -> Fault:
    path, at_key = _data_path(details["loc"], data, details["type"])
    last = path[-1] if path else None
    key_is_input = isinstance(last, str) and details["input"] == last and descendant(data, path) != last
    context = details.get("ctx", {})
    return Fault(
        details["type"],
        (*base, *path),
        context,
        details["msg"],
        details["input"],
        at_key or key_is_input or details["type"] == "extra_forbidden",
    )


def _data_path(location: Sequence[str | int], data: object, type_: str) -> tuple[Route, bool]:
    """Follow a location through the data, leaving out the steps that only name a model or branch."""
    path: list[str | int] = []
    current, at_key = data, False
    for number, step in enumerate(location):
        inside = child(current, step)
        if inside is not NOWHERE:
            path.append(step)
            current = inside
        elif step == "[key]":
            at_key = True
        elif type_ in ("missing", SETTING_ERROR, "value_error") and number == len(location) - 1:
            path.append(step)
    return tuple(path), at_key


def _unresolved(path: Route, interpolation: Interpolation) -> bool:
    return any(path[: len(place)] == place for place in interpolation.unresolved)


class _Writer:
    """Writes the problems of one document."""

    def __init__(
        self, document: Document, interpolation: Interpolation, model: type[BaseModel], base: Route
    ) -> None:
        self._document = document
        self._interpolation = interpolation
        self._model = model
        self._base = base

    def problem(self, fault: Fault) -> Problem:
        path = fault.path
        if fault.type in ("union_tag_invalid", "union_tag_not_found"):
            path = (*path, fault.context["discriminator"].strip("'"))
        message = self._message(fault, path)
        if fault.type != SETTING_ERROR:
            # Ours keep the value apart; what others write may hold it.
            message = self._interpolation.redacted(message, path)
        return self._document.problem(path, message, key=fault.at_key)

    def _message(self, fault: Fault, path: Route) -> str:
        if fault.type == "extra_forbidden":
            return self._unknown(path)
        if fault.type == "missing":
            return "is missing; it has no default"
        if fault.type == SETTING_ERROR:
            return self._setting(fault, path)
        if fault.type in ("value_error", "assertion_error"):
            return _sentence(fault.said)
        if fault.type in ("literal_error", "enum", "union_tag_invalid", "union_tag_not_found"):
            return self._choice(fault, path)
        return _expected(fault)

    def _unknown(self, path: Route) -> str:
        names = names_at(self._model, path[len(self._base) : -1], self._interpolation.data, self._base)
        near = suggestion(path[-1], names)
        known = f" (known here: {', '.join(names)})" if names and not near else ""
        return f"unknown setting {shown(path[-1])}{near or known}"

    def _setting(self, fault: Fault, path: Route) -> str:
        value, expectation = fault.context["value"], str(fault.context["expectation"])
        if value is None:
            return expectation
        written = None if fault.at_key else self._interpolation.original(path)
        near = "" if written else suggestion(value, fault.context["among"])
        if isinstance(value, dict | list | tuple):
            return f"{form(value)} {expectation}"
        return f"{shown(written or value)} {expectation}{near}"

    def _choice(self, fault: Fault, path: Route) -> str:
        choices = _quoted(str(fault.context.get("expected") or fault.context.get("expected_tags") or ""))
        if fault.type == "union_tag_not_found" or fault.value is None:
            help_ = f"choose from {', '.join(choices)}" if choices else "it has no default"
            return f"is missing; {help_}"
        value = fault.context.get("tag", fault.value)
        if isinstance(value, dict | list):
            return f"should be one of {', '.join(choices)}, not {form(value)}"
        written = self._interpolation.original(path)
        near = "" if written else suggestion(value, choices)
        if not isinstance(value, str) and str(value) in choices:
            near = "; put it in quotes"
        return f"{shown(written or value)} is not one of {', '.join(choices)}{near}"


def _quoted(expected: str) -> list[str]:
    return re.findall(r"'([^']*)'", expected) or [part for part in re.split(r", | or ", expected) if part]


def _sentence(said: str) -> str:
    text = re.sub(r"^(Value error|Assertion failed), ", "", said).strip()
    return text.removesuffix(".") or "does not fit"


_LIMITS = (
    ("greater_than", "gt", "should be more than {}"),
    ("greater_than_equal", "ge", "should be at least {}"),
    ("less_than", "lt", "should be less than {}"),
    ("less_than_equal", "le", "should be at most {}"),
    ("string_too_short", "min_length", "should have at least {} characters"),
    ("string_too_long", "max_length", "should have at most {} characters"),
    ("too_short", "min_length", "should have at least {} entries"),
    ("too_long", "max_length", "should have at most {} entries"),
)


def _expected(fault: Fault) -> str:
    if fault.type == ALTERNATIVES:
        return instead(str(fault.context["wanted"]), fault.value)
    wanted = wanted_form(fault.type)
    if wanted is not None:
        return instead(wanted, fault.value)
    for type_, name, text in _LIMITS:
        if fault.type == type_:
            return _limit(text, fault.context.get(name))
    return _sentence(fault.said.replace("Input should", "should").replace("Input", "the value"))


def _limit(text: str, limit: object) -> str:
    if text.startswith("should have at least") and limit == 1:
        return "should not be empty"
    return text.format(limit)
