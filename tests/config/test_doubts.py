"""Limits of the gaming monitor and of the quality gate in the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import load
from storage.errors import ConfigurationError


def written(folder: Path, text: str) -> Path:
    file = folder / "itsm-maturity.yaml"
    file.write_text(text)
    return file


def test_limits_reach_the_policy(tmp_path: Path) -> None:
    text = "doubts: {quality: {durations: 0.05}, gaming: {closure-burst: {a_day: 40}}}\n"
    policy = load(written(tmp_path, text), {}).policy()
    assert policy.quality == {"durations": 0.05}
    assert policy.gaming == {"closure-burst": {"a_day": 40.0}}


def test_limits_that_are_not_given_are_the_shipped_ones(tmp_path: Path) -> None:
    policy = load(written(tmp_path, "evidence: duckdb:evidence.duckdb\n"), {}).policy()
    assert (policy.quality, policy.gaming) == ({}, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{quality: {duration: 0.05}}", "durations"),
        ("{quality: {unknown-codes: 0.05}}", "unknown-codes"),
        ("{quality: {durations: 5}}", "at most 1"),
        ("{gaming: {closure-bursts: {a_day: 40}}}", "closure-burst"),
        ("{gaming: {closure-burst: {per_day: 40}}}", "a_day"),
        ("{gaming: {closure-burst: {a_day: -1}}}", "at least 0"),
    ],
)
def test_what_is_no_limit_is_refused_with_what_there_is(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(written(tmp_path, f"doubts: {text}\n"), {})
    assert said in str(caught.value.problems)
