"""A connector of another distribution, to try what the configuration does with any connector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from connectors.contract import (
    Batch,
    Capability,
    Connector,
    ConnectorContext,
    ConnectorSettings,
    ProbeResult,
    Reading,
    SettingProblem,
    Window,
)
from storage.evidence.store import Record


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Basic(_Part):
    """User and password."""

    type: Literal["basic"]
    user: str
    password: SecretStr


class OAuth(_Part):
    """Client credentials."""

    type: Literal["oauth"]
    client_id: str
    client_secret: SecretStr


class Token(_Part):
    """A signed token."""

    type: Literal["jwt"]
    key: SecretStr


class Entry(_Part):
    """A thing with a number."""

    number: int


class StubSettings(ConnectorSettings):
    """Settings with the forms that connectors may have."""

    type: Literal["stub"]
    auth: Annotated[Basic | OAuth | Token, Field(discriminator="type")] | None = None
    names: str | list[str] = "x"
    entry: Entry | list[Entry] | None = None
    pages: Annotated[int, Field(ge=1, le=10)] = 1
    mode: Literal["fast", "slow"] = "fast"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if isinstance(self.names, str) and self.pages > 1 and self.names != "x":
            raise ValueError(f"pages is set, and '{self.names[:12]}…' is a single name.")
        return self


class StubConnector(Connector):
    """Reads nothing."""

    type = "stub"
    settings_model = StubSettings

    def __init__(self, settings: ConnectorSettings, context: ConnectorContext) -> None:
        """Keep nothing."""

    def capabilities(self) -> Mapping[str, Capability]:
        """Deliver nothing."""
        return {}

    def problems(self) -> Sequence[SettingProblem]:
        """Contradict nothing."""
        return ()

    def probe(self) -> Sequence[ProbeResult]:
        """Find nothing."""
        return ()

    def windows(self, kind: str, bookmark: str | None) -> Iterator[Window]:
        """Yield nothing."""
        return iter(())

    def read(self, window: Window, reading: Reading) -> Iterator[Batch]:
        """Read nothing."""
        return iter(())

    def remap(self, kind: str, record: Record) -> Record:
        """Change nothing."""
        return record


def installed(monkeypatch: pytest.MonkeyPatch, folder: Path, *points: str) -> None:
    """Install a distribution with these entry points for the length of a test."""
    information = folder / "site" / "itsm_stub-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: itsm-stub\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("\n".join(["[itsm_maturity.connectors]", *points]) + "\n")
    monkeypatch.syspath_prepend(str(folder / "site"))
