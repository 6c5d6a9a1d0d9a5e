"""Values from the environment and from secret files are filled in and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.document import Document
from config.interpolation import Interpolation, interpolate
from tests.config.support import failure, lines, loaded

SECRET = "hunter2-swordfish"


def filled(text: str, environment: dict[str, str], folder: Path = Path()) -> Interpolation:
    return interpolate(Document.parse(text, "f"), environment, folder)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${A}", "one"),
        ("x-${A}-${B}", "x-one-two"),
        ("${MISSING:-other}", "other"),
        ("${MISSING:-}", ""),
        ("${EMPTY:-other}", "other"),
        ("${EMPTY}", ""),
        ("${A:-other}", "one"),
        ("$${A}", "${A}"),
        ("$A and $5", "$A and $5"),
        ("file://host/x", "file://host/x"),
    ],
)
def test_a_reference_is_filled_in(written: str, value: str) -> None:
    found = filled(f"a: ['{written}']\n", {"A": "one", "B": "two", "EMPTY": ""})
    assert (found.data, found.problems) == ({"a": [value]}, ())


def test_a_secret_file_is_read_without_its_last_line_break(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    found = filled(f"a: file:{tmp_path}/secret\nb: file:secret\n", {}, tmp_path)
    assert found.data == {"a": SECRET, "b": SECRET}


def test_everything_that_is_missing_is_told_at_once_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    text = 'a: ${ONE}\nb: ["x ${TWO} ${THREE}", file:absent]\nc: file:binary\nd: ${not closed\ne: "${a-b}"\n'
    found = filled(text, {}, tmp_path)
    assert [str(problem) for problem in found.problems] == [
        "f:1:4 a: the environment variable ONE is not set (set it, or write ${ONE:-default})",
        "f:2:8 b[0]: the environment variable TWO is not set (set it, or write ${TWO:-default})",
        "f:2:15 b[0]: the environment variable THREE is not set (set it, or write ${THREE:-default})",
        "f:2:26 b[1]: the file it names cannot be read (no such file or directory)",
        "f:3:4 c: the file it names is not UTF-8 text",
        "f:4:4 d: '${' has no closing '}' (write '$${' for the characters themselves)",
        "f:5:5 e: '${…}' should hold a name of letters, digits and _, such as ${SN_SECRET}",
    ]


def test_a_missing_variable_hides_no_other_problem_and_is_told_once(tmp_path: Path) -> None:
    text = "assess: {window: '${W}', time_zone: Nowhere}\nconnectors: {x: {type: '${T}'}, y: {type: filez}}\n"
    assert lines(tmp_path, text) == [
        "itsm-maturity.yaml:1:19 assess.window: the environment variable W is not set "
        "(set it, or write ${W:-default})",
        "itsm-maturity.yaml:1:37 assess.time_zone: 'Nowhere' is not a time zone such as Europe/London",
        "itsm-maturity.yaml:2:25 connectors.x.type: the environment variable T is not set "
        "(set it, or write ${T:-default})",
        "itsm-maturity.yaml:2:43 connectors.y.type: 'filez' is not one of files, jira, servicenow "
        "(did you mean 'files'?)",
    ]


EVERYWHERE = """\
evidence: ${S}
history: ${S}
departments: {by: "${S}", map: {a: "${S}"}}
assess: {as_of: "${S}", time_zone: "${S}", window: "${S}", cohort: {opened_from: "${S}"}, practices: ["${S}"]}
calendars: {default: {hours: "${S}", holidays: ["${S}"]}}
people: {automation: "${S}", migration: ["${S}"], key: ["${S}"]}
exclude: {go_live: "${S}", warm_up: "${S}", none: "${S}"}
response_targets: {P1: "${S}"}
priority_matrix: {1-1: "${S}"}
exemptions: [{indicator: "${S}", reason: "${S}", owner: "${S}", until: "${S}"}, "${S}"]
indicators: ${S}
connectors:
  a: ${S}
  b: {type: "${S}"}
  c:
    type: files
    time_zone: ${S}
    date_formats: ["${S}"]
    tolerated_share: ${S}
    records:
      incident:
        path: ${S}
        encoding: ${S}
        delimiter: ${S}
        format: ${S}
        columns: {id: "${S}", priority: {column: "${S}", constant: "${S}"}, state: {values: "${S}"}}
        log: {at: "${S}", key: "${S}"}
"""


@pytest.mark.parametrize(
    "secret",
    [
        SECRET,
        "08:00-18:00 Mon-hunter2",
        "hunter2swordfish://user:hunter2@host",
        'it\'s "hunter2" \\ é\n swordfish',
        "hunter2, swordfish, hunter2swordfish",
        "999999 hunter2days",
        "hunter2" * 20,
    ],
)
def test_no_message_shows_what_was_filled_in(tmp_path: Path, secret: str) -> None:
    error = failure(tmp_path, EVERYWHERE, {"S": secret})
    shown = (
        f"{error}{error!r}{error.hint}{error.problems!r}{error.__cause__!r}{error.__context__!r}".casefold()
    )
    assert len(error.problems) > 25
    assert "hunter2" not in shown
    assert "swordfish" not in shown
    assert "'${s}' is not a duration" in shown


def test_a_loaded_configuration_shows_no_secret(tmp_path: Path) -> None:
    text = (
        "history: postgresql://itsm:${PASSWORD}@host/itsm\npeople: {key: '${KEY}'}\n"
        "connectors: {c: {type: files, records: {incident: {path: '${PASSWORD}', columns: {id: n}}}}}\n"
    )
    configuration = loaded(tmp_path, text, {"PASSWORD": SECRET, "KEY": SECRET})
    assert configuration.history == f"postgresql://itsm:{SECRET}@host/itsm"
    shown = (
        f"{configuration!r}{configuration.people!r}{configuration.interpolation!r}{configuration.document!r}"
    )
    assert SECRET not in shown + f"{configuration.interpolation.originals!r}"


def test_a_secret_that_stands_in_the_file_is_not_shown_either(tmp_path: Path) -> None:
    text = "people: {key: swordfish}\nhistory: mysql://itsm:swordfish@host/itsm\nevidence: swordfish\n"
    assert "swordfish" not in str(failure(tmp_path, text))
