"""A condition as a catalogue entry holds it: checked when it is loaded, safe to put into a query."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from evaluators.predicates.reading import tree_of
from evaluators.predicates.subset import LONGEST_TEXT, PredicateError
from evaluators.predicates.types import ARTICLES, TypeChecker
from evaluators.predicates.writing import Compiler
from storage.records.schema import RecordKind


@dataclass(frozen=True)
class Predicate:
    """A condition on one record; in pydantic models a string that is checked when it is loaded."""

    text: str
    """As written."""
    columns: frozenset[str]
    sql: str
    """Normalised DuckDB text, safe in parentheses; every column unqualified and quoted."""

    @classmethod
    def parse(cls, text: str) -> Predicate:
        """Read `text`; raises PredicateError with a sentence and an offset."""
        tree = tree_of(text)
        compiler = Compiler()
        try:
            piece = compiler.compile(tree)
        except RecursionError:
            raise PredicateError("the condition is nested too deeply") from None
        return cls(text, frozenset(compiler.columns), piece.sql)

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what does not fit the columns of `kind`: unknown names, types that cannot meet."""
        unknown = [_unknown(name, kind) for name in sorted(self.columns - set(kind.by_name))]
        if unknown:
            return unknown
        checker = TypeChecker(kind)
        family = checker.check(tree_of(self.text))
        if not checker.problems and family not in (None, "boolean"):
            checker.problems.append(f"'{self.text}' is {ARTICLES[family]}, not a condition")
        return checker.problems

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate from a string, serialise to the text as written."""
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            json_schema_input_schema=core_schema.str_schema(min_length=1, max_length=LONGEST_TEXT),
            serialization=core_schema.plain_serializer_function_ser_schema(
                _text_of, return_schema=core_schema.str_schema()
            ),
        )

    @classmethod
    def _validate(cls, value: object) -> Predicate:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise PredicateError("a condition is a text such as: priority <= 2 AND resolved_at IS NOT NULL")
        return cls.parse(value)


def _text_of(predicate: Predicate) -> str:
    return predicate.text


def _unknown(name: str, kind: RecordKind) -> str:
    close = difflib.get_close_matches(name.lower(), kind.by_name, n=1)
    suggestion = f" (did you mean '{close[0]}'?)" if close else ""
    return f"'{name}' is not a column of {kind.name}{suggestion}"
