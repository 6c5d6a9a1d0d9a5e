"""What every connector must keep to. Derive a test class from `ConnectorConformance` and run it with pytest.

class TestMine(ConnectorConformance):
    expected = {"incident": 12}
    personal = ("Ann Example",)

    def connector(self) -> Connector:
        return MyConnector(MySettings(...), ConnectorContext("mine", folder, Protection(key=b"test")))
"""
# ruff: noqa: S101  - these are tests, asserts are how they speak

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar
from unittest import SkipTest

from pydantic import ValidationError

from connectors.contract import Batch, Connector, Reading, Rejection, Window
from connectors.registry import connector_class
from storage.errors import ItsmMaturityError
from storage.evidence.protection import identity_type
from storage.evidence.store import KindState, Record
from storage.records import KINDS
from storage.records.schema import ColumnType, FieldClass

_IDENTITIES = {"person", "automation", "migration"}
_PLAIN_TYPES: Mapping[ColumnType, type] = {
    ColumnType.TEXT: str,
    ColumnType.INTEGER: int,
    ColumnType.BOOLEAN: bool,
    ColumnType.TIMESTAMP: datetime,
    ColumnType.DATE: date,
}


class ConnectorConformance:
    """The promises of `connectors.contract.Connector`, one test each."""

    expected: ClassVar[Mapping[str, int]] = {}
    """How many records of each kind the source holds."""
    rejected: ClassVar[int] = 0
    """How many of its rows cannot be read."""
    personal: ClassVar[Sequence[str]] = ()
    """Names, mails and words of the source that must not be kept anywhere."""

    def connector(self) -> Connector:
        """Return a configured connector; every call has the same source in the same condition."""
        raise NotImplementedError

    def broken(self) -> Connector | None:
        """Return a connector whose source cannot be reached; None leaves that test out."""
        return None

    def test_it_is_found_by_its_type(self) -> None:
        """The entry point, the class and its settings agree."""
        connector = self.connector()
        assert connector_class(connector.type) is type(connector)

    def test_unknown_settings_are_refused(self) -> None:
        """A misspelt setting must not be passed over."""
        model = self.connector().settings_model
        assert model.model_config.get("extra") == "forbid"
        refused: list[object] = []
        try:
            model.model_validate({"type": self.connector().type, "no such setting": 1})
        except ValidationError as error:
            refused = [one["loc"] for one in error.errors()]
        assert ("no such setting",) in refused

    def test_capabilities_name_real_kinds_and_columns(self) -> None:
        """A capability speaks of what the product knows."""
        for kind, capability in self.connector().capabilities().items():
            assert kind in KINDS
            assert capability.columns <= {column.name for column in KINDS[kind].mapped}
            assert capability.tracked <= set(KINDS[kind].tracked)

    def test_good_settings_have_no_problems(self) -> None:
        """The configuration under test is one that works."""
        assert list(self.connector().problems()) == []

    def test_the_probe_answers_for_every_kind(self) -> None:
        """One result per kind, and no claim that a kind with records is missing."""
        connector = self.connector()
        results = {result.kind: result for result in connector.probe()}
        assert results.keys() == connector.capabilities().keys()
        for kind in self.expected:
            assert results[kind].state is KindState.READABLE, results[kind].detail

    def test_all_records_arrive(self) -> None:
        """As many records as the source holds, and as many rejected rows."""
        found, readings = self._read()
        counts = {kind: len({record.id for record in records}) for kind, records in found.items()}
        assert {kind: counts.get(kind, 0) for kind in self.expected} == dict(self.expected)
        assert sum(len(reading.rejected) for reading in readings) == self.rejected

    def test_the_ledger_adds_up(self) -> None:
        """Nothing is rejected in silence, nothing comes out of nowhere."""
        connector = self.connector()
        for window in self._windows(connector):
            reading = Reading()
            batches = list(connector.read(window, reading))
            assert _rejected(batches) == reading.rejected
            assert reading.received >= _size(batches, window.kind) + len(reading.rejected)
            assert reading.records == _size(batches, window.kind)
            assert reading.hidden >= 0
            assert reading.counted is None or reading.counted <= reading.received + reading.hidden

    def test_a_window_brings_only_what_it_says(self) -> None:
        """Kinds of a batch are the window's own and those it brings along."""
        connector = self.connector()
        for window in self._windows(connector):
            for batch in connector.read(window, Reading()):
                assert set(batch.records) <= {window.kind, *window.brings}

    def test_reading_again_gives_the_same(self) -> None:
        """A window that is read twice gives equal records, so a killed run may repeat it."""
        first, second = self.connector(), self.connector()
        for window in self._windows(first):
            assert _by_kind(first.read(window, Reading())) == _by_kind(first.read(window, Reading()))
            assert _by_kind(first.read(window, Reading())) == _by_kind(second.read(window, Reading()))

    def test_ids_are_unique_or_one_copy_is_newer(self) -> None:
        """Of two copies of a record, it must be clear which one holds."""
        for record_copies in _copies(self._read()[0]):
            ages = {(record.updated_at, record.revision) for record in record_copies}
            assert len(ages) == len(record_copies) or all(one == record_copies[0] for one in record_copies)

    def test_records_carry_only_what_was_declared(self) -> None:
        """No column beyond the capability, and no value of another type than the column's."""
        capabilities = self.connector().capabilities()
        for kind, record in self._records():
            assert record.id
            told = capabilities[kind]
            # Where several tables feed a kind, each record says which one it is from.
            assert record.feed in (*told.feeds,) or not (record.feed or told.feeds)
            columns = told.feeds[record.feed].columns if told.feeds else told.columns
            assert {name for name in record.values if record.values[name] is not None} <= columns
            assert set(record.values) <= told.columns
            for name, value in record.values.items():
                column = KINDS[kind].by_name[name]
                assert value is None or type(value) is _PLAIN_TYPES[column.type], (name, value)

    def test_times_are_in_utc(self) -> None:
        """Every moment knows its zone, and it is UTC."""
        for _, record in self._records():
            moments = [value for value in record.values.values() if isinstance(value, datetime)]
            moments += [record.updated_at] if record.updated_at else []
            assert all(moment.tzinfo is UTC or moment.utcoffset() == timedelta(0) for moment in moments)

    def test_persons_are_pseudonyms(self) -> None:
        """A column of class person holds a keyed hash, in transitions too."""
        for kind, record in self._records():
            for name, value in record.values.items():
                if KINDS[kind].by_name[name].field_class is FieldClass.PERSON or _of_person(record, name):
                    assert value is None or identity_type(str(value)) in _IDENTITIES, name

    def test_nothing_personal_is_kept(self) -> None:
        """Neither records nor rejections hold a name, a mail or a text of the source."""
        found, readings = self._read()
        remains = repr((found, [reading.rejected for reading in readings]))
        assert not [words for words in self.personal if words in remains]

    def test_mapping_again_gives_the_same(self) -> None:
        """What was kept is enough to compute the values again."""
        connector = self.connector()
        for kind, record in self._records():
            assert connector.remap(kind, record) == record

    def test_an_unchanged_source_has_nothing_new(self) -> None:
        """The bookmark of the last window yields none."""
        connector = self.connector()
        for kind in connector.capabilities():
            windows = list(connector.windows(kind, None))
            if windows:
                assert list(self.connector().windows(kind, windows[-1].bookmark)) == []

    def test_errors_say_what_to_do(self) -> None:
        """A source that is away gives one of our errors with a hint, and a probe that answers."""
        connector = self.broken()
        if connector is None:
            raise SkipTest("this connector's test names no broken source")
        assert all(result.state is not KindState.READABLE for result in connector.probe())
        assert connector.problems() is not None
        told = ""
        try:
            for window in self._windows(connector):
                list(connector.read(window, Reading()))
        except ItsmMaturityError as error:
            told = error.hint
        assert told

    def _windows(self, connector: Connector) -> Iterator[Window]:
        for kind in connector.capabilities():
            yield from connector.windows(kind, None)

    def _read(self) -> tuple[Mapping[str, Sequence[Record]], Sequence[Reading]]:
        connector = self.connector()
        found: dict[str, list[Record]] = defaultdict(list)
        readings = []
        for window in self._windows(connector):
            readings.append(Reading())
            for kind, records in _by_kind(connector.read(window, readings[-1])).items():
                found[kind] += records
        connector.close()
        return found, readings

    def _records(self) -> Iterator[tuple[str, Record]]:
        for kind, records in self._read()[0].items():
            for record in records:
                yield kind, record


def _by_kind(batches: Iterator[Batch]) -> Mapping[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for batch in batches:
        for kind, records in batch.records.items():
            found[kind] += records
    return found


def _size(batches: Sequence[Batch], kind: str) -> int:
    return sum(len(batch.records.get(kind, ())) for batch in batches)


def _rejected(batches: Sequence[Batch]) -> list[Rejection]:
    return [rejection for batch in batches for rejection in batch.rejected]


def _copies(found: Mapping[str, Sequence[Record]]) -> Iterator[list[Record]]:
    for records in found.values():
        by_id: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            by_id[record.id].append(record)
        yield from by_id.values()


def _of_person(record: Record, name: str) -> bool:
    """Whether a transition's value stands for a person, because the field that changed is one."""
    kind = KINDS.get(str(record.values.get("record_kind")))
    column = kind.by_name.get(str(record.values.get("field"))) if kind else None
    return (
        name in ("old_value", "new_value") and column is not None and column.field_class is FieldClass.PERSON
    )
