"""A document knows where everything stands and answers a wrong file with a position."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.document import Document
from storage.errors import ConfigurationError

TEXT = """\
# comment
a: 1
b:
  - x: one
    y: "two"
  - [3, 4]
c: {d: {e: f}}
"""


@pytest.mark.parametrize(
    ("path", "key", "position"),
    [
        (("a",), False, (2, 4)),
        (("a",), True, (2, 1)),
        (("b",), True, (3, 1)),
        (("b",), False, (4, 3)),
        (("b", 0, "y"), False, (5, 8)),
        (("b", 0, "y"), True, (5, 5)),
        (("b", 1, 1), False, (6, 9)),
        (("c", "d", "e"), False, (7, 12)),
    ],
)
def test_every_key_and_value_has_its_line_and_column(
    path: tuple[str | int, ...], key: bool, position: tuple[int, int]
) -> None:
    assert Document.parse(TEXT, "f").position(path, key=key) == position


@pytest.mark.parametrize(
    ("path", "position"),
    [(("c", "d", "missing"), (7, 5)), (("b", 7), (3, 1)), (("missing", "deep"), (2, 1)), ((), (2, 1))],
)
def test_a_path_that_is_not_there_answers_with_the_nearest_parent_that_is(
    path: tuple[str | int, ...], position: tuple[int, int]
) -> None:
    assert Document.parse(TEXT, "f").position(path) == position


def test_data_is_plain_and_yaml_1_2() -> None:
    document = Document.parse(
        "a: yes\nb: true\nc: 0o17\nd: 2026-02-01\ne: ~\nf: 1.5\n7: 08:30\ng:\n- 1\n", "f"
    )
    assert document.problems == ()
    assert document.data == {
        "a": "yes",
        "b": True,
        "c": 15,
        "d": "2026-02-01",
        "e": None,
        "f": 1.5,
        "7": "08:30",
        "g": [1],
    }


def test_an_alias_means_its_anchor_and_a_merge_fills_in_what_is_missing() -> None:
    document = Document.parse("a: &x {p: 1, q: 2}\nb: *x\nc:\n  <<: *x\n  q: 3\n", "f")
    assert document.mapping == {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 2}, "c": {"q": 3, "p": 1}}
    assert document.position(("c", "p")) == (1, 11)
    assert document.position(("c", "q")) == (5, 6)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "f:1:1 file: is empty; `itsm-maturity init` writes one to start from"),
        ("# only a comment\n", "f:1:1 file: is empty; `itsm-maturity init` writes one to start from"),
        ("- a\n", "f:1:1 file: should hold settings such as `connectors:` at its top"),
        ("a:\n\tb: 1\n", "f:2:1 syntax: a tab cannot indent here; use spaces"),
        ("a: [1\n", "f:2:1 syntax: a ',' or a closing bracket is missing"),
        ("a: 1\nb: 2\na: 3\n", "f:3:1 a: is already given in line 1; keep one of them"),
        ("a:\n  b: 1\n  b: 2\n", "f:3:3 a.b: is already given in line 2; keep one of them"),
        ("a: !python x\n", "f:1:4 a: the tag !python is not allowed; leave it out"),
        ("a: !!int x\n", "f:1:10 a: cannot be read as !!int; leave the tag out"),
        ("a: *b\n", "f:1:4 syntax: this alias (*) has no anchor (&) above it"),
        ("a: &a [*a]\n", "f:1:4 a[0]: an alias may not refer to what it stands in"),
        ("a: b\x01\n", "f:1:5 syntax: the character U+0001 is not allowed"),
        (
            "a: 1\n---\nb: 2\n",
            "f:2:1 syntax: a second document (---) begins here; a configuration is one document",
        ),
        ("a: 'x\n", "f:2:1 syntax: the closing quote is missing"),
        ("? [a]\n: 1\n", "f:1:3 file: a key should be a plain name"),
        ("a:\n  <<: [3]\n", "f:2:8 a.<<: should refer to a mapping"),
        ("[" * 2000, "f:1:1 syntax: is nested too deeply to be a configuration"),
    ],
)
def test_a_wrong_file_is_answered_with_a_position(text: str, problem: str) -> None:
    assert [str(one) for one in Document.parse(text, "f").problems] == [problem]


def test_aliases_that_multiply_are_refused() -> None:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    document = Document.parse("a0: &a0 [x]\n" + levels, "f")
    assert [problem.message for problem in document.problems] == [
        "holds more than 100000 values once aliases are resolved"
    ]


def test_a_number_too_long_to_show_stays_text() -> None:
    assert Document.parse("a: 0x" + "f" * 6000, "f").mapping == {"a": "0x" + "f" * 6000}


def test_a_file_that_is_not_utf_8_names_the_place(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes("a: ü\nb: caf".encode() + b"\xe9\n")
    (problem,) = Document.read(path).problems
    assert (problem.where, problem.path) == (f"{path}:2:7", "file")


@pytest.mark.parametrize(
    ("name", "message"),
    [("absent.yaml", "there is no such file; is the name right?"), (".", "cannot be read (is a directory)")],
)
def test_a_file_that_cannot_be_read_is_a_problem_and_no_traceback(
    tmp_path: Path, name: str, message: str
) -> None:
    (problem,) = Document.read(tmp_path / name).problems
    assert problem.message.startswith(message)


def test_a_byte_order_mark_moves_no_column(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    document = Document.read(path)
    assert (document.data, document.position(("b",))) == ({"a": 1, "b": 2}, (2, 4))


def test_an_unsound_document_raises_all_its_problems() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Document.parse("a: 1\na: 2\nb: !x 3\n", "f").require_sound()
    assert [problem.path for problem in caught.value.problems] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain text here", "plain text here"),
        ("plain one\n   two\n\n   three", "plain one two\nthree"),
        ("&anchor plain", "plain"),
        ("'it''s quoted'", "it's quoted"),
        ("'folded\n   line'", "folded line"),
        ("|\n   first\n     second\n\n   third\n", "first\n  second\n\nthird\n"),
        ("|-  # comment\n   first\n   second\n", "first\nsecond"),
    ],
)
def test_a_character_inside_a_text_is_found(text: str, value: str) -> None:
    document = Document.parse(f"a: {text}\nb: 1\n", "f")
    source = document.text.split("\n")
    assert document.data == {"a": value, "b": 1}
    for offset, character in enumerate(value):
        line, column = document.position(("a",), offset=offset)
        if character.strip():
            assert source[line - 1][column - 1] == character


def test_a_character_after_escapes_is_found() -> None:
    document = Document.parse('a: "\\x41\\tb\\u00e9 c"\n', "f")
    assert [document.position(("a",), offset=offset)[1] for offset in range(6)] == [5, 9, 11, 12, 18, 19]


def test_in_a_folded_text_the_start_is_meant() -> None:
    document = Document.parse("a: >\n  one\n  two\n", "f")
    assert document.position(("a",), offset=5) == document.position(("a",)) == (1, 4)


def test_the_end_of_a_text_is_a_place_too() -> None:
    assert Document.parse("a: 'abc'\n", "f").position(("a",), offset=3) == (1, 8)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufeff"), max_size=40))
def test_any_text_keeps_its_characters_positions_in_quotes(value: str) -> None:
    document = Document.parse("a: " + json.dumps(value) + "\n", "f")
    assert document.mapping.get("a", value) is not None
    for offset in range(len(value) + 1):
        line, column = document.position(("a",), offset=offset)
        assert line == 1
        assert 4 <= column <= len(document.text)


PIECES = (
    *["a", "b", "-", "'", '"', "|", ">", "&", "*x", "{", "}", "[", "]", ",", "#", "0x", "é"],
    *(
        "a: ",
        ": ",
        "- ",
        "? ",
        "<<: ",
        "&x ",
        "!!int ",
        "!t ",
        "  ",
        "\n",
        "\t",
        "\r\n",
        "\x85",
        "\\x4",
        "\\ud800",
    ),
    *("%YAML 1.3\n", "---\n"),
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_no_text_is_answered_with_a_traceback(text: str) -> None:
    document = Document.parse(text, "f", lists=True)
    assert all(problem.where.startswith("f:") for problem in document.problems)
