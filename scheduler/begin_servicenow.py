"""Init for a ServiceNow instance: its address, a first configuration without secrets, and a first try."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import config
from config import Configuration
from config.template_servicenow import WAYS, ServiceNowAnswers, render_servicenow
from connectors.contract import ConnectorSettings
from scheduler.begin import write_text
from scheduler.check import CheckReport, check
from scheduler.progress import Progress, silent
from scheduler.workspace import Workspace
from storage.errors import UsageError
from storage.records import KINDS

DOMAIN = "service-now.com"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_INSTANCE = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+")
_EXAMPLE = f"Write it as https://acme.{DOMAIN}, or acme alone."

QUICK: Mapping[str, Mapping[str, float]] = {
    "retries": {"attempts": 2, "wait": 1, "longest": 5, "budget": 5},
    "timeouts": {"connect": 5, "read": 30, "run": 120},
}
"""Settings of a first try: who sits at a terminal wants to know soon."""


def instance_address(text: str) -> str:
    """Return the address of an instance from its name, its host or its URL.

    Raises UsageError for anything that passwords must not be sent to; what was written is never repeated,
    since it may hold a password.
    """
    given = text.strip()
    if _INSTANCE.fullmatch(given.lower()):
        return f"https://{given.lower()}.{DOMAIN}"
    parts, port = _parts(given if "://" in given else f"https://{given}")
    _refuse_more_than_a_host(parts)
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        raise UsageError("That is no address of an instance.", hint=_EXAMPLE)
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise UsageError(
            "Over http:// the password could be read by others on the way.",
            hint=f"Write https://{host}; http:// is for this machine alone.",
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def _parts(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        raise UsageError("That is no address of an instance.", hint=_EXAMPLE) from None


def _refuse_more_than_a_host(parts: SplitResult) -> None:
    if "@" in parts.netloc:
        raise UsageError(
            "The address must not hold a user or a password.",
            hint="Leave out what stands before the @; --user names the account, its password is set apart.",
        )
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise UsageError(
            "The address ends after the host: a page of the instance is not asked for.",
            hint=f"Write https://{parts.hostname or f'acme.{DOMAIN}'}.",
        )


def record_kinds(names: Sequence[str]) -> tuple[str, ...]:
    """Return record kinds from names, some of which may be joined by commas; `all` or nothing is all of them.

    Raises UsageError with the nearest name for one that is no record kind.
    """
    wanted = [name.strip() for joined in names for name in joined.split(",") if name.strip()]
    for name in wanted:
        if name not in KINDS and name != "all":
            near = get_close_matches(name, KINDS, n=1)
            meant = f"Did you mean '{near[0]}'?" if near else f"Choose from {', '.join(KINDS)}."
            raise UsageError(f"'{name}' is not a record kind.", hint=meant)
    return () if "all" in wanted else tuple(dict.fromkeys(wanted))


def way_to_sign_in(name: str) -> str:
    """Return a way to sign in. Raises UsageError for an unknown one."""
    if name not in WAYS:
        raise UsageError(f"'{name}' is no way to sign in.", hint=f"Choose from {', '.join(WAYS)}.")
    return name


def write_servicenow(file: Path, answers: ServiceNowAnswers, *, force: bool) -> None:
    """Write a commented configuration; raises UsageError where a file is there or a user is missing."""
    write_text(file, render_servicenow(answers), force=force)


def unset(answers: ServiceNowAnswers, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables of a way to sign in that are not set."""
    return tuple(name for name in WAYS[answers.way].variables if not environment.get(name))


def first_try(file: Path, environment: Mapping[str, str], progress: Progress = silent) -> CheckReport:
    """Probe what a new configuration names, with little patience; raises what loading and probing raise."""
    configuration = config.load(file, environment)
    with Workspace(_impatient(configuration)) as workspace:
        return check(workspace, progress)


def _impatient(configuration: Configuration) -> Configuration:
    connectors = {name: _quick(each) for name, each in configuration.connectors.items()}
    settings = configuration.settings.model_copy(update={"connectors": connectors})
    return replace(configuration, settings=settings)


def _quick(settings: ConnectorSettings) -> ConnectorSettings:
    parts = {
        name: getattr(settings, name).model_copy(update=dict(values))
        for name, values in QUICK.items()
        if hasattr(settings, name)
    }
    return settings.model_copy(update=parts)
