"""Every way of being let in, and what is said when it is closed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.servicenow import Clock, SandboxServiceNow, Settings
from storage.errors import FatalError
from tests.connectors.servicenow.support import NOW, Store, connect, held, sandbox, truth


def oauth(instance: SandboxServiceNow, grant: str, **more: str) -> dict[str, Any]:
    client = {"client_id": instance.client_id, "client_secret": instance.client_secret}
    return {"type": "oauth", "grant": grant, **client, **more}


def pem() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


@pytest.mark.parametrize("grant", ["client_credentials", "password"])
def test_a_token_is_renewed_before_and_when_it_expires(grant: str) -> None:
    with sandbox(settings=Settings(token_seconds=90)) as instance:
        more = {"user": instance.user, "password": instance.password} if grant == "password" else {}
        connector = connect(instance, auth=oauth(instance, grant, **more))
        store = Store()
        windows = connector.windows("incident", None)
        window = next(windows)
        instance.clock.advance(timedelta(minutes=5))
        store._pull(connector, "incident")
        connector.close()
        assert window.kind == "incident"
        assert held(store) == truth(instance)
        assert sum(call.status == 401 for call in instance.journal) <= 2


def test_a_token_that_lasts_for_three_requests_is_enough_for_two_workers() -> None:
    each = Clock(NOW, per_request=timedelta(seconds=5))
    with sandbox(settings=Settings(token_seconds=15), clock=each) as instance:
        store = Store()
        store.sync(connect(instance, auth=oauth(instance, "client_credentials"), workers=2), "incident")
        assert held(store) == truth(instance)


def test_a_refresh_token_is_used() -> None:
    with sandbox() as instance:
        import requests

        form = oauth(instance, "password", grant_type="password", username=instance.user)
        with requests.post(
            instance.url + "/oauth_token.do", data=form | {"password": instance.password}, timeout=5
        ) as answer:
            token = answer.json()["refresh_token"]
        store = Store()
        store.sync(connect(instance, auth=oauth(instance, "refresh", refresh_token=token)), "incident")
        assert held(store) == truth(instance)


def test_an_assertion_is_signed() -> None:
    private, public = pem()
    with sandbox(settings=Settings(jwt_key=public)) as instance:
        auth = oauth(instance, "jwt_bearer", user=instance.user, signing_key=private)
        store = Store()
        store.sync(connect(instance, auth=auth), "incident")
        assert held(store) == truth(instance)


def test_a_key_that_cannot_sign_is_told() -> None:
    with sandbox() as instance:
        auth = oauth(instance, "jwt_bearer", user=instance.user, signing_key="no key")
        with pytest.raises(FatalError, match="cannot sign"):
            Store().sync(connect(instance, auth=auth), "incident")


def test_a_wrong_client_secret_is_tried_once_and_never_shown() -> None:
    with sandbox() as instance:
        auth = oauth(instance, "client_credentials") | {"client_secret": "not-the-secret"}
        with pytest.raises(FatalError, match="no OAuth token") as raised:
            Store().sync(connect(instance, auth=auth), "incident")
        assert "client_secret" in raised.value.hint
        assert "not-the-secret" not in f"{raised.value} {raised.value.hint}"
        assert len(instance.journal) == 1


def test_an_untrusted_certificate_is_told() -> None:
    with sandbox(tls=True) as instance:
        with pytest.raises(FatalError, match="not trusted") as raised:
            Store().sync(connect(instance), "incident")
        assert "tls.ca_bundle" in raised.value.hint


def test_a_missing_certificate_file_is_told() -> None:
    with sandbox(tls=True) as instance:
        tls = {"ca_bundle": "nowhere.pem"}
        with pytest.raises(FatalError, match=r"no file nowhere\.pem"):
            Store().sync(connect(instance, folder=Path("/"), tls=tls), "incident")
