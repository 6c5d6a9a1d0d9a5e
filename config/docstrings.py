"""Reads what is said below a model's fields, for models that describe them so."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from itertools import pairwise
from textwrap import dedent
from typing import Any, get_args

from pydantic import BaseModel


def described_models(model: type[BaseModel]) -> Mapping[str, Mapping[str, str]]:
    """Return the field descriptions of a model and of all models in it, by the models' names."""
    found: dict[str, type[BaseModel]] = {}
    waiting: list[Any] = [model]
    while waiting:
        type_ = waiting.pop()
        if isinstance(type_, type) and issubclass(type_, BaseModel) and type_.__name__ not in found:
            found[type_.__name__] = type_
            waiting += [field.annotation for field in type_.model_fields.values()]
        waiting += get_args(type_)
    return {name: dict(_descriptions(type_)) for name, type_ in found.items()}


def _descriptions(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    for ancestor in reversed(model.__mro__):
        if issubclass(ancestor, BaseModel) and ancestor is not BaseModel:
            yield from _docstrings(ancestor)
    for name, field in model.model_fields.items():
        if field.description:
            yield name, field.description


def _docstrings(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Yield each annotated name with the text that stands right below it."""
    try:
        tree = ast.parse(dedent(inspect.getsource(model)))
    except (OSError, TypeError, SyntaxError):
        return
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    for statement, following in pairwise(body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            text = _text(following)
            if text:
                yield statement.target.id, text


def _text(statement: ast.stmt) -> str:
    value = statement.value if isinstance(statement, ast.Expr) else None
    text = value.value if isinstance(value, ast.Constant) else None
    return " ".join(text.split()) if isinstance(text, str) else ""
