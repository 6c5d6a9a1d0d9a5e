"""Loads a configuration: read, fill in, validate, and tell everything that is wrong at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from config.configuration import Configuration
from config.document import Document
from config.interpolation import Interpolation, interpolate
from config.messages import validation_problems
from config.settings import Settings
from config.waiting import Waiting, may_wait, without
from storage.errors import ConfigurationError, Problem

HINT = "Mend the file; `itsm-maturity check` reads it again."


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Configuration:
    """Load the configuration file.

    Raises ConfigurationError with every problem of the file and of the files it names, in file order. Where
    nothing is wrong but that passwords and keys of connectors are not there, these wait until they are used.
    """
    document = Document.read(path)
    interpolation = interpolate(document, environment, path.parent)
    waiting = {route: found for route, found in interpolation.unresolved.items() if may_wait(route)}
    settings, problems = _validated(document, interpolation, waiting)
    indicators = _own_indicators(document, interpolation, path.parent)
    if indicators is not None:
        problems += indicators.problems
    problems += document.problems
    problems += _catalogue_problems(document, interpolation, indicators)
    if problems or settings is None or len(waiting) < len(interpolation.unresolved):
        everything = [*problems, *interpolation.problems]
        raise ConfigurationError(in_file_order(everything, document.file), hint=_hint(document))
    return Configuration(path, settings, document, interpolation, waiting, indicators)


def in_file_order(problems: Iterable[Problem], first_file: str) -> list[Problem]:
    """Return problems sorted by file (`first_file` first), line and column, each once."""
    return sorted(dict.fromkeys(problems), key=lambda problem: _place(problem, first_file))


def _place(problem: Problem, first_file: str) -> tuple[bool, str, int, int, str]:
    file, line, column = problem.where.rsplit(":", 2)
    return file != first_file, file, int(line), int(column), problem.message


def _hint(document: Document) -> str:
    if any("there is no such file" in problem.message for problem in document.problems):
        return "`itsm-maturity init` writes a configuration; -c names another one."
    return HINT


def _validated(
    document: Document, interpolation: Interpolation, waiting: Waiting
) -> tuple[Settings | None, list[Problem]]:
    if document.problems and not document.mapping:
        return None, []
    try:
        settings = Settings.model_validate(interpolation.data)
    except ValidationError as error:
        problems = validation_problems(error, document, interpolation, Settings)
        if problems or len(waiting) < len(interpolation.unresolved):
            return None, problems
    else:
        if not waiting:
            return settings, []
    return Settings.model_validate(without(interpolation.data, waiting)), []


def _own_indicators(document: Document, interpolation: Interpolation, folder: Path) -> Document | None:
    data = interpolation.data
    name = data.get("indicators") if isinstance(data, dict) else None
    if not isinstance(name, str) or not name or ("indicators",) in interpolation.unresolved:
        return None
    found = Document.read(folder / name, lists=True)
    if any(problem.path == "file" for problem in found.problems) and not found.text:
        return _absent(document, found)
    return found


def _catalogue_problems(
    document: Document, interpolation: Interpolation, indicators: Document | None
) -> list[Problem]:
    """Return what is wrong with own entries, and with names of indicators in the configuration."""
    from config.own_catalogue import names_indicators, unknown_indicators, with_entries

    if indicators is None and not names_indicators(interpolation.data):
        return []
    catalogue, problems = with_entries(indicators)
    return problems + unknown_indicators(document, interpolation, catalogue, indicators)


def _absent(document: Document, found: Document) -> Document:
    """Report an own file that cannot be read where the configuration names it."""
    problems = tuple(document.problem(("indicators",), problem.message) for problem in found.problems)
    return Document(document.file, "", found.root, problems)
