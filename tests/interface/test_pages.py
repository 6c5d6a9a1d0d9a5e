"""What the pages for people say about levels and departments is what the product does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config import load
from evaluators import departments, handoffs, publication
from evaluators.achievement import LARGELY_UP_TO, NOT_UP_TO, PARTLY_UP_TO
from evaluators.catalogue.composition import VIEWS
from evaluators.practices import STAGED_SETS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def page(name: str) -> str:
    return " ".join((DOCS / name).read_text("utf-8").split())


def test_the_page_of_levels_names_the_bands_and_the_staged_sets() -> None:
    text = page("levels.md")
    bands = [round(100 * edge) for edge in (NOT_UP_TO, PARTLY_UP_TO, LARGELY_UP_TO)]
    assert re.findall(r"\| [NPLF], \w+ \| (?:above )?(.*?)(?: %)? \|", text) == [
        f"up to {bands[0]}",
        f"{bands[0]} up to {bands[1]}",
        f"{bands[1]} up to {bands[2]}",
        f"{bands[2]}",
    ]
    for level in (2, 3, 4):
        names = [name for name, start in STAGED_SETS.items() if start == level]
        assert f"| {level} | {', '.join(names)} |" in text
    assert all(view.name in text for view in VIEWS)


@pytest.mark.parametrize("certainty", [(0.90, 0.80, "high"), (0.70, 0.60, "medium"), (0.69, 0.60, "low")])
def test_the_page_of_levels_says_when_confidence_is_high(certainty: tuple[float, float, str]) -> None:
    probability, coverage, word = certainty
    assert publication.confidence(probability, coverage) == word
    assert "high with 90 % certainty and 80 % coverage, medium with 70 % and 60 %" in page("levels.md")


def test_the_page_of_departments_names_the_limits_in_force() -> None:
    text = page("departments.md")
    assert f"at least {departments.SMALLEST} of its records in a year" in text
    assert f"more than {round(100 * departments.MUCH)} % of the volume are {departments.FAR} or more" in text
    assert f"in the last {handoffs.DAYS} days" in text


@pytest.mark.parametrize("name", ["levels.md", "departments.md"])
def test_the_examples_on_the_pages_are_right(name: str, tmp_path: Path) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", (DOCS / name).read_text("utf-8"), re.DOTALL)
    assert examples
    for example in examples:
        (tmp_path / "itsm-maturity.yaml").write_text(example, encoding="utf-8")
        load(tmp_path / "itsm-maturity.yaml", {})


def test_the_example_of_own_entries_is_right(tmp_path: Path) -> None:
    text = (DOCS / "configuration.md").read_text("utf-8")
    example = next(each for each in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "- id:" in each)
    (tmp_path / "own.yaml").write_text(example, encoding="utf-8")
    (tmp_path / "itsm-maturity.yaml").write_text("indicators: own.yaml\n", encoding="utf-8")
    catalogue = load(tmp_path / "itsm-maturity.yaml", {}).catalogue
    assert catalogue.indicator("inc-sla-coverage").anchors.full == 99
    assert catalogue.indicator("inc-ping-pong-rate").weight == 0.5
