"""Validates each connector's settings with the model its `type` names, through the connector registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from config.values import setting_error
from storage.errors import ItsmMaturityError

if TYPE_CHECKING:
    from connectors.contract import ConnectorSettings


def connection_types() -> tuple[str, ...]:
    """Return the types of connectors that are installed, sorted."""
    from connectors import registry

    return registry.connector_names()


def settings_model(type_: str) -> type[ConnectorSettings]:
    """Return the settings model of an installed type; an ItsmMaturityError says why it cannot."""
    from connectors import registry

    return registry.connector_class(type_).settings_model


def validated_connection(value: object) -> ConnectorSettings:
    """Return validated settings; raises pydantic's ValidationError with locations inside `value`.

    Settings are taken as they are: those of a connector that waits for its password.
    """
    from connectors.contract import ConnectorSettings

    if isinstance(value, ConnectorSettings):
        return value
    if not isinstance(value, Mapping):
        raise setting_error(None, "should be a mapping of settings with a `type`")
    return _model(value).model_validate(value)


def _model(value: Mapping[str, object]) -> type[ConnectorSettings]:
    types = connection_types()
    type_ = value.get("type")
    if type_ is None:
        raise _at_type(setting_error(None, f"is missing; choose from {', '.join(types)}"), value)
    if type_ not in types:
        raise _at_type(setting_error(type_, f"is not one of {', '.join(types)}", among=types), type_)
    try:
        return settings_model(str(type_))
    except ItsmMaturityError as error:
        said = error.message.removesuffix(".")
        raise _at_type(setting_error(None, f"cannot be used: {said}"), type_) from None


def _at_type(error: PydanticCustomError, value: object) -> ValidationError:
    details = InitErrorDetails(type=error, loc=("type",), input=value)
    return ValidationError.from_exception_data("connector", [details])
