"""Init for a platform: a site's address, a first configuration without secrets, and a first try."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import config
from config import Configuration
from config.template_jira import JIRA
from config.template_platform import Platform, PlatformAnswers, render_platform
from config.template_servicenow import SERVICENOW
from connectors.contract import ConnectorSettings
from scheduler.begin import write_text
from scheduler.check import CheckReport, check
from scheduler.progress import Progress, silent
from scheduler.workspace import Workspace
from storage.errors import UsageError
from storage.records import KINDS

PLATFORMS: Mapping[str, Platform] = {each.type: each for each in (SERVICENOW, JIRA)}
"""Platforms that a configuration can be begun for."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+")
_PATH = re.compile(r"(/[\w.-]+)*")

QUICK: Mapping[str, Mapping[str, float]] = {
    "retries": {"attempts": 2, "wait": 1, "longest": 5, "budget": 5},
    "timeouts": {"connect": 5, "read": 30, "run": 120},
}
"""Settings of a first try: who sits at a terminal wants to know soon."""


def site_address(platform: Platform, text: str) -> str:
    """Return the address of a site from its name, its host or its URL.

    Raises UsageError for anything that passwords must not be sent to; what was written is never repeated,
    since it may hold a password.
    """
    given = text.strip()
    if _NAME.fullmatch(given.lower()):
        return f"https://{given.lower()}.{platform.domain}"
    parts, port = _parts(platform, given if "://" in given else f"https://{given}")
    _refuse_more_than_a_site(platform, parts)
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        raise _no_address(platform)
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise UsageError(
            "Over http:// the password could be read by others on the way.",
            hint=f"Write https://{host}; http:// is for this machine alone.",
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "") + parts.path.rstrip("/")


def _no_address(platform: Platform) -> UsageError:
    name = platform.example.removeprefix("https://").partition(".")[0]
    return UsageError(
        f"That is no address of a {platform.title}.", hint=f"Write it as {platform.example}, or {name} alone."
    )


def _parts(platform: Platform, url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        raise _no_address(platform) from None


def _refuse_more_than_a_site(platform: Platform, parts: SplitResult) -> None:
    if "@" in parts.netloc:
        raise UsageError(
            "The address must not hold a user or a password.",
            hint="Leave out what stands before the @; --user names the account, its password is set apart.",
        )
    path = parts.path.rstrip("/")
    page = not platform.with_path or "/rest" in path or "/browse" in path or not _PATH.fullmatch(path)
    if (path and page) or parts.query or parts.fragment:
        end = "the host, or the context path of Data Center" if platform.with_path else "the host"
        raise UsageError(
            f"The address ends after {end}: a page of the site is not asked for.",
            hint=f"Write https://{parts.hostname or platform.example.removeprefix('https://')}.",
        )


def _split(names: Sequence[str]) -> list[str]:
    return [name.strip() for joined in names for name in joined.split(",") if name.strip()]


def project_keys(names: Sequence[str]) -> tuple[str, ...]:
    """Return keys of projects from names, some of which may be joined by commas; `all` or nothing is all."""
    return () if "all" in _split(names) else tuple(dict.fromkeys(_split(names)))


def record_kinds(platform: Platform, names: Sequence[str]) -> tuple[str, ...]:
    """Return record kinds from names, some of which may be joined by commas; `all` or nothing is all of them.

    Raises UsageError with the nearest name for one that is no record kind, or none of the platform's.
    """
    wanted, known = _split(names), platform.kinds
    for name in wanted:
        if name not in known and name != "all":
            near = get_close_matches(name, known, n=1)
            meant = f"Did you mean '{near[0]}'?" if near else f"Choose from {', '.join(known)}."
            said = (
                f"{platform.title} is not read for {name}."
                if name in KINDS
                else f"'{name}' is not a record kind."
            )
            raise UsageError(said, hint=meant)
    return () if "all" in wanted else tuple(dict.fromkeys(wanted))


def way_to_sign_in(platform: Platform, name: str) -> str:
    """Return a way to sign in. Raises UsageError for an unknown one."""
    if name not in platform.ways:
        raise UsageError(
            f"'{name}' is no way to sign in to {platform.title}.",
            hint=f"Choose from {', '.join(platform.ways)}.",
        )
    return name


def write_platform(file: Path, answers: PlatformAnswers, *, force: bool) -> None:
    """Write a commented configuration; raises UsageError where a file is there or a user is missing."""
    write_text(file, render_platform(answers), force=force)


def unset(answers: PlatformAnswers, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables of a way to sign in that are not set."""
    return tuple(name for name in answers.signing_in.variables if not environment.get(name))


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
