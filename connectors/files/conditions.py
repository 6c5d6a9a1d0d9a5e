"""Conditions on one row of a log: `{incident_state: Resolved}`, `{any: [{assigned_to: present}, …]}`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from connectors.files.values import Cell, text_of

Condition = dict[str, object]
"""Field names with what they must hold; all of them must hold. `any` and `all` take lists of conditions."""

Test = Callable[[Sequence[Cell]], bool]

_GROUPS = {"any": any, "all": all}
_HELP = "write a value, a list of values, present, missing or {not: …}"


def checked(condition: Condition) -> Condition:
    """Return the condition if it can be understood; raises ValueError with a sentence."""
    if not condition:
        raise ValueError("A condition needs at least one field, such as {state: Resolved}.")
    for name, wanted in condition.items():
        if name in _GROUPS:
            for part in _parts(name, wanted):
                checked(part)
        elif not _understood(wanted):
            raise ValueError(f"The condition on '{name}' cannot be understood; {_HELP}.")
    return condition


def fields(condition: Condition) -> Iterator[str]:
    """Yield the names of the fields a condition looks at."""
    for name, wanted in condition.items():
        if name in _GROUPS:
            for part in _parts(name, wanted):
                yield from fields(part)
        else:
            yield name


def compiled(condition: Condition, index: Mapping[str, int]) -> Test:
    """Return a test of one row, whose fields stand where `index` says."""
    tests = [_entry(name, wanted, index) for name, wanted in condition.items()]
    return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)


def _entry(name: str, wanted: object, index: Mapping[str, int]) -> Test:
    if name in _GROUPS:
        combine = _GROUPS[name]
        tests = [compiled(part, index) for part in _parts(name, wanted)]
        return lambda row: combine(test(row) for test in tests)
    at = index[name]
    if wanted == "present":
        return lambda row: row[at] is not None
    if wanted == "missing":
        return lambda row: row[at] is None
    if isinstance(wanted, dict):
        unwanted = _texts(wanted["not"])
        return lambda row: row[at] is not None and text_of(row[at]) not in unwanted
    texts = _texts(wanted)
    return lambda row: row[at] is not None and text_of(row[at]) in texts


def _parts(name: str, wanted: object) -> list[Condition]:
    if isinstance(wanted, list | tuple) and wanted and all(isinstance(part, dict) for part in wanted):
        return list(wanted)
    raise ValueError(f"'{name}' takes a list of conditions, such as [{{assigned_to: present}}].")


def _understood(wanted: object) -> bool:
    if isinstance(wanted, dict):
        return list(wanted) == ["not"] and not isinstance(wanted["not"], dict) and _understood(wanted["not"])
    if isinstance(wanted, list | tuple):
        return bool(wanted) and all(isinstance(value, str | int | float) for value in wanted)
    return isinstance(wanted, str | int | float)


def _texts(wanted: object) -> frozenset[str]:
    values = wanted if isinstance(wanted, list | tuple) else [wanted]
    return frozenset(text_of(value) for value in values)
