"""The schema and the page about settings are current and complete."""

from __future__ import annotations

from pathlib import Path

from config.document import Document
from config.reference import PAGE, connector_types, renewed, settings_of
from config.schema import COMMITTED, schema, shipped_types, text
from config.settings import Settings
from tests.config.support import loaded, schema_faults

EXAMPLES = Path(__file__).parents[2] / "config" / "examples"


def test_the_committed_schema_is_current() -> None:
    current = text(schema(shipped_types()))
    assert COMMITTED.read_text("utf-8") == current, "run python -m config.schema > config/schema.json"


def test_the_page_about_settings_is_current() -> None:
    page = PAGE.read_text("utf-8")
    assert page == renewed(page, schema(shipped_types())), "run python -m config.reference"


def test_every_setting_has_a_description() -> None:
    whole = schema(shipped_types())
    assert [one.path for one in settings_of(whole) if not one.description] == []


def test_every_setting_is_on_the_page() -> None:
    whole, page = schema(shipped_types()), PAGE.read_text("utf-8")
    paths = [one.path for name in ("", *connector_types(whole)) for one in settings_of(whole, name)]
    assert len(paths) > 50
    assert [path for path in paths if f"| `{path}` |" not in page] == []


def test_the_example_on_the_page_is_right(tmp_path: Path) -> None:
    example = PAGE.read_text("utf-8").split("```yaml\n")[1].split("```")[0]
    loaded(tmp_path, example)
    assert schema_faults(Document.parse(example, "f").data, schema(), schema()) == []


def test_the_shipped_examples_fit_the_schema() -> None:
    for path in EXAMPLES.glob("*.yaml"):
        assert schema_faults(Document.read(path).data, schema(), schema()) == []


def test_the_schema_refuses_what_loading_refuses() -> None:
    wrong = [
        {"conectors": {}},
        {"connectors": {"x": {"type": "nothing"}}},
        {"connectors": {"x": {"type": "files"}}},
        {"assess": {"window": "90 dys"}},
        {"assess": {"practices": ["incidnt"]}},
        {"exclude": {"none": "maybe"}},
        {"exemptions": [{"indicator": "x"}]},
        {"priority_matrix": {"1-1": 9}},
    ]
    whole = schema()
    assert [value for value in wrong if not schema_faults(value, whole, whole)] == []


def test_a_reference_may_stand_wherever_a_text_number_or_choice_may() -> None:
    value = {
        "assess": {"window": "${W}", "as_of": "${D:-2026-01-01}", "practices": ["${P}"]},
        "exclude": {"none": "${N}"},
        "priority_matrix": {"1-1": "${P}"},
        "evidence": "file:/run/secrets/evidence",
    }
    assert schema_faults(value, schema(), schema()) == []


def test_every_top_level_setting_is_in_the_schema() -> None:
    assert list(schema()["properties"]) == list(Settings.model_fields)
