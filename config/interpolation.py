"""Fills in `${NAME}`, `${NAME:-default}` and `file:/run/secrets/x`, and forgets no secret's origin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.document import Document, Route
from storage.errors import Problem

_REFERENCE = re.compile(r"\$\$\{|\$\{([^}]*)\}|\$\{")
_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
_SHORT = 4
"""Characters below which a resolved value is only replaced in messages where it stands alone."""
_PART = 5
"""Characters of a resolved value that no message may repeat."""


@dataclass(frozen=True)
class Original:
    """What the file says where a value was filled in, and the value. It shows the former alone."""

    written: str
    resolved: str = field(repr=False)


@dataclass(frozen=True, repr=False)
class Interpolation:
    """The data of a document with all references filled in, and where that happened."""

    data: object
    originals: Mapping[Route, Original]
    unresolved: Mapping[Route, tuple[Problem, ...]]
    """Values that could not be filled in, and why; what else is wrong with them is not worth saying."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that could not be filled in."""
        return tuple(problem for found in self.unresolved.values() for problem in found)

    def original(self, path: Route) -> str | None:
        """Return what the file says at `path` if that was filled in, else None."""
        found = self.originals.get(path)
        return found.written if found else None

    def redacted(self, message: str, path: Route) -> str:
        """Return a message about `path` in which no value that was filled in can be read.

        Values of the same section are replaced by what the file says; a message that still holds a part
        of a value at or below `path` is dropped altogether.
        """
        for original in self._within(path[:2]):
            message = _without(message, original)
        for original in self._within(path):
            if _echoes(message, original):
                return f"the value of {original.written} does not fit here"
        return message

    def _within(self, path: Route) -> list[Original]:
        known = [original for place, original in self.originals.items() if place[: len(path)] == path]
        return sorted(known, key=lambda original: -len(original.resolved))


def _without(message: str, original: Original) -> str:
    for form in {original.resolved, repr(original.resolved)[1:-1]}:
        if not form.strip():
            continue
        pattern = re.escape(form)
        if len(form) < _SHORT:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        message = re.sub(pattern, lambda _: original.written, message, flags=re.IGNORECASE)
    return message


def _echoes(message: str, original: Original) -> bool:
    """Whether a message quotes a part of a value, as a shortened or split one would."""
    rest = message.replace(original.written, " ").casefold()
    value = original.resolved.casefold()
    return any(value[at : at + _PART] in rest for at in range(len(value) - _PART + 1))


def interpolate(document: Document, environment: Mapping[str, str], folder: Path) -> Interpolation:
    """Fill in every reference of a document; all that are missing are reported at once.

    Relative `file:` paths start in `folder`.
    """
    return _Interpolator(document, environment, folder).run()


class _Interpolator:
    def __init__(self, document: Document, environment: Mapping[str, str], folder: Path) -> None:
        self._document = document
        self._environment = environment
        self._folder = folder
        self._originals: dict[Route, Original] = {}
        self._unresolved: dict[Route, tuple[Problem, ...]] = {}

    def run(self) -> Interpolation:
        data = self._value(self._document.data, ())
        return Interpolation(data, self._originals, self._unresolved)

    def _value(self, value: object, path: Route) -> object:
        if isinstance(value, dict):
            return {key: self._value(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item, (*path, index)) for index, item in enumerate(value)]
        return self._text(value, path) if isinstance(value, str) else value

    def _text(self, text: str, path: Route) -> str:
        if text.startswith("file:") and not text.startswith("file://"):
            return self._from_file(text, path)
        if "${" not in text:
            return text
        parts = list(self._parts(text, path))
        resolved = "".join(parts)
        if any(match.group() != "$${" for match in _REFERENCE.finditer(text)):
            self._originals[path] = Original(text, resolved)
        return resolved

    def _parts(self, text: str, path: Route) -> Iterator[str]:
        end = 0
        for match in _REFERENCE.finditer(text):
            yield text[end : match.start()]
            end = match.end()
            if match.group() == "$${":
                yield "${"
            elif match.group(1) is None:
                self._fail(
                    path, "'${' has no closing '}' (write '$${' for the characters themselves)", match.start()
                )
            else:
                yield self._variable(match.group(1), path, match.start())
        yield text[end:]

    def _variable(self, reference: str, path: Route, offset: int) -> str:
        match = _NAME.fullmatch(reference)
        if match is None:
            self._fail(
                path, "'${…}' should hold a name of letters, digits and _, such as ${SN_SECRET}", offset
            )
            return ""
        name, default = match.groups()
        value = self._environment.get(name)
        if default is not None and not value:
            return str(default)
        if value is None:
            self._fail(
                path,
                f"the environment variable {name} is not set (set it, or write ${{{name}:-default}})",
                offset,
            )
            return ""
        return value

    def _from_file(self, text: str, path: Route) -> str:
        name = text.removeprefix("file:").strip()
        try:
            content = (self._folder / name).read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            self._fail(path, "the file it names is not UTF-8 text")
            return text
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a usable path"
            self._fail(path, f"the file it names cannot be read ({str(reason).lower()})")
            return text
        resolved = content.removesuffix("\n").removesuffix("\r")
        self._originals[path] = Original(text, resolved)
        return resolved

    def _fail(self, path: Route, message: str, offset: int | None = None) -> None:
        problem = self._document.problem(path, message, offset=offset)
        self._unresolved[path] = (*self._unresolved.get(path, ()), problem)
