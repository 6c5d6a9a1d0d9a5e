from __future__ import annotations

import subprocess
import sys

from evaluators.catalogue import shipped
from evaluators.catalogue.documentation import markdown
from evaluators.references import references

MEASURING = """
import sys
import evaluators.assessment, evaluators.overall, evaluators.explanation, scheduler.assess
import scheduler.recompute, config.own_catalogue
sys.exit(int("evaluators.references" in sys.modules))
"""


def test_every_published_value_belongs_to_an_indicator_and_says_how_far_it_compares() -> None:
    known = {entry.id for entry in shipped().entries}
    assert {*references()} <= known
    every = [each for found in references().values() for each in found]
    assert all(each.source and each.year and each.comparability for each in every)
    assert len(every) == 23


def test_nothing_that_measures_or_rates_reads_what_others_published() -> None:
    assert subprocess.run([sys.executable, "-c", MEASURING], check=False).returncode == 0


def test_the_catalogue_and_its_version_know_nothing_of_them() -> None:
    assert "references" not in shipped().content()


def test_the_page_of_indicators_shows_them_as_a_comparison() -> None:
    page = markdown(shipped())
    sentence = references()["inc-first-assignment-resolution"][0].sentence()
    assert f"- Elsewhere (for comparison only): {sentence}" in page
