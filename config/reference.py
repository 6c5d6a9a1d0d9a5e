"""The table of all settings for people, made from the JSON Schema.

`python -m config.reference` renews it in docs/configuration.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.schema import REFERENCE, schema, shipped_types

PAGE = Path(__file__).parent.parent / "docs" / "configuration.md"
BEGIN = "<!-- settings: made by `python -m config.reference`, do not edit by hand -->"
END = "<!-- end of settings -->"

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Setting:
    """One setting as people read about it."""

    path: str
    form: str
    default: str
    description: str


def settings_of(whole: Schema, name: str = "") -> Iterator[Setting]:
    """Yield every setting of a schema in order, or of its definition `name`, such as a connector's type.

    What a setting consists of follows it; connectors have tables of their own.
    """
    yield from _Walk(whole, connector_types(whole)).below(whole["$defs"][name] if name else whole, "")


def connector_types(whole: Schema) -> list[str]:
    """Return the types of connectors that a schema describes."""
    choices = whole["properties"]["connectors"]["additionalProperties"]["oneOf"]
    return [_name(choice) for choice in choices]


def tables(whole: Schema) -> str:
    """Return all settings as Markdown tables: the common ones, then those of each connector."""
    parts = ["## Settings", _table(settings_of(whole))]
    for type_ in connector_types(whole):
        parts += [f"## Settings of a connector of type `{type_}`", _table(settings_of(whole, type_))]
    return "\n\n".join(parts)


def _table(settings: Iterator[Setting]) -> str:
    lines = ["| setting | value | default | meaning |", "|---|---|---|---|"]
    for one in settings:
        cells = (f"`{one.path}`", one.form, one.default, one.description)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def renewed(page: str, whole: Schema) -> str:
    """Return a page with its table replaced by the current one."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables(whole)}\n\n{END}{after}"


class _Walk:
    """One walk over a schema that goes into each definition once."""

    def __init__(self, whole: Schema, left_out: list[str]) -> None:
        self._whole = whole
        self._seen = {REFERENCE, *left_out}

    def below(self, node: Schema, path: str) -> Iterator[Setting]:
        for form in _forms(node):
            name = _name(form)
            if not name:
                yield from self._parts(form, path)
            elif name not in self._seen:
                self._seen.add(name)
                yield from self.below(self._whole["$defs"][name], path)

    def _parts(self, form: Schema, path: str) -> Iterator[Setting]:
        for name, one in form.get("properties", {}).items():
            inner = f"{path}.{name}" if path else name
            default = _default(one, name in form.get("required", ()))
            yield Setting(inner, _form(one, self._whole), default, _text(one, self._whole))
            yield from self.below(one, inner)
        if isinstance(form.get("additionalProperties"), dict):
            yield from self.below(form["additionalProperties"], f"{path}.<name>")
        if "items" in form:
            yield from self.below(form["items"], f"{path}[]")


def _name(form: Schema) -> str:
    return str(form.get("$ref", "")).rpartition("/")[2]


def _forms(node: Schema) -> list[Schema]:
    """Return the forms a value may have; each keeps the examples that are given for all of them."""
    alternatives: list[Schema] | None = node.get("anyOf") or node.get("oneOf")
    if alternatives is None:
        return [node]
    shared = {"examples": node["examples"]} if "examples" in node else {}
    return [{**shared, **inner} for one in alternatives for inner in _forms(one)]


def _form(node: Schema, whole: Schema) -> str:
    words = [_word(form, whole) for form in _forms(node) if form.get("type") != "null"]
    return " or ".join(dict.fromkeys(word for word in words if word)) or "any value"


def _word(form: Schema, whole: Schema) -> str:
    name = _name(form)
    if name:
        return "" if name == REFERENCE else _form_of_definition(whole["$defs"][name], whole)
    if "const" in form:
        return f"`{form['const']}`"
    if "enum" in form:
        return "one of " + ", ".join(f"`{value}`" for value in form["enum"])
    if form.get("type") == "array":
        return f"list of {_form(form.get('items', {}), whole)}"
    if form.get("type") == "object":
        return _mapping(form, whole)
    if form.get("examples"):
        return "text such as " + " or ".join(f"`{example}`" for example in form["examples"])
    return _WORDS.get(str(form.get("type")), "")


_WORDS = {"string": "text", "boolean": "true or false", "integer": "whole number", "number": "number"}


def _form_of_definition(definition: Schema, whole: Schema) -> str:
    return "settings" if "properties" in definition else _form(definition, whole)


def _mapping(form: Schema, whole: Schema) -> str:
    values = form.get("additionalProperties")
    if "properties" in form or not isinstance(values, dict):
        return "settings"
    return f"mapping to {_form(values, whole)}"


def _default(node: Schema, required: bool) -> str:
    if required:
        return "required"
    default = node.get("default")
    if default is None or default in ([], {}):
        return ""
    return f"`{default if isinstance(default, str) else json.dumps(default)}`" if default != "" else ""


def _text(node: Schema, whole: Schema) -> str:
    description = str(node.get("description", ""))
    if not description:
        # A description that only repeats the definition's own is left out of the schema.
        form = next(
            (form for form in (*_forms(node), node.get("additionalProperties")) if _names_one(form)), {}
        )
        description = str(whole["$defs"].get(_name(form or {}), {}).get("description", ""))
    return " ".join(description.split())


def _names_one(form: object) -> bool:
    return isinstance(form, Mapping) and _name(form) not in ("", REFERENCE)


def main() -> None:
    """Renew the table of the documentation page."""
    PAGE.write_text(renewed(PAGE.read_text("utf-8"), schema(shipped_types())), "utf-8")


if __name__ == "__main__":
    main()
