"""The commented configuration that `init` writes for a platform, and the ways to sign in there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import fill

from config.template import HEAD, tail, yaml_text
from storage.errors import UsageError


@dataclass(frozen=True)
class Way:
    """A way to sign in: what it is called, fixed settings, secrets by the variable that holds them."""

    title: str
    fixed: Mapping[str, str]
    secrets: Mapping[str, str]
    needs_user: bool = False

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables that have to be set."""
        return tuple(self.secrets.values())


@dataclass(frozen=True)
class Platform:
    """A platform as `init` knows it."""

    type: str
    """Name of its connector."""
    title: str
    domain: str
    """Domain of the sites that a name alone stands for."""
    example: str
    """Address of a site."""
    ways: Mapping[str, Way]
    """Ways to sign in by the name they have on the command line; the first is the usual one."""
    kinds: tuple[str, ...]
    """Record kinds it may be read for."""
    connector: str
    """Its part of the configuration, with every setting that has a default as a comment."""
    with_path: bool = False
    """Whether an address may go on after the host."""
    way_elsewhere: str = ""
    """The usual way to sign in to a site outside `domain`, where that is another one."""

    @property
    def place(self) -> str:
        """Where the account and its rights are described."""
        return f"docs/{self.type}.md"

    def usual_way(self, url: str) -> str:
        """Return the way to sign in that is meant where none is named."""
        first = next(iter(self.ways))
        return first if self.domain in url else self.way_elsewhere or first


@dataclass(frozen=True)
class PlatformAnswers:
    """What `init` asked about a site; no secret is among it."""

    platform: Platform
    url: str
    way: str
    """One of the platform's ways."""
    user: str | None = None
    records: tuple[str, ...] = ()
    """Record kinds to read; all when empty."""
    projects: tuple[str, ...] = ()
    """Keys of projects to read, where there are projects; all when empty."""
    time_zone: str = "UTC"

    @property
    def signing_in(self) -> Way:
        """The way to sign in."""
        return self.platform.ways[self.way]


def render_platform(answers: PlatformAnswers) -> str:
    """Return the text of a configuration for a site, with every other setting as a comment.

    Raises UsageError where the way to sign in needs a user and none was given.
    """
    way, platform = answers.signing_in, answers.platform
    if way.needs_user and not answers.user:
        raise UsageError(
            f"{way.title[:1].upper()}{way.title[1:]} needs the account's name.", hint="Add --user."
        )
    connector = platform.connector.format(
        name=platform.type,
        url=yaml_text(answers.url),
        variables=", ".join(way.variables),
        auth="".join(f"      {line}\n" for line in _auth_lines(way, answers.user)),
        records=_listed("records", answers.records, platform.kinds),
        projects=_listed("projects", answers.projects, ("ITSM", "OPS")),
    )
    return HEAD + connector + tail(answers.time_zone)


def _auth_lines(way: Way, user: str | None) -> list[str]:
    lines = [f"{name}: {value}" for name, value in way.fixed.items()]
    lines += [f"user: {yaml_text(user)}"] if way.needs_user and user else []
    return lines + [f'{name}: "${{{variable}}}"' for name, variable in way.secrets.items()]


def _listed(name: str, chosen: tuple[str, ...], others: tuple[str, ...]) -> str:
    """Return a setting with what was chosen, or as a comment with what might be."""
    text = ", ".join(chosen or others)
    mark = "" if chosen else "#"
    lines = fill(text, 90).splitlines()
    if len(lines) == 1:
        return f"    {mark}{name}: [{text}]\n"
    inside = "".join(f"    {mark}  {line}\n" for line in lines)
    return f"    {mark}{name}: [\n{inside}    {mark}]\n"
