from __future__ import annotations

import pytest

from config.template_jira import JIRA
from config.template_servicenow import SERVICENOW
from scheduler.begin_platform import record_kinds, site_address, way_to_sign_in
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
    assert site_address(SERVICENOW, written) == address


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
        site_address(SERVICENOW, written)
    said = f"{caught.value.message} {caught.value.hint}"
    assert says in said
    assert SECRET not in said
    assert caught.value.hint


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("acme", "https://acme.atlassian.net"),
        ("https://jira.acme.example/jira/", "https://jira.acme.example/jira"),
        ("https://api.atlassian.com/ex/jira/0c1d-2e", "https://api.atlassian.com/ex/jira/0c1d-2e"),
        ("http://127.0.0.1:4711/jira", "http://127.0.0.1:4711/jira"),
    ],
)
def test_a_jira_is_found_by_its_name_or_its_url_with_the_context_path(written: str, address: str) -> None:
    assert site_address(JIRA, written) == address


@pytest.mark.parametrize(
    "written",
    ["https://acme.atlassian.net/browse/ITSM-1", "https://acme.example/jira/rest/api/2", "a.b/?x=1"],
)
def test_a_page_of_a_jira_is_refused(written: str) -> None:
    with pytest.raises(UsageError, match="context path of Data Center"):
        site_address(JIRA, written)


def test_the_usual_way_to_sign_in_follows_from_the_address() -> None:
    assert JIRA.usual_way("https://acme.atlassian.net") == "api-token"
    assert JIRA.usual_way("https://jira.acme.example/jira") == "personal-token"


def test_a_kind_that_jira_does_not_have_is_answered_with_those_it_has() -> None:
    with pytest.raises(UsageError, match="Jira is not read for outage") as caught:
        record_kinds(JIRA, ["outage"])
    assert "incident" in caught.value.hint


def test_record_kinds_may_be_joined_by_commas() -> None:
    assert record_kinds(SERVICENOW, ["incident, problem", "incident"]) == ("incident", "problem")
    assert record_kinds(SERVICENOW, []) == record_kinds(SERVICENOW, ["all"]) == ()


def test_an_unknown_kind_or_way_is_answered_with_what_there_is() -> None:
    with pytest.raises(UsageError, match="'incidnet' is not a record kind") as caught:
        record_kinds(SERVICENOW, ["incidnet"])
    assert "incident" in caught.value.hint
    with pytest.raises(UsageError) as other:
        way_to_sign_in(SERVICENOW, "oauht")
    assert "oauth-jwt" in other.value.hint
