"""The organisation a demo is shown on, and what reads it. Only the interface imports the sandbox."""

from __future__ import annotations

import csv
import json
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from storage.errors import UsageError

if TYPE_CHECKING:
    from sandbox.organisation import Organisation as Generated
    from sandbox.servicenow import Access
    from sandbox.serving.fault import Fault

SEED, USUAL = 1, "defined"
"""The organisation that is generated when nothing else is asked for."""
LEVELS = ("firefighting", "repeatable", "defined", "managed", "optimizing")
"""Profiles that have one level, from 1 on."""
MONTHS = 24
"""How far back the records go."""
FEWEST, MOST = 1000, 2_000_000
VOLUMES: Mapping[str, int] = {"small": 2_000, "medium": 25_000, "large": 250_000}
"""Incidents a year by name (section 8.1 of the model)."""
UNUSED: Mapping[str, tuple[str, ...]] = {"configuration": ("cmdb_ci", "cmdb_rel_ci", "svc_ci_assoc")}
"""Tables of a practice that an organisation can be without."""
PASSWORD = "SANDBOX_PASSWORD"  # noqa: S105 - the name of an environment variable
"""Environment variable with the password of a sandbox's account; without it a well-known one is used."""

Content = TypeVar("Content")
Tell = Callable[[str], None]
"""Called with what is being done."""


def today() -> date:
    """Return the first day without records of an organisation generated now."""
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class Organisation:
    """A generated organisation; the same values give the same records on any day."""

    incidents: int
    seed: int
    profile: str
    until: date
    """First day without records."""

    def generated(self, tell: Tell) -> Generated:
        """Return its records. Raises UsageError for too little."""
        from sandbox.organisation.profiles import profile

        tell(f"generating {self.incidents:,} incidents and all that hangs on them")
        return profile(self.profile).generate(seed=self.seed, until=self.until, incidents=self.incidents)

    def options(self) -> tuple[str, ...]:
        """Return what `sandbox` has to be called with for the same records, usual values left out."""
        from sandbox.organisation.profiles import profile

        pairs = {
            "--incidents": (self.incidents, profile(self.profile).incidents),
            "--seed": (self.seed, SEED),
            "--profile": (self.profile, USUAL),
        }
        differing = [
            text for name, (own, usual) in pairs.items() if own != usual for text in (name, str(own))
        ]
        return (*differing, "--until", self.until.isoformat())


def hidden(truth: Mapping[str, Any]) -> dict[str, Access]:
    """Return which tables a ServiceNow shows nobody, because the organisation does not use them."""
    from sandbox.servicenow import Access

    return {name: Access(denied=True) for practice in truth.get("without", ()) for name in UNUSED[practice]}


def exported(folder: Path, read: Callable[[Path], Content], tell: Tell) -> Content:
    """Return what a folder of exported rows holds; raises UsageError for one that cannot be read."""
    tell(f"reading {folder}")
    try:
        return read(folder)
    except (OSError, csv.Error, ValueError, KeyError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(
            f"The tables in {folder} cannot be read: {reason}.",
            hint="Write them as CSV or JSON lines, UTF-8.",
        ) from None


def faults_of(
    texts: Sequence[str], known: tuple[Callable[[str], list[Fault]], Callable[[object], list[Fault]]]
) -> list[Fault]:
    """Return faults by name or from script files. Raises UsageError for what is neither."""
    named, scripted = known
    found: list[Fault] = []
    for text in texts:
        path = Path(text)
        found += scripted(_yaml(path)) if path.suffix or path.is_file() else named(text)
    return found


def _yaml(path: Path) -> object:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UsageError(f"{path} cannot be read: {reason}.", hint="Name a YAML file, or a fault.") from None
    except (YAMLError, UnicodeError):
        raise UsageError(f"{path} is not YAML.", hint="Write a list with an entry for each fault.") from None


def own_password() -> str:
    """Return the password that the environment gives, empty without one."""
    return os.environ.get(PASSWORD, "")


def require_free(port: int) -> None:
    """Raise UsageError when nothing can listen on a port of this machine; 0 is always free."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError as error:
        raise port_refused(port, error) from None


def port_refused(port: int, error: OSError) -> UsageError:
    """Return why nothing can listen on a port."""
    reason = (error.strerror or "unknown reason").lower()
    return UsageError(
        f"Port {port} cannot be used: {reason}.",
        hint="Name another with --port; without it a free one is taken.",
    )


def configuration(
    url: str,
    user: str,
    password: str,
    *,
    truth: Mapping[str, Any] | None,
    authority: Path | None = None,
) -> str:
    """Return a configuration that reads a sandbox.

    `password` is how it stands there, `authority` the certificate behind https. `truth` is that of the
    organisation of ours which the sandbox serves, whose departments, hours and targets are known; None
    where it serves anything else.
    """
    tls = f"\n    tls: {{ca_bundle: {json.dumps(str(authority))}}}" if authority else ""
    text = _CONFIGURATION.format(url=url, user=user, password=password, more=tls)
    return with_policy(text, truth)


def with_policy(text: str, truth: Mapping[str, Any] | None) -> str:
    """Return a configuration with the departments, hours and targets of the organisation that it reads."""
    from sandbox.organisation import policy

    return text if truth is None else text + policy(truth=truth)


_CONFIGURATION = """\
evidence: duckdb:evidence.duckdb
history: sqlite:maturity.db

connectors:
  sandbox:
    type: servicenow
    url: {url}
    auth: {{type: basic, user: {user}, password: "{password}"}}{more}
    audit: true   # who changed an incident, so that robots are told from people

"""
