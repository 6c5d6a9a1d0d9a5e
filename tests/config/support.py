"""What the tests of the configuration share."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from config import Configuration, load
from storage.errors import ConfigurationError

FILE = "itsm-maturity.yaml"


def loaded(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> Configuration:
    """Write the text as a configuration file and load it."""
    path = folder / FILE
    path.write_text(text, "utf-8")
    return load(path, environment or {})


def failure(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> ConfigurationError:
    """Return the error that a wrong configuration is answered with."""
    with pytest.raises(ConfigurationError) as caught:
        loaded(folder, text, environment)
    return caught.value


def lines(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> list[str]:
    """Return the problems of a wrong configuration as people see them, without the folder's name."""
    return [line.replace(f"{folder}/", "") for line in str(failure(folder, text, environment)).splitlines()]


def schema_faults(value: Any, schema: Any, whole: Any, path: str = "") -> list[str]:
    """Return where a value does not fit a JSON Schema; knows the keywords that our schema uses."""
    if "$ref" in schema:
        return schema_faults(value, whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, path)
    faults = _choice_faults(value, schema, whole, path)
    if "type" in schema and not _has_type(value, schema["type"]):
        return [*faults, f"{path}: {json.dumps(value)} is no {schema['type']}"]
    if isinstance(value, dict):
        faults += _mapping_faults(value, schema, whole, path)
    if isinstance(value, list):
        for index, item in enumerate(value):
            faults += schema_faults(item, schema.get("items", {}), whole, f"{path}[{index}]")
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        faults.append(f"{path}: {value} does not match {schema['pattern']}")
    return faults


def _choice_faults(value: Any, schema: Any, whole: Any, path: str) -> list[str]:
    faults = []
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema and all(schema_faults(value, one, whole, path) for one in schema[keyword]):
            faults += [f"{path}: none of {keyword}"] + [
                fault for one in schema[keyword] for fault in schema_faults(value, one, whole, path)
            ]
    if "const" in schema and value != schema["const"]:
        faults.append(f"{path}: is not {schema['const']}")
    if "enum" in schema and value not in schema["enum"]:
        faults.append(f"{path}: is none of {schema['enum']}")
    return faults


def _mapping_faults(value: dict[str, Any], schema: Any, whole: Any, path: str) -> list[str]:
    faults = [f"{path}: {name} is missing" for name in schema.get("required", ()) if name not in value]
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name, item in value.items():
        if name in properties:
            faults += schema_faults(item, properties[name], whole, f"{path}.{name}")
        elif others is False:
            faults.append(f"{path}: {name} is unknown")
        elif others is not True:
            faults += schema_faults(item, others, whole, f"{path}.{name}")
    return faults


def _has_type(value: Any, name: str) -> bool:
    types: dict[str, type | tuple[type, ...]] = {
        "string": str,
        "object": dict,
        "array": list,
        "boolean": bool,
        "integer": int,
        "number": (int, float),
        "null": type(None),
    }
    return isinstance(value, types[name]) and (name == "boolean" or not isinstance(value, bool))
