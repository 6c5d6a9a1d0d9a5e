"""Every setting of the YAML file, with what it means and its default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    SecretStr,
    WithJsonSchema,
    model_validator,
)

from config.connections import validated_connection
from config.decisions import DoubtSettings, Exempt, OverallSettings, Practice, Section
from config.field_names import field_default_column
from config.schedules import ScheduleSetting
from config.urls import evidence_url, history_url
from config.values import (
    BusinessSeconds,
    Day,
    DurationDays,
    Hours,
    Text,
    TimeZone,
    WindowDays,
    active_users,
    business_hours,
    matrix_cell,
    matrix_priority,
    priority,
    setting_error,
    written,
)

if TYPE_CHECKING:
    from connectors.contract import ConnectorSettings

    Connection = ConnectorSettings
else:
    # The settings model of a connector is known only when its `type` is; importing all of them here
    # would cost every command their libraries.
    Connection = Annotated[Any, PlainValidator(validated_connection, json_schema_input_type=Any)]

SHORTEST_KEY = 16
"""Characters of a key that persons are hashed with."""


def _connector_name(value: object) -> str:
    if (
        not isinstance(value, str)
        or not value.isascii()
        or not value.isidentifier()
        or value != value.lower()
    ):
        raise setting_error(value, "is not a connector's name (write lower-case letters, digits and _)")
    return value


def _long_enough(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value().strip()) < SHORTEST_KEY:
        raise setting_error(None, f"should have at least {SHORTEST_KEY} characters")
    return value


Name = Annotated[str, BeforeValidator(_connector_name)]
Priority = Annotated[int, BeforeValidator(priority), WithJsonSchema({"type": "string"})]
Cell = Annotated[tuple[int, int], BeforeValidator(matrix_cell), WithJsonSchema({"type": "string"})]
Users = Annotated[
    Mapping[str, int] | int,
    PlainValidator(active_users),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": {"type": "integer", "minimum": 1},
                },
            ]
        }
    ),
]
FieldName = Annotated[str, BeforeValidator(field_default_column), WithJsonSchema({"type": "string"})]


class Departments(Section):
    """Which department a record's work belongs to."""

    by: Literal["assignment_group"] = Field(
        default="assignment_group", description="What decides the department."
    )
    map: Mapping[Text, Text] = Field(
        default_factory=dict,
        description="Department by pattern of assignment group (`Network*`); the first match wins.",
    )


class CohortSettings(Section):
    """A fixed set of records instead of moving windows."""

    opened_from: Day = Field(description="First day of opening that counts.")
    opened_to: Day = Field(description="First day of opening that no longer counts.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opened_from >= self.opened_to:
            raise ValueError("opened_from should be before opened_to")
        return self


class Assess(Section):
    """What an assessment looks at."""

    as_of: Day | None = Field(
        default=None, description="Day an assessment looks back from; today when not given."
    )
    time_zone: TimeZone = Field(default="UTC", description="Zone whose days and business hours count.")
    window: WindowDays = Field(
        default=90,
        description="How far back recent indicators look. 180 days suits small organisations.",
        json_schema_extra={"default": "90 days"},
    )
    stale_after: DurationDays | None = Field(
        default=None,
        description="Age from which on a source that was not read again says nothing: its indicators are "
        "stale. Twice the interval you sync at is a good choice; never when not given.",
    )
    cohort: CohortSettings | None = Field(
        default=None, description="Assess a fixed set of records; replaces every indicator's own window."
    )
    practices: tuple[Practice, ...] | None = Field(
        default=None, description="Practices to assess; all that have indicators when not given."
    )
    schedule: ScheduleSetting | None = Field(
        default=None,
        description="When `itsm-maturity run` assesses: a cron line or `every 4 hours`; never if not given.",
    )


class Backup(Section):
    """Copies of history on SQLite; PostgreSQL has its own means."""

    schedule: ScheduleSetting | None = Field(
        default=None,
        description="When `itsm-maturity run` copies the history; never when not given.",
    )
    folder: Text = Field(default="backups", description="Where copies are kept.")
    keep: int = Field(default=14, ge=1, description="How many copies are kept.")


class CalendarSettings(Section):
    """When people work."""

    hours: Annotated[
        Hours,
        PlainValidator(business_hours),
        written(r".*\d{1,2}:\d{2}.*", "08:00-18:00 Mon-Fri", "08:00-18:00 Mon-Thu, 08:00-16:00 Fri"),
    ] = Field(
        default_factory=lambda: business_hours("08:00-18:00 Mon-Fri"),
        description="Opening hours by weekday, in the assessment's time zone; commas separate several.",
        json_schema_extra={"default": "08:00-18:00 Mon-Fri"},
    )
    holidays: tuple[Day, ...] = Field(default=(), description="Days without business hours.")


class Calendars(Section):
    """Business calendars."""

    default: CalendarSettings = Field(
        default_factory=CalendarSettings,
        description="Calendar of everything that is counted in business time.",
    )


class People(Section):
    """Which identities are not persons, and how persons are made pseudonymous."""

    automation: tuple[Text, ...] | None = Field(
        default=None,
        description="Patterns of integration and robot accounts (`svc_*`), compared without case. Not given: "
        "indicators on automation are not connected; an empty list says that there are none.",
    )
    migration: tuple[Text, ...] = Field(
        default=(), description="Patterns of accounts whose records were imported and do not count."
    )
    active_users: Users | None = Field(
        default=None,
        description="Number of active users of the organisation, or numbers by the month from which each "
        "holds (`2026-01: 1200`). Not given: indicators per user are not connected.",
    )
    key: Annotated[SecretStr, AfterValidator(_long_enough)] | None = Field(
        default=None,
        description="Secret that persons and texts are hashed with, 16 characters or more. Not given: a key "
        "file `.itsm-maturity.key` beside the configuration, made on first use.",
    )


class Exclude(Section):
    """Which records do not count."""

    go_live: Day | None = Field(
        default=None, description="Day the platform went live; records up to `warm_up` after it do not count."
    )
    warm_up: DurationDays = Field(
        default=60,
        description="How long after go-live records do not count.",
        json_schema_extra={"default": "60 days"},
    )
    none: bool = Field(
        default=False,
        description="Exclude nothing at all, not even cancelled, duplicate and imported records.",
    )

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.none and self.go_live is not None:
            raise ValueError("none: true excludes nothing, so go_live has no effect; keep one of them")
        return self


class States(Section):
    """What the platform's state names mean."""

    waiting: tuple[Text, ...] | None = Field(
        default=None,
        description="Patterns of states in which the clock is paused, compared without case. Default: "
        "on hold, awaiting*, pending*, waiting*.",
    )
    ended: tuple[Text, ...] | None = Field(
        default=None,
        description="Patterns of states in which work has ended, compared without case. Default: resolved, "
        "closed, canceled, cancelled, completed, done.",
    )


class Settings(Section):
    """The configuration file of itsm-maturity. Paths are relative to the file."""

    evidence: Annotated[
        str, BeforeValidator(evidence_url), written(r"duckdb:.+", "duckdb:evidence.duckdb")
    ] = Field(default="duckdb:evidence.duckdb", description="Where evidence is stored.")
    history: Annotated[
        str,
        BeforeValidator(history_url),
        written(r"(?:sqlite|postgresql(?:\+psycopg)?):.+", "sqlite:maturity.db"),
    ] = Field(
        default="sqlite:maturity.db",
        description="Where assessments are stored: sqlite:FILE or postgresql://….",
    )
    connectors: Mapping[Name, Connection] = Field(
        default_factory=dict, description="Platforms to pull records from, each under a name of your choice."
    )
    departments: Departments = Field(
        default_factory=Departments, description="Which department a record's work belongs to."
    )
    assess: Assess = Field(default_factory=Assess, description="What an assessment looks at.")
    calendars: Calendars = Field(default_factory=Calendars, description="When people work.")
    people: People = Field(
        default_factory=People,
        description="Which identities are not persons, and how persons are made pseudonymous.",
    )
    exclude: Exclude = Field(default_factory=Exclude, description="Which records do not count.")
    response_targets: Mapping[Priority, BusinessSeconds] = Field(
        default_factory=dict,
        description="Business time to first response by priority. Default: P1 30 min, P2 2 h, P3 to P5 8 h.",
    )
    priority_matrix: (
        Mapping[
            Cell,
            Annotated[
                int,
                BeforeValidator(matrix_priority),
                WithJsonSchema({"enum": [1, 2, 3, 4, 5, "P1", "P2", "P3", "P4", "P5"]}),
            ],
        ]
        | None
    ) = Field(
        default=None,
        description="Priority by impact-urgency (`1-1`: 1). Not given: each cell's usual priority counts.",
    )
    field_defaults: Mapping[FieldName, tuple[Text, ...]] = Field(
        default_factory=dict,
        description="Values by column (`incident.category`) that forms fill in; they count as empty.",
    )
    backup: Backup = Field(
        default_factory=Backup, description="Copies of history on SQLite, made by `itsm-maturity run`."
    )
    states: States = Field(default_factory=States, description="What the platform's state names mean.")
    exemptions: tuple[Exempt, ...] = Field(
        default=(), description="Indicators and practices that a person declared not applicable."
    )
    doubts: DoubtSettings = Field(
        default_factory=DoubtSettings,
        description="From when on records are doubted (docs/doubts.md).",
    )
    overall: OverallSettings = Field(
        default_factory=OverallSettings, description="How practices add up to the overall level."
    )
    indicators: Text | None = Field(
        default=None,
        description="File with own indicators, or ones that replace shipped indicators of the same id.",
    )
