"""Which settings exist at a place, to suggest the one that was meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from config.connections import connection_types, settings_model
from config.places import Route, descendant
from storage.errors import ItsmMaturityError


def names_at(model: type[BaseModel], path: Route, data: object, base: Route = ()) -> list[str]:
    """Return the names of the settings that `model` allows at `path` below `base` of the data."""
    data = descendant(data, base)
    if path[:1] == ("connectors",) and len(path) > 1:
        # The annotation says nothing about connectors; each one's own `type` does.
        return _connector_names(path[2:], descendant(data, path[:2]))
    types: list[Any] = [model]
    for step in path:
        types = [inner for type_ in types for inner in _types_below(type_, step)]
    data = descendant(data, path)
    models = [found for type_ in types for found in _models(type_)]
    fitting = [found for found in models if _fits(found, data)]
    return list(dict.fromkeys(name for found in fitting or models for name in _names(found)))


def _connector_names(path: Route, settings: object) -> list[str]:
    type_ = settings.get("type") if isinstance(settings, Mapping) else None
    if type_ not in connection_types():
        return []
    try:
        return names_at(settings_model(str(type_)), path, settings)
    except ItsmMaturityError:
        return []


def _types_below(type_: Any, step: str | int) -> Iterator[Any]:
    for model in _models(type_):
        for name, field in model.model_fields.items():
            if step in (name, field.alias):
                yield field.annotation
    for container in _containers(type_):
        arguments = get_args(container)
        yield arguments[0] if get_origin(container) is tuple else arguments[-1]


def _models(type_: Any) -> Iterator[type[BaseModel]]:
    if isinstance(type_, type) and issubclass(type_, BaseModel):
        yield type_
    elif get_origin(type_) is not None and not _is_container(type_):
        for inner in get_args(type_):
            yield from _models(inner)


def _containers(type_: Any) -> Iterator[Any]:
    if _is_container(type_):
        yield type_
    elif get_origin(type_) is not None:
        for inner in get_args(type_):
            yield from _containers(inner)


def _is_container(type_: Any) -> bool:
    origin = get_origin(type_)
    return isinstance(origin, type) and issubclass(origin, Iterable) and origin is not str


def _fits(model: type[BaseModel], data: object) -> bool:
    """Whether the data names this model by a literal such as `type: oauth`."""
    if not isinstance(data, Mapping):
        return True
    for name, field in model.model_fields.items():
        if get_origin(field.annotation) is Literal and field.is_required():
            return data.get(name) in get_args(field.annotation)
    return True


def _names(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name
