"""Refresh tokens that are good for one use are kept where the operator says, and never twice used."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from sandbox.jira import SandboxJira
from sandbox.jira.settings import Settings
from storage.errors import FatalError
from tests.connectors.jira.support import Store, connect, sandbox, site


def read(jira: SandboxJira, kept_in: Path, refresh_token: str = "sandbox-refresh") -> int:
    """Sync incidents with a refresh token; return how many there are."""
    auth: dict[str, Any] = {"type": "oauth", "grant": "refresh", "refresh_token": refresh_token}
    auth |= {"client_id": jira.client_id, "client_secret": jira.client_secret, "kept_in": str(kept_in)}
    auth["token_url"] = f"{jira.root}/oauth/token"
    store = Store()
    store.sync(connect(jira, url=jira.api_url, auth=auth, records=["incident"]), "incident")
    return len(store.ids("incident"))


def test_one_configured_token_is_enough_for_every_sync(tmp_path: Path) -> None:
    file = tmp_path / "token.json"
    with sandbox("cloud", site(0.04)) as jira:
        assert [read(jira, file) for _ in range(3)] == [40, 40, 40]
        assert [call.status for call in jira.journal.calls(area="token")] == [200, 200, 200]


def test_the_kept_token_is_for_this_account_alone(tmp_path: Path) -> None:
    file = tmp_path / "token.json"
    with sandbox("cloud", site(0.04)) as jira:
        read(jira, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["token.json"]


def test_a_token_that_is_configured_anew_goes_before_the_kept_one(tmp_path: Path) -> None:
    file = tmp_path / "token.json"
    with sandbox("cloud", site(0.04)) as jira:
        read(jira, file)
    with sandbox("cloud", site(0.04), settings=Settings(refresh_token="obtained again")) as jira:
        assert read(jira, file, "obtained again") == 40
        assert read(jira, file, "obtained again") == 40


def test_no_token_is_used_up_where_the_next_one_could_not_be_kept(tmp_path: Path) -> None:
    with sandbox("cloud", site(0.04)) as jira:
        with pytest.raises(FatalError, match="the next refresh token would be lost") as raised:
            read(jira, tmp_path / "nowhere" / "token.json")
        assert "`auth.kept_in`" in raised.value.hint
        assert jira.journal.calls(area="token") == []


def test_a_file_that_holds_something_else_is_told(tmp_path: Path) -> None:
    file = tmp_path / "token.json"
    file.write_text("not JSON", encoding="utf-8")
    with sandbox("cloud", site(0.04)) as jira, pytest.raises(FatalError, match="holds no refresh token"):
        read(jira, file)
