"""Queries against a plain evaluation, and the times in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.jira.jql import Asker, QueryError, Searcher, parse
from sandbox.jira.jql.moments import moment
from sandbox.jira.jql.syntax import And, Clause, Not, Or, Value
from sandbox.jira.store import Issue, Site
from sandbox.jira.store.index import Index
from tests.sandbox.jira.support import MINUTE, START, small_site

SITE = small_site(60)
NOW = datetime(2026, 1, 2, tzinfo=UTC)
Test = Callable[[Issue], bool]


def _asker(zone: str = "Etc/UTC") -> Asker:
    return Asker("agent1", NOW, ZoneInfo(zone))


def _keys(jql: str, site: Site = SITE, *, cloud: bool = True, zone: str = "Etc/UTC") -> list[str]:
    searcher = Searcher(Index(site), lambda issue: True, cloud=cloud)
    return [issue.key for issue in searcher.find(jql, _asker(zone)).issues]


def _name(issue: Issue, field: str) -> Any:
    value = issue.fields.get(field)
    return None if value is None else value.name


_LEAVES: list[tuple[str, Test]] = [
    ("project = DEV", lambda issue: issue.project.key == "DEV"),
    ("issuetype in (Incident)", lambda issue: issue.type.name == "Incident"),
    ("priority = High", lambda issue: _name(issue, "priority") == "High"),
    ("priority != High", lambda issue: _name(issue, "priority") not in (None, "High")),
    ("priority is EMPTY", lambda issue: issue.fields.get("priority") is None),
    ("assignee is not EMPTY", lambda issue: issue.fields.get("assignee") is not None),
    ("assignee = agent2", lambda issue: _name(issue, "assignee") == "agent2"),
    ("labels = red", lambda issue: "red" in issue.fields["labels"]),
    ("statusCategory = Done", lambda issue: issue.status.category == "done"),
    ("key in (ITSM-1, DEV-2)", lambda issue: issue.key in ("ITSM-1", "DEV-2")),
    (f"updated >= {START + 20 * MINUTE}", lambda issue: issue.updated >= START + 20 * MINUTE),
    (f"created < {START + 40 * MINUTE}", lambda issue: issue.created < START + 40 * MINUTE),
]
_EMPTY_ABLE = {"priority = High": "priority", "assignee = agent2": "assignee", "priority != High": "priority"}


def _negated(text: str, test: Test) -> Test:
    """NOT turns the operator round, so that an empty field matches neither way."""
    field = _EMPTY_ABLE.get(text)
    if field is None:
        if text == "labels = red":
            return lambda issue: bool(issue.fields["labels"]) and not test(issue)
        return lambda issue: not test(issue)
    return lambda issue: issue.fields.get(field) is not None and not test(issue)


_leaf = st.sampled_from([*_LEAVES, *((f"NOT {text}", _negated(text, test)) for text, test in _LEAVES)])


def _joined(parts: list[tuple[str, Test]], word: str) -> tuple[str, Test]:
    tests = [test for _, test in parts]
    text = f" {word} ".join(text for text, _ in parts)
    if word == "AND":
        return text, lambda issue: all(test(issue) for test in tests)
    return text, lambda issue: any(test(issue) for test in tests)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.lists(st.lists(_leaf, min_size=1, max_size=3), min_size=1, max_size=3))
def test_and_binds_tighter_than_or(groups: list[list[tuple[str, Test]]]) -> None:
    text, test = _joined([_joined(group, "AND") for group in groups], "OR")
    assert sorted(_keys(text)) == sorted(issue.key for issue in SITE.issues.values() if test(issue))


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.lists(st.lists(_leaf, min_size=1, max_size=3), min_size=1, max_size=3))
def test_parentheses_bind_tightest(groups: list[list[tuple[str, Test]]]) -> None:
    parts = [_joined(group, "OR") for group in groups]
    text, test = _joined([(f"({part})", each) for part, each in parts], "AND")
    assert sorted(_keys(text)) == sorted(issue.key for issue in SITE.issues.values() if test(issue))


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from(["priority", "key", "assignee", "updated desc", "created"]), min_size=1))
def test_an_order_keeps_every_issue(order: list[str]) -> None:
    keys = _keys(f"created > 0 order by {', '.join(order[:7])}")
    assert sorted(keys) == sorted(issue.key for issue in SITE.issues.values())


def test_the_tree_shows_the_precedence() -> None:
    a, b, c = (Clause(name, "=", (Value("1"),)) for name in "abc")
    assert parse("a = 1 or b = 1 and c = 1").where == Or((a, And((b, c))))
    assert parse("not a = 1 and b = 1").where == And((Not(a), b))
    assert parse("(a = 1 or b = 1) and c = 1").where == And((Or((a, b)), c))


def test_keys_are_ordered_by_number() -> None:
    assert _keys("project = DEV order by key")[:3] == ["DEV-1", "DEV-2", "DEV-3"]
    assert _keys("project = DEV order by key desc")[-1] == "DEV-1"


@pytest.mark.parametrize("rest", ["key", "key desc", "id desc"])
def test_a_window_in_order_of_update_is_ordered_like_any_other(rest: str) -> None:
    site = small_site(40)
    for issue in site.issues.values():
        issue.updated = START + issue.id % 4 * MINUTE
    bound = f"updated >= {START + MINUTE}"
    keys = _keys(f"{bound} order by updated, {rest}", site)
    assert len(keys) == 30
    # an OR is no window that pages are cut from
    assert keys == _keys(f"({bound} or {bound}) order by updated, {rest}", site)


def test_the_number_of_a_custom_field_is_no_name_of_it() -> None:
    assert _keys("customfield_10004 is empty") == []
    assert len(_keys("cf[10004] is empty")) == len(_keys('"Impact" is empty')) == 60
    with pytest.raises(QueryError):
        _keys("customfield_10004 is empty", cloud=False)


def test_literal_times_are_read_in_the_zone_of_the_asker() -> None:
    jql = "updated >= '2026-01-01 00:30'"
    assert len(_keys(jql)) == 31
    assert len(_keys(jql, zone="Europe/Berlin")) == 60
    assert len(_keys(jql, zone="America/New_York")) == 0


def test_of_the_hour_that_comes_twice_the_first_is_meant() -> None:
    asker = _asker("Europe/Berlin")
    twice = moment(Value("2026-10-25 02:30", quoted=True), asker)
    assert twice == round(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp() * 1000)


def test_milliseconds_mean_the_same_in_every_zone() -> None:
    jql = f"updated >= {START + 30 * MINUTE}"
    assert _keys(jql) == _keys(jql, zone="Asia/Tokyo")


def test_relative_times_count_from_now() -> None:
    assert len(_keys("updated >= -1d")) == 60
    assert len(_keys("updated >= -23h")) == 1
    assert len(_keys("created >= startOfDay(-1d) and created < startOfDay()")) == 60


def test_history_can_be_searched() -> None:
    assert _keys("status was Open and key = ITSM-2") == ["ITSM-2"]
    assert _keys("status changed to 'Work in progress' and key in (ITSM-2, ITSM-3)") == ["ITSM-2"]
    assert _keys("status changed by agent1 after '2026-01-01 00:58'") == ["DEV-12", "ITSM-48"]


@pytest.mark.parametrize(
    "jql",
    [
        "project",
        "project =",
        "= ITSM",
        "project ! ITSM",
        "(project = ITSM",
        "project = ITSM order key",
        "updated > 'yesterday'",
        "assignee > agent1",
        "priority was High by",
        'summary = "x"',
    ],
)
def test_a_query_that_is_wrong_is_told_what_is_wrong(jql: str) -> None:
    with pytest.raises(QueryError, match=r"\w{4}"):
        _keys(jql)


def test_words_in_quotes_are_no_keywords() -> None:
    assert parse('summary ~ "a and b"').where == Clause("summary", "~", (Value("a and b", quoted=True),))
