"""Checks a mapping against the record kind it is for; every answer is a sentence for an admin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from pydantic import ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import InitErrorDetails

from connectors.files.sources import Path_, Source
from connectors.files.values import Conversion, UnreadableError
from connectors.platform.targets import Target, suggestion, targets
from storage.records import KINDS
from storage.records.schema import ColumnType, FieldClass, RecordKind

_SAMPLE = datetime(2001, 12, 13, 14, 15, 16)


class Findings:
    """Problems of one part of the settings, each with the path to it, so that all are told at once."""

    def __init__(self) -> None:
        self._found: list[InitErrorDetails] = []

    def add(self, path: Path_, message: str, value: object = None) -> None:
        """Note a problem."""
        error = {"error": ValueError(message)}
        self._found.append(InitErrorDetails(type="value_error", loc=path, input=value, ctx=error))

    def take(self, error: ValidationError, *path: str | int) -> None:
        """Take over the problems of a part."""
        for one in error.errors():
            loc, context = (*path, *one["loc"]), one.get("ctx", {})
            self._found.append(InitErrorDetails(type=one["type"], loc=loc, input=one["input"], ctx=context))

    def raise_any(self) -> None:
        """Raise all of them together, if there are any."""
        if self._found:
            raise ValidationError.from_exception_data("settings", self._found)


def checked_sources(
    kind: RecordKind | None,
    value: object,
    handler: ValidatorFunctionWrapHandler,
    refused: Callable[[RecordKind, str], str | None],
) -> object:
    """Check names against the kind as well as the sources themselves."""
    findings = Findings()
    sources: dict[str, Source] = {}
    try:
        sources = handler(value)
    except ValidationError as error:
        findings.take(error)
    if kind is not None and isinstance(value, dict):
        for name in map(str, value):
            if message := refused(kind, name):
                findings.add((name,), message, name)
            elif name in sources:
                for path, message in _source_mistakes(targets(kind)[name], sources[name]):
                    findings.add((name, *path), message)
    findings.raise_any()
    return sources


def kind_refused(name: str) -> str | None:
    """Return why files cannot hold records of that kind."""
    if name not in KINDS:
        return f"'{name}' is not a record kind{suggestion(name, KINDS)}."
    return None


def history_refused(kind: RecordKind, name: str) -> str | None:
    """Return why a kind has no such field with history."""
    if name in kind.tracked:
        return None
    if not kind.tracked:
        return f"No history is kept of {kind.name}."
    near = suggestion(name, kind.tracked)
    return f"'{name}' is not a field of {kind.name} with history{near}; there are {', '.join(kind.tracked)}."


def _source_mistakes(target: Target, source: Source) -> Iterator[tuple[Path_, str]]:
    for path, leaf in source.leaves():
        if message := _class_mistake(target, leaf) or _type_mistake(target, leaf):
            yield path, message
    if target.field_class is FieldClass.TEXT and source.first_of is not None:
        yield ("first_of",), "A free text comes from one field."


def _class_mistake(target: Target, leaf: Source) -> str | None:
    changed = bool(leaf.values or leaf.leading_number or leaf.constant is not None)
    if target.field_class is FieldClass.PERSON and changed:
        return "A person is kept as a pseudonym; values, leading_number and constant have no meaning here."
    if target.field_class is FieldClass.TEXT and changed:
        return "Of a free text only length and fingerprint are kept; only `defaults` may stand here."
    if target.field_class is not FieldClass.TEXT and leaf.defaults:
        return "`defaults` belong to free texts; form defaults of other columns are set in `field_defaults`."
    return None


def _type_mistake(target: Target, leaf: Source) -> str | None:
    if leaf.leading_number and target.type is not ColumnType.INTEGER:
        return f"leading_number gives a number, and {target.name} is of type {target.type}."
    if leaf.at_first is not None and target.type is not ColumnType.TIMESTAMP:
        return f"at_first gives a time, and {target.name} is of type {target.type}."
    convert = Conversion("UTC", ()).to(target)
    for value in [leaf.constant, *leaf.values.values()]:
        try:
            if value is not None:
                convert(value)
        except UnreadableError as error:
            return f"{target.name} is of type {target.type}: {error.in_words}."
    return None


def time_zone_name(name: str) -> str:
    """Return the name of a time zone; raises ValueError when there is none of that name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = suggestion(name, sorted(available_timezones()))
        raise ValueError(f"'{name}' is no time zone{near}; names look like Europe/London.") from None
    return name


def date_format(form: str) -> str:
    """Return a format that gives a whole date; raises ValueError for any other."""
    try:
        whole = datetime.strptime(_SAMPLE.strftime(form), form).date() == _SAMPLE.date()
    except ValueError:
        whole = False
    if not whole:
        raise ValueError(f"'{form}' does not give year, month and day; formats look like %d/%m/%Y %H:%M.")
    return form
