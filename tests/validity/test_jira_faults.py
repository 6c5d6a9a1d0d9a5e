"""A short part of the fault matrix of Jira, and proof that its judgement can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from connectors.contract import Batch, Reading, Window
from connectors.jira import JiraConnector
from sandbox.jira import Limits, Settings, faults, life
from tests.validity.jira_faults import PAGES, SURVIVED, Case, judge, mixture, told
from tests.validity.jira_world import SETTLED, WEEK

MIXTURES = range(1001, 1021)
Read = Callable[[JiraConnector, Window, Reading], Iterator[Batch]]


@pytest.mark.parametrize("seed", MIXTURES)
def test_a_mixture_of_faults_is_never_silently_short(seed: int) -> None:
    result = judge(mixture(seed))
    assert result.verdict != "wrong", told(result)


def test_an_index_that_is_hours_behind_is_read_once_more() -> None:
    going_on = [life.inserts(3).at("*", requests=range(8, 14))]
    behind = Settings(index_lag=6 * 3600)
    result = judge(Case("behind", life=going_on, settings=behind, wait=SETTLED))
    assert result.verdict == "equal", told(result)


def _page_dropped(whole: Read) -> Read:
    def read(self: JiraConnector, window: Window, reading: Reading) -> Iterator[Batch]:
        for number, batch in enumerate(whole(self, window, reading)):
            if window.kind != "incident" or number != 1:
                yield batch

    return read


def _value_changed(whole: Read) -> Read:
    def read(self: JiraConnector, window: Window, reading: Reading) -> Iterator[Batch]:
        for batch in whole(self, window, reading):
            records = list(batch.records.get("incident", ()))
            if records:
                first = replace(records[0], values={**records[0].values, "priority": 9})
                batch.records = {**batch.records, "incident": [first, *records[1:]]}
            yield batch

    return read


def _presence_forgotten(whole: Read) -> Read:
    def read(self: JiraConnector, window: Window, reading: Reading) -> Iterator[Batch]:
        return iter(()) if window.complete else whole(self, window, reading)

    return read


@pytest.mark.parametrize(
    ("break_it", "said"),
    [(_page_dropped, "lost"), (_value_changed, "different"), (_presence_forgotten, "lost")],
)
def test_a_connector_that_is_broken_on_purpose_is_found_wrong(
    break_it: Callable[[Read], Read], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JiraConnector, "read", break_it(JiraConnector.read))
    small = Settings(limits=Limits(page_server=20))
    gone = [life.deletes(9).at("search", requests={15})]
    result = judge(Case("broken on purpose", "data_center", life=gone, settings=small, wait=WEEK))
    assert result.verdict == "wrong"
    assert said in " ".join(result.said)


def test_a_fault_that_never_strikes_is_found_wrong() -> None:
    fault = SURVIVED["503"].at(PAGES["cloud"], requests={10_000})
    result = judge(Case("never", faults=[fault]))
    assert (result.verdict, result.said) == ("wrong", ("status 503 never struck",))


def test_a_history_that_is_cut_in_every_page_is_whole_in_the_end() -> None:
    result = judge(Case("capped", faults=[faults.capped_history().at("issue/bulkfetch")], expects="equal"))
    assert result.verdict == "equal", told(result)
