from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.interface.conftest import Command

EXPORT = """\
number,opened_at,resolved_at,incident_state,priority,assignment_group,favourite_colour
INC1,2026-10-01 08:00:00,2026-10-01 10:00:00,Closed,2 - High,Network,blue
INC2,2026-10-02 08:00:00,,New,3 - Moderate,Database,red
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "incidents.csv").write_text(EXPORT, encoding="utf-8")
    return tmp_path


def test_init_writes_a_configuration_that_works(folder: Path, run: Command) -> None:
    answer = run(folder, "init", "--from-export", str(folder / "incidents.csv"))
    assert answer.code == 0
    assert "opened_at" in answer.out
    assert "Not used: favourite_colour." in answer.out
    assert run(folder, "check").code == 0
    (connector,) = run(folder, "sync", "--json").json["connectors"]
    assert connector["records"][0]["stored"] == 2


def test_init_says_what_it_understood_as_json(folder: Path, run: Command) -> None:
    found = run(folder, "init", "--from-export", str(folder / "incidents.csv"), "--json").json
    assert found["columns"]["id"] == "number"
    assert found["unused"] == ["favourite_colour"]


def test_init_never_overwrites_without_being_told(folder: Path, run: Command) -> None:
    file = folder / "itsm-maturity.yaml"
    file.write_text("# mine\n", encoding="utf-8")
    refused = run(folder, "init", "--from-export", str(folder / "incidents.csv"))
    assert (refused.code, file.read_text("utf-8")) == (2, "# mine\n")
    assert "--force" in refused.err
    assert run(folder, "init", "--from-export", str(folder / "incidents.csv"), "--force").code == 0
    assert "connectors:" in file.read_text("utf-8")


def test_init_without_a_terminal_says_which_option_to_use(folder: Path, run: Command) -> None:
    answer = run(folder, "init", "--json")
    assert answer.code == 2
    assert "--from-export" in answer.json["error"]["hint"]


def test_init_finds_out_that_semicolons_separate_fields(folder: Path, run: Command) -> None:
    (folder / "incidents.csv").write_text(EXPORT.replace(",", ";"), encoding="utf-8")
    assert run(folder, "init", "--from-export", str(folder / "incidents.csv")).code == 0
    (connector,) = run(folder, "sync", "--json").json["connectors"]
    assert connector["records"][0]["stored"] == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "There is no file"), ("", ""), ("a,b\n1,2\n", "number")],
)
def test_init_says_what_is_wrong_with_an_export(
    folder: Path, run: Command, content: str | None, message: str
) -> None:
    file = folder / "other.csv"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    answer = run(folder, "init", "--from-export", str(file))
    assert answer.code in (2, 3)
    assert message in answer.err
    assert not (folder / "itsm-maturity.yaml").exists()


def test_check_says_what_is_there_and_what_cannot_be_rated(fresh: Path, run: Command) -> None:
    file = fresh / "itsm-maturity.yaml"
    text = file.read_text("utf-8").replace("channel: channel, ", "").replace('automation: ["svc_*"], ', "")
    file.write_text(text, "utf-8")
    answer = run(fresh, "check", "--json")
    (connector,) = answer.json["connectors"]
    kinds = {each["kind"]: each for each in connector["kinds"]}
    unratable = {each["indicator"]: each["reason"] for each in answer.json["unratable"]}
    assert answer.code == 0
    assert kinds["incident"]["state"] == "readable"
    assert "channel" in kinds["incident"]["missing"]
    assert "assignment_group" in kinds["incident"]["tracked"]
    assert "people.automation" in unratable["inc-automated-resolution"]
    assert not (fresh / "evidence.duckdb").exists(), "a check stores nothing"


def test_check_for_people_names_the_indicators_that_cannot_be_rated(fresh: Path, run: Command) -> None:
    file = fresh / "itsm-maturity.yaml"
    file.write_text(file.read_text("utf-8").replace('automation: ["svc_*"], ', ""), "utf-8")
    text = " ".join(run(fresh, "check").out.split())
    assert "is valid" in text
    assert "reachable" in text
    assert "inc-automated-resolution" in text


def test_check_names_a_kind_that_is_not_there_and_exits_with_1(fresh: Path, run: Command) -> None:
    (fresh / "export" / "service_levels.csv").unlink()
    answer = run(fresh, "check")
    assert answer.code == 1
    assert "absent" in answer.out


def test_check_tells_every_problem_of_a_wrong_file_at_once(tmp_path: Path, run: Command) -> None:
    (tmp_path / "itsm-maturity.yaml").write_text(
        "evidence: duckdbb:x\nasses: {}\nassess: {time_zone: Europe/Londn}\n", encoding="utf-8"
    )
    answer = run(tmp_path, "check")
    assert answer.code == 2
    assert len([line for line in answer.err.splitlines() if "itsm-maturity.yaml:" in line]) == 3
    assert len(run(tmp_path, "check", "--json").json["error"]["where"]) == 3


def test_check_prints_the_schema_without_any_configuration(tmp_path: Path, run: Command) -> None:
    found = json.loads(run(tmp_path, "check", "--schema").out)
    assert found["$schema"].startswith("https://json-schema.org/")
    assert "connectors" in found["properties"]


def test_check_without_connectors_is_something_to_look_at(tmp_path: Path, run: Command) -> None:
    (tmp_path / "itsm-maturity.yaml").write_text("evidence: duckdb:e.duckdb\n", encoding="utf-8")
    assert run(tmp_path, "check").code == 1
