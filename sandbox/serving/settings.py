"""What clients of any simulated platform are known by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Client:
    """The account that reads, and the OAuth client it may come with."""

    user: str = ""
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105 - of a platform that lives for minutes on the loopback
    token_seconds: int = 3600
