"""Builds plain data and positions from YAML in one walk."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

Route = tuple[str | int, ...]
"""Way to a value: keys of mappings, indexes of lists."""

DEEPEST = 40
"""Levels of nesting; more is a mistake and would only exhaust the stack."""
LARGEST = 100_000
"""Values of one file with all aliases written out; more is a mistake or an attack."""
LONGEST_NUMBER = 40
"""Characters of a number; Python refuses to show very long ones."""

EMPTY = "is empty; `itsm-maturity init` writes one to start from"
EMPTY_LIST = "is an empty file; write entries into it (`itsm-maturity indicators --json` shows some)"

_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "map", "seq", "merge", "timestamp")
)
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")


@dataclass(frozen=True)
class Spot:
    """Something wrong at a character of the file."""

    index: int
    path: Route
    message: str


@dataclass
class Place:
    """A value with where it stands: `start` and `end` are indexes in the text, keys have their own."""

    start: int
    data: Any
    end: int = 0
    children: dict[str | int, Place] = field(default_factory=dict)
    keys: dict[str | int, int] = field(default_factory=dict)
    size: int = 1

    @property
    def scalar(self) -> object:
        """Return the value unless it is a mapping or list."""
        return None if isinstance(self.data, dict | list) else self.data

    def find(self, path: Sequence[str | int]) -> tuple[Place, int, bool]:
        """Return the value at `path`, the index of its key, and whether it was found.

        Of a path that does not exist, the nearest existing parent is returned.
        """
        place, key = self, self.start
        for step in path:
            if step not in place.children:
                return place, key, False
            place, key = place.children[step], place.keys[step]
        return place, key, True


NOWHERE = object()
"""What `child` returns where there is nothing."""


def child(data: object, step: str | int) -> object:
    """Return what stands at one step into plain data, or NOWHERE."""
    if isinstance(data, dict):
        return data.get(step, NOWHERE)
    if isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data):
        return data[step]
    return NOWHERE


def descendant(data: object, path: Sequence[str | int]) -> object:
    """Return what stands at a path into plain data, or NOWHERE."""
    for step in path:
        data = child(data, step)
    return data


def shown_route(path: Sequence[str | int]) -> str:
    """Return a path as people read it: `exemptions[0].owner`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + printable(step)
    return text


def printable(text: str) -> str:
    """Return text that keeps to its line on any terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def read_places(text: str, *, lists: bool = False) -> tuple[Place, list[Spot]]:
    """Read YAML text; returns what could be read and everything that is wrong."""
    empty = Place(0, {})
    yaml = YAML(typ="safe", pure=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            node = yaml.compose(text)
    except YAMLError as error:
        return empty, [_syntax_spot(error)]
    except RecursionError:
        return empty, [Spot(0, ("syntax",), "is nested too deeply to be a configuration")]
    except (ValueError, TypeError, AttributeError, LookupError, AssertionError, NotImplementedError):
        # The parser answers a few malformed directives and escapes with such errors and no position.
        return empty, [Spot(0, ("syntax",), "is not valid YAML")]
    return _read_tree(node, yaml.constructor, text, lists)


def _read_tree(node: Node | None, constructor: Any, text: str, lists: bool) -> tuple[Place, list[Spot]]:
    if node is None:
        return Place(0, {}), [Spot(0, ("file",), EMPTY_LIST if lists else EMPTY)]
    builder = _Builder(constructor, text)
    root = builder.build(node, ())
    if not isinstance(root.data, dict) and not (lists and isinstance(root.data, list)):
        wanted = "entries" if lists else "settings such as `connectors:`"
        return Place(0, {}), [Spot(root.start, ("file",), f"should hold {wanted} at its top")]
    if root.size > LARGEST:
        return Place(0, {}), [
            Spot(0, ("file",), f"holds more than {LARGEST} values once aliases are resolved")
        ]
    return root, builder.spots


class _Builder:
    """One walk over the parsed tree; an alias leads to the same place as its anchor."""

    def __init__(self, constructor: Any, text: str) -> None:
        self.spots: list[Spot] = []
        self._constructor = constructor
        self._text = text
        self._built: dict[int, Place] = {}
        self._open: set[int] = set()

    def build(self, node: Node, path: Route) -> Place:
        if id(node) in self._built:
            return self._built[id(node)]
        start = self._start(node)
        refused = self._refusal(node, path)
        if refused:
            self._report(int(node.start_mark.index), path, refused)
            return Place(start, None)
        self._open.add(id(node))
        place = self._fill(node, path, start)
        self._open.discard(id(node))
        place.end = node.end_mark.index
        place.size += sum(child.size for child in place.children.values())
        self._built[id(node)] = place
        return place

    def _refusal(self, node: Node, path: Route) -> str:
        if id(node) in self._open:
            return "an alias may not refer to what it stands in"
        if len(path) > DEEPEST:
            return "is nested too deeply"
        if str(node.tag) not in _PLAIN_TAGS:
            return f"the tag {printable(str(node.tag))} is not allowed; leave it out"
        return ""

    def _fill(self, node: Node, path: Route, start: int) -> Place:
        if isinstance(node, MappingNode):
            return self._mapping(node, path, start)
        if isinstance(node, SequenceNode):
            return self._list(node, path, start)
        return Place(start, self._scalar(node, path, start))

    def _list(self, node: SequenceNode, path: Route, start: int) -> Place:
        place = Place(start, [])
        for index, item in enumerate(node.value):
            child = self.build(item, (*path, index))
            place.children[index], place.keys[index] = child, child.start
            place.data.append(child.data)
        return place

    def _mapping(self, node: MappingNode, path: Route, start: int) -> Place:
        place = Place(start, {})
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._report(self._start(key_node), path, "a key should be a plain name")
            elif not _is_merge(key_node):
                self._entry(place, key_node, value_node, path)
        for source in self._merged(node, path):
            _add_missing(place, source)
        return place

    def _entry(self, place: Place, key_node: ScalarNode, value_node: Node, path: Route) -> None:
        index = self._start(key_node)
        name = self._sound(str(key_node.value), path, index)
        if name in place.keys:
            line = self._text.count("\n", 0, place.keys[name]) + 1
            self._report(index, (*path, name), f"is already given in line {line}; keep one of them")
            self.build(value_node, (*path, name))
            return
        child = self.build(value_node, (*path, name))
        if child.end == child.start and child.data is None:
            # Nothing is written; the parser would place it at whatever comes next.
            child.start = child.end = index
        place.children[name], place.keys[name], place.data[name] = child, index, child.data

    def _merged(self, node: MappingNode, path: Route) -> Iterator[Place]:
        for key_node, value_node in node.value:
            if not _is_merge(key_node):
                continue
            sources = value_node.value if isinstance(value_node, SequenceNode) else [value_node]
            for source in sources:
                built = self.build(source, (*path, "<<"))
                if isinstance(built.data, dict):
                    yield built
                else:
                    self._report(built.start, (*path, "<<"), "should refer to a mapping")

    def _scalar(self, node: Node, path: Route, start: int) -> object:
        tag = str(node.tag).rpartition(":")[2]
        text = self._sound(str(node.value), path, start)
        if tag in ("str", "timestamp", "merge") or len(text) > LONGEST_NUMBER:
            return text
        try:
            value: object = self._constructor.construct_object(node)
        except (YAMLError, ValueError, TypeError, LookupError, OverflowError):
            self._report(start, path, f"cannot be read as !!{tag}; leave the tag out")
            return None
        return value

    def _sound(self, text: str, path: Route, start: int) -> str:
        """Join escapes such as "\\ud83d\\ude00", which JSON writes for one character; halves are refused."""
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._report(start, path, "holds half a character (an escape from \\ud800 to \\udfff)")
            return "".join("?" if "\ud800" <= character <= "\udfff" else character for character in text)

    def _start(self, node: Node) -> int:
        index = int(node.start_mark.index)
        properties = _PROPERTIES.match(self._text, index)
        return properties.end() if properties else index

    def _report(self, index: int, path: Route, message: str) -> None:
        self.spots.append(Spot(index, path or ("file",), message))


def _is_merge(key_node: Node) -> bool:
    return str(key_node.tag) == "tag:yaml.org,2002:merge"


def _add_missing(place: Place, source: Place) -> None:
    for name, child in source.children.items():
        if name not in place.children:
            place.children[name], place.keys[name] = child, source.keys[name]
            place.data[name] = child.data


def _syntax_spot(error: YAMLError) -> Spot:
    if isinstance(error, ReaderError):
        message = f"the character U+{_code_point(error.character):04X} is not allowed"
        return Spot(int(error.position), ("syntax",), message)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    index = int(mark.index) if mark is not None else 0
    said = str(error.problem or error.context) if isinstance(error, MarkedYAMLError) else ""
    return Spot(index, ("syntax",), _humane(said))


def _code_point(character: object) -> int:
    return character if isinstance(character, int) else ord(str(character)[:1] or "\0")


_HUMANE = (
    ("cannot start any token", "found character '\\t'", "a tab cannot indent here; use spaces"),
    ("cannot start any token", "", "this character cannot start a value; put the value in quotes"),
    (
        "mapping values are not allowed",
        "",
        "a ':' is not allowed here; put the value in quotes, or mend the line above",
    ),
    ("could not find expected ':'", "", "a ':' is missing after the key"),
    ("expected <block end>", "", "the indentation does not fit the lines above"),
    ("expected ',' or", "", "a ',' or a closing bracket is missing"),
    ("unexpected end of stream", "", "the closing quote is missing"),
    ("undefined alias", "", "this alias (*) has no anchor (&) above it"),
    ("another document", "", "a second document (---) begins here; a configuration is one document"),
)


def _humane(said: str) -> str:
    for sign, second_sign, message in _HUMANE:
        if sign in said and second_sign in said:
            return message
    first = printable(said.splitlines()[0]) if said else ""
    return f"is not valid YAML ({first})" if first else "is not valid YAML"
