"""A fresh instance as it comes, with the demonstration rows that clients' own tests rely on."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.servicenow.store import Row, Tables, sys_id

STAMP = "2021-03-04 05:06:07"
ADMINISTRATOR = "6816f79cc0a8016401c5a33be04be441"
PROBLEM_ADMINISTRATOR = "26fbff173b331300ad3cc9bb34efc4bd"
FINANCE = "a581ab703710200044e0bfc8bcbe5de8"
HEAD_OF_FINANCE = "46c5bf6ca9fe1981010713e3ac7d3384"
ADMIN_ROLE = "2831a114c611228501d4ea6c309d626d"
_USERS, _ADMINISTRATORS, _METADATA, _LOG, _PROBLEMS, _GROUPS = 60, 15, 800, 900, 12, 9


def fresh_instance() -> Tables:
    """Return tables with a handful of users, groups, roles and problems, and some system rows."""
    tables = Tables()
    people = _people()
    tables.add("sys_user", people)
    tables.add("cmn_department", [_row(FINANCE, name="Finance", id="0005", dept_head=HEAD_OF_FINANCE)])
    tables.add("sys_user_role", _roles())
    tables.add("sys_user_has_role", _memberships(people))
    tables.add("sys_user_group", _groups(people))
    tables.add("sys_group_has_role", _group_roles())
    tables.add("problem", _problems())
    tables.add("sys_metadata", [_numbered("sys_metadata", n, sys_name=f"Part {n}") for n in range(_METADATA)])
    tables.add("syslog", [_numbered("syslog", n, message=f"Line {n}", level="0") for n in range(_LOG)])
    tables.add("sys_choice", _choices())
    return tables


def _row(key: str, /, **values: str) -> Row:
    stamps = {"sys_created_on": STAMP, "sys_created_by": "system", "sys_updated_on": STAMP}
    return {"sys_id": key, **stamps, "sys_updated_by": "system", "sys_mod_count": "0", **values}


def _numbered(table: str, position: int, /, **values: str) -> Row:
    return _row(sys_id(table, str(position)), **values)


def _people() -> list[Row]:
    named = [
        _person(ADMINISTRATOR, "admin", "System Administrator", "admin@example.com", department=FINANCE),
        _person(PROBLEM_ADMINISTRATOR, "problem.admin", "Problem Administrator", "problem@example.com"),
        _person(HEAD_OF_FINANCE, "natasha.ingram", "Natasha Ingram", "natasha.ingram@example.com"),
    ]
    others = [
        _person(sys_id("sys_user", f"{n}"), f"user.{n:03d}", f"User Number {n}", f"user{n}@example.com")
        for n in range(_USERS)
    ]
    for person in others[:5]:
        person["mobile_phone"] = "+1 555 0100"
    return named + others


def _person(key: str, user_name: str, name: str, email: str, **values: str) -> Row:
    first, _, last = name.partition(" ")
    words = {"user_name": user_name, "name": name, "first_name": first, "last_name": last, "email": email}
    return _row(key, **words, active="true", user_password="x", **values)  # noqa: S106 - never shown


def _roles() -> list[Row]:
    names = ["itil", "problem_admin", "user_admin", "catalog_admin", "knowledge"]
    return [_row(ADMIN_ROLE, name="admin"), *(_row(sys_id("sys_user_role", n), name=n) for n in names)]


def _memberships(people: list[Row]) -> Iterator[Row]:
    for number, person in enumerate(people[:_ADMINISTRATORS]):
        yield _numbered("sys_user_has_role", number, user=person["sys_id"], role=ADMIN_ROLE)


def _groups(people: list[Row]) -> Iterator[Row]:
    for number in range(_GROUPS):
        manager = people[number % 4]["sys_id"]
        yield _numbered("sys_user_group", number, name=f"Group {number}", active="true", manager=manager)


def _group_roles() -> Iterator[Row]:
    for number, role in enumerate(
        ["admin", "problem_admin", "user_admin", "catalog_admin", "itil", "knowledge"]
    ):
        key = ADMIN_ROLE if role == "admin" else sys_id("sys_user_role", role)
        yield _numbered("sys_group_has_role", number, group=sys_id("sys_user_group", str(number)), role=key)


def _problems() -> Iterator[Row]:
    for number in range(_PROBLEMS):
        yield _numbered(
            "problem",
            number,
            number=f"PRB{number + 1:07d}",
            short_description=f"Problem {number}",
            state="101",
            active="true",
            priority="3",
            opened_at=STAMP,
            opened_by=ADMINISTRATOR,
            assigned_to=ADMINISTRATOR,
        )


def _choices() -> Iterator[Row]:
    labels = {"101": "New", "102": "Assess", "103": "Root Cause Analysis", "104": "Fix in Progress"}
    for value, label in labels.items():
        key = f"problem.state.{value}"
        values = {"element": "state", "value": value, "label": label, "language": "en", "inactive": "false"}
        yield _row(sys_id("sys_choice", key), name="problem", **values)
