"""The level planted in records is the level found; `make validate` does it fifty times."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.validity.recovery import LEVELS, recover


@pytest.mark.parametrize("level", LEVELS)
def test_planted_level_is_found_and_never_exceeded(level: int, tmp_path: Path) -> None:
    result = recover(level, seed=1, folder=tmp_path)
    assert result.found == level, result.reason
