from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from interface.cli.app import main
from scheduler.errors import NothingYetError
from scheduler.review import explained
from scheduler.workspace import open_workspace
from tests.interface.conftest import Command

MAPPED = 'departments: {by: assignment_group, map: {"Infrastructure*": Platform, "*": Software}}\n'


@pytest.fixture(scope="session")
def divided(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An organisation with two departments, synced and assessed."""
    folder = tmp_path_factory.mktemp("divided") / "work"
    shutil.copytree(exported, folder)
    file = folder / "itsm-maturity.yaml"
    with file.open("a", encoding="utf-8") as stream:
        stream.write(MAPPED)
    assert main(["sync", "-c", str(file)]) == 0
    assert main(["assess", "-c", str(file), "--practice", "incident"]) == 0
    return folder


def test_history_shows_a_department_where_it_is_asked_for(divided: Path, run: Command) -> None:
    (item,) = run(divided, "history", "--department", "Platform", "--json").json["items"]
    assert [each["department"] for each in item["practices"]] == ["Platform"]
    (item,) = run(divided, "history", "--department", "*", "--json").json["items"]
    assert [each["department"] for each in item["practices"]] == [None, "Platform", "Software"]
    (item,) = run(divided, "history", "--json").json["items"]
    assert [each["department"] for each in item["practices"]] == [None]


def test_explain_of_a_department_is_about_that_one(divided: Path, run: Command) -> None:
    text = run(divided, "explain", "incident", "--department", "Platform").out
    assert "Incident in Platform" in text
    found = run(divided, "explain", "inc-ping-pong-rate", "--department", "Platform", "--json").json
    assert [each["department"] for each in found["indicators"]] == ["Platform"]


def test_explain_of_a_practice_lists_its_departments(divided: Path, run: Command) -> None:
    lines = run(divided, "explain", "incident").out.splitlines()
    assert any(line.startswith("Platform ") for line in lines)
    assert any(line.startswith("Software ") for line in lines)
    assert max(map(len, lines)) <= 80


def test_an_unknown_department_is_answered_with_the_nearest(divided: Path, run: Command) -> None:
    answer = run(divided, "explain", "incident", "--department", "Platfrom")
    assert answer.code == 2
    assert "Did you mean 'Platform'?" in answer.err


def test_a_practice_without_records_in_a_department_is_said_not_to_be_assessed_there(divided: Path) -> None:
    with open_workspace(divided / "itsm-maturity.yaml") as workspace:
        found = explained(workspace)
    with pytest.raises(NothingYetError, match="problem was not assessed for Platform: it has no records"):
        found.in_department("problem", "Platform")


def test_assess_shows_each_department_where_it_is_asked_for(divided: Path, run: Command) -> None:
    brief = run(divided, "assess", "--practice", "incident").out
    assert "Between departments" in brief
    assert "Software" not in brief
    whole = run(divided, "assess", "--practice", "incident", "--departments").out
    assert any(line.startswith("Software ") for line in whole.splitlines())


def test_departments_are_compared_by_core_indicator_with_the_limits_of_chance(
    divided: Path, run: Command
) -> None:
    found = run(divided, "explain", "departments", "--json").json
    (incident,) = found["practices"]
    assert {each["department"] for each in incident["departments"]} == {"Platform", "Software"}
    assert 1 <= incident["lowest"] <= incident["highest"] <= 5
    assert all(each["confidence"] in ("high", "medium", "low") for each in incident["departments"])
    assert found["funnel"]
    for each in found["funnel"]:
        assert each["limits_998"] is None or each["limits_998"][0] <= each["limits_95"][0]
    lines = run(divided, "explain", "departments").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("Software ") for line in lines)
    one = run(divided, "explain", "departments", "--department", "Platform", "--json").json
    assert {each["department"] for each in one["funnel"]} == {"Platform"}


def test_without_departments_it_is_said_what_they_take(assessed: Path, run: Command) -> None:
    text = " ".join(run(assessed, "explain", "departments").out.split())
    assert "departments in the configuration" in text


def test_hand_offs_between_departments_are_explained(divided: Path, run: Command) -> None:
    pairs = run(divided, "explain", "handoffs", "--json").json
    assert {(each["sender"], each["receiver"]) for each in pairs} <= {
        ("Platform", "Software"),
        ("Software", "Platform"),
    }
    assert all(each["count"] > 0 and 0 <= each["bounced"] <= 1 for each in pairs)
    text = run(divided, "explain", "handoffs").out
    assert "Platform" in text
    assert max(map(len, text.splitlines())) <= 80
