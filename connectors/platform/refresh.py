"""The newest refresh token, in a file of the operator's where each one is good for one use."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import orjson

from storage.errors import FatalError


class RefreshTokens:
    """The token that was configured until a newer one came; without a file the newest is lost at the end."""

    def __init__(self, configured: str, file: Path | None = None) -> None:
        self._newest = configured
        self._file = file
        self._from = hashlib.sha256(configured.encode()).hexdigest()

    def newest(self) -> str:
        """Return the token to use; raises FatalError where the one that follows could not be kept."""
        if self._file is None:
            return self._newest
        if not os.access(self._file.parent, os.W_OK):
            raise self._unwritable()
        try:
            kept = orjson.loads(self._file.read_bytes())
        except FileNotFoundError:
            return self._newest
        except (OSError, orjson.JSONDecodeError):
            raise FatalError(
                f"{self._file.name} cannot be read: it holds no refresh token.",
                hint="Remove it, and put a new refresh token where `auth.refresh_token` has it.",
            ) from None
        # One that was configured since goes before what an older one led to.
        return str(kept["token"]) if kept.get("from") == self._from else self._newest

    def keep(self, token: str) -> None:
        """Remember a newer token, readable by this account alone, before anything is done with it."""
        self._newest = token
        if self._file is None:
            return
        draft = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as written:
                written.write(orjson.dumps({"from": self._from, "token": token}))
                written.flush()
                os.fsync(written.fileno())
            draft.replace(self._file)
        except OSError:
            raise self._unwritable() from None

    def _unwritable(self) -> FatalError:
        return FatalError(
            f"{self._file} cannot be written, so that the next refresh token would be lost.",
            hint="Let this account write there, or name another file in `auth.kept_in`.",
        )
