"""What the gaming suite makes of its trials, and a manipulated organisation from records to names."""

from __future__ import annotations

from dataclasses import replace

from sandbox.organisation.gaming import SCENARIOS, VARIANTS
from tests.validity.gaming import judged, upper_bound
from tests.validity.gaming_trials import Trial, Tried, cheating

TRIAL = Trial(2, 1)
NAMED = [Tried(TRIAL, name, (name,)) for name in SCENARIOS]
HONEST = [Tried(TRIAL, None, ()) for _ in range(100)]


def verdicts(rows: list[Tried]) -> list[bool | None]:
    return [each.holds for each in judged(rows)]


def test_all_named_and_nobody_accused_passes() -> None:
    assert verdicts(NAMED + HONEST) == [True, None, True, True, True]


def test_three_scenarios_that_go_unnoticed_fail() -> None:
    missed = [replace(each, named=()) for each in NAMED[:3]] + NAMED[3:]
    assert verdicts(missed + HONEST)[0] is False


def test_two_accused_of_a_hundred_fail_and_too_few_looked_at_prove_nothing() -> None:
    accused = [replace(each, named=("closure-burst",)) for each in HONEST[:2]] + HONEST[2:]
    assert verdicts(NAMED + accused)[2] is False
    assert verdicts(NAMED + HONEST[:58])[2] is False
    assert upper_bound(0, 59) < 5


def test_a_confirmed_level_that_rises_once_fails() -> None:
    risen = [replace(NAMED[0], confirmed=("incident",)), *NAMED[1:]]
    assert verdicts(risen + HONEST)[3] is False


def test_a_variant_is_shown_by_name_whether_noticed_or_not() -> None:
    rows = [Tried(TRIAL, name, ()) for name in VARIANTS]
    shown = list(judged(NAMED + HONEST + rows))[5]
    assert shown.holds is None
    assert all(name in shown.reading for name in VARIANTS)


def test_a_manipulated_organisation_is_named_and_not_confirmed_higher() -> None:
    honest, gamed = cheating(Trial(2, 1, 3_000, how=("edits-after-stop",)))
    assert honest.named == ()
    assert gamed.right
    assert (gamed.confirmed, gamed.persistent) == ((), ())
