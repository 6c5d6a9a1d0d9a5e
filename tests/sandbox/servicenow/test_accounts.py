"""How an account gets in: passwords, tokens, certificates."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
import requests

from sandbox.servicenow import Clock, Limits, SandboxServiceNow, Settings
from tests.sandbox.servicenow.support import Client, served

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def _token(instance: SandboxServiceNow, **form: str) -> requests.Response:
    client = {"client_id": instance.client_id, "client_secret": instance.client_secret}
    return requests.post(f"{instance.url}/oauth_token.do", data={**client, **form}, timeout=5)


def _status(instance: SandboxServiceNow, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{instance.url}/api/now/table/incident", headers=headers, timeout=5).status_code


def test_no_credential_and_a_wrong_one_are_401() -> None:
    with SandboxServiceNow(served(1)) as instance:
        url = f"{instance.url}/api/now/table/incident"
        assert requests.get(url, timeout=5).status_code == 401
        assert requests.get(url, auth=(instance.user, "wrong"), timeout=5).status_code == 401
        assert requests.get(url, auth=(instance.user, instance.password), timeout=5).status_code == 200


def test_wrong_passwords_lock_the_account() -> None:
    with SandboxServiceNow(served(1), settings=Settings(limits=Limits(failed_logins=3))) as instance:
        url = f"{instance.url}/api/now/table/incident"
        for _ in range(3):
            requests.get(url, auth=(instance.user, "wrong"), timeout=5)
        assert instance.accounts.locked
        assert Client(instance).page().status_code == 401


def test_secrets_can_be_rotated_while_the_instance_serves() -> None:
    with SandboxServiceNow(served(1)) as instance:
        client = Client(instance)
        instance.accounts.change_secrets(password="another")
        assert client.page().status_code == 401
        assert Client(instance).page().status_code == 200


@pytest.mark.parametrize("grant", ["password", "client_credentials"])
def test_a_grant_gives_a_token_that_expires_by_the_instance_s_clock(grant: str) -> None:
    clock = Clock(NOON)
    with SandboxServiceNow(served(1), settings=Settings(token_seconds=60), clock=clock) as instance:
        form = {"username": instance.user, "password": instance.password} if grant == "password" else {}
        token = _token(instance, grant_type=grant, **form).json()
        assert (token["token_type"], token["expires_in"]) == ("Bearer", 60)
        assert ("refresh_token" in token) is (grant == "password")
        assert _status(instance, token["access_token"]) == 200
        clock.advance(timedelta(seconds=61))
        assert _status(instance, token["access_token"]) == 401


def test_a_refresh_token_gives_a_new_token() -> None:
    with SandboxServiceNow(served(1)) as instance:
        first = _token(
            instance, grant_type="password", username=instance.user, password=instance.password
        ).json()
        instance.accounts.expire_tokens()
        assert _status(instance, first["access_token"]) == 401
        again = _token(instance, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
        assert _status(instance, again["access_token"]) == 200


def test_an_assertion_gives_a_token_while_it_is_valid() -> None:
    key = "a shared secret of at least thirty-two bytes"
    with SandboxServiceNow(served(1), settings=Settings(jwt_key=key)) as instance:
        claims = {"sub": instance.user, "aud": instance.client_id, "iss": instance.client_id}

        def answered(exp: float, secret: str) -> int:
            assertion = jwt.encode({**claims, "exp": exp}, secret, algorithm="HS256")
            grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
            return _token(instance, grant_type=grant, assertion=assertion).status_code

        assert answered(time.time() + 300, key) == 200
        assert answered(time.time() - 300, key) == 401
        assert answered(time.time() + 300, "another secret of at least thirty-two bytes") == 401


def test_a_wrong_client_gets_no_token() -> None:
    with SandboxServiceNow(served(1)) as instance:
        answer = _token(instance, grant_type="client_credentials", client_secret="wrong")
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_an_authority_of_its_own_signs_the_certificate() -> None:
    with SandboxServiceNow(served(3), tls=True) as instance:
        assert instance.url.startswith("https://127.0.0.1:")
        assert len(Client(instance).rows()) == 3
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{instance.url}/api/now/table/incident", timeout=5)
        authority = instance.ca_file
    assert isinstance(authority, Path)
    assert not authority.exists()


def test_a_client_certificate_stands_for_the_password() -> None:
    with SandboxServiceNow(served(3), tls="mutual") as instance:
        session = requests.Session()
        session.trust_env = False
        session.verify, session.cert = str(instance.ca_file), str(instance.client_certificate)
        url = f"{instance.url}/api/now/table/incident"
        assert session.get(url, timeout=5).status_code == 200
        session.close()
        session.cert = None
        assert session.get(url, timeout=5).status_code == 401
