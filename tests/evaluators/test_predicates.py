from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from evaluators.predicates import LONGEST_TEXT, Predicate, PredicateError
from storage.records.incident import INCIDENT
from storage.records.schema import ColumnType, RecordKind
from storage.records.service_level import SERVICE_LEVEL
from storage.records.transition import TRANSITION

SQL_TYPES = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.TIMESTAMP: "TIMESTAMP",
    ColumnType.DATE: "DATE",
}
ROWS = 40


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine with one table per record kind, filled with values and NULLs."""
    rnd = random.Random(11)
    with duckdb.connect() as connection:
        for kind in (INCIDENT, SERVICE_LEVEL, TRANSITION):
            columns = ", ".join(f'"{column.name}" {SQL_TYPES[column.type]}' for column in kind.columns)
            connection.execute(f"CREATE TABLE {kind.name} (row_number BIGINT, {columns})")
            marks = ", ".join("?" for _ in range(len(kind.columns) + 1))
            for number in range(ROWS):
                row = [some_value(rnd, column.type) for column in kind.columns]
                connection.execute(f"INSERT INTO {kind.name} VALUES ({marks})", [number, *row])
        yield connection


def some_value(rnd: random.Random, of: ColumnType) -> object:
    if rnd.random() < 0.25:
        return None
    start = datetime(2026, 1, 1)
    return {
        ColumnType.TEXT: rnd.choice(["Network", "DBA", "it's", ""]),
        ColumnType.INTEGER: rnd.choice([-1, 0, 1, 2, 3, 86_400, 10**9]),
        ColumnType.BOOLEAN: rnd.random() < 0.5,
        ColumnType.TIMESTAMP: start + timedelta(hours=rnd.randint(0, 100)),
        ColumnType.DATE: date(2026, 1, 1) + timedelta(days=rnd.randint(0, 5)),
    }[of]


def rows(engine: duckdb.DuckDBPyConnection, condition: str, kind: RecordKind = INCIDENT) -> list[int]:
    found = engine.execute(f"SELECT row_number FROM {kind.name} WHERE ({condition}) ORDER BY 1").fetchall()
    return [number for (number,) in found]


# --- Accepted -----------------------------------------------------------------------------------------

ACCEPTED = [
    "priority = 1",
    "priority <> 1 AND priority != 2",
    "priority <= 2 OR major",
    "NOT major",
    "NOT NOT major",
    "major = TRUE AND made_sla = FALSE",
    "resolved_at IS NOT NULL",
    "NOT resolved_at IS NULL",
    "category IN ('Network', 'it''s')",
    "category NOT IN ('Network')",
    "priority IN (1, -2)",
    "priority BETWEEN 1 AND 3",
    "priority NOT BETWEEN 1 AND 3",
    "category LIKE 'Net%'",
    "category NOT LIKE '%work'",
    "COALESCE(priority, 5) >= 4",
    "COALESCE(group_count, reassignment_count, 0) > 1",
    "resolution_seconds <= 30 * 86400",
    "impact + urgency - 1 > priority * 2",
    "-impact < 0",
    "opened_at <= resolved_at",
    "first_response_at <= response_due_at",
    "resolved_on < opened_at",
    "(priority = 1) = major",
    "major AND made_sla OR knowledge_used AND NOT major",
    "TRUE",
    "priority = 1\n  AND \"state\" = '--no comment; really'",
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_the_normalised_text_means_what_was_written(engine: duckdb.DuckDBPyConnection, text: str) -> None:
    predicate = Predicate.parse(text)
    assert predicate.problems(INCIDENT) == []
    assert rows(engine, predicate.sql) == rows(engine, text)


@pytest.mark.parametrize("kind", [INCIDENT, SERVICE_LEVEL, TRANSITION], ids=lambda kind: kind.name)
def test_every_column_can_be_named_without_quotes(
    engine: duckdb.DuckDBPyConnection, kind: RecordKind
) -> None:
    for column in kind.columns:
        predicate = Predicate.parse(f"{column.name} IS NULL")
        assert predicate.columns == {column.name}
        assert predicate.problems(kind) == []
        rows(engine, predicate.sql, kind)


def test_columns_are_collected() -> None:
    predicate = Predicate.parse("COALESCE(group_count, 0) > 1 AND (major OR category IN ('a'))")
    assert predicate.columns == {"group_count", "major", "category"}


def test_the_normalised_text_is_quoted_and_in_parentheses() -> None:
    predicate = Predicate.parse("priority=1 and not major or major")
    assert predicate.sql == '(("priority" = 1) AND (NOT "major")) OR "major"'


def test_literals_are_reckoned_ahead_so_that_no_engine_overflows(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    predicate = Predicate.parse("resolution_seconds < 30 * 86400 * 1000 * 1000")
    assert predicate.sql == '"resolution_seconds" < 2592000000000'
    assert rows(engine, predicate.sql)


def test_a_long_list_of_conditions_is_not_deep() -> None:
    predicate = Predicate.parse(" AND ".join(["major"] * 200))
    assert predicate.problems(INCIDENT) == []


def test_a_column_name_with_a_quote_stays_quoted() -> None:
    assert Predicate.parse('"a""b" = 1').sql == '"a""b" = 1'


# --- Refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence", "offset"),
    [
        ("", "is empty", 0),
        (" \n ", "is empty", 0),
        ("major " + "-" * LONGEST_TEXT, "longer than 2000 characters", LONGEST_TEXT),
        ("major AND lower(category) = 'a'", "function LOWER is not allowed", 10),
        ("read_csv('/etc/passwd')", "function READ_CSV is not allowed", 0),
        ("no_such_thing(1)", "function NO_SUCH_THING is not allowed", 0),
        ("count(*) > 1", "function COUNT is not allowed", 0),
        ("opened_on = current_date", "function CURRENT_DATE is not allowed", 0),
        ("priority IN (SELECT 1)", "subqueries are not allowed", 0),
        ("(SELECT 1)", "subqueries are not allowed", 8),
        ("EXISTS (SELECT 1)", "subqueries are not allowed", 15),
        ("priority::VARCHAR = '1'", "casts are not allowed", 0),
        ("CAST(priority AS VARCHAR) = '1'", "casts are not allowed", None),
        ("opened_on > DATE '2026-01-01'", "casts are not allowed", 17),
        ("opened_at + INTERVAL 1 DAY > closed_at", "date arithmetic is not allowed", 0),
        ("incident.priority = 1", "qualified columns are not allowed", 0),
        ("major AND a.b.c.d.e", "qualified columns are not allowed", 10),
        ("major -- yes", "comments are not allowed", 6),
        ("/* yes */ major", "comments are not allowed", 0),
        ("-- yes", "comments are not allowed", 0),
        ("major;", "';' is not allowed", 5),
        ("major; DROP TABLE incident", "';' is not allowed", 5),
        ("priority = ?", "parameters are not allowed", 0),
        ("priority = $1", "parameters are not allowed", 0),
        ("priority = :x", "parameters are not allowed", 0),
        ("priority > 1.5", "reckon in integers", 11),
        ("priority > 1e3", "reckon in integers", 11),
        ("priority / 2 > 1", "division is not allowed", 0),
        ("priority // 2 > 1", "division is not allowed", 0),
        ("priority % 2 = 1", "division is not allowed", 0),
        ("COALESCE(priority, 1) OVER () = 1", "window functions are not allowed", 0),
        ("CASE WHEN major THEN TRUE END", "CASE is not allowed", 10),
        ("*", "* is not allowed", 0),
        ("COLUMNS(*)", "* is not allowed", 0),
        ("SELECT 1", "cannot be read near 'SELECT'", 0),
        ("major AS m", "cannot be read near 'AS'", 6),
        ("major, made_sla", "cannot be read near ','", 5),
        ("major AND", "cannot be read near 'AND'", 6),
        ("major\nAND AND", "cannot be read near 'AND'", 10),
        ("major)", "cannot be read near ')'", 5),
        ("category = 'open", "not closed", 11),
        ("category ILIKE 'a'", "ILike is not allowed", 0),
        ("category LIKE 'a' ESCAPE '!'", "Escape is not allowed", 0),
        ("category LIKE subcategory", "LIKE needs a text", 14),
        ("category LIKE ANY ('a')", "LIKE needs a text", None),
        ("priority BETWEEN SYMMETRIC 1 AND 2", "this form of BETWEEN", 0),
        ("major IS TRUE", "IS goes with NULL only", 0),
        ("major IS DISTINCT FROM TRUE", "NullSafeNEQ is not allowed", 0),
        ("priority IN ()", "IN needs a list", 0),
        ("priority IN (1, NULL)", "a list after IN holds", None),
        ("priority IN (1, impact)", "a list after IN holds", 16),
        ("COALESCE(1, 2) = priority", "COALESCE needs a column", 0),
        ("category || 'a' = 'b'", "not allowed", 0),
        ("priority * impact * urgency > 1", "64 bits", 0),
        ("priority = 9223372036854775808", "64 bits", 11),
        ("category = 'a\x00b'", "is not allowed", 13),
        ("category = '\ud800'", "is not allowed", 12),
        ("(" * 70 + "major" + ")" * 70, "nested too deeply", 60),
        ("priority = 1" + " + 1" * 300, "nested too deeply", None),
        ("NOT " * 400 + "major", "", None),
    ],
)
def test_what_is_outside_the_subset_is_refused(text: str, sentence: str, offset: int | None) -> None:
    with pytest.raises(PredicateError) as refused:
        Predicate.parse(text)
    assert sentence in refused.value.message
    assert "\x1b" not in refused.value.message
    if offset is not None:
        assert refused.value.offset == offset


# --- Against a record kind ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("priorty = 1", "'priorty' is not a column of incident (did you mean 'priority'?)"),
        ("Priority = 1", "'Priority' is not a column of incident (did you mean 'priority'?)"),
        ("zzz", "'zzz' is not a column of incident"),
        ("category = 1", "'category' is text and 1 is a number, which cannot be compared"),
        ("priority = 'P1'", "'priority' is a number and 'P1' is text, which cannot be compared"),
        ("opened_on > '2026-01-01'", "'opened_on' is a point in time and '2026-01-01' is text"),
        ("priority IN (1, 'P2')", "'priority' is a number and 'P2' is text"),
        ("priority BETWEEN 'a' AND 'b'", "'priority' is a number and 'a' is text"),
        ("COALESCE(category, 0) = 'a'", "'category' is text and 0 is a number"),
        ("priority LIKE '1%'", "'priority' is a number: LIKE compares text"),
        ("opened_at - 1 > 1", "'opened_at' is a point in time: + - * reckon with numbers"),
        ("priority AND major", "'priority' is a number: AND, OR and NOT join conditions"),
        ("NOT category", "'category' is text: AND, OR and NOT join conditions"),
        ("priority", "'priority' is a number, not a condition"),
        ("priority = NULL", "a comparison with NULL is never true: write IS NULL"),
    ],
)
def test_what_does_not_fit_the_kind_is_a_problem(text: str, problem: str) -> None:
    problems = Predicate.parse(text).problems(INCIDENT)
    assert len(problems) == 1
    assert problems[0].startswith(problem)


def test_all_unknown_columns_are_named_at_once() -> None:
    assert len(Predicate.parse("zzz = 1 AND yyy = 2").problems(INCIDENT)) == 2


# --- In a model ---------------------------------------------------------------------------------------


class Entry(BaseModel):
    where: Predicate


def test_a_model_reads_and_writes_the_text() -> None:
    entry = Entry.model_validate({"where": "priority=1"})
    assert entry.where == Predicate.parse("priority=1")
    assert entry.model_dump() == {"where": "priority=1"}
    assert entry.model_dump_json() == '{"where":"priority=1"}'
    assert Entry(where=entry.where) == entry


def test_a_models_schema_says_string() -> None:
    for mode in ("validation", "serialization"):
        assert Entry.model_json_schema(mode=mode)["properties"]["where"]["type"] == "string"


def test_a_models_error_keeps_the_offset() -> None:
    with pytest.raises(ValidationError) as failed:
        Entry.model_validate({"where": "major;"})
    (error,) = failed.value.errors()
    assert error["loc"] == ("where",)
    cause = error["ctx"]["error"]
    assert isinstance(cause, PredicateError)
    assert cause.offset == 5


def test_a_model_refuses_what_is_not_text() -> None:
    with pytest.raises(ValidationError, match="a condition is a text"):
        Entry.model_validate({"where": 5})


def test_importing_predicates_does_not_import_the_parser() -> None:
    code = "import sys, evaluators.predicates; sys.exit('sqlglot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- Laws ---------------------------------------------------------------------------------------------

NUMBERS = st.sampled_from(
    ["priority", "impact", "reopen_count", "0", "1", "2", "-1", "86400", "COALESCE(priority, 3)"]
)
TEXTS = st.sampled_from(["category", "state", "'Network'", "'it''s'", "''", "COALESCE(category, 'DBA')"])
TIMES = st.sampled_from(["opened_at", "resolved_at", "opened_on", "closed_at"])
COMPARISON = st.sampled_from(["=", "<>", "!=", "<", "<=", ">", ">="])
SUMS = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.builds("{} {} {}".format, NUMBERS, st.sampled_from("+-"), inner), st.builds("({})".format, inner)
    ),
    max_leaves=4,
)


def compared(operands: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("{} {} {}".format, operands, COMPARISON, operands)


ATOMS = st.one_of(
    compared(SUMS),
    compared(TEXTS),
    compared(TIMES),
    st.sampled_from(["major", "made_sla", "TRUE", "FALSE", "category LIKE 'N%'", "state NOT LIKE '%A'"]),
    st.builds("{} IS {}NULL".format, st.one_of(NUMBERS, TEXTS, TIMES), st.sampled_from(["", "NOT "])),
    st.builds("{} {}IN (1, 2, -1)".format, NUMBERS, st.sampled_from(["", "NOT "])),
    st.builds("{} {}BETWEEN {} AND {}".format, SUMS, st.sampled_from(["", "NOT "]), SUMS, SUMS),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(["AND", "OR", "and"]), inner),
        st.builds("NOT {}".format, inner),
        st.builds("({})".format, inner),
    ),
    max_leaves=6,
)
FRAGMENTS = """
    ( ) * ; , ' " - + / . % ? $ : = < > [ ] { } @ # \\ \x1b -- /* */ :: -> $$ e' x'1' select from where join
    union values with case when then end interval date cast as over null true is not in like ilike between
    and or any all exists distinct coalesce lambda x partition by order limit current_date incident
    incident.priority priority major 1 1.5 1e9 0x1
"""
SOUP = st.lists(st.sampled_from([*ACCEPTED, *FRAGMENTS.split()]), max_size=12).map(" ".join)


@given(CONDITIONS)
@settings(
    max_examples=250,
    derandomize=True,
    deadline=None,
)
def test_any_condition_means_the_same_after_normalising(engine: duckdb.DuckDBPyConnection, text: str) -> None:
    predicate = Predicate.parse(text)
    assert predicate.problems(INCIDENT) == []
    assert rows(engine, predicate.sql) == rows(engine, text)


@given(CONDITIONS)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = Predicate.parse(text).sql
    assert Predicate.parse(once).sql == once


@given(st.one_of(st.text(max_size=60), SOUP))
@settings(max_examples=1_000, derandomize=True, deadline=None)
def test_any_text_is_refused_with_a_sentence_or_runs(engine: duckdb.DuckDBPyConnection, text: str) -> None:
    refused, predicate = refusal_of(text)
    if refused is not None:
        assert refused.message
        assert refused.offset is None or 0 <= refused.offset <= len(text)
    elif predicate is not None and not predicate.problems(INCIDENT):
        rows(engine, predicate.sql)


def refusal_of(text: str) -> tuple[PredicateError | None, Predicate | None]:
    try:
        return None, Predicate.parse(text)
    except PredicateError as error:
        return error, None
