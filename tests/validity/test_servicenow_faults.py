"""A short part of the fault matrix, and proof that its judgement can fail; `make validate` does all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from connectors.contract import Batch, Reading, Window
from connectors.servicenow import ServiceNowConnector
from sandbox.servicenow import Access, Limits, Settings, life, run, scattered
from storage.errors import FatalError
from tests.validity.servicenow_faults import (
    FATAL,
    IMPATIENT,
    SURVIVED,
    Case,
    Verdict,
    judge,
    mixture,
    pages_of,
    places,
    told,
)

MIXTURES = range(1001, 1021)
Read = Callable[[ServiceNowConnector, Window, Reading], Iterator[Batch]]


@pytest.fixture(scope="module")
def pages() -> dict[str, int]:
    """Which requests of the incidents are pages."""
    return places(pages_of("incident"))


@pytest.mark.parametrize("label", [*SURVIVED, *FATAL])
def test_a_single_fault_is_survived_or_stops_by_name(label: str, pages: dict[str, int]) -> None:
    place = sorted(pages)[len(label) % 3]
    fault = {**SURVIVED, **FATAL}[label].at("incident", requests={pages[place]})
    expects: Verdict = "stopped" if label in FATAL else "equal"
    result = judge(Case(f"{label}, {place}", faults=[fault], changes=IMPATIENT, expects=expects, brief=True))
    assert result.verdict == expects, told(result)


@pytest.mark.parametrize("seed", MIXTURES)
def test_a_mixture_of_faults_is_never_silently_short(seed: int) -> None:
    result = judge(replace(mixture(seed), brief=True))
    assert result.verdict != "wrong", told(result)


FOUND_ONCE = (
    Case("200 in a row come as {}", access={"incident": Access(hollow=run(40, 200))}, expects="equal"),
    Case(
        "hidden rows, pages capped at 20",
        access={"incident": Access(hidden=(scattered(0.2), run(60, 75)))},
        settings=Settings(limits=Limits(page=20)),
        expects="equal",
    ),
    Case(
        "deleted without a trace, then everything read again",
        life=[life.deletes(3, audited=False).at("incident", requests=range(6, 11))],
        finds="full",
    ),
)
"""What the full matrix found wrong once."""


@pytest.mark.parametrize("case", FOUND_ONCE, ids=lambda case: case.name)
def test_what_was_wrong_once_stays_right(case: Case) -> None:
    result = judge(case)
    assert result.verdict == "equal", told(result)


def _page_dropped(whole: Read) -> Read:
    def read(self: ServiceNowConnector, window: Window, reading: Reading) -> Iterator[Batch]:
        for number, batch in enumerate(whole(self, window, reading)):
            if window.kind != "incident" or number != 2:
                yield batch

    return read


def _value_changed(whole: Read) -> Read:
    def read(self: ServiceNowConnector, window: Window, reading: Reading) -> Iterator[Batch]:
        for batch in whole(self, window, reading):
            records = batch.records.get("incident", ())
            if records:
                first = replace(records[0], values={**records[0].values, "priority": 9})
                batch.records = {"incident": [first, *records[1:]]}
            yield batch

    return read


def _deletions_forgotten(whole: Read) -> Read:
    def read(self: ServiceNowConnector, window: Window, reading: Reading) -> Iterator[Batch]:
        for batch in whole(self, window, reading):
            batch.deleted = {}
            yield batch

    return read


def _failing_for_ever(whole: Read) -> Read:
    def read(self: ServiceNowConnector, window: Window, reading: Reading) -> Iterator[Batch]:
        raise FatalError("This table cannot be read today.", hint="Nobody knows why that is so.")
        yield from whole(self, window, reading)

    return read


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (_page_dropped, "lost"),
        (_value_changed, "different"),
        (_deletions_forgotten, "too many"),
        (_failing_for_ever, "without faults"),
    ],
)
def test_a_connector_that_is_broken_on_purpose_is_found_wrong(
    break_it: Callable[[Read], Read], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ServiceNowConnector, "read", break_it(ServiceNowConnector.read))
    result = judge(Case("broken on purpose", life=[life.deletes(20).at("incident", requests={11})]))
    assert result.verdict == "wrong"
    assert said in " ".join(result.said)


def test_a_fault_that_never_strikes_is_found_wrong() -> None:
    fault = SURVIVED["503"].at("incident", requests={10_000})
    result = judge(Case("never", faults=[fault]))
    assert (result.verdict, result.said) == ("wrong", ("status 503 never struck",))
