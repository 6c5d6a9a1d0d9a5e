"""What init writes for a platform loads, whatever was answered, and holds no secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from config import load
from config.document import Document
from config.schema import schema
from config.template_jira import JIRA
from config.template_platform import Platform, PlatformAnswers, render_platform
from config.template_servicenow import SERVICENOW
from connectors.contract import ConnectorSettings
from connectors.jira import JiraSettings
from connectors.servicenow import ServiceNowSettings
from storage.errors import UsageError
from tests.config.support import schema_faults

MODELS: dict[str, type[ConnectorSettings]] = {"servicenow": ServiceNowSettings, "jira": JiraSettings}
ALL = [(platform, way) for platform in (SERVICENOW, JIRA) for way in platform.ways]
ENVIRONMENT = {name: f"value-of-{name}" for platform, way in ALL for name in platform.ways[way].variables}

both = pytest.mark.parametrize("platform", [SERVICENOW, JIRA], ids=lambda platform: platform.type)


def answers(platform: Platform, way: str = "", **more: Any) -> PlatformAnswers:
    given = {"user": "maturity.reader", **more}
    return PlatformAnswers(platform, platform.example, way or next(iter(platform.ways)), **given)


def settings_of(folder: Path, text: str) -> Any:
    (folder / "c.yaml").write_text(text, encoding="utf-8")
    (found,) = load(folder / "c.yaml", ENVIRONMENT).connectors.values()
    assert isinstance(found, MODELS[found.type])
    return found


@pytest.mark.parametrize(("platform", "way"), ALL, ids=lambda one: one if isinstance(one, str) else one.type)
def test_every_way_to_sign_in_loads_and_fits_the_schema(tmp_path: Path, platform: Platform, way: str) -> None:
    text = render_platform(answers(platform, way))
    found = settings_of(tmp_path, text)
    assert found.url == platform.example
    assert found.auth.type == platform.ways[way].fixed["type"]
    assert schema_faults(Document.parse(text, "f").data, schema(), schema()) == []
    for name in platform.ways[way].variables:
        assert f'"${{{name}}}"' in text


@both
def test_all_record_kinds_are_read_unless_some_are_chosen(tmp_path: Path, platform: Platform) -> None:
    everything = settings_of(tmp_path, render_platform(answers(platform)))
    assert everything.records == type(everything).model_fields["records"].default
    chosen = settings_of(tmp_path, render_platform(answers(platform, records=("incident", "problem"))))
    assert chosen.records == ("incident", "problem")


def test_projects_of_jira_are_written(tmp_path: Path) -> None:
    found = settings_of(tmp_path, render_platform(answers(JIRA, projects=("ITSM", "HR"))))
    assert found.projects == ("ITSM", "HR")


@both
def test_every_commented_setting_is_its_default_or_an_example_that_loads(
    tmp_path: Path, platform: Platform
) -> None:
    text = render_platform(answers(platform))
    connector = text[text.index("connectors:") : text.index("# Which department")]
    active = re.sub(r"^( *)#(?=[a-z\]]|  +\S)", r"\1", connector, flags=re.MULTILINE)
    active = re.sub(r"^ *# .*\n", "", active, flags=re.MULTILINE)
    found, plain = settings_of(tmp_path, active), settings_of(tmp_path, connector)
    examples = {"since", "map", "tls", "proxy", "projects", "filter", "issue_types", "schedule"}
    data: Any = Document.parse(active, "f").data
    # Where Atlassian's own API is, nobody changes but who has a gateway of their own.
    assert set(data["connectors"][platform.type]) == set(type(found).model_fields) - {"gateway"}
    assert found.model_dump(exclude=examples) == plain.model_dump(exclude=examples)


@pytest.mark.parametrize("user", ["o'neil: #1", "${HOME}", '"', "true", "ünï"])
def test_a_user_name_comes_back_as_it_was(tmp_path: Path, user: str) -> None:
    found = settings_of(tmp_path, render_platform(answers(SERVICENOW, user=user)))
    assert getattr(found.auth, "user", None) == user


@pytest.mark.parametrize(("platform", "way"), [one for one in ALL if one[0].ways[one[1]].needs_user])
def test_a_way_that_needs_a_user_asks_for_one(platform: Platform, way: str) -> None:
    with pytest.raises(UsageError, match="needs the account's name") as caught:
        render_platform(answers(platform, way, user=None))
    assert "--user" in caught.value.hint
