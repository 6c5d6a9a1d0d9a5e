"""Opens files, packed or not, and says in one sentence why one cannot be read."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from connectors.files.settings import RecordFile
from storage.errors import FatalError

_AGAIN = "Copy or export it again."
_DAMAGED = (EOFError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_FAILURES: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    (_DAMAGED, "{path} is truncated or damaged.", _AGAIN),
    ((FileNotFoundError,), "There is no file {path}.", "Put it there or correct `path`."),
    ((IsADirectoryError,), "{path} is a folder.", "Name a file, or a pattern such as exports/*.csv."),
    ((PermissionError,), "{path} may not be read.", "Let the account of this program read it."),
    (
        (UnicodeError,),
        "{path} is not {encoding} text.",
        "Set `encoding`, for example to windows-1252.",
    ),
    ((OSError,), "{path} cannot be read: {error}.", "Check the disk it is on."),
)


@contextmanager
def opened(path: Path, settings: RecordFile) -> Iterator[IO[bytes]]:
    """Open for reading, unpacked; every way in which a file is unreadable ends as a FatalError."""
    try:
        _refuse_workbook(path)
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive, _member(path, archive, settings.member) as member:
                yield member
        elif path.suffix == ".gz":
            with gzip.open(path) as unpacked:
                yield cast("IO[bytes]", unpacked)
        else:
            with path.open("rb") as plain:
                yield plain
    except (OSError, UnicodeError, *_DAMAGED) as error:
        raise _sentence(path, settings, error) from error


def _refuse_workbook(path: Path) -> None:
    """Raise FatalError for a file of Excel, whatever its name; its older form has a signature of its own."""
    with path.open("rb") as stream:
        signature = stream.read(4)
    if signature not in _WORKBOOKS:
        return
    if signature == _WORKBOOKS[0]:
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            if not any(name.startswith("xl/") for name in archive.namelist()):
                return
    raise FatalError(
        f"{path} is an Excel workbook.", hint="In Excel, save it as CSV UTF-8 and name that file."
    )


def _sentence(path: Path, settings: RecordFile, error: Exception) -> FatalError:
    message, hint = next((text, hint) for types, text, hint in _FAILURES if isinstance(error, types))
    reason = getattr(error, "strerror", None) or "unknown reason"
    return FatalError(message.format(path=path, encoding=settings.encoding, error=reason), hint=hint)


def _member(path: Path, archive: zipfile.ZipFile, wanted: str | None) -> IO[bytes]:
    names = [one.filename for one in archive.infolist() if not one.is_dir()]
    names = [name for name in names if not name.startswith("__MACOSX/")]
    name = names[0] if wanted is None and len(names) == 1 else wanted
    if name not in names:
        problem = f"no file {wanted}" if wanted else "more than one file" if names else "no file"
        hint = f"Set `member` to one of {', '.join(names[:10])}." if names else _AGAIN
        raise FatalError(f"{path} holds {problem}.", hint=hint)
    try:
        return archive.open(name)
    except RuntimeError as error:
        hint = "Pack it again without a password, with the usual compression."
        raise FatalError(f"{path} cannot be unpacked.", hint=hint) from error
