"""Of a value that fits none of several forms, keeps the errors of the form that was meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from config.forms import ALTERNATIVES, wanted_form
from config.places import NOWHERE, child

Details = Mapping[str, Any]
Step = str | int


def relevant(errors: Sequence[Any], data: object) -> list[Details]:
    """Return the errors without those of branches of a union that nobody meant.

    pydantic reports every branch; its location has a step there that is not in the data. The branch
    whose errors lie deepest is the one that was meant (the others refuse the value as a whole).
    """
    groups: dict[tuple[Step, ...], dict[Step, list[Details]]] = {}
    kept: list[Details] = []
    for details in errors:
        fork = _fork(details["loc"], data, details["type"])
        if fork is None:
            kept.append(details)
        else:
            groups.setdefault(details["loc"][:fork], {}).setdefault(details["loc"][fork], []).append(details)
    for base, branches in groups.items():
        kept += _meant(branches, len(base))
    return kept


def _fork(location: Sequence[Step], data: object, type_: str) -> int | None:
    """Return where a location leaves the data to name a branch; None when it does not."""
    for number, step in enumerate(location):
        inside = child(data, step)
        if inside is NOWHERE:
            last = number == len(location) - 1
            return None if step == "[key]" or (last and _names_absence(step, data, type_)) else number
        data = inside
    return None


def _names_absence(step: Step, data: object, type_: str) -> bool:
    """Whether the last step is a setting that is absent rather than a branch."""
    return isinstance(data, dict) and type_ in ("missing", "setting", "value_error") and isinstance(step, str)


def _meant(branches: Mapping[Step, list[Details]], fork: int) -> list[Details]:
    if len(branches) == 1:
        return next(iter(branches.values()))
    every = [details for errors in branches.values() for details in errors]
    wanted = [wanted_form(details["type"]) for details in every]
    if all(wanted) and all(len(details["loc"]) == fork + 1 for details in every):
        return [_none_of(every[0], [str(form) for form in wanted], fork)]
    return max(branches.values(), key=lambda errors: (_depth(errors), -len(errors)))


def _none_of(details: Details, wanted: Sequence[str], fork: int) -> Details:
    forms = " or ".join(dict.fromkeys(wanted))
    return {**details, "type": ALTERNATIVES, "loc": details["loc"][:fork], "ctx": {"wanted": forms}}


def _depth(errors: Sequence[Details]) -> int:
    return max(len(details["loc"]) for details in errors)
