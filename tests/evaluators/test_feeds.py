"""Several tables that feed one kind: what one of them cannot fill is unknown of its records alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluators.policy import Policy
from evaluators.results import State
from evaluators.support import SupportMap
from evaluators.tellers import Teller, told_by
from storage.evidence import open_store
from storage.evidence.store import Feed, KindState, Record, Support

BOTH = frozenset({"opened_at", "model", "pipeline"})
RELEASES = Support(
    "corp",
    "release",
    KindState.READABLE,
    BOTH,
    frozenset({"planned_at"}),
    feeds={
        "releases": Feed(frozenset({"opened_at", "model"}), frozenset({"planned_at"})),
        "runs": Feed(frozenset({"opened_at", "pipeline"})),
    },
)
HISTORY = Support("corp", "transition", KindState.READABLE, frozenset({"at"}))


@pytest.fixture(name="known")
def _known() -> SupportMap:
    return SupportMap([RELEASES, HISTORY], Policy())


def test_only_feeds_that_fill_a_column_tell_of_it(known: SupportMap) -> None:
    assert known.answerable("release", ("model",)).tellers == (Teller("corp", "releases"),)
    assert known.answerable("release", ("pipeline",)).tellers == (Teller("corp", "runs"),)
    assert len(known.answerable("release", ("opened_at",)).tellers) == 2


def test_two_columns_that_no_feed_fills_together_are_not_supported(known: SupportMap) -> None:
    found = known.answerable("release", ("model", "pipeline"))
    assert (found.state, found.tellers) == (State.NOT_SUPPORTED, ())
    assert found.reason in ("no source fills pipeline", "no source fills model")


def test_history_is_told_by_the_feed_whose_fields_are_followed(known: SupportMap) -> None:
    assert known.answerable("release", ("transition:planned_at",)).tellers == (Teller("corp", "releases"),)


def test_a_source_is_silent_as_a_whole_where_a_part_of_it_would_mislead(known: SupportMap) -> None:
    needs = {"release": ("model",)}
    assert known.answers(needs)["release"].state is None
    found = known.answers(needs, whole=True)["release"]
    assert (found.state, found.reason) == (State.NOT_SUPPORTED, "corp: runs does not fill model")
    other = Support("shop", "release", KindState.READABLE, BOTH)
    beside = SupportMap([RELEASES, other], Policy()).answers(needs, whole=True)["release"]
    assert beside.tellers == (Teller("shop"),)


def test_a_column_of_another_kind_may_be_asked_of_each_of_its_feeds() -> None:
    links = Feed(frozenset({"record_id", "type"}))
    views = Feed(frozenset({"type"}))
    tickets = Support("corp", "incident", KindState.READABLE, frozenset({"opened_at"}))
    uses = Support(
        "corp",
        "knowledge_use",
        KindState.READABLE,
        links.columns,
        feeds={"links": links, "views": views},
    )
    known = SupportMap([tickets, uses], Policy())
    assert known.answerable("incident", ("article_linked",)).state is None
    assert known.answerable("incident", ("article_used",)).state is State.NOT_SUPPORTED
    alone = SupportMap(
        [tickets, Support("corp", "knowledge_use", KindState.READABLE, links.columns)], Policy()
    )
    assert alone.answerable("incident", ("article_used",)).state is None


def test_a_query_names_the_feeds_that_tell() -> None:
    tellers = [Teller("a"), Teller("b", "x"), Teller("b", "it's"), Teller("c")]
    assert told_by(tellers) == "(source IN ('a', 'c') OR source = 'b' AND feed IN ('x', 'it''s'))"
    assert told_by([Teller("a")]) == "source IN ('a')"


def test_the_store_keeps_of_every_record_which_feed_brought_it(tmp_path: Path) -> None:
    with open_store("duckdb:evidence.duckdb", tmp_path) as store:
        store.merge("corp", "release", [Record("R1", {"model": "m"}, feed="releases"), Record("R2", {})])
        store.declare(RELEASES)
        rows = store.query("SELECT id, feed FROM release ORDER BY id").to_pylist()
        assert rows == [{"id": "R1", "feed": "releases"}, {"id": "R2", "feed": ""}]
        assert store.supports() == (RELEASES,)
        moved = store.merge("corp", "release", [Record("R1", {"model": "m"}, feed="runs")])
        assert moved.updated == 1
        [[record, _]] = store.records("corp", "release")
        assert record.feed == "runs"
