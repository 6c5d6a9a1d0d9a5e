"""Exports: the same bytes for the same seed, readable, whole."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from config import load
from sandbox.organisation import (
    EXPORTED_KINDS,
    Organisation,
    Quality,
    configuration,
    generate,
    write_export,
    write_truth,
)
from sandbox.organisation.clock import business_moment, business_seconds
from sandbox.organisation.export import AUDITED, FILES
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
        *((f"{name}.csv", kind) for kind, name in FILES.items()),
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
    others = {f"{name}.csv" for name in FILES.values()}
    assert set(contents(tmp_path)) == others | {"incident_log.csv", "incidents.csv", "transitions.csv"}


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
    file.write_text(configuration(made, "export", UNTIL), encoding="utf-8")
    assert load(file, {}) is not None


def mapped(text: str) -> dict[str, dict[str, Any]]:
    records = YAML(typ="safe").load(text)["connectors"]["sandbox"]["records"]
    assert isinstance(records, dict)
    return records


def test_every_field_of_the_export_is_read_when_all_kinds_are(made: Organisation, tmp_path: Path) -> None:
    write_export(made, tmp_path / "export")
    file = tmp_path / "itsm-maturity.yaml"
    file.write_text(configuration(made, "export", UNTIL, EXPORTED_KINDS), encoding="utf-8")
    assert load(file, {}) is not None
    records = mapped(file.read_text("utf-8"))
    assert set(records) == set(KINDS)
    for kind, settings in records.items():
        header = rows_of(tmp_path / str(settings["path"]))[0]
        assert settings["columns"] == {name: name for name in header}, kind


def test_every_change_of_the_export_is_that_of_a_tracked_field(made: Organisation, tmp_path: Path) -> None:
    write_export(made, tmp_path)
    found = {(row["record_kind"], row["field"]) for row in rows_of(tmp_path / "transitions.csv")}
    assert found <= {(kind, field) for kind, fields in AUDITED.items() for field in fields}


def test_only_the_kinds_asked_for_are_read(made: Organisation) -> None:
    always = {"incident", "transition"}
    assert set(mapped(configuration(made, kinds=["change", "group"]))) == always | {"change", "group"}
    assert set(mapped(configuration(made, kinds=[]))) == always


def test_a_kind_without_a_file_is_refused(made: Organisation) -> None:
    with pytest.raises(UsageError, match="department") as refused:
        configuration(made, kinds=["department"])
    assert "release" in refused.value.hint


@pytest.mark.parametrize("wrong", [{"incidents": 999}, {"months": 12}, {"groups": 4}, {"groups": 41}])
def test_what_cannot_be_planted_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as refused:
        generate(Quality.of_level(2, 1), seed=1, until=UNTIL, **wrong)
    assert refused.value.hint


def test_business_time_and_its_inverse_agree() -> None:
    moments = np.random.default_rng(1).integers(1_600_000_000, 1_800_000_000, 2000)
    passed = business_seconds(moments)
    assert np.array_equal(business_seconds(business_moment(passed)), passed)
    assert (business_moment(passed) >= moments).all()
