"""What init writes for an instance loads, whatever was answered, and holds no secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from config import load
from config.document import Document
from config.schema import schema
from config.template_servicenow import WAYS, ServiceNowAnswers, render_servicenow
from connectors.servicenow import ServiceNowSettings
from storage.errors import UsageError
from tests.config.support import schema_faults

URL = "https://acme.service-now.com"
ENVIRONMENT = {name: f"value-of-{name}" for way in WAYS.values() for name in way.variables}


def answers(way: str = "basic", **more: object) -> ServiceNowAnswers:
    given: dict[str, object] = {"user": "maturity.reader", **more}
    return ServiceNowAnswers(URL, way, **given)  # type: ignore[arg-type]


def settings_of(folder: Path, text: str) -> ServiceNowSettings:
    (folder / "c.yaml").write_text(text, encoding="utf-8")
    found = load(folder / "c.yaml", ENVIRONMENT).connectors["servicenow"]
    assert isinstance(found, ServiceNowSettings)
    return found


@pytest.mark.parametrize("way", list(WAYS))
def test_every_way_to_sign_in_loads_and_fits_the_schema(tmp_path: Path, way: str) -> None:
    text = render_servicenow(answers(way))
    found = settings_of(tmp_path, text)
    assert found.url == URL
    assert found.auth.type == way.partition("-")[0]
    assert schema_faults(Document.parse(text, "f").data, schema(), schema()) == []
    for name in WAYS[way].variables:
        assert f'"${{{name}}}"' in text


def test_all_record_kinds_are_read_unless_some_are_chosen(tmp_path: Path) -> None:
    everything = settings_of(tmp_path, render_servicenow(answers()))
    assert everything.records == ServiceNowSettings.model_fields["records"].default
    chosen = settings_of(tmp_path, render_servicenow(answers(records=("incident", "problem"))))
    assert chosen.records == ("incident", "problem")


def test_every_commented_setting_is_its_default_or_an_example_that_loads(tmp_path: Path) -> None:
    text = render_servicenow(answers())
    connector = text[text.index("connectors:") : text.index("# Which department")]
    active = re.sub(r"^( *)#(?=[a-z\]]|  +\S)", r"\1", connector, flags=re.MULTILINE)
    active = re.sub(r"^ *# .*\n", "", active, flags=re.MULTILINE)
    found, plain = settings_of(tmp_path, active), settings_of(tmp_path, connector)
    examples = {"since", "map", "tls", "proxy"}
    data: Any = Document.parse(active, "f").data
    shown = set(data["connectors"]["servicenow"])
    assert shown == set(ServiceNowSettings.model_fields)
    assert found.model_dump(exclude=examples) == plain.model_dump(exclude=examples)


@pytest.mark.parametrize("user", ["o'neil: #1", "${HOME}", '"', "true", "ünï"])
def test_a_user_name_comes_back_as_it_was(tmp_path: Path, user: str) -> None:
    found = settings_of(tmp_path, render_servicenow(answers(user=user)))
    assert getattr(found.auth, "user", None) == user


@pytest.mark.parametrize("way", [name for name, each in WAYS.items() if each.needs_user])
def test_a_way_that_needs_a_user_asks_for_one(way: str) -> None:
    with pytest.raises(UsageError, match="needs the account's name") as caught:
        render_servicenow(answers(way, user=None))
    assert "--user" in caught.value.hint
