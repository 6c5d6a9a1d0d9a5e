from __future__ import annotations

import pytest

from scheduler.begin_servicenow import instance_address, record_kinds, way_to_sign_in
from storage.errors import UsageError

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("acme", "https://acme.service-now.com"),
        (" ACME-Test2 ", "https://acme-test2.service-now.com"),
        ("acme.service-now.com", "https://acme.service-now.com"),
        ("https://acme.service-now.com/", "https://acme.service-now.com"),
        ("https://itsm.acme.example:8443", "https://itsm.acme.example:8443"),
        ("http://127.0.0.1:4711", "http://127.0.0.1:4711"),
        ("http://localhost:80", "http://localhost:80"),
        ("http://[::1]:4711", "http://[::1]:4711"),
    ],
)
def test_an_instance_is_found_by_its_name_host_or_url(written: str, address: str) -> None:
    assert instance_address(written) == address


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("http://acme.service-now.com", "https://acme.service-now.com"),
        ("http://127.0.0.1.acme.com", "password could be read"),
        ("https://acme.service-now.com/nav_to.do?uri=incident.do", "ends after the host"),
        ("acme.service-now.com/login", "ends after the host"),
        ("https://acme.service-now.com?x=1", "ends after the host"),
        ("https://acme.service-now.com#top", "ends after the host"),
        (f"https://ann:{SECRET}@acme.service-now.com", "user or a password"),
        (f"https://:{SECRET}@acme.service-now.com", "user or a password"),
        (f"ann:{SECRET}@acme.service-now.com", "user or a password"),
        ("ftp://acme.service-now.com", "no address"),
        ("https://", "no address"),
        ("", "no address"),
        ("acme instance", "no address"),
        ("https://acme.service-now.com:port", "no address"),
        ("https://acme_x.com", "no address"),
        (f"https://acme.com:{SECRET}", "no address"),
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(written: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        instance_address(written)
    said = f"{caught.value.message} {caught.value.hint}"
    assert says in said
    assert SECRET not in said
    assert caught.value.hint


def test_record_kinds_may_be_joined_by_commas() -> None:
    assert record_kinds(["incident, problem", "incident"]) == ("incident", "problem")
    assert record_kinds([]) == record_kinds(["all"]) == ()


def test_an_unknown_kind_or_way_is_answered_with_what_there_is() -> None:
    with pytest.raises(UsageError, match="'incidnet' is not a record kind") as caught:
        record_kinds(["incidnet"])
    assert "incident" in caught.value.hint
    with pytest.raises(UsageError) as other:
        way_to_sign_in("oauht")
    assert "oauth-jwt" in other.value.hint
