"""Who may come in, and where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sandbox.jira import Clock, SandboxJira, Settings
from tests.sandbox.jira.support import Client, small_site


@pytest.fixture
def cloud() -> Iterator[SandboxJira]:
    with SandboxJira(small_site(20), clock=Clock(datetime(2026, 3, 1, tzinfo=UTC))) as jira:
        yield jira


@pytest.fixture
def server() -> Iterator[SandboxJira]:
    with SandboxJira(small_site(20), "data_center") as jira:
        yield jira


def _status(url: str, **options: Any) -> int:
    return requests.get(f"{url}/rest/api/2/myself", timeout=5, **options).status_code


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _token(jira: SandboxJira, **form: str) -> requests.Response:
    client = {"client_id": jira.client_id, "client_secret": jira.client_secret}
    return requests.post(f"{jira.root}/oauth/token", json={**client, **form}, timeout=5)


def test_an_api_token_opens_the_site(cloud: SandboxJira) -> None:
    assert _status(cloud.url, auth=(cloud.user, cloud.token)) == 200
    assert _status(cloud.url, auth=(cloud.user, "wrong")) == 401
    assert _status(cloud.url) == 401


def test_a_scoped_token_opens_only_the_central_address(cloud: SandboxJira) -> None:
    scoped = (cloud.user, cloud.settings.scoped_token)
    assert _status(cloud.url, auth=scoped) == 401
    assert _status(cloud.api_url, auth=scoped) == 200


def test_another_cloud_id_is_nowhere(cloud: SandboxJira) -> None:
    wrong = cloud.api_url.replace(cloud.settings.cloud_id, "other")
    assert _status(wrong, auth=(cloud.user, cloud.token)) == 404


def test_everybody_may_ask_which_kind_of_jira_it_is(cloud: SandboxJira, server: SandboxJira) -> None:
    for jira, kind in ((cloud, "Cloud"), (server, "Server")):
        info = requests.get(f"{jira.url}/rest/api/2/serverInfo", timeout=5).json()
        assert info["deploymentType"] == kind
        assert info["baseUrl"] == jira.url


def test_client_credentials_give_a_token_that_expires(cloud: SandboxJira) -> None:
    token = _token(cloud, grant_type="client_credentials").json()["access_token"]
    assert _status(cloud.url, headers=_bearer(token)) == 401
    assert _status(cloud.api_url, headers=_bearer(token)) == 200
    cloud.clock.advance(timedelta(hours=1, seconds=1))
    assert _status(cloud.api_url, headers=_bearer(token)) == 401


def test_a_refresh_token_is_used_up(cloud: SandboxJira) -> None:
    first = {"grant_type": "refresh_token", "refresh_token": cloud.settings.refresh_token}
    given = _token(cloud, **first).json()
    assert _status(cloud.api_url, headers=_bearer(given["access_token"])) == 200
    assert _token(cloud, **first).status_code == 403
    again = _token(cloud, grant_type="refresh_token", refresh_token=given["refresh_token"])
    assert again.status_code == 200


def test_a_wrong_secret_gets_no_token(cloud: SandboxJira) -> None:
    assert _token(cloud, grant_type="client_credentials", client_secret="wrong").status_code == 401


def test_tokens_can_be_revoked_while_it_serves(cloud: SandboxJira) -> None:
    token = _token(cloud, grant_type="client_credentials").json()["access_token"]
    cloud.accounts.expire_tokens()
    assert _status(cloud.api_url, headers=_bearer(token)) == 401
    cloud.accounts.revoked = True
    assert _status(cloud.url, auth=(cloud.user, cloud.token)) == 401


def test_data_center_takes_passwords_and_personal_tokens_below_its_path(server: SandboxJira) -> None:
    assert _status(server.url, auth=(server.user, server.token)) == 200
    assert _status(server.url, headers=_bearer(server.personal_token)) == 200
    assert _status(server.url, headers=_bearer("wrong")) == 401
    assert _status(server.root, auth=(server.user, server.token)) == 404


def test_data_center_says_no_with_a_page(server: SandboxJira) -> None:
    reply = requests.get(f"{server.url}/rest/api/2/myself", auth=("x", "y"), timeout=5)
    assert reply.headers["Content-Type"].startswith("text/html")
    assert reply.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"


def test_the_cloud_id_can_be_asked_for(cloud: SandboxJira) -> None:
    tenant = requests.get(f"{cloud.url}/_edge/tenant_info", timeout=5).json()
    assert tenant == {"cloudId": cloud.settings.cloud_id}
    token = _token(cloud, grant_type="client_credentials").json()["access_token"]
    sites = requests.get(f"{cloud.root}/oauth/token/accessible-resources", headers=_bearer(token), timeout=5)
    assert [site["id"] for site in sites.json()] == [cloud.settings.cloud_id]


def test_permissions_have_to_be_named_on_cloud(cloud: SandboxJira, server: SandboxJira) -> None:
    client = Client(cloud)
    assert client.get("mypermissions").status_code == 400
    found = client.get("mypermissions", permissions="BROWSE_PROJECTS,ADMINISTER").json()["permissions"]
    assert {name: each["havePermission"] for name, each in found.items()} == {
        "BROWSE_PROJECTS": True,
        "ADMINISTER": False,
    }
    assert len(Client(server).get("mypermissions").json()["permissions"]) >= 40


def test_a_licence_as_agent_is_a_permission() -> None:
    with SandboxJira(small_site(5), settings=Settings(agent=False)) as jira:
        found = Client(jira).get("mypermissions", permissions="SERVICEDESK_AGENT").json()["permissions"]
        assert found["SERVICEDESK_AGENT"]["havePermission"] is False


def test_it_speaks_tls_with_an_authority_of_its_own() -> None:
    with SandboxJira(small_site(5), tls=True) as jira:
        assert _status(jira.url, auth=(jira.user, jira.token), verify=str(jira.ca_file)) == 200
