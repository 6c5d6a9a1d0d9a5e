"""A small part of the proofs of roadmap, explanation and change detection."""

from __future__ import annotations

from random import Random

from tests.evaluators.made import some_practice
from tests.validity import acceptance_change, acceptance_explanation, acceptance_roadmap


def test_roadmaps_and_explanations_are_sound_in_a_few_random_cases() -> None:
    random = Random(5)
    practices = [some_practice(random, "problem") for _ in range(60)]
    pairs = list(zip(practices[::2], practices[1::2], strict=True))
    figures = [
        *acceptance_roadmap.soundness(practices, print),
        *acceptance_explanation.soundness(pairs, print),
    ]
    assert len(figures) == 5
    assert [each for each in figures if not each.holds] == []


def test_losses_that_nobody_is_told_of_and_false_alerts_miss_their_bars() -> None:
    told = {"a": [True] * 60, "b": [True] * 30 + [False] * 30}
    detected, false = acceptance_change.detection(told, [], 72, lambda _: None)
    assert (detected.figure, detected.verdict) == (75, "FAIL")
    assert (false.figure, false.verdict) == (0, "pass")
