from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from interface.cli.app import main
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


def starting(folder: Path, run: Command, content: str | bytes, name: str = "incidents.csv") -> Any:
    """Run init over an export and return what it says as JSON."""
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    answer = run(folder, "init", "--from-export", str(file), "--force", "--json")
    assert answer.code == 0
    return answer.json


def stored(folder: Path, run: Command) -> dict[str, int]:
    (connector,) = run(folder, "sync", "--json").json["connectors"]
    return {each["kind"]: each["stored"] for each in connector["records"]}


def test_init_writes_how_dates_are_written(folder: Path, run: Command) -> None:
    content = "number,opened_at\nINC1,02/28/2026 09:30\nINC2,02/01/2026 09:30:05\n"
    found = starting(folder, run, content)
    assert found["date_formats"] == ["%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M"]
    assert "Check this" not in (folder / "itsm-maturity.yaml").read_text("utf-8")
    assert run(folder, "check").code == 0
    assert stored(folder, run) == {"incident": 2}


def test_init_says_when_day_or_month_may_stand_first(folder: Path, run: Command) -> None:
    found = starting(folder, run, "number,opened_at\nINC1,01/02/2026\n")
    assert found["date_formats"] == ["%d/%m/%Y"]
    (note,) = found["notes"]
    assert "day first is written: check `date_formats`" in note
    assert "# Check this: month first" in (folder / "itsm-maturity.yaml").read_text("utf-8")


def test_init_says_when_dates_are_not_understood(folder: Path, run: Command) -> None:
    found = starting(folder, run, "number,opened_at\nINC1,yesterday at 9\n")
    assert "set `date_formats`" in found["notes"][0]
    assert "rows cannot be read" in run(folder, "check").out


def test_init_finds_out_the_encoding(folder: Path, run: Command) -> None:
    found = starting(folder, run, "number,assignment_group\nINC1,Büro\n".encode("windows-1252"))
    assert found["encoding"] == "windows-1252"
    assert "windows-1252" in found["notes"][0]
    assert stored(folder, run) == {"incident": 1}


def test_init_tells_an_excel_workbook(folder: Path, run: Command) -> None:
    with zipfile.ZipFile(folder / "incidents.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    answer = run(folder, "init", "--from-export", str(folder / "incidents.xlsx"))
    assert answer.code == 3
    assert "save it as CSV UTF-8" in " ".join(answer.err.split())


LOG = """\
number,incident_state,assignment_group,assigned_to,sys_updated_at,sys_updated_by,sys_mod_count
INC1,Closed,Network,Ann,2026-10-02 08:00:00,Bob,2
INC1,New,Database,Ann,2026-10-01 08:00:00,Bob,1
INC2,New,Database,Eve,2026-10-01 08:00:00,Bob,1
"""


def test_init_recognises_a_log_and_keeps_its_history(folder: Path, run: Command) -> None:
    found = starting(folder, run, LOG)
    assert found["log"] is True
    assert "a log with one row per update" in found["notes"][0]
    assert found["unused"] == []
    (connector,) = run(folder, "check", "--json").json["connectors"]
    (incident,) = [each for each in connector["kinds"] if each["kind"] == "incident"]
    assert incident["tracked"] == ["assignee", "assignment_group", "state"]
    # INC1 changes its state and its group once, and every field begins once.
    assert stored(folder, run) == {"incident": 2, "transition": 3 + 3 + 2}


def test_init_takes_one_row_per_incident_for_no_log(folder: Path, run: Command) -> None:
    """Of a list, the time of the last update would otherwise pass for that of the only change."""
    header, _, *rows = LOG.splitlines()
    found = starting(folder, run, "\n".join([header, *rows, ""]))
    assert found["log"] is False
    assert found["notes"] == []
    assert found["columns"]["updated_at"] == "sys_updated_at"


def test_init_says_that_rows_without_a_time_give_no_history(folder: Path, run: Command) -> None:
    found = starting(folder, run, "number,state\nINC1,New\nINC1,Closed\n")
    assert found["log"] is False
    assert "no history is read" in found["notes"][0]


def test_init_reads_what_a_spreadsheet_saved(folder: Path, run: Command) -> None:
    found = starting(folder, run, 'sep=;\nNumber;State;State;Opened by;\n="INC1";New;x;Ann;\n;;;;\n')
    assert found["columns"] == {"id": "Number", "state": "State", "created_by": "Opened by"}
    assert found["unused"] == ["State#2"]
    assert run(folder, "check").code == 0
    assert stored(folder, run) == {"incident": 1}


def test_init_takes_the_fitting_part_of_an_object(folder: Path, run: Command) -> None:
    def both(shown: str, value: str) -> dict[str, str]:
        return {"display_value": shown, "value": value}

    row = {
        "number": both("INC1", "INC1"),
        "opened_at": both("28.02.2026 10:30", "2026-02-28 09:30:00"),
        "state": both("Closed", "7"),
        "priority": both("2 - High", "2"),
        "location": both("Paris", "f00d"),
    }
    found = starting(folder, run, json.dumps({"result": [row]}), "incidents.json")
    assert found["columns"] == {
        "id": "number.display_value",
        "opened_at": "opened_at.value",
        "state": "state.display_value",
        "priority": "priority.value",
    }
    assert found["unused"] == ["location"]
    assert run(folder, "check").code == 0
    assert stored(folder, run) == {"incident": 1}


def written_path(folder: Path) -> str:
    text = (folder / "itsm-maturity.yaml").read_text("utf-8")
    return next(line.split(": ")[1] for line in text.splitlines() if line.startswith("        path: "))


def test_init_keeps_a_link_below_the_configuration(folder: Path, run: Command, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "of-today.csv").write_text(EXPORT, encoding="utf-8")
    (folder / "exports").symlink_to(tmp_path / "elsewhere")
    assert run(folder, "init", "--from-export", str(folder / "exports" / "of-today.csv")).code == 0
    assert written_path(folder) == "exports/of-today.csv"


def test_init_keeps_a_relative_path(folder: Path, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    assert main(["init", "--from-export", "../incidents.csv"]) == 0
    assert written_path(folder / "below") == '"../incidents.csv"'


def test_check_tells_a_wrong_delimiter_once(folder: Path, run: Command) -> None:
    run(folder, "init", "--from-export", str(folder / "incidents.csv"))
    (folder / "incidents.csv").write_text(EXPORT.replace(",", ";"), encoding="utf-8")
    answer = run(folder, "check", "--json")
    assert answer.code == 2
    assert len(answer.json["error"]["where"]) == 1
    assert "set `delimiter` to" in run(folder, "check").err


def test_check_says_how_many_rows_cannot_be_read(folder: Path, run: Command) -> None:
    run(folder, "init", "--from-export", str(folder / "incidents.csv"))
    (folder / "incidents.csv").write_text(EXPORT.replace("2026-10-01 08", "01.10.2026 08"), encoding="utf-8")
    text = " ".join(run(folder, "check").out.split())
    assert "1 of 2 rows cannot be read" in text
    assert "`date_formats`" in text


def test_a_lost_people_key_is_not_replaced_without_a_word(fresh: Path, run: Command) -> None:
    file = fresh / "itsm-maturity.yaml"
    kept = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("people:")]
    file.write_text("\n".join(kept) + "\n", encoding="utf-8")
    key = fresh / ".itsm-maturity.key"
    assert run(fresh, "sync").code == 0
    before = key.read_text("utf-8")
    key.unlink()
    for name in ("check", "sync"):
        refused = run(fresh, name)
        assert refused.code == 3
        assert "sync --full" in refused.err
        assert not key.exists()
    assert run(fresh, "sync", "--full").code == 0
    assert key.read_text("utf-8") != before
    assert run(fresh, "sync").code == 0
