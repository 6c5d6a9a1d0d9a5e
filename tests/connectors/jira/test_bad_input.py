"""What is wrong with a configuration or an account is told in a sentence that says what to do."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.jira import JiraSettings
from sandbox.jira import SandboxJira, Traps
from sandbox.jira.settings import Settings
from storage.errors import FatalError, ItsmMaturityError
from storage.evidence.store import KindState
from tests.connectors.jira.support import Store, connect, sandbox, site

GOOD = {
    "type": "jira",
    "url": "https://corp.atlassian.net",
    "auth": {"type": "api_token", "user": "ann@corp.example", "token": "secret words"},
}


def detail(jira: SandboxJira, kind: str = "incident", **changes: Any) -> tuple[KindState, str]:
    connector = connect(jira, **changes)
    found = {result.kind: result for result in connector.probe()}
    connector.close()
    return found[kind].state, found[kind].detail


def problems(jira: SandboxJira, **changes: Any) -> list[str]:
    connector = connect(jira, **changes)
    found = [one.message for one in connector.problems()]
    connector.close()
    return found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "corp"}, "is no address"),
        ({"url": "http://corp.atlassian.net"}, "write https"),
        ({"url": "https://corp.example/jira/rest/api/2"}, "ends before /rest"),
        ({"records": ["incidents"]}, "did you mean 'incident'"),
        ({"map": {"incident.servce_id": "Service"}}, "servce_id"),
        ({"map": {"release.name": "Service"}}, "given by Jira"),
        ({"issue_types": {"release": ["Version"]}}, "no kind of issue"),
        ({"since": "two years"}, "neither a span"),
    ],
)
def test_settings_are_refused_with_a_reason(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as raised:
        JiraSettings.model_validate(GOOD | change)
    assert "secret words" not in str(raised.value)


def test_an_address_that_is_no_jira_is_told() -> None:
    with sandbox("data_center", site(0.04)) as jira, pytest.raises(ItsmMaturityError) as raised:
        connect(jira, url=jira.root).probe()
    assert "context path" in f"{raised.value.message} {raised.value.hint}"


def test_a_revoked_token_is_told_without_its_words() -> None:
    with sandbox("cloud", site(0.04)) as jira:
        jira.accounts.revoked = True
        with pytest.raises(FatalError, match="does not accept") as raised:
            connect(jira).probe()
    assert "expired or been revoked" in raised.value.hint
    assert jira.token not in f"{raised.value} {raised.value.hint}"


def test_a_scoped_token_at_the_address_of_the_site_is_told() -> None:
    with sandbox("cloud", site(0.04)) as jira:
        auth = {"type": "api_token", "user": jira.user, "token": jira.settings.scoped_token}
        with pytest.raises(FatalError) as raised:
            connect(jira, auth=auth).probe()
    assert "scoped_token" in raised.value.hint


def test_a_project_without_permission_is_told() -> None:
    with sandbox("cloud", site(0.04), settings=Settings(hidden_projects=frozenset({"ITSM"}))) as jira:
        with pytest.raises(FatalError, match="may see no issue") as raised:
            detail(jira)
        assert "Browse projects" in raised.value.message
        (told,) = problems(jira, projects=["ITSM"])
    assert "sees no project 'ITSM'" in told


def test_a_misspelt_project_is_told_with_the_near_one() -> None:
    with sandbox("cloud", site(0.04)) as jira:
        (told,) = problems(jira, projects=["ITMS"])
    assert "did you mean 'ITSM'" in told


def test_a_filter_that_matches_nothing_is_told() -> None:
    with sandbox("cloud", site(0.04)) as jira:
        state, told = detail(jira, filter="labels = nowhere")
        assert state is KindState.EMPTY
        assert "`filter` leaves out every issue" in told
        assert problems(jira, filter="labels = nowhere") == [
            "No issue fits it: correct it, or leave it away."
        ]
        assert problems(jira, filter="project = ITSM") == []


def test_a_field_name_that_is_used_twice_is_told_and_the_filled_one_read() -> None:
    with sandbox("cloud", site(0.04, traps=Traps(twice=("Urgency",)))) as jira:
        _, told = detail(jira)
        assert "2 fields are named 'Urgency': customfield_10040 is read" in told
        store = Store()
        store.sync(connect(jira, records=["incident"]))
        assert all(one.values["urgency"] for one in store.records["incident"].values())


def test_a_mapped_name_that_several_fields_have_is_refused_with_their_ids() -> None:
    with sandbox("cloud", site(0.04, traps=Traps(twice=("Urgency",)))) as jira:
        (told,) = problems(jira, map={"incident.subcategory": "Urgency"})
        assert (
            told == "2 fields are named 'Urgency': write the id of one, customfield_10040, customfield_10940."
        )
        assert problems(jira, map={"incident.subcategory": "customfield_10040"}) == []


def test_a_mapped_attribute_is_told_where_there_is_no_assets() -> None:
    served = site(0.04)
    served.assets = None
    with sandbox("cloud", served) as jira:
        (told,) = problems(jira, map={"configuration_item.owner": "Owner"})
    assert "Assets" in told


def test_names_in_another_language_are_found() -> None:
    words = {"Incident": "Vorfall", "Urgency": "Dringlichkeit", "Closed": "Geschlossen"}
    with sandbox("cloud", site(0.04, traps=Traps(translated=words))) as jira:
        store = Store()
        store.sync(connect(jira, records=["incident"]))
        assert len(store.records["incident"]) == 40
        assert all(one.values["urgency"] for one in store.records["incident"].values())
        assert any(one.values["closed_at"] for one in store.records["incident"].values())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"map": {"incident.service_id": "Afected services"}}, "did you mean 'Affected services'"),
        ({"map": {"configuration_item.owner": "Ownr"}}, "attribute 'Ownr' (did you mean 'owner'?)"),
        ({"issue_types": {"request": ["Purchse"]}}, "no issue type 'Purchse'"),
        ({"filter": "labels ==="}, "does not understand it"),
    ],
)
def test_a_name_that_the_site_does_not_have_is_told(changes: dict[str, Any], words: str) -> None:
    with sandbox("cloud", site(0.04)) as jira:
        (told,) = problems(jira, **changes)
    assert words in told


def test_an_account_that_is_no_agent_is_told_what_it_lacks() -> None:
    with sandbox("cloud", site(0.04), settings=Settings(agent=False)) as jira:
        state, told = detail(jira, "service_level")
    assert state is KindState.DENIED
    assert "licence" in told


def test_the_mapping_is_told() -> None:
    with sandbox("cloud", site(0.04)) as jira:
        _, told = detail(jira)
    for words in ("Issue types: Bug, Incident", "urgency customfield_10040", "done: ", "not read: "):
        assert words in told


def test_columns_without_an_attribute_are_told_and_not_claimed() -> None:
    served = site(0.04)
    for type_ in served.assets.types.values() if served.assets else ():
        type_.attributes = [one for one in type_.attributes if one.name != "Owner"]
    with sandbox("cloud", served) as jira:
        connector = connect(jira)
        (found,) = [one for one in connector.probe() if one.kind == "configuration_item"]
        connector.close()
    assert "No attribute of Assets is named like owner" in found.detail
    assert found.capability is not None
    assert "owner" not in found.capability.columns


def test_linked_articles_are_read_where_that_is_wanted() -> None:
    served = site(0.1)
    with sandbox("cloud", served) as jira:
        store = Store()
        store.sync(connect(jira, records=["incident"], knowledge_links=True))
        used = {name for name, one in store.records["incident"].items() if one.values["knowledge_used"]}
    linked = {str(number) for number, links in served.remote_links.items() if links}
    assert used
    assert used == linked & store.ids("incident")
