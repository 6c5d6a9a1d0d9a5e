"""Validates each connector's settings with the model its `type` names, through the connector registry."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from pydantic import Field, create_model
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from config.schedules import Schedule, ScheduleSetting
from config.values import setting_error
from storage.errors import ItsmMaturityError

if TYPE_CHECKING:
    from connectors.contract import ConnectorSettings


def connection_types() -> tuple[str, ...]:
    """Return the types of connectors that are installed, sorted."""
    from connectors import registry

    return registry.connector_names()


def settings_model(type_: str) -> type[ConnectorSettings]:
    """Return the settings of an installed type and its schedule; an ItsmMaturityError says why it cannot."""
    from connectors import registry

    return _with_schedule(registry.connector_class(type_).settings_model)


@lru_cache
def _with_schedule(own: type[ConnectorSettings]) -> type[ConnectorSettings]:
    """Add when a connector is read, which is decided here and not by the connector."""
    when = Field(
        default=None,
        description="When `itsm-maturity run` syncs it: a cron line or `every 30 min`; never if not given.",
    )
    return create_model(
        own.__name__,
        __base__=own,
        __module__=own.__module__,
        __doc__=own.__doc__,
        schedule=(ScheduleSetting | None, when),
    )


def schedule_of(settings: ConnectorSettings) -> Schedule | None:
    """Return when a connector is synced."""
    return getattr(settings, "schedule", None)


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
