"""How an instance is set up: what differs between one customer's and another's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from sandbox.serving.clock import FORMAT
from sandbox.serving.settings import Client


@dataclass(frozen=True)
class Limits:
    """What an instance puts up with; None or 0 where there is no limit."""

    page: int = 0
    """Longest page, whatever sysparm_limit says."""
    cancelled_above: int = 0
    """Rows of a page above which the transaction is cancelled, as by the 60 s quota."""
    per_hour: int = 0
    """Requests of an hour, from the full hour on."""
    threads: int = 4
    """Requests worked on at the same time (API_INT)."""
    queue: int = 50
    """Requests waiting for a thread; more get 429."""
    session_queue: int = 10
    """Requests waiting in one session; more get 202 and are dropped."""
    failed_logins: int = 0
    """Wrong passwords after which the account is locked."""


@dataclass(frozen=True)
class Settings(Client):
    """One instance."""

    user: str = "maturity.reader"
    password: str = "sandbox-password"  # noqa: S105 - of an instance that lives for minutes on the loopback
    jwt_key: str = ""
    """Public key (PEM) or shared secret that assertions are signed with; empty: any signature."""
    token_seconds: int = 1800
    refresh_seconds: int = 8_640_000
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("GMT"))
    """Zone of the account: of display values and of scripts in queries."""
    zoned_literals: bool = False
    """Dates in queries are read in the account's zone too, not as UTC."""
    language: str = "en"
    date_format: str = FORMAT
    unknown_clause: Literal["drop", "no_rows", "forbidden"] = "drop"
    unstable_ties: bool = False
    """Rows equal in the order asked for come in another order each time."""
    limits: Limits = field(default_factory=Limits)
