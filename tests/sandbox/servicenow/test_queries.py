"""Encoded queries against a plain evaluation of the same conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.servicenow.query import Context, Forbidden, Selector
from sandbox.servicenow.store import Tables
from tests.sandbox.servicenow.support import incidents, moment

ROWS = [
    {**row, "category": ["network", "software", ""][at % 3], "close_code": ["Fixed", "", "network"][at % 3]}
    for at, row in enumerate(incidents(60))
]
SELECTOR_TABLES = Tables()
SELECTOR_TABLES.add("incident", ROWS)
SELECTOR = Selector(SELECTOR_TABLES)

Cells = dict[str, str]


@dataclass(frozen=True)
class Condition:
    """A clause and what it means, written down a second time."""

    text: str
    holds: Callable[[Cells], bool]


def _numeric(operator: str, bound: int) -> Condition:
    meanings: dict[str, Callable[[int], bool]] = {
        "=": lambda value: value == bound,
        "!=": lambda value: value != bound,
        ">": lambda value: value > bound,
        ">=": lambda value: value >= bound,
        "<": lambda value: value < bound,
        "<=": lambda value: value <= bound,
    }
    return Condition(f"priority{operator}{bound}", lambda row: meanings[operator](int(row["priority"])))


def _moment(operator: str, second: int) -> Condition:
    bound = moment(second)
    meanings: dict[str, Callable[[str], bool]] = {
        ">": lambda value: value > bound,
        ">=": lambda value: value >= bound,
        "<": lambda value: value < bound,
        "<=": lambda value: value <= bound,
    }
    return Condition(
        f"sys_updated_on{operator}{bound}", lambda row: meanings[operator](row["sys_updated_on"])
    )


def _worded(operator: str, word: str) -> Condition:
    meanings: dict[str, Callable[[str], bool]] = {
        "=": lambda value: value == word.lower(),
        "!=": lambda value: value != word.lower(),
        "LIKE": lambda value: word.lower() in value,
        "NOT LIKE": lambda value: word.lower() not in value,
        "STARTSWITH": lambda value: value.startswith(word.lower()),
        "ENDSWITH": lambda value: value.endswith(word.lower()),
    }
    return Condition(f"category{operator}{word}", lambda row: meanings[operator](row["category"].lower()))


CONDITIONS = st.one_of(
    st.builds(_numeric, st.sampled_from(["=", "!=", ">", ">=", "<", "<="]), st.integers(0, 6)),
    st.builds(_moment, st.sampled_from([">", ">=", "<", "<="]), st.integers(0, 3700)),
    st.builds(
        _worded,
        st.sampled_from(["=", "!=", "LIKE", "NOT LIKE", "STARTSWITH", "ENDSWITH"]),
        st.sampled_from(["network", "Software", "ware", "net", "k"]),
    ),
    st.sampled_from(
        [
            Condition("categoryISEMPTY", lambda row: not row["category"]),
            Condition("categoryISNOTEMPTY", lambda row: bool(row["category"])),
            Condition("stateIN1,3,8", lambda row: row["state"] in "138"),
            Condition("stateNOT IN1,3,8", lambda row: row["state"] not in "138"),
            Condition("priorityBETWEEN2@4", lambda row: 2 <= int(row["priority"]) <= 4),
            Condition("categorySAMEASclose_code", lambda row: row["category"] == row["close_code"]),
            Condition("numberANYTHING", lambda row: True),
        ]
    ),
)
GROUPS = st.lists(st.lists(CONDITIONS, min_size=1, max_size=3), min_size=1, max_size=3)


@given(st.lists(GROUPS, min_size=1, max_size=2), st.sampled_from(["", "^EQ"]))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_or_binds_tighter_than_and_and_nq_unites_whole_queries(
    branches: list[list[list[Condition]]], end: str
) -> None:
    text = "^NQ".join(
        "^".join("^OR".join(condition.text for condition in group) for group in groups) for groups in branches
    )
    expected = {
        row["sys_id"]
        for row in ROWS
        if any(
            all(any(condition.holds(row) for condition in group) for group in groups) for groups in branches
        )
    }
    found = SELECTOR.find("incident", text + end + "^ORDERBYsys_id", Context())
    assert [row["sys_id"] for row in found.page(0, 1000)] == sorted(expected)


@given(CONDITIONS, st.integers(0, 60))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_a_keyset_page_is_the_rest_after_the_last_row(condition: Condition, at: int) -> None:
    whole = SELECTOR.find("incident", f"{condition.text}^ORDERBYsys_id", Context()).page(0, 1000)
    last = whole[at]["sys_id"] if at < len(whole) else "~"
    rest = SELECTOR.find("incident", f"{condition.text}^sys_id>{last}^ORDERBYsys_id", Context())
    assert list(rest.page(0, 1000)) == list(whole[at + 1 :])
    assert len(rest) == len(whole[at + 1 :])


def test_ties_come_in_order_of_sys_id() -> None:
    rows = SELECTOR.find("incident", "ORDERBYDESCpriority", Context()).page(0, 1000)
    expected = sorted(ROWS, key=lambda row: (-int(row["priority"]), row["sys_id"]))
    assert [row["sys_id"] for row in rows] == [row["sys_id"] for row in expected]


def test_unstable_ties_change_from_request_to_request() -> None:
    selector = Selector(SELECTOR_TABLES, unstable=True, seed=3)
    first, second = (selector.find("incident", "ORDERBYpriority", Context()).rows for _ in range(2))
    assert first != second
    assert [row["priority"] for row in first] == [row["priority"] for row in second]


def test_an_order_by_sys_id_has_no_ties_to_be_unstable_in() -> None:
    selector = Selector(SELECTOR_TABLES, unstable=True, seed=3)
    rows = selector.find("incident", "ORDERBYsys_id", Context()).page(0, 1000)
    assert [row["sys_id"] for row in rows] == sorted(row["sys_id"] for row in ROWS)


@pytest.mark.parametrize(("mode", "count"), [("drop", 60), ("no_rows", 0)])
def test_an_unknown_clause_is_dropped_or_gives_nothing(mode: str, count: int) -> None:
    context = Context(unknown=mode)
    assert len(SELECTOR.find("incident", "zz_nofield=1", context)) == count


def test_an_unknown_clause_is_refused_where_the_instance_is_strict() -> None:
    with pytest.raises(Forbidden, match="zz_nofield"):
        SELECTOR.find("incident", "priority=1^zz_nofield=1", Context(unknown="forbidden"))


def test_without_query_range_the_range_and_the_order_are_stripped() -> None:
    query = f"sys_updated_on>={moment(1800)}^ORDERBYDESCsys_updated_on"
    denied = frozenset({"sys_updated_on"})
    found = SELECTOR.find("incident", query, Context(), denied)
    assert [row["sys_id"] for row in found.rows] == sorted(row["sys_id"] for row in ROWS)


def test_scripts_read_dates_in_the_zone_of_the_session() -> None:
    zone = ZoneInfo("America/Los_Angeles")
    query = "sys_updated_on>=javascript:gs.dateGenerate('2025-12-31','16:30:00')"
    assert len(SELECTOR.find("incident", query, Context(zone=zone))) == 30
    assert len(SELECTOR.find("incident", query, Context())) == 60


@pytest.mark.parametrize(
    ("script", "count"),
    [
        ("gs.minutesAgo(10)", 10),
        ("gs.hoursAgo(1)", 60),
        ("gs.daysAgoStart(0)", 60),
        ("gs.beginningOfToday()", 60),
        ("gs.nowDateTime()", 0),
    ],
)
def test_scripts_count_back_from_the_clock(script: str, count: int) -> None:
    now = datetime(2026, 1, 1, 1, 0, tzinfo=UTC)
    query = f"sys_updated_on>=javascript:{script}"
    assert len(SELECTOR.find("incident", query, Context(now=now))) == count


def test_plain_dates_can_be_read_in_the_zone_of_the_session() -> None:
    context = Context(zone=ZoneInfo("Asia/Tokyo"), zoned=True)
    assert len(SELECTOR.find("incident", "sys_updated_on>=2026-01-01 09:30:00", context)) == 30


def test_a_parent_class_shows_the_rows_of_its_children() -> None:
    assert len(SELECTOR.find("task", "sys_class_name=incident", Context())) == 60


def test_a_changed_row_is_found_by_its_new_values_only() -> None:
    tables = Tables()
    tables.add("incident", ROWS)
    selector = Selector(tables)
    row = ROWS[0]
    assert len(selector.find("incident", "sys_updated_on>=2026-02-01", Context())) == 0
    tables.put("incident", {**row, "sys_updated_on": "2026-02-02 00:00:00"})
    assert len(selector.find("incident", "sys_updated_on>=2026-02-01", Context())) == 1
    assert len(selector.find("incident", f"sys_updated_on<={row['sys_updated_on']}", Context())) == 0
