"""What stock ServiceNow cannot tell stands in the documentation, with what to add."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from connectors.servicenow import ServiceNowSettings
from evaluators.catalogue import shipped
from scheduler import lacking

PAGE = Path(__file__).parents[2] / "docs" / "servicenow.md"


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text("utf-8")
    assert lacking.written(page) == page, "run python -m scheduler.lacking docs/servicenow.md"


def test_the_fields_that_it_names_can_be_mapped() -> None:
    text = lacking.markdown().partition("```yaml\n")[2].partition("```")[0]
    mapped = YAML(typ="safe", pure=True).load(text)["map"]
    found = ServiceNowSettings.model_validate({**lacking.SETTINGS, "map": mapped})
    assert found.map["problem.origin"] == "u_origin"


@pytest.mark.parametrize(("indicator", "wants"), lacking.lacking().items())
def test_with_what_is_added_an_indicator_can_be_taken(
    indicator: str, wants: tuple[lacking.Want, ...]
) -> None:
    entry = shipped().indicator(indicator)
    assert not lacking.answerable(entry, lacking.stock())
    assert lacking.answerable(entry, lacking.added(lacking.stock(), wants)) is bool(wants)


def test_what_a_stock_instance_has_is_not_listed() -> None:
    told = {entry.id for entry in shipped().entries} - set(lacking.lacking())
    assert {"inc-sla-attainment", "chg-authorised-before-start", "knw-known-error-published"} <= told
