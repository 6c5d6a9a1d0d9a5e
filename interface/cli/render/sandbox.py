"""How to read a sandbox, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from interface.cli.words import level_name, practice_name
from interface.demonstration import PASSWORD

if TYPE_CHECKING:
    from rich.console import RenderableType


def render(
    title: str, url: str, user: str, password: str | None, file: Path | None, text: str
) -> Iterator[RenderableType]:
    """Yield where it is, how to log in and a configuration, or how to use the one that was written.

    `password` is None where the environment gave it, so that it is not shown.
    """
    yield Text(f"{title} sandbox at {url}, until Ctrl-C", style="bold")
    yield Text(f"User: {user}")
    if password is None:
        yield Text(f"Password: that of {PASSWORD} in this environment")
    else:
        yield Text("Password, to be set in the terminal you work in:")
        yield _line(f"  export {PASSWORD}={password}")
    yield Text()
    if file is None:
        yield Text("A configuration that reads it (--configuration FILE writes it):")
        yield Text()
        yield from map(_line, text.splitlines())
    else:
        yield Text(f"{file} is written. Go on in another terminal with:")
        for command in ("check", "sync", "assess"):
            yield _line(f"  itsm-maturity -c {file} {command}")


def planted(truth: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yield the levels that were planted in the records, by practice."""
    yield Text()
    yield Text(f"Planted: profile {truth['profile']}", style="bold")
    for department, part in truth.get("departments", {}).items():
        yield Text(f"{department}:")
        yield from _levels(part)
    if "before" in truth:
        yield Text(f"Until {truth['changed_on']}:")
        yield from _levels(truth["before"])
        yield Text(f"From {truth['changed_on']} on:")
    if "level" in truth:
        yield from _levels(truth)
    for practice in truth.get("without", ()):
        yield Text(f"  {practice_name(practice):<42} leaves no records")
    if truth.get("gamed"):
        yield Text(f"Manipulated in the last three months: {', '.join(truth['gamed'])}")


def _levels(truth: Mapping[str, Any]) -> Iterator[RenderableType]:
    levels = {"incident": truth["level"]} | {name: own["level"] for name, own in truth["practices"].items()}
    for practice, level in levels.items():
        yield Text(f"  {practice_name(practice):<42} {level_name(level)}")


def _line(text: str) -> Text:
    """Return one line, however narrow the terminal, so that it can be copied."""
    return Text(text, no_wrap=True, overflow="ignore")
