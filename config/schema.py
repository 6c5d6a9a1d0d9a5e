"""The JSON Schema of the whole configuration, for editors.

`python -m config.schema > config/schema.json` renews the committed one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from config.connections import connection_types, settings_model
from config.docstrings import described_models
from config.settings import Settings

Schema = dict[str, Any]

COMMITTED = Path(__file__).parent / "schema.json"
"""Schema with the shipped connectors, kept current by a test."""

REFERENCE = "Reference"
"""Name of the definition that lets `${NAME}` stand where a number or a choice is wanted."""


def shipped_types() -> tuple[str, ...]:
    """Return the types of connectors that come with the product."""
    return tuple(
        name for name in connection_types() if settings_model(name).__module__.startswith("connectors.")
    )


def schema(types: Sequence[str] | None = None) -> Schema:
    """Return the JSON Schema with the connectors of `types`; all that are installed unless given."""
    whole = Settings.model_json_schema()
    definitions: Schema = whole.pop("$defs")
    choices = []
    for type_ in connection_types() if types is None else types:
        definitions |= _connector_definitions(type_)
        choices.append({"$ref": f"#/$defs/{type_}"})
    whole["properties"]["connectors"] |= {
        "additionalProperties": {"oneOf": choices},
        "propertyNames": {"pattern": "^[a-z_][a-z0-9_]*$"},
    }
    reference = {
        "type": "string",
        "pattern": r"\$\{.+\}|^file:.+",
        "description": "Filled in from the environment (`${NAME}`) or from a file (`file:/run/secrets/x`).",
    }
    found = {name: _with_references(one) for name, one in sorted(definitions.items())}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_with_references(whole),
        "title": "Configuration of itsm-maturity",
        "$defs": {REFERENCE: reference, **found},
    }


def text(found: Mapping[str, Any]) -> str:
    """Return a schema as the text of a file."""
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _connector_definitions(type_: str) -> Schema:
    model = settings_model(type_)
    own = model.model_json_schema(ref_template=f"#/$defs/{type_}.{{model}}")
    inner = own.pop("$defs", {})
    own["properties"]["type"] = {"const": type_, "description": f"Selects the connector `{type_}`."}
    own["required"] = list(dict.fromkeys(["type", *own.get("required", [])]))
    described = described_models(model)
    definitions = {type_: _described(own, described.get(model.__name__, {}))}
    for name, one in inner.items():
        definitions[f"{type_}.{name}"] = _described(one, described.get(name, {}))
    return definitions


def _described(definition: Schema, descriptions: Mapping[str, str]) -> Schema:
    """Add descriptions of fields that have none yet; a form in `anyOf` is looked into."""
    for form in (definition, *definition.get("anyOf", [])):
        for name, one in form.get("properties", {}).items():
            if name in descriptions:
                one.setdefault("description", descriptions[name])
    return definition


def _with_references(node: Any) -> Any:
    """Allow a reference wherever something other than any text is wanted."""
    if isinstance(node, list):
        return [_with_references(item) for item in node]
    if not isinstance(node, dict):
        return node
    inner = {key: _inner(key, value) for key, value in node.items()}
    return _or_reference(inner) if _is_restricted(inner) else inner


def _inner(key: str, value: Any) -> Any:
    if key in ("properties", "$defs"):
        return {name: _with_references(one) for name, one in value.items()}
    if key in ("items", "additionalProperties", "anyOf", "oneOf", "prefixItems"):
        return _with_references(value)
    return value


def _is_restricted(node: Schema) -> bool:
    return node.get("type") in ("boolean", "integer", "number") or "enum" in node or "pattern" in node


_KEPT_OUTSIDE = ("title", "description", "default", "examples", "writeOnly")


def _or_reference(node: Schema) -> Schema:
    outside = {key: node[key] for key in _KEPT_OUTSIDE if key in node}
    inside = {key: value for key, value in node.items() if key not in _KEPT_OUTSIDE}
    return {**outside, "anyOf": [inside, {"$ref": f"#/$defs/{REFERENCE}"}]}


def main() -> None:
    """Print the schema with the shipped connectors."""
    sys.stdout.write(text(schema(shipped_types())))


if __name__ == "__main__":
    main()
