"""Exports: the same bytes for the same seed, readable, whole."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from config import load
from sandbox.organisation import Organisation, Quality, configuration, generate, write_export, write_truth
from sandbox.organisation.clock import business_moment, business_seconds
from storage.errors import UsageError
from storage.records import KINDS

UNTIL = date(2026, 1, 1)
SCRIPT = """
import sys
from datetime import date
from pathlib import Path
from sandbox.organisation import Quality, generate, write_export
made = generate(Quality.of_level(3, 9), seed=9, until=date(2026, 1, 1), incidents=1500)
write_export(made, Path(sys.argv[1]))
print([name for name in sys.modules if name.split(".")[0] in ("evaluators", "connectors", "config")])
"""


@pytest.fixture(scope="module")
def made() -> Organisation:
    return generate(Quality.of_level(3, 9), seed=9, until=UNTIL, incidents=1500)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_same_seed_gives_the_same_bytes_in_every_process(made: Organisation, tmp_path: Path) -> None:
    write_export(made, tmp_path / "here")
    for hash_seed in ("1", "2"):
        there = tmp_path / hash_seed
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", SCRIPT, str(there)]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        assert contents(there) == contents(tmp_path / "here")
        assert done.stdout.strip() == "[]", "the generator shares no code with what it is to test"


def test_another_seed_gives_other_records(made: Organisation) -> None:
    other = generate(Quality.of_level(3, 9), seed=10, until=UNTIL, incidents=1500)
    assert other.incidents.column("opened_at") != made.incidents.column("opened_at")


def test_changing_one_quality_leaves_the_rest_of_the_records_alone(made: Organisation) -> None:
    asked = Quality.of_level(3, 9)
    other = Quality(asked.attributes, {**asked.indicators, "inc-ping-pong-rate": 0.9})
    changed = generate(other, seed=9, until=UNTIL, incidents=1500)
    for name in (
        "opened_at",
        "resolved_at",
        "acknowledged_at",
        "priority",
        "service_id",
        "close_code",
        "caller",
    ):
        assert changed.incidents.column(name) == made.incidents.column(name)
    assert changed.transitions.column("new_value") != made.transitions.column("new_value")


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("incidents.csv", "incident"),
        ("transitions.csv", "transition"),
        ("service_levels.csv", "service_level"),
        ("groups.csv", "group"),
    ],
)
def test_headers_are_canonical_columns(made: Organisation, tmp_path: Path, file: str, kind: str) -> None:
    write_export(made, tmp_path)
    mapped = {column.name.removesuffix("_length") for column in KINDS[kind].mapped} | {"id", "updated_at"}
    assert set(rows_of(tmp_path / file)[0]) <= mapped


def test_an_export_has_exactly_the_incidents_asked_for_and_leaves_nothing_else(
    made: Organisation, tmp_path: Path
) -> None:
    write_export(made, tmp_path)
    ids = [row["id"] for row in rows_of(tmp_path / "incidents.csv")]
    assert len(ids) == len(set(ids)) == 1500
    assert sorted(contents(tmp_path)) == [
        "groups.csv",
        "incident_log.csv",
        "incidents.csv",
        "service_levels.csv",
        "transitions.csv",
    ]


def test_the_log_says_the_same_as_incidents_and_transitions(made: Organisation, tmp_path: Path) -> None:
    write_export(made, tmp_path)
    last = {row["id"]: row for row in rows_of(tmp_path / "incident_log.csv")}
    for row in rows_of(tmp_path / "incidents.csv"):
        assert {name: last[row["id"]][name] for name in row} == row
    state: dict[str, str] = {}
    changes = []
    for row in rows_of(tmp_path / "incident_log.csv"):
        if row["state"] != state.get(row["id"]):
            changes.append((row["id"], row["at"], row["state"], row["actor"]))
            state[row["id"]] = row["state"]
    assert changes == [
        (row["record_id"], row["at"], row["new_value"], row["actor"])
        for row in rows_of(tmp_path / "transitions.csv")
        if row["field"] == "state"
    ]


def test_the_truth_is_kept_apart_from_the_records(made: Organisation, tmp_path: Path) -> None:
    write_truth(made, tmp_path / "truth.json")
    truth = json.loads((tmp_path / "truth.json").read_text("utf-8"))
    assert truth == made.truth
    assert truth["level"] == 3


def test_the_configuration_is_valid(made: Organisation, tmp_path: Path) -> None:
    write_export(made, tmp_path / "export")
    file = tmp_path / "itsm-maturity.yaml"
    file.write_text(configuration("export", UNTIL), encoding="utf-8")
    assert load(file, {}) is not None


@pytest.mark.parametrize("wrong", [{"incidents": 999}, {"months": 12}, {"groups": 4}, {"groups": 41}])
def test_what_cannot_be_planted_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError) as refused:
        generate(Quality.of_level(2, 1), seed=1, until=UNTIL, **wrong)
    assert refused.value.hint


def test_business_time_and_its_inverse_agree() -> None:
    moments = np.random.default_rng(1).integers(1_600_000_000, 1_800_000_000, 2000)
    passed = business_seconds(moments)
    assert np.array_equal(business_seconds(business_moment(passed)), passed)
    assert (business_moment(passed) >= moments).all()
