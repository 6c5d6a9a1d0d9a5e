"""Forms of values in words: what stands in the file, and what should."""

from __future__ import annotations

import re

ALTERNATIVES = "alternatives"
"""Error type of a value that has none of several forms; its context holds them in words as `wanted`."""

_WANTED = (
    (r"string_type|string_sub_type|bytes_type|string_unicode", "text"),
    (r"int_\w+", "a whole number"),
    (r"float_\w+|finite_number|decimal_\w+", "a number"),
    (r"bool_\w+", "true or false"),
    (r"(list|tuple|set|frozen_set|iterable)_type", "a list ([a, b])"),
    (r"dict_type|mapping_type|model_type|model_attributes_type|dataclass_type", "a mapping (name: value)"),
    (r"date_\w+", "a day such as 2026-12-31"),
    (r"datetime_\w+", "a time such as 2026-12-31T08:00:00Z"),
    (r"url_\w+", "a web address such as https://example.com"),
    (r"path_type", "a path"),
)

_WORDED = frozenset({"a whole number", "a number", "true or false"})


def form(value: object) -> str:
    """Return in words what a value of the file is."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    names = ((int, "a number"), (float, "a number"), (str, "text"), (dict, "a mapping"), (list, "a list"))
    return next((name for type_, name in names if isinstance(value, type_)), "something else")


def wanted_form(type_: str) -> str | None:
    """Return in words what pydantic's error of this type asked for; None for an error of another sort."""
    return next((wanted for pattern, wanted in _WANTED if re.fullmatch(pattern, type_)), None)


def instead(wanted: str, value: object) -> str:
    """Return a sentence that says which form a value should have, and which it has where that helps."""
    if value is None:
        return f"has no value; it should be {wanted}"
    if wanted == "text" and isinstance(value, int | float):
        return f"should be text, not {form(value)}; put it in quotes"
    could_be_written_so = isinstance(value, str) and (wanted in _WORDED or "such as" in wanted)
    if could_be_written_so or wanted.startswith(form(value)):
        return f"should be {wanted}"
    return f"should be {wanted}, not {form(value)}"
