"""What docs/connectors.md shows is what the connectors accept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.contract import Connector, ConnectorContext
from connectors.files import FilesConnector, FilesSettings
from connectors.files.settings import Log, RecordFile
from connectors.files.sources import Source
from storage.evidence.protection import Protection
from tests.connectors.support import load

PAGE = Path(__file__).parents[2] / "docs" / "connectors.md"


def configurations() -> Iterator[object]:
    for block in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL):
        yield from load(block)["connectors"].values()


@pytest.mark.parametrize("shown", list(configurations()))
def test_every_example_is_accepted(shown: object, tmp_path: Path) -> None:
    context = ConnectorContext("docs", tmp_path, Protection(key=b"test"))
    assert FilesConnector(FilesSettings.model_validate(shown), context).capabilities()


@pytest.mark.parametrize("model", [FilesSettings, RecordFile, Log, Source])
def test_every_setting_is_described(model: type[FilesSettings | RecordFile | Log | Source]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in model.model_fields if not re.search(rf"\b{name}\b", page)] == []


def test_every_method_of_the_contract_is_described() -> None:
    methods = [name for name, one in vars(Connector).items() if callable(one) and not name.startswith("_")]
    page = PAGE.read_text(encoding="utf-8")
    assert methods
    assert [name for name in methods if f"| `{name}` |" not in page] == []
