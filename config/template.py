"""The commented configuration that `init` writes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from storage.errors import UsageError
from storage.records import KINDS
from storage.records.schema import ColumnType

_WELL_KNOWN: Mapping[str, tuple[str, ...]] = {
    "id": ("number", "issue key", "key", "sys id", "id", "ticket", "ticket number", "incident"),
    "opened_at": (
        "opened at",
        "opened",
        "opened on",
        "sys created on",
        "created",
        "created at",
        "created on",
    ),
    "resolved_at": ("resolved at", "resolved", "resolved on", "resolutiondate", "resolution date"),
    "closed_at": ("closed at", "closed", "closed on"),
    "updated_at": (
        "sys updated on",
        "sys updated at",
        "updated",
        "updated at",
        "updated on",
        "last modified",
    ),
    "revision": ("sys mod count",),
    "state": ("incident state", "state", "status"),
    "priority": ("priority",),
    "impact": ("impact", "custom field (impact)"),
    "urgency": ("urgency", "custom field (urgency)"),
    "category": ("category", "request type", "custom field (request type)", "component s", "components"),
    "subcategory": ("subcategory",),
    "service_id": ("business service", "service", "service offering", "affected services"),
    "ci_id": ("cmdb ci", "configuration item"),
    "assignment_group": ("assignment group", "assigned group", "team", "custom field (team)"),
    "assignee": ("assigned to", "assignee"),
    "caller": ("caller id", "caller", "reporter"),
    "created_by": ("sys created by", "created by", "creator", "opened by"),
    "resolver": ("resolved by",),
    "channel": ("contact type", "channel", "request channel type"),
    "reassignment_count": ("reassignment count",),
    "reopen_count": ("reopen count",),
    "close_code": ("close code", "closed code", "resolution code", "resolution"),
    "resolution_note": ("close notes", "resolution notes"),
    "problem_id": ("problem id", "problem"),
    "caused_by_change_id": ("caused by", "caused by change"),
    "fix_change_id": ("rfc", "change request"),
    "parent_id": ("parent incident",),
    "made_sla": ("made sla",),
    "knowledge_used": ("knowledge",),
}
"""Column: names it has in exports of ServiceNow and Jira, best first, in lower case without signs."""

_UPDATED_BY = ("sys updated by", "updated by")
_HISTORY = ("state", "assignment_group", "assignee")
_PARTS = ("display_value", "value", "link")
"""What ServiceNow's API puts into the object that stands for one value."""

_NUMBERED = frozenset({"priority", "impact", "urgency"})
_JIRA_PRIORITIES = "{Highest: 1, High: 2, Medium: 3, Low: 4, Lowest: 5}"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./*-]*(?: [A-Za-z0-9_./()*-]+)*")
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off"})


@dataclass(frozen=True)
class LogFields:
    """Fields of a log, a file with one row per update."""

    at: str
    order_by: str
    """Field that puts the rows of one record in order."""
    actor: str | None
    history: Mapping[str, str]
    """Canonical column: field, of those whose every change is kept."""


@dataclass(frozen=True)
class Answers:
    """What `init` asked: a name, where the exported incidents are, and what their fields are called."""

    name: str
    path: str
    header: Sequence[str]
    """Field names of the file, in order."""
    time_zone: str = "UTC"
    columns: Mapping[str, str] = field(default_factory=dict)
    """Canonical column: field name, where the guess is to be corrected or completed."""
    reading: Mapping[str, str] = field(default_factory=dict)
    """Setting of the file (`encoding`, `delimiter`): its value, where that is not the default."""
    date_formats: Sequence[str] = ()
    either_first: bool = False
    """Whether month first fits the dates as well, so that a person has to look."""
    log: LogFields | None = None


def guess_mapping(header: Sequence[str]) -> dict[str, str]:
    """Return canonical column: field name, for the fields whose well-known names are in a header.

    A field is used once; a column that no field's name fits is left out.
    """
    by_name: dict[str, str] = {}
    for name in header:
        by_name.setdefault(_plain_name(name), name)
    guessed: dict[str, str] = {}
    for column, names in _WELL_KNOWN.items():
        free = (by_name[name] for name in names if name in by_name and by_name[name] not in guessed.values())
        found = next(free, None)
        if found is not None:
            guessed[column] = found
    return {column: _part(column, name, header) for column, name in guessed.items()}


def _part(column: str, name: str, header: Sequence[str]) -> str:
    """Return the field of a column, or the part of it that fits where the field is an object."""
    of_kind = KINDS["incident"].by_name.get(column)
    plain = column not in ("updated_at", "revision") and (of_kind is None or of_kind.type is ColumnType.TEXT)
    parts = ("display_value", "value") if plain else ("value", "display_value")
    return next((f"{name}.{part}" for part in parts if f"{name}.{part}" in header), name)


def unused_fields(header: Sequence[str], used: Collection[str]) -> list[str]:
    """Return the fields that are not used; the parts of an object are not listed beside it."""
    whole = {name.rpartition(".")[0] for name in used if name.rpartition(".")[2] in _PARTS}
    parts = {f"{name}.{part}" for name in header for part in _PARTS}
    return [name for name in header if name not in used and name not in whole and name not in parts]


def log_fields(header: Sequence[str], columns: Mapping[str, str]) -> LogFields | None:
    """Return the fields of a log; None where none says when a row was written."""
    at = columns.get("updated_at")
    if at is None:
        return None
    actors = [name for known in _UPDATED_BY for name in header if _plain_name(name) == known]
    actor = next((name for name in actors if name not in columns.values()), None)
    return LogFields(
        at,
        columns.get("revision", at),
        _part("created_by", actor, header) if actor else None,
        {column: columns[column] for column in _HISTORY if column in columns},
    )


def render(answers: Answers) -> str:
    """Return the text of a configuration for exported incidents, with every other setting as a comment.

    Raises UsageError where no field of the file can be told to identify a record.
    """
    if not _NAME.fullmatch(answers.name):
        raise UsageError(
            f"{answers.name!r} cannot be a connector's name.", hint="Write lower-case letters, digits and _."
        )
    columns = {**guess_mapping(answers.header), **answers.columns}
    if "id" not in columns:
        raise UsageError(
            "No field of the file has a well-known name for the record's number.",
            hint="Say which field identifies a record; the file's fields are "
            f"{', '.join(answers.header) or 'none'}.",
        )
    jira = any(_plain_name(name) == "issue key" for name in answers.header)
    lines = "\n".join(
        f"          {column}: {_source(column, name, jira)}"
        for column, name in columns.items()
        if answers.log is None or column not in ("updated_at", "revision")
    )
    actors = [answers.log.actor] if answers.log and answers.log.actor else []
    unused = unused_fields(answers.header, [*columns.values(), *actors])
    connector = _FILES.format(
        name=answers.name,
        path=yaml_text(answers.path),
        time_zone=yaml_text(answers.time_zone),
        dates=_dates(answers),
        reading="".join(f"        {name}: {yaml_text(value)}\n" for name, value in answers.reading.items()),
        log=_log(answers.log) if answers.log else "",
        history=_history(answers.log) if answers.log else "",
        columns=lines,
        unused="".join(f"          # not used: {line}\n" for line in _wrapped(unused)),
    )
    return HEAD + connector + tail(answers.time_zone)


def tail(time_zone: str) -> str:
    """Return what every configuration that `init` writes ends with: all settings besides the connectors."""
    return _TAIL.format(time_zone=yaml_text(time_zone))


def yaml_text(value: str) -> str:
    """Return a text as it is written in YAML, quoted where it must be."""
    escaped = value.replace("${", "$${")
    if _PLAIN.fullmatch(escaped) and escaped.casefold() not in _RESERVED:
        return escaped
    inside = escaped.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in inside) + '"'


def _dates(answers: Answers) -> str:
    formats = ", ".join(f'"{form}"' for form in answers.date_formats)
    if not formats:
        return '    #date_formats: ["%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M"]\n'
    check = "    # Check this: month first (%m/%d/%Y) fits the sampled dates as well.\n"
    return f"{check if answers.either_first else ''}    date_formats: [{formats}]\n"


def _log(log: LogFields) -> str:
    actor = f"          actor: {yaml_text(log.actor)}\n" if log.actor else ""
    return (
        "        # One row per update: an incident is its last row.\n"
        f"        log:\n          at: {yaml_text(log.at)}\n{actor}"
        f"          order_by: [{yaml_text(log.order_by)}]\n"
    )


def _history(log: LogFields) -> str:
    lines = "".join(f"          {column}: {yaml_text(name)}\n" for column, name in log.history.items())
    return f"        # Every change of these is kept.\n        history:\n{lines}" if lines else ""


def _source(column: str, name: str, jira: bool) -> str:
    if column not in _NUMBERED:
        return yaml_text(name)
    if not jira:
        return f"{{column: {yaml_text(name)}, leading_number: true}}  # 2 - High is 2"
    if column == "priority":
        return f"{{column: {yaml_text(name)}, values: {_JIRA_PRIORITIES}}}"
    return f"{{column: {yaml_text(name)}, values: {{High: 1, Medium: 2, Low: 3}}}}"


def _plain_name(name: str) -> str:
    return re.sub(r"[\s_/-]+", " ", name.strip().strip("\ufeff")).strip().casefold()


def _wrapped(names: Sequence[str], width: int = 80) -> Iterator[str]:
    line = ""
    for name in map(yaml_text, names):
        if line and len(line) + len(name) > width:
            yield line
            line = ""
        line = f"{line}, {name}" if line else name
    if line:
        yield line


HEAD = """\
# Configuration of itsm-maturity. Paths are relative to this file.
# A "#" right before a name is a setting with its default or an example; remove the "#" to use it.
# A secret never needs to stand here: ${NAME}, ${NAME:-default} or file:/run/secrets/x stand for it.
# `itsm-maturity check` tells everything that is wrong; `itsm-maturity check --schema` is for your editor.

# Where evidence (copies of records) and history (assessments) are stored.
#evidence: duckdb:evidence.duckdb
#history: sqlite:maturity.db

"""
"""What every configuration that `init` writes begins with."""

_FILES = """\
connectors:
  {name}:
    type: files
    # Zone of times that do not name one.
    time_zone: {time_zone}
    # How dates are written where that is not ISO 8601 (2026-12-31 23:59), tried in order.
{dates}    # When the daemon (itsm-maturity run) reads it: a cron line or an interval.
    #schedule: every 4 hours
    # Texts that mean "no value"; an empty text always does.
    #null_values: ["?"]
    records:
      incident:
        path: {path}
{reading}        # The file holds every incident: those missing from it are gone.
        #complete: true
{log}        # Our column: your field.
        columns:
{columns}
{unused}{history}
"""

_TAIL = """\
# Which department a group's work belongs to; the first match wins.
#departments: {{by: assignment_group, map: {{"Network*": Infrastructure, "DBA*": Infrastructure}}}}

assess:
  # Zone whose days and business hours count.
  time_zone: {time_zone}
  # How far back recent indicators look; 180 days suits small organisations.
  #window: 90 days
  # Day to look back from; today when not given.
  #as_of: 2026-12-31
  # A fixed set of records in place of moving windows; opened_to is the first day that no longer counts.
  #cohort: {{opened_from: 2026-01-01, opened_to: 2026-07-01}}
  #practices: [incident]
  # When the daemon (itsm-maturity run) assesses: a cron line or an interval.
  #schedule: "0 6 * * MON"

# Copies of history on SQLite, made by the daemon; PostgreSQL has its own means.
#backup: {{schedule: "@daily", folder: backups, keep: 14}}

# Business hours; several are separated by commas (08:00-18:00 Mon-Thu, 08:00-16:00 Fri).
#calendars: {{default: {{hours: "08:00-18:00 Mon-Fri", holidays: [2026-12-25]}}}}

# Identities that are not persons, as patterns. Without `automation`, indicators on automation are not
# connected; an empty list says that there are no such accounts.
# Persons are kept as pseudonyms only, made with `key` or, without it, with a key file beside this one.
#people:
#  automation: ["svc_*", "integration.*"]
#  migration: [import.user]
#  active_users: 1200
#  key: ${{ITSM_MATURITY_KEY}}

# Records up to 60 days after the platform's go-live do not count; `none: true` excludes nothing at all.
#exclude: {{go_live: 2026-02-01, warm_up: 60 days}}

# Business time to the first response, by priority.
#response_targets: {{P1: 30 min, P2: 2 h, P3: 8 h, P4: 8 h, P5: 8 h}}

# Priority by impact-urgency; without it each cell's usual priority counts as right.
#priority_matrix: {{1-1: P1, 1-2: P2, 1-3: P3, 2-1: P2, 2-2: P3, 2-3: P4, 3-1: P3, 3-2: P4, 3-3: P5}}

# Values that a form fills in by itself; they count as empty.
#field_defaults: {{incident.category: [Other]}}

# What state names mean, as patterns without regard to case.
#states:
#  waiting: [on hold, awaiting*, pending*, waiting*]
#  ended: [resolved, closed, canceled, cancelled, completed, done]

# Indicators, or whole practices, that do not apply, who says so, and until when.
#exemptions:
#  - indicator: inc-automated-resolution
#    reason: no automation is allowed here
#    owner: service desk lead
#    until: 2027-06-30
#  - practice: release
#    reason: all software is bought as a service
#    owner: IT director
#    until: 2027-06-30

# From when on records are doubted (docs/doubts.md): limits of the gaming monitor, and shares of doubtful
# records from which on a check of the quality gate fails.
#doubts:
#  gaming: {{closure-burst: {{a_day: 40}}}}
#  quality: {{durations: 0.05}}

# How practices add up: from which overall level on each is asked for, its weight in the mean index, and
# parts of service management to look at by themselves.
#overall:
#  sets: {{monitoring: 3}}
#  weights: {{incident: 2, request: 2}}
#  views:
#    front office: [incident, request]

# File with own indicators, or ones that replace shipped ones.
#indicators: ./our-indicators.yaml
"""
