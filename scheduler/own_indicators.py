"""The catalogue in force: the shipped one with a customer's own entries, checked with places in the file."""

from __future__ import annotations

from difflib import get_close_matches

from config import Configuration
from config.document import Document
from evaluators.catalogue import Catalogue, CatalogueError, shipped, with_own
from storage.errors import ConfigurationError, Problem


def catalogue_in_force(configuration: Configuration) -> Catalogue:
    """Return the shipped catalogue with the configured file's entries in it.

    Raises ConfigurationError with all that is wrong with them, and with exemptions of unknown indicators.
    """
    catalogue, problems = _with_own(configuration.indicators)
    problems += _unknown_exemptions(configuration, catalogue)
    if problems:
        raise ConfigurationError(problems, hint="`itsm-maturity indicators` lists the indicators there are.")
    return catalogue


def _with_own(own: Document | None) -> tuple[Catalogue, list[Problem]]:
    if own is None:
        return shipped(), []
    # The file may be the bare list of entries.
    bare = isinstance(own.data, list)
    data = {"indicators": own.data} if bare else own.data
    try:
        return with_own(shipped(), data), []
    except CatalogueError as error:
        return shipped(), [
            own.problem(each.path[1:] if bare else each.path, each.message, offset=each.offset)
            for each in error.problems
        ]


def _unknown_exemptions(configuration: Configuration, catalogue: Catalogue) -> list[Problem]:
    known = [entry.id for entry in catalogue.entries]
    problems = []
    for number, exemption in enumerate(configuration.exemptions):
        if exemption.indicator not in known:
            near = get_close_matches(exemption.indicator, known, n=1)
            suggestion = f" (did you mean '{near[0]}'?)" if near else ""
            path = ("exemptions", number, "indicator")
            message = f"there is no indicator '{exemption.indicator}'{suggestion}"
            shown = configuration.interpolation.redacted(message, path)
            problems.append(configuration.document.problem(path, shown))
    return problems
