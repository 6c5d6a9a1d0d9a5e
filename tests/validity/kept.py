"""Answers about organisations, kept in build/ so that a run that was broken off goes on where it was.

They hold for the code that gave them: any other version of it asks again.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Final, Generic, TypeVar

from tests.validity.workplace import ROOT

WORKERS: Final = "ACCEPTANCE_WORKERS"
"""Environment variable: how many organisations are looked at at a time, 2 where it is not set."""
CODE: Final = ("evaluators", "sandbox/organisation", "storage/records", "storage/evidence", "tests/validity")
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def in_parallel(work: Callable[[Asked], Answer], asked: Sequence[Asked]) -> Iterator[Answer]:
    """Yield the answers in order, from as many processes as are wanted; kept ones are not worked out again.

    `work` is a function of a module, `asked` are values whose words tell them apart.
    """
    kept = Kept(work, folder())  # asked here once, not in every process
    workers = int(os.environ.get(WORKERS, "2"))
    if workers < 2:
        yield from map(kept, asked)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(kept, asked)


@dataclass(frozen=True)
class Kept(Generic[Asked, Answer]):
    """Work whose answers are written down."""

    work: Callable[[Asked], Answer]
    folder: Path

    def __call__(self, asked: Asked) -> Answer:
        """Return the answer, from the folder where it is there."""
        words = f"{sources_of(self.work.__module__)}{self.work.__qualname__}({asked!r})"
        file = self.folder / f"{hashlib.sha256(words.encode()).hexdigest()[:24]}.pickle"
        if file.exists():
            known: Answer = pickle.loads(file.read_bytes())
            return known
        answer = self.work(asked)
        self.folder.mkdir(parents=True, exist_ok=True)
        written = file.with_suffix(f".{os.getpid()}")
        written.write_bytes(pickle.dumps(answer))
        written.replace(file)
        return answer


@cache
def sources_of(module: str) -> str:
    """Return the source of a module and of the proofs' modules that it takes something from."""
    own = sys.modules[module]
    used = {getattr(each, "__module__", None) for each in vars(own).values()}
    near = sorted(name for name in used if isinstance(name, str) and name.startswith("tests.validity."))
    return "".join(inspect.getsource(sys.modules[name]) for name in dict.fromkeys((module, *near)))


@cache
def folder(places: tuple[str, ...] = CODE) -> Path:
    """Return the folder of the answers that the present code in these places gives."""
    digest = hashlib.sha256()
    for place in places:
        for file in sorted((ROOT / place).rglob("*")):
            if file.suffix in {".py", ".yaml", ".toml"} and (places != CODE or _counts(file)):
                digest.update(file.relative_to(ROOT).as_posix().encode())
                digest.update(file.read_bytes())
    return ROOT / "build" / "validity" / digest.hexdigest()[:16]


def _counts(file: Path) -> bool:
    """Say whether every answer hangs on a file; the module that asks is looked at with its question."""
    return file.parent.name != "validity" or file.name in {"acceptance_world.py", "evidence.py", "planted.py"}
