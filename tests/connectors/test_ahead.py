"""Pages of several streams are fetched at the same time."""

from __future__ import annotations

import gc
import sys

from connectors.platform.ahead import SideBySide


def test_pages_of_all_streams_come_in_turns() -> None:
    both = SideBySide([iter("ace"), iter("bd")], "test")
    assert "".join(both.pages()) == "abcde"
    both.close()


def test_the_interpreter_runs_as_before_once_the_last_one_is_closed() -> None:
    usual = sys.getswitchinterval(), gc.get_threshold()
    first, second = SideBySide([iter("a")], "test"), SideBySide([iter("b")], "test")
    first.close()
    first.close()
    assert gc.get_threshold() != usual[1]
    second.close()
    assert (sys.getswitchinterval(), gc.get_threshold()) == usual
