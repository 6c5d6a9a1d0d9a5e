"""The rights that the page lists are current, and are all that is ever used."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.servicenow.recipe import needs, written
from connectors.servicenow.rights import RIGHTS, activate, grant
from sandbox.servicenow import Access, SandboxServiceNow, scattered
from sandbox.servicenow.query import parse
from storage.records import KINDS
from tests.connectors.servicenow.support import Store, connect, full_tables, sandbox

PAGE = Path(__file__).parents[3] / "docs" / "servicenow.md"
_RANGES = frozenset({">", ">=", "<", "<=", "STARTSWITH"})
_NO_FIELD = "zz_no_such_field"
"""Asked for on purpose, to see what becomes of it."""


def test_the_page_is_current() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page, "run `python -m connectors.servicenow.recipe docs/servicenow.md`"


def test_every_table_has_a_right() -> None:
    assert needs().keys() == RIGHTS.keys()


def test_a_table_is_named_with_what_helps() -> None:
    assert grant("incident").startswith("Grant sn_incident_read, or add a read rule on incident.*")
    assert grant("sys_user").startswith("Add a read rule on sys_user.*")
    assert (
        activate("em_alert")
        == "Activate the plugin Event Management (com.glideapp.itom.snac), if it is in use."
    )


@pytest.fixture(scope="module")
def read() -> SandboxServiceNow:
    """Return an instance that was read to the last: first, again, compared, with holes, fields and all."""
    holes = {
        "incident": Access(hidden=(scattered(0.2),), fields={"close_notes": "absent"}),
        "problem": Access(fields={"u_none": "absent"}),
    }
    with sandbox(full_tables(), access=holes) as instance:
        store = Store()
        for _ in range(3):
            store.sync(connect(instance, store.ids, records=list(KINDS), audit=True))
            row = instance.truth("incident")[3]
            instance.writer.update("incident", row["sys_id"], {"priority": "1"})
            instance.writer.delete("incident", instance.truth("incident")[0]["sys_id"])
            instance.clock.advance(timedelta(days=9))
        return instance


def test_no_field_is_read_that_the_page_does_not_list(read: SandboxServiceNow) -> None:
    asked: dict[str, set[str]] = defaultdict(set)
    for call in read.journal.calls(area="table"):
        asked[call.table].update(call.parameters["sysparm_fields"].split(","))
    listed = needs()
    assert {name: fields - listed[name].fields for name, fields in asked.items() if name in listed} == {
        name: set() for name in asked
    }


def test_no_field_is_compared_that_the_page_does_not_list(read: SandboxServiceNow) -> None:
    ranges: dict[str, set[str]] = defaultdict(set)
    matches: dict[str, set[str]] = defaultdict(set)
    for call in read.journal.calls():
        query = parse(call.parameters.get("sysparm_query", ""))
        for clause in query.clauses:
            (ranges if clause.operator in _RANGES else matches)[call.table].add(clause.field)
        ranges[call.table].update(order.field for order in query.orders)
    listed = needs()
    unlisted = {name: fields - listed[name].ranges for name, fields in ranges.items()}
    unlisted |= {f"={name}": fields - listed[name].matches - {_NO_FIELD} for name, fields in matches.items()}
    assert {name: fields for name, fields in unlisted.items() if fields} == {}


def test_a_role_made_by_the_page_reads_everything() -> None:
    """Whatever the page does not list is closed, and nothing is missed."""
    listed = needs()
    tables = full_tables()
    closed = {
        name: Access(denied=True)
        if name not in listed
        else Access(
            fields=dict.fromkeys(tables.columns(name) - listed[name].fields, "absent"),
            refused=frozenset(tables.columns(name) - listed[name].ranges - listed[name].matches),
        )
        for name in tables
    }
    with sandbox(tables) as open_one:
        everything = Store()
        everything.sync(connect(open_one, records=list(KINDS)))
    with sandbox(full_tables(), access=closed) as instance:
        store = Store()
        store.sync(connect(instance, records=list(KINDS)))
    assert {kind: {n: r.values for n, r in held.items()} for kind, held in store.records.items()} == {
        kind: {n: r.values for n, r in held.items()} for kind, held in everything.records.items()
    }
