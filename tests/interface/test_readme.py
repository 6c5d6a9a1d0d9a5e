"""The example in the README is what the product prints for its figures."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console

from evaluators.achievement import rating
from evaluators.catalogue import shipped
from evaluators.ladder import bottleneck, breadth, index, level
from evaluators.overall import overall_of
from evaluators.results import (
    Assessment,
    AttributeResult,
    IndicatorResult,
    Measurement,
    PracticeResult,
    State,
)
from interface.cli.render.explanation import render_practice
from scheduler.review import Explained

README = Path(__file__).resolve().parents[2] / "README.md"
ACHIEVED = {
    "2.1": 0.641868674,
    "2.2": 0.742953358,
    "3.1": 0.409615637,
    "3.2": 0.719140321,
    "4.1": 0.231745411,
    "4.2": 0.172340155,
    "5.1": 0.094208585,
    "5.2": 0.0,
}
"""Incidents of the sandbox's organisation `uneven` with 6,000 of them (seed 1, until 23 November 2026)."""
NEXT_STEP = (
    "2.2 Recorded and owned comes first: Could a stranger understand what happened from the record? Bring "
    "inc-record-completeness from 83.2 % to 90.5 % or more. ServiceNow: Make service/CI and close code "
    "mandatory at resolve, remove 'Other', and pre-fill from the caller's services. Jira: Add a "
    "resolve-screen validator for Affected services and Resolution, and retire the 'Other' component."
)
RECORDS = ("00ff3cb45e0e40119411dbd7e5b115d4", "2f146c4617938ca27a84efdaaa144bac")


def response() -> IndicatorResult:
    """The worst answer in 2.1."""
    return IndicatorResult(
        id="inc-response-within-target",
        practice="incident",
        attribute="2.1",
        core=True,
        weight=2.0,
        unit="%",
        measurement=Measurement(State.MEASURED, "562 of 716 records", 100 * 562 / 716, n=716, sample=RECORDS),
        achievement=0.633147114,
        window=(date(2026, 8, 25), date(2026, 11, 23)),
        rule="",
    )


def incident() -> PracticeResult:
    return PracticeResult(
        practice="incident",
        department=None,
        level=level(ACHIEVED),
        possible=2,
        confirmed=2,
        index=index(ACHIEVED),
        breadth=breadth(ACHIEVED),
        coverage=1.0,
        confidence="high",
        probability=1.0,
        bottleneck=bottleneck(ACHIEVED),
        reason="",
        next_step=NEXT_STEP,
        attributes=tuple(AttributeResult(name, value, rating(value)) for name, value in ACHIEVED.items()),
        indicators=(response(),),
    )


def explanation() -> str:
    practice = incident()
    assessment = Assessment(
        id="461943a1feda",
        taken_at=datetime(2026, 11, 23, tzinfo=UTC),
        as_of=date(2026, 11, 23),
        kind="live",
        catalogue="",
        policy="",
        evidence_store="",
        evidence_number=1,
        evidence_content="",
        overall=overall_of([practice]),
        practices=(practice,),
        sources=(),
    )
    console = Console(width=80, file=io.StringIO())
    for part in render_practice(Explained(assessment, shipped()), "incident", ["servicenow"]):
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_the_example_is_what_explain_prints() -> None:
    (example,) = re.findall(r"```\n(Incident is at .*?)```", README.read_text("utf-8"), re.DOTALL)
    printed = [line.rstrip() for line in explanation().splitlines()]
    left_out = 0
    for block in example.split("…\n"):
        lines = block.strip("\n").splitlines()
        place = next(n for n in range(len(printed)) if printed[n : n + len(lines)] == lines)
        assert place >= left_out, "in the order in which it is printed"
        left_out = place + len(lines)
