from __future__ import annotations

import resource
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from connectors.contract import Batch
from scheduler.spool import Spool
from storage.errors import FatalError
from storage.evidence.store import Record

RECORDS = [
    Record(f"INC{number}", {"category": "Network"}, {"text": "x" * 1000}, datetime(2026, 2, 1, tzinfo=UTC))
    for number in range(100)
]


@pytest.fixture
def no_room() -> Iterator[None]:
    """Files of this process may not grow beyond 4 KiB, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_records_come_back_as_they_were_from_memory_and_from_disk() -> None:
    for limit in (1, 10**9):
        with Spool(limit) as spool:
            spool.keep("incident", RECORDS[:60])
            spool.keep("incident", RECORDS[60:])
            assert list(spool.records("incident")) == RECORDS


@pytest.mark.usefixtures("no_room")
def test_a_full_temporary_folder_is_told_with_what_to_do() -> None:
    with Spool(in_memory_bytes=10) as spool, pytest.raises(FatalError, match="temporary folder") as caught:
        spool.keep("incident", RECORDS)
    assert "TMPDIR" in caught.value.hint


def test_what_the_platform_calls_gone_is_told_apart_from_what_it_sent() -> None:
    with Spool() as spool:
        spool.add(Batch({"incident": RECORDS[1:2]}, deleted={"incident": ["INC1", "INC9"]}))
        spool.add(Batch({}, present={"incident": ["INC5"]}))
        assert spool.deletions == {"incident": {"INC9"}}
        assert spool.ids("incident") == {"INC1", "INC5"}
