"""A wrong configuration is answered with every problem at once, each where it stands."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import Exemption, load, setting_problems
from config.document import Document
from config.settings import Settings
from connectors.contract import SettingProblem
from evaluators.policy import Calendar, Cohort, Exclusions, Policy
from storage.errors import ConfigurationError
from tests.config.stub import installed
from tests.config.support import FILE, lines, loaded

FILES = "connectors: {x: {type: files, records: {incident: {path: a.csv, columns: {id: number%s}}}}}\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("conectors: {}\n", "1:1 conectors: unknown setting 'conectors' (did you mean 'connectors'?)"),
        (
            "exclude: {warmup: 1 day}\n",
            "1:11 exclude.warmup: unknown setting 'warmup' (did you mean 'warm_up'?)",
        ),
        (
            "departments: {zzz: 1}\n",
            "1:15 departments.zzz: unknown setting 'zzz' (known here: by, map)",
        ),
        (
            "connectors: {x: {type: fils}}\n",
            "1:24 connectors.x.type: 'fils' is not one of files, jira, servicenow (did you mean 'files'?)",
        ),
        ("connectors: {x: {}}\n", "1:14 connectors.x.type: is missing; choose from files, jira, servicenow"),
        ("connectors:\n  x:\n", "2:3 connectors.x: should be a mapping of settings with a `type`"),
        (
            "connectors: {Corp-1: {type: files, records: {incident: {path: a, columns: {id: b}}}}}\n",
            "1:14 connectors.Corp-1: 'Corp-1' is not a connector's name (write lower-case letters, "
            "digits and _)",
        ),
        (
            FILES % ", opend_at: x",
            "1:87 connectors.x.records.incident.columns.opend_at: "
            "'opend_at' is not a column of incident (did you mean 'opened_at'?)",
        ),
        (
            FILES % ", state: {colum: x}",
            "1:95 connectors.x.records.incident.columns.state.colum: "
            "unknown setting 'colum' (did you mean 'column'?)",
        ),
        ("connectors: []\n", "1:13 connectors: should be a mapping (name: value), not a list"),
        ("assess: 3\n", "1:9 assess: should be a mapping (name: value), not a number"),
        ("assess:\n", "1:1 assess: has no value; it should be a mapping (name: value)"),
        (
            "assess: {window: 90 dys}\n",
            "1:18 assess.window: '90 dys' is not a duration (write it as 30 min, 2 h or 90 days)",
        ),
        (
            "assess: {window: 36 h}\n",
            "1:18 assess.window: '36 h' is not a number of whole days (write it as 90 days or 4 weeks)",
        ),
        (
            "assess: {window: 0 days}\n",
            "1:18 assess.window: '0 days' is not a usable window "
            "(90 days is usual, 180 days suits small organisations)",
        ),
        (
            "assess: {window: 90}\n",
            "1:18 assess.window: '90' is not a duration (write it as 30 min, 2 h or 90 days)",
        ),
        (
            "assess: {time_zone: Europe/Londn}\n",
            "1:21 assess.time_zone: 'Europe/Londn' is not a time zone such as Europe/London "
            "(did you mean 'Europe/London'?)",
        ),
        (
            "assess: {time_zone: /etc/passwd}\n",
            "1:21 assess.time_zone: '/etc/passwd' is not a time zone such as Europe/London",
        ),
        ("assess: {as_of: 2026-02-30}\n", "1:17 assess.as_of: '2026-02-30' is not a day in the calendar"),
        (
            "assess: {as_of: 20260230}\n",
            "1:17 assess.as_of: '20260230' is not a day (write it as 2026-12-31)",
        ),
        (
            "assess: {cohort: {opened_from: 2026-01-01}}\n",
            "1:10 assess.cohort.opened_to: is missing; it has no default",
        ),
        (
            "assess: {cohort: {opened_from: 2026-01-01, opened_to: 2026-01-01}}\n",
            "1:18 assess.cohort: opened_from should be before opened_to",
        ),
        (
            "assess: {practices: [incidnt]}\n",
            "1:22 assess.practices[0]: 'incidnt' is not a practice; choose from incident, problem, "
            "change, release, "
            "configuration, monitoring, service-level, request, knowledge (did you mean 'incident'?)",
        ),
        (
            "calendars: {default: {hours: 8-18}}\n",
            "1:30 calendars.default.hours: '8-18' are not business hours (write them as 08:00-18:00 Mon-Fri)",
        ),
        (
            "calendars: {default: {hours: '18:00-08:00 Mon-Fri'}}\n",
            "1:30 calendars.default.hours: '18:00-08:00 Mon-Fri' do not open before they close on the "
            "same day "
            "(write them as 08:00-18:00 Mon-Fri)",
        ),
        (
            "calendars: {default: {hours: '08:00-18:00 Mon-Fri, 09:00-10:00 Fri'}}\n",
            "1:30 calendars.default.hours: '08:00-18:00 Mon-Fri, 09:00-10:00 Fri' give hours for Fri twice "
            "(write them as 08:00-18:00 Mon-Fri)",
        ),
        ("people: {automation: svc_*}\n", "1:22 people.automation: should be a list ([a, b]), not text"),
        (
            "people: {migration: [5]}\n",
            "1:22 people.migration[0]: should be text, not a number; put it in quotes",
        ),
        ("people: {migration: ['']}\n", "1:22 people.migration[0]: should not be empty"),
        ("people: {key: short}\n", "1:15 people.key: should have at least 16 characters"),
        ("exclude: {none: maybe}\n", "1:17 exclude.none: should be true or false"),
        (
            "exclude: {none: true, go_live: 2026-01-01}\n",
            "1:10 exclude: none: true excludes nothing, so go_live has no effect; keep one of them",
        ),
        (
            "response_targets: {P1: 1 day}\n",
            "1:24 response_targets.P1: '1 day' is not a target in business time (write minutes or "
            "hours: 30 min, 8 h)",
        ),
        (
            "response_targets: {P7: 1 h}\n",
            "1:20 response_targets.P7: 'P7' is not a priority (write P1, P2, P3, P4 or P5)",
        ),
        (
            "priority_matrix: {1-9: 1}\n",
            "1:19 priority_matrix.1-9: '1-9' is not impact-urgency (write 1-1 to 5-5)",
        ),
        (
            "priority_matrix: {1-1: 7}\n",
            "1:24 priority_matrix.1-1: '7' is not a priority (write P1, P2, P3, P4 or P5)",
        ),
        (
            "field_defaults: {incident.categry: [Other]}\n",
            "1:18 field_defaults.incident.categry: 'incident.categry' is not a column of incident "
            "(did you mean 'incident.category'?)",
        ),
        (
            "field_defaults: {incidnt.category: [Other]}\n",
            "1:18 field_defaults.incidnt.category: 'incidnt.category' is not a column (write it as "
            "incident.category) "
            "(did you mean 'incident.category'?)",
        ),
        ("exemptions: {a: 1}\n", "1:13 exemptions: should be a list ([a, b]), not a mapping"),
        (
            "exemptions:\n  - {indicator: inc-ping-pong-rate, reason: b, until: 2026-01-01}\n",
            "2:5 exemptions[0].owner: is missing; it has no default",
        ),
        ("departments: {by: group}\n", "1:19 departments.by: 'group' is not one of assignment_group"),
        ("evidence: duckbd:x\n", "1:11 evidence: 'duckbd' is not one of duckdb (did you mean 'duckdb'?)"),
        ("evidence: e.duckdb\n", "1:11 evidence: should be an address such as duckdb:evidence.duckdb"),
        (
            "history: sqlite:///maturity.db\n",
            "1:10 history: can be read in two ways; write sqlite:a/file or sqlite:/an/absolute/file",
        ),
        (
            "history: 5\n",
            "1:10 history: should be an address such as sqlite:maturity.db or "
            "postgresql://user@host/database",
        ),
        ("indicators: absent.yaml\n", "1:13 indicators: there is no such file; is the name right?"),
        ("assess: {}\nassess: {}\n", "2:1 assess: is already given in line 1; keep one of them"),
        (
            "connectors:\n  x: {type: files, records: {incident: {path: a, columns: {id: b}}}}\n  x: "
            "{type: files}\n",
            "3:3 connectors.x: is already given in line 2; keep one of them",
        ),
    ],
)
def test_a_wrong_setting_is_answered_where_it_stands(tmp_path: Path, text: str, problem: str) -> None:
    assert lines(tmp_path, text) == [f"{FILE}:{problem}"]


@pytest.mark.parametrize("name", ["schedule", "targets", "notify"])
def test_a_setting_that_does_nothing_yet_is_unknown(tmp_path: Path, name: str) -> None:
    (line,) = lines(tmp_path, f"{name}: []\n")
    assert line.startswith(f"{FILE}:1:1 {name}: unknown setting '{name}'")


def test_all_problems_are_told_at_once_in_file_order(tmp_path: Path) -> None:
    text = """\
history: sqlite:x.db
assess: {time_zone: Mars, window: 90 dys}
conectors: {}
connectors:
  one: {type: fils}
  two:
    type: files
    time_zone: ${ZONE}
    records: {incident: {path: 3, columns: {nmber: x}}}
people: {key: "${KEY}"}
history: sqlite:y.db
"""
    assert lines(tmp_path, text) == [
        f"{FILE}:2:21 assess.time_zone: 'Mars' is not a time zone such as Europe/London",
        f"{FILE}:2:35 assess.window: '90 dys' is not a duration (write it as 30 min, 2 h or 90 days)",
        f"{FILE}:3:1 conectors: unknown setting 'conectors' (did you mean 'connectors'?)",
        f"{FILE}:5:15 connectors.one.type: 'fils' is not one of files, jira, servicenow "
        "(did you mean 'files'?)",
        f"{FILE}:8:16 connectors.two.time_zone: the environment variable ZONE is not set "
        "(set it, or write ${ZONE:-default})",
        f"{FILE}:9:32 connectors.two.records.incident.path: should be text, not a number; put it in quotes",
        f"{FILE}:9:45 connectors.two.records.incident.columns.nmber: 'nmber' is not a column of incident",
        f"{FILE}:10:16 people.key: the environment variable KEY is not set (set it, or write "
        f"${{KEY:-default}})",
        f"{FILE}:11:1 history: is already given in line 1; keep one of them",
    ]


def test_a_missing_file_is_a_problem_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path / FILE, {})
    assert str(caught.value) == f"{tmp_path / FILE}:1:1 file: there is no such file; is the name right?"
    assert "init" in caught.value.hint


def test_a_file_with_nothing_but_a_connector_has_all_defaults(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, FILES % "")
    assert configuration.policy() == Policy()
    assert (configuration.evidence, configuration.history) == ("duckdb:evidence.duckdb", "sqlite:maturity.db")
    assert configuration.folder == tmp_path
    assert configuration.assess.as_of is None
    assert configuration.indicators is None
    assert configuration.connectors["x"].type == "files"


def test_every_decision_reaches_the_policy(tmp_path: Path) -> None:
    text = """\
departments: {by: assignment_group, map: {"Network*": Infrastructure, DBA: Infrastructure}}
assess: {as_of: 2026-05-18, time_zone: Europe/London, window: 26 weeks,
         cohort: {opened_from: 2026-03-01, opened_to: 2026-05-18}, practices: [incident]}
calendars: {default: {hours: "08:00-18:00 Mon-Thu, 8:00-24:00 fri", holidays: [2026-12-26, 2026-12-25]}}
people: {automation: ["svc_*"], migration: [import.user], active_users: {2026-01: 1200, 2026-04: 1350}}
exclude: {go_live: 2025-02-01, warm_up: 2 weeks}
response_targets: {P1: 15 min, P3: 4 hours}
priority_matrix: {1-1: 1, 1-2: P2}
field_defaults: {incident.category: [Other], incident.resolution_note: [solved]}
states: {waiting: [On Hold], ended: [Done]}
"""
    hours = dict.fromkeys(range(4), (8 * 3600, 18 * 3600)) | {4: (8 * 3600, 24 * 3600)}
    configuration = loaded(tmp_path, text)
    assert configuration.policy() == Policy(
        time_zone="Europe/London",
        window_days=182,
        cohort=Cohort(date(2026, 3, 1), date(2026, 5, 18)),
        calendar=Calendar(hours, (date(2026, 12, 25), date(2026, 12, 26))),
        response_targets={1: 900, 2: 7200, 3: 14400, 4: 28800, 5: 28800},
        priority_matrix={(1, 1): 1, (1, 2): 2},
        field_defaults={"incident.category": ("Other",), "incident.resolution_note": ("solved",)},
        automation=("svc_*",),
        migration=("import.user",),
        active_users={"2026-01": 1200, "2026-04": 1350},
        waiting_states=("on hold",),
        ended_states=("done",),
        departments={"Network*": "Infrastructure", "DBA": "Infrastructure"},
        exclusions=Exclusions(True, date(2025, 2, 1), 14),
    )
    assert (configuration.assess.as_of, configuration.assess.practices) == (date(2026, 5, 18), ("incident",))
    assert len(configuration.policy().measured) == 64


def test_days_around_the_weekend_may_be_a_range(tmp_path: Path) -> None:
    text = "calendars: {default: {hours: '09:00-17:00 Sun-Thu'}}\n"
    assert sorted(loaded(tmp_path, text).policy().calendar.hours) == [0, 1, 2, 3, 6]


@pytest.mark.parametrize(
    ("text", "automation"),
    [("people: {}\n", None), ("people: {automation: }\n", None), ("people: {automation: []}\n", ())],
)
def test_no_list_of_robots_differs_from_an_empty_one(
    tmp_path: Path, text: str, automation: tuple[str, ...] | None
) -> None:
    assert loaded(tmp_path, text).people.automation == automation


def test_active_users_may_be_one_number_for_all_months(tmp_path: Path) -> None:
    assert loaded(tmp_path, "people: {active_users: 1200}\n").policy().active_users == 1200
    assert loaded(tmp_path, "people: {}\n").policy().active_users is None


@pytest.mark.parametrize(
    "users", ["0", "-5", "many", "1.5", "true", "{}", "{2026: 5}", "{2026-13: 5}", "{2026-01: 0}"]
)
def test_what_is_no_number_of_users_is_refused(tmp_path: Path, users: str) -> None:
    with pytest.raises(ConfigurationError, match=r"people\.active_users"):
        loaded(tmp_path, f"people: {{active_users: {users}}}\n")


def test_excluding_nothing_reaches_the_policy(tmp_path: Path) -> None:
    assert not loaded(tmp_path, "exclude: {none: true}\n").policy().exclusions.enabled


def test_exemptions_are_kept_with_reason_owner_and_last_day(tmp_path: Path) -> None:
    text = "exemptions: [{indicator: inc-ping-pong-rate, reason: none, owner: lead, until: 2020-01-01}]\n"
    (found,) = loaded(tmp_path, text).exemptions
    assert found == Exemption("inc-ping-pong-rate", None, "none", "lead", date(2020, 1, 1))


def test_an_exempt_practice_exempts_each_of_its_indicators(tmp_path: Path) -> None:
    text = "exemptions: [{practice: release, reason: bought, owner: lead, until: 2030-01-01}]\n"
    configuration = loaded(tmp_path, text)
    entries = [each.id for each in configuration.catalogue.practice("release").indicators]
    assert list(configuration.exempted()) == entries


def test_process_sets_weights_and_views_change_what_they_name_and_the_catalogue_version(
    tmp_path: Path,
) -> None:
    text = (
        "overall:\n  sets: {monitoring: 2}\n  weights: {incident: 2.5}\n  views:\n"
        "    front office: [incident, request]\n"
        "    teams: {attributes: ['3.2'], indicators: [inc-ping-pong-rate]}\n"
    )
    configured, plain = loaded(tmp_path, text).catalogue, loaded(tmp_path, "connectors: {}\n").catalogue
    assert {**plain.composition.sets, "monitoring": 2} == configured.composition.sets
    assert configured.composition.weights == {"incident": 2.5}
    assert [view.name for view in configured.composition.views][-2:] == ["front office", "teams"]
    assert configured.version != plain.version
    assert configured.measured == plain.measured


def test_own_indicators_are_loaded_with_their_positions(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("- id: inc-sla-coverage\n  anchors: {zero: 40}\n")
    configuration = loaded(tmp_path, "indicators: own.yaml\n")
    assert configuration.indicators is not None
    assert configuration.indicators.position((0, "anchors", "zero")) == (2, 19)
    assert configuration.catalogue.indicator("inc-sla-coverage").anchors.zero == 40


def test_problems_of_the_indicators_file_come_after_those_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("- id: a\n  id: b\n")
    assert lines(tmp_path, "x: 1\nindicators: own.yaml\n")[1:] == [
        "own.yaml:2:3 [0].id: is already given in line 1; keep one of them"
    ]


def test_what_a_connector_found_gets_its_position_and_shows_no_secret(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, (FILES % ", state: '${S}'"), {"S": "swordfish"})
    found = [
        SettingProblem(("records", "incident", "columns", "state"), "the file has no field 'swordfish'"),
        SettingProblem(("records", "incident", "path"), "there is no such file"),
        SettingProblem(("records", "incident", "log"), "is wanted here"),
    ]
    assert [
        str(problem).replace(f"{tmp_path}/", "") for problem in configuration.setting_problems("x", found)
    ] == [
        f"{FILE}:1:41 connectors.x.records.incident.log: is wanted here",
        f"{FILE}:1:58 connectors.x.records.incident.path: there is no such file",
        f"{FILE}:1:94 connectors.x.records.incident.columns.state: the file has no field '${{S}}'",
    ]


def test_problems_of_any_document_can_be_placed() -> None:
    document = Document.parse("a:\n  b: 1\n", "f")
    assert [str(one) for one in setting_problems(document, ("a",), [SettingProblem(("b",), "is odd")])] == [
        "f:2:6 a.b: is odd"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "auth: {type: oauht, client_id: x, client_secret: y}",
            "35 connectors.x.auth.type: 'oauht' is not one of basic, oauth, jwt (did you mean 'oauth'?)",
        ),
        ("auth: {client_id: x}", "22 connectors.x.auth.type: is missing; it has no default"),
        (
            "auth: {type: oauth, client_id: x, client_secrt: y, client_secret: z}",
            "56 connectors.x.auth.client_secrt: unknown setting 'client_secrt' (did you mean "
            "'client_secret'?)",
        ),
        ("auth: {type: jwt}", "22 connectors.x.auth.key: is missing; it has no default"),
        ("auth: {type: jwt, key: [swordfish]}", "45 connectors.x.auth.key: should be text, not a list"),
        ("names: {a: 1}", "29 connectors.x.names: should be text or a list ([a, b]), not a mapping"),
        ("names: [a, 1]", "33 connectors.x.names[1]: should be text, not a number; put it in quotes"),
        (
            "entry: {nummer: 1, number: 2}",
            "30 connectors.x.entry.nummer: unknown setting 'nummer' (did you mean 'number'?)",
        ),
        ("entry: [{number: x}]", "39 connectors.x.entry[0].number: should be a whole number"),
        ("pages: 11", "29 connectors.x.pages: should be at most 10"),
        ("mode: slwo", "28 connectors.x.mode: 'slwo' is not one of fast, slow (did you mean 'slow'?)"),
        ("mode: [slow]", "28 connectors.x.mode: should be one of fast, slow, not a list"),
        ("pagez: 1", "22 connectors.x.pagez: unknown setting 'pagez' (did you mean 'pages'?)"),
    ],
)
def test_any_connectors_settings_are_explained_in_plain_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, problem: str
) -> None:
    installed(monkeypatch, tmp_path, "stub = tests.config.stub:StubConnector")
    found = lines(tmp_path, f"connectors: {{x: {{type: stub,\n                     {text}}}}}\n")
    # Positions are those of the second line; a parent's key stands in the first.
    assert [line.replace(f"{FILE}:1:14 ", f"{FILE}:2:22 ") for line in found] == [f"{FILE}:2:{problem}"]


def test_a_shortened_secret_in_a_connectors_own_message_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, tmp_path, "stub = tests.config.stub:StubConnector")
    text = "connectors: {x: {type: stub, pages: 3, names: '${S}'}}\n"
    assert lines(tmp_path, text, {"S": "swordfish-and-hunter2"}) == [
        f"{FILE}:1:17 connectors.x: the value of ${{S}} does not fit here"
    ]


def test_a_broken_connector_is_a_problem_of_its_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, tmp_path, "broken = tests.config.absent:Nothing")
    (line,) = lines(tmp_path, "connectors: {x: {type: broken}}\n")
    assert line.startswith(f"{FILE}:1:24 connectors.x.type: cannot be used: ")


NAMES = (
    "x type records incident path columns default map P1 1-1 window time_zone cohort hours holidays "
    "automation key none waiting log id"
)
KEYS = st.sampled_from([*Settings.model_fields, *NAMES.split()])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["files", "90 days", "${A}", "${B", "file:x", "2026-01-01", "duckdb:x", "incident"])
)
DATA = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=15,
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, DATA, max_size=6))
def test_no_data_is_answered_with_anything_but_a_configuration_error(data: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        path.write_text(json.dumps(data), "utf-8")
        try:
            load(path, {"A": "filled in"})
        except ConfigurationError as error:
            found = error.problems
        else:
            return
    assert found
    assert all(problem.where.startswith(folder) and problem.message for problem in found)


def test_importing_the_configuration_is_light() -> None:
    code = (
        "import sys, config; "
        "heavy = {'duckdb', 'pyarrow', 'scipy', 'numpy', 'sqlglot', 'sqlalchemy', 'connectors.files'}; "
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("\n", "")
