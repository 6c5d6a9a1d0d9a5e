from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.errors import UsageError
from storage.history import Run
from storage.history.store import History
from tests.storage.history.places import Place
from tests.storage.history.samples import NOON, ledger_row, numbers, standing, texts

COUNTER = itertools.count()

CATALOGUE: dict[str, object] = {
    "version": "1.0",
    "indicators": [{"id": "inc-x", "anchors": {"zero": 0.1, "full": 1e16}, "question": "Für wen?"}],
    "components": {},
}

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def test_a_run_is_listed_while_it_goes_on(history: History) -> None:
    run = history.start_run("sync", "corp", NOON)
    assert history.runs() == [Run(run, "sync", "corp", NOON)]


def test_a_finished_run_says_how_it_ended(history: History) -> None:
    run = history.start_run("assess", None, NOON)
    history.finish_run(run, "done", NOON + timedelta(seconds=3), "all well")
    assert history.runs() == [Run(run, "assess", None, NOON, NOON + timedelta(seconds=3), "done", "all well")]


def test_a_run_ends_once(history: History) -> None:
    run = history.start_run("assess", None, NOON)
    history.finish_run(run, "done", NOON)
    with pytest.raises(UsageError, match="has ended already"):
        history.finish_run(run, "failed", NOON)
    assert history.runs()[0].outcome == "done"


def test_runs_come_newest_first_and_no_more_than_asked(history: History) -> None:
    first, second, third = (history.start_run("sync", None, NOON + timedelta(hours=h)) for h in (1, 3, 2))
    assert [run.id for run in history.runs()] == [second, third, first]
    assert [run.id for run in history.runs(limit=1)] == [second]


def test_a_kind_of_run_nobody_knows_is_refused(history: History) -> None:
    with pytest.raises(UsageError, match="break its rules"):
        history.start_run("dance", None, NOON)


def test_the_ledger_comes_back_in_the_order_it_was_written(history: History) -> None:
    run, other = history.start_run("sync", "corp", NOON), history.start_run("sync", "apps", NOON)
    written = [
        ledger_row(),
        ledger_row(counted=1007, window_since=None, window_until=None, seconds=0.1 + 0.2),
        ledger_row(kind="change", outcome="denied", received=2**40),
    ]
    for row in written:
        history.add_ledger(run, row)
    assert history.ledger(run) == written
    assert history.ledger(other) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda history: history.add_ledger("nobody", ledger_row()),
        lambda history: history.ledger("nobody"),
        lambda history: history.finish_run("nobody", "done", NOON),
    ],
)
def test_an_unknown_run_is_refused(history: History, call: Any) -> None:
    with pytest.raises(UsageError, match="no run nobody"):
        call(history)


def test_a_bookmark_is_kept_and_moved_on(history: History) -> None:
    assert history.bookmark("corp", "incident", "store-1") is None
    history.set_bookmark("corp", "incident", "store-1", "2026-01-01", NOON)
    history.set_bookmark("corp", "incident", "store-1", "2026-02-01", NOON)
    assert history.bookmark("corp", "incident", "store-1") == "2026-02-01"


def test_a_bookmark_is_valid_only_for_its_evidence_store(history: History) -> None:
    history.set_bookmark("corp", "incident", "store-1", "2026-01-01", NOON)
    assert history.bookmark("corp", "incident", "store-2") is None
    assert history.bookmark("corp", "change", "store-1") is None
    assert history.bookmark("apps", "incident", "store-1") is None


def test_a_standing_is_kept_and_replaced(history: History) -> None:
    assert history.standings("store-1") == []
    history.save_standing(standing(windows_hidden=3))
    history.save_standing(standing(windows_hidden=None, base_hidden=2**40, doubtful=1))
    (found,) = history.standings("store-1")
    assert found == standing(windows_hidden=None, base_hidden=2**40, doubtful=1)


def test_a_standing_is_that_of_one_evidence_store_and_connector(history: History) -> None:
    other = standing(connector="apps", read_with="change", kind="transition")
    for each in (standing(), other, standing(evidence_store="store-2")):
        history.save_standing(each)
    assert history.standings("store-1") == [other, standing()]
    assert history.standings("store-1", "apps") == [other]
    assert history.standings("store-3") == []


def test_what_a_standing_lacks_is_known_only_once_everything_was_read_and_counted() -> None:
    full = standing(windows_hidden=1, snapshot_hidden=2, base_hidden=3, windows_rejected=4)
    assert (full.hidden, full.rejected) == (6, 4)
    assert standing(windows_hidden=1, snapshot_hidden=None).hidden is None
    unfinished = standing(whole=False)
    assert (unfinished.hidden, unfinished.rejected) == (None, None)


def test_a_catalogue_is_kept_as_it_was_given(history: History) -> None:
    history.save_catalogue("1.0+3f9a", CATALOGUE)
    found = history.catalogue("1.0+3f9a")
    assert found == CATALOGUE
    assert list(found) == list(CATALOGUE)
    assert history.catalogue("2.0") is None


@given(content=st.dictionaries(texts, documents, max_size=3))
@settings(max_examples=40, derandomize=True, deadline=None)
def test_any_catalogue_comes_back_equal(shared_history: History, content: dict[str, object]) -> None:
    version = f"any-{next(COUNTER)}"
    shared_history.save_catalogue(version, content)
    assert shared_history.catalogue(version) == content


def test_a_catalogue_version_is_written_once(history: History) -> None:
    history.save_catalogue("1.0+3f9a", CATALOGUE)
    history.save_catalogue("1.0+3f9a", dict(reversed(CATALOGUE.items())))
    with pytest.raises(UsageError, match="stored with other content"):
        history.save_catalogue("1.0+3f9a", {**CATALOGUE, "components": {"a": 1}})
    assert history.catalogue("1.0+3f9a") == CATALOGUE


@pytest.mark.parametrize(
    "change", ["UPDATE catalogue_version SET digest = ''", "DELETE FROM catalogue_version"]
)
def test_the_database_itself_refuses_to_change_a_catalogue(place: Place, change: str) -> None:
    with place.open() as history:
        history.save_catalogue("1.0+3f9a", CATALOGUE)
        with pytest.raises(Exception, match="history is never changed"):
            place.execute(change)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"indicators": [{"cap": float("nan")}]}, r"catalogue.indicators\[0\].cap is not a finite number"),
        ({"priorities": {1: "P1"}}, "a key of catalogue.priorities is of type int"),
        ({"since": date(2026, 1, 1)}, "catalogue holds a value that JSON has not"),
    ],
)
def test_what_json_would_change_is_refused_in_a_catalogue(
    history: History, content: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        history.save_catalogue("1.0", content)
    assert history.catalogue("1.0") is None
