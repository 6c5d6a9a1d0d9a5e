"""The files connector keeps the contract in every format it reads."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import orjson
import pytest

from connectors.conformance import ConnectorConformance
from connectors.contract import Connector
from tests.connectors.support import CSV, INCIDENTS, ROWS, connect, settings

LOG = """number,state,group,assignee,at,by
INC1,New,Network,,2026-02-01T09:00:00Z,ann@example.org
INC2,New,Network,,2026-02-01T09:05:00Z,svc_monitor
INC1,Active,DBA,bob@example.org,2026-02-01T09:10:00Z,ann@example.org
INC1,Closed,DBA,bob@example.org,2026-02-01T11:00:00Z,bob@example.org
"""

LOG_SETTINGS = """
type: files
records:
  incident:
    path: log.csv
    complete: true
    log: {at: at, actor: by}
    columns:
      id: number
      state: state
      assignment_group: {last: group}
      assignee: assignee
      acknowledged_at: {at_first: {state: {not: New}}}
    history: {state: state, assignment_group: group, assignee: assignee}
"""


class FilesConformance(ConnectorConformance):
    """Two incidents in a file of some format; the row of a third cannot be read where a format allows it."""

    expected: ClassVar[Mapping[str, int]] = {"incident": 2}
    personal: ClassVar[Sequence[str]] = ("ann@example.org", "bob@example.org", "cable")
    text: ClassVar[str] = INCIDENTS
    name: ClassVar[str] = "incidents.csv"

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        (tmp_path / self.name).write_bytes(self.content())

    def content(self) -> bytes:
        return CSV.encode()

    def connector(self) -> Connector:
        return connect(self.folder, settings(self.text, path=self.name))

    def broken(self) -> Connector:
        return connect(self.folder / "elsewhere", settings(self.text, path=self.name))


class TestCsv(FilesConformance):
    pass


class TestCsvWithBadRows(FilesConformance):
    rejected: ClassVar[int] = 3
    text: ClassVar[str] = INCIDENTS.replace("type: files", "type: files\ntolerated_share: 60 %")

    def content(self) -> bytes:
        return (
            CSV
            + "INC3,yesterday,1 - Critical,Network,bob@example.org,\nINC4,ann@example.org\n,,2 - High,,,\n"
        ).encode()


class TestGzip(FilesConformance):
    name: ClassVar[str] = "incidents.csv.gz"

    def content(self) -> bytes:
        return gzip.compress(CSV.encode())


class TestZip(FilesConformance):
    name: ClassVar[str] = "incidents.zip"

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        with zipfile.ZipFile(tmp_path / self.name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("export/incidents.csv", CSV)


class TestJson(FilesConformance):
    name: ClassVar[str] = "incidents.json"

    def content(self) -> bytes:
        return orjson.dumps({"result": objects()})


class TestJsonLines(FilesConformance):
    name: ClassVar[str] = "incidents.jsonl"

    def content(self) -> bytes:
        return b"\n".join(map(orjson.dumps, objects()))


class TestJsonLinesGzip(FilesConformance):
    name: ClassVar[str] = "incidents.jsonl.gz"

    def content(self) -> bytes:
        return gzip.compress(b"\n".join(map(orjson.dumps, objects())) + b"\n")


class TestLog(FilesConformance):
    expected: ClassVar[Mapping[str, int]] = {"incident": 2, "transition": 8}
    text: ClassVar[str] = LOG_SETTINGS
    name: ClassVar[str] = "log.csv"

    def content(self) -> bytes:
        return LOG.encode()


class TestOrderedLog(TestLog):
    text: ClassVar[str] = LOG_SETTINGS.replace("{at: at,", "{at: at, order_by: [at],")

    def content(self) -> bytes:
        header, *rows = LOG.splitlines()
        return "\n".join([header, *reversed(rows)]).encode() + b"\n"


def objects() -> list[dict[str, object]]:
    names = CSV.splitlines()[0].split(",")
    return [dict(zip(names, row.split(","), strict=True)) for row in ROWS.splitlines()]
