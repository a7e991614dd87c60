"""Reading YAML and JSON files: values, positions, spellings, and hostile input."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaito_pack import documents
from kaito_pack.base.problems import Problem, ProblemsError, UsageError
from kaito_pack.documents import Document, notes, read_file, read_text, reading
from tests import work
from tests.tiers import often

ROOT = Path(__file__).resolve().parents[2]
VALUES = """\
# a comment
name: llama
resources:
  gpu: 2
  list:
    - a
    - {b: 1, "c d": [x, z]}
empty:
"""


@pytest.fixture(params=["libyaml", "python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs a test with libyaml's parser and with PyYAML's own."""
    if request.param == "python":
        monkeypatch.setattr(reading, "CParser", None)
    else:
        assert reading.CParser is not None
    return str(request.param)


def only_document(text: str | bytes) -> Document:
    (document,) = read_text(text, "f.yaml")
    return document


def refused(text: str | bytes) -> list[Problem]:
    with pytest.raises(ProblemsError) as caught:
        read_text(text, "f.yaml")
    assert all(problem.place and problem.place.file == "f.yaml" for problem in caught.value.problems)
    return caught.value.problems


def refused_once(text: str | bytes) -> tuple[str, str]:
    (problem,) = refused(text)
    assert problem.place
    return problem.rule, f"{problem.place.line}:{problem.place.column}"


@pytest.mark.usefixtures("parser")
class TestValues:
    def test_a_document_is_plain_data(self) -> None:
        assert only_document(VALUES).value == {
            "name": "llama",
            "resources": {"gpu": 2, "list": ["a", {"b": 1, "c d": ["x", "z"]}]},
            "empty": None,
        }

    @pytest.mark.parametrize(
        "text", ["a: 1\r\nb: x\r\n", "\ufeffa: 1\nb: x", "%YAML 1.1\n---\na: 1\nb: x\n...\n"]
    )
    def test_line_ends_marks_and_directives_change_nothing(self, text: str) -> None:
        assert only_document(text.encode()).value == {"a": 1, "b": "x"}

    def test_empty_documents_are_left_out_but_counted(self) -> None:
        result = read_text("---\n# nothing\n---\na: 1\n...\n---\n---\nb: 2\n", "f")
        assert [(d.number, d.value) for d in result] == [(2, {"a": 1}), (4, {"b": 2})]

    def test_an_alias_is_a_copy(self) -> None:
        value = only_document("a: &x {k: [1]}\nb: *x\n").value
        value["b"]["k"].append(2)
        assert value == {"a": {"k": [1]}, "b": {"k": [1, 2]}}

    def test_anchors_may_be_set_anew_and_name_scalars_and_keys(self) -> None:
        assert only_document("a: &x 1\nb: *x\nc: &x 2\nd: *x\n? &y e\n: *y\n").value == {
            "a": 1,
            "b": 1,
            "c": 2,
            "d": 2,
            "e": "e",
        }

    @pytest.mark.parametrize(
        ("text", "merged"),
        [
            ("<<: *b\n  x: 9", {"x": 9, "z": 2}),
            ("<<: [*b, *c]", {"x": 1, "z": 2, "w": 4}),
            ("<<: [*c, *b]", {"x": 3, "z": 2, "w": 4}),
            ("<<: {q: 1}", {"q": 1}),
            ("!!merge <<: *b", {"x": 1, "z": 2}),
            ("x: 9\n  <<: *b", {"x": 1, "z": 2}),  # kubectl lets the later one win
            ('"<<": *b', {"<<": {"x": 1, "z": 2}}),
            ("<<: []", {}),
        ],
    )
    def test_a_merge_key_takes_over_entries_as_kubectl_does(self, text: str, merged: object) -> None:
        assert (
            only_document(f"b: &b {{x: 1, z: 2}}\nc: &c {{x: 3, w: 4}}\nv:\n  {text}\n").value["v"] == merged
        )

    def test_a_key_over_a_merged_one_is_no_duplicate(self) -> None:
        assert only_document("b: &b {x: 1}\nv:\n  <<: *b\n  x: 2\n").duplicates == []

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("!!str 5", "5"),
            ("!!int '5'", 5),
            ("!!float 5", 5),
            ("!!null ''", None),
            ("!!bool 'no'", False),
            ('! "5"', "5"),
            ("!!binary aGk=", "hi"),
            ("!!map {a: 1}", {"a": 1}),
            ("!!seq [1]", [1]),
            ("!!timestamp 2024-01-01", "2024-01-01"),
        ],
    )
    def test_yaml_s_own_tags_are_honoured(self, text: str, value: object) -> None:
        assert only_document(f"v: {text}\n").value == {"v": value}


@pytest.mark.usefixtures("parser")
class TestPlaces:
    @pytest.mark.parametrize(
        ("path", "value", "key"),
        [
            ((), "2:1", "2:1"),
            (("name",), "2:7", "2:1"),
            (("resources",), "4:3", "3:1"),
            (("resources", "gpu"), "4:8", "4:3"),
            (("resources", "list", 0), "6:7", "6:7"),
            (("resources", "list", 1, "c d", 1), "7:25", "7:25"),
            (("resources", "list", 1, "c d"), "7:21", "7:14"),
        ],
    )
    def test_a_place_is_where_the_value_or_its_key_stands(
        self, path: tuple[str | int, ...], value: str, key: str
    ) -> None:
        document = only_document(VALUES)
        assert str(document.place(path)) == f"f.yaml:{value}"
        assert str(document.place(path, key=True)) == f"f.yaml:{key}"

    @pytest.mark.parametrize(
        ("path", "place"),
        [
            (("resources", "x", "y"), "3:1"),
            (("x",), "2:1"),
            (("name", 0), "2:1"),
            (("resources", "list", 7), "5:3"),
            (("resources", "list", -1), "5:3"),
            ((0,), "2:1"),
        ],
    )
    def test_a_missing_path_has_its_parent_s_place(self, path: tuple[str | int, ...], place: str) -> None:
        assert str(only_document(VALUES).place(path)) == f"f.yaml:{place}"

    def test_an_alias_leads_to_its_anchor(self) -> None:
        document = only_document("a: &x\n  k: 1\nb: *x\nc:\n  <<: *x\n")
        assert str(document.place(("b",))) == "f.yaml:3:4"
        assert str(document.place(("b", "k"))) == "f.yaml:2:6"
        assert str(document.place(("c", "k"))) == "f.yaml:2:6"

    def test_places_survive_a_change_of_the_value(self) -> None:
        document = only_document(VALUES)
        document.value["resources"] = {"gpu": 3}
        assert str(document.place(("resources", "gpu"))) == "f.yaml:4:8"


@pytest.mark.usefixtures("parser")
class TestSpellings:
    def test_values_that_parsers_read_differently_are_surprises(self) -> None:
        document = only_document("a: no\nb: [010, '010', 10]\nc: {t: 12:30, d: 2024-01-01}\ne: 1e3\nf: 1.5\n")
        assert [(s.path, s.raw, s.value, str(s.place)) for s in document.surprises] == [
            (("a",), "no", False, "f.yaml:1:4"),
            (("b", 0), "010", 8, "f.yaml:2:5"),
            (("c", "t"), "12:30", "12:30", "f.yaml:3:8"),
            (("c", "d"), "2024-01-01", "2024-01-01", "f.yaml:3:18"),
            (("e",), "1e3", 1000, "f.yaml:4:4"),
        ]
        assert document.raw(("e",)) == "1e3"
        assert document.raw(("f",)) is None

    def test_a_surprise_inside_maps_in_lists_has_its_path(self) -> None:
        document = only_document("a:\n- x: 1\n- y: [[1], [2, {z: no}]]\n")
        assert [s.path for s in document.surprises] == [("a", 1, "true", 1, 1, "z")]

    def test_duplicates_name_both_lines(self) -> None:
        document = only_document("a: 1\nb:\n  c: 1\n  c: 2\n'a': 3\n")
        assert [(d.path, str(d.place), d.first_line) for d in document.duplicates] == [
            (("b", "c"), "f.yaml:4:3", 3),
            (("a",), "f.yaml:5:1", 1),
        ]
        assert document.value == {"a": 3, "b": {"c": 2}}

    def test_a_key_that_kubectl_turns_into_text_is_odd(self) -> None:
        document = only_document("1: a\ny: b\nv: {1.50: c, 'n': d, 2024-01-01: e}\n")
        assert document.value == {"1": "a", "true": "b", "v": {"1.5": "c", "n": "d", "2024-01-01": "e"}}
        assert [(k.path, k.raw, str(k.place)) for k in document.odd_keys] == [
            (("1",), "1", "f.yaml:1:1"),
            (("true",), "y", "f.yaml:2:1"),
            (("v", "1.5"), "1.50", "f.yaml:3:5"),
            (("v", "2024-01-01"), "2024-01-01", "f.yaml:3:22"),
        ]

    def test_a_number_and_its_text_are_one_key(self) -> None:
        assert [d.path for d in only_document("1: a\n'1': b\n").duplicates] == [("1",)]


class TestJson:
    def test_json_is_read_with_its_own_escapes(self) -> None:
        document = only_document('{\n\t"a\\/b": "\\ud83d\\ude00",\n\t"n": [1, 2.5, -0, 1e3, true, null]}\n')
        assert document.value == {"a/b": "😀", "n": [1, 2.5, 0, 1000, True, None]}
        assert document.surprises == []
        assert str(document.place(("n", 3))) == "f.yaml:3:20"
        assert str(document.place(("a/b",), key=True)) == "f.yaml:2:2"

    def test_line_separators_in_json_are_no_line_ends(self) -> None:
        assert only_document('{"a": "x\u2028 y\x85z"}').value == {"a": "x\u2028 y\x85z"}

    def test_a_long_key_and_documents_in_a_row_are_read(self) -> None:
        result = read_text('{"%s": 1}\n{"b": {"c": [{}]}}' % ("k" * 2000), "f")
        assert [(d.number, d.value) for d in result] == [(1, {"k" * 2000: 1}), (2, {"b": {"c": [{}]}})]

    def test_a_key_written_twice_is_found(self) -> None:
        assert [(d.path, d.first_line) for d in only_document('{"a": "\\/",\n "a": 2}').duplicates] == [
            (("a",), 1)
        ]

    def test_numbers_in_json_are_no_surprise(self) -> None:
        assert only_document('{"a": 1e3}').surprises == []
        assert [s.raw for s in only_document("{a: 1e3}").surprises] == ["1e3"]

    @pytest.mark.parametrize(
        "text", ['{"a": "\\ud83d"}', '{"a": "\\/", "b": NaN}', '["\\ud800", ' + "[" * 5000]
    )
    def test_what_is_no_json_is_refused(self, text: str) -> None:
        assert refused(text)

    @often(200)
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
            max_leaves=12,
        ).filter(lambda value: isinstance(value, dict | list)),
        st.sampled_from([None, 2, "\t"]),
        st.booleans(),
    )
    def test_any_json_reads_as_json_does(
        self, value: object, indent: int | str | None, ascii_only: bool
    ) -> None:
        document = only_document(json.dumps(value, indent=indent, ensure_ascii=ascii_only))
        assert document.value == value


@pytest.mark.usefixtures("parser")
class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "rule", "place"),
        [
            (b"a: x\nb: \xff\n", "values/file-not-utf-8", "2:4"),
            (b"\xff\xfea\x00", "values/file-utf-16", "1:1"),
            (b"\xfe\xff\x00a", "values/file-utf-16", "1:1"),
            (b"a: 1\nb: x\x00y\n", "values/file-control-character", "2:5"),
            (b"a: \x1b[31m\n", "values/file-control-character", "1:4"),
            (b"", "values/file-empty", "1:1"),
            (b"# only\n\n", "values/file-empty", "1:1"),
            (b"---\n---\n~\n", "values/file-empty", "1:1"),
            (b"a:\n\tb: 1\n", "values/file-tab", "2:1"),
            (b"a: *x\n", "values/file-unknown-anchor", "1:4"),
            (b"---\na: &x 1\n---\nb: *x\n", "values/file-unknown-anchor", "4:4"),
            (b"a: &x\n  b: [*x]\n", "values/file-alias-of-itself", "2:7"),
            (b"a: !foo 1\n", "values/file-unknown-tag", "1:4"),
            (b"a: !!python/object/apply:os.system [ls]\n", "values/file-unknown-tag", "1:4"),
            (b"a: !!set {b}\n", "values/file-unknown-tag", "1:4"),
            (b"a: !!int x\n", "values/file-tag-misfit", "1:4"),
            (b"a: !!binary x\n", "values/file-tag-misfit", "1:4"),
            (b"a: .inf\n", "values/file-not-finite", "1:4"),
            (b"a: [-.INF]\n", "values/file-not-finite", "1:5"),
            (b"a: .nan\n", "values/file-not-finite", "1:4"),
            (b"~: 1\n", "values/file-key-not-text", "1:1"),
            (b"? [a]\n: 1\n", "values/file-key-not-text", "1:3"),
            (b"a: {{ x }}\n", "values/file-key-not-text", "1:5"),
            (b"a:\n  <<: 1\n", "values/file-merge-of-no-map", "2:7"),
            (b"a:\n  <<: [1]\n", "values/file-merge-of-no-map", "2:3"),
            (b'a: "x\\/y"\n', "values/file-escaped-slash", "1:4"),
            (b"[" * 101, "values/file-too-deep", "1:101"),
            (b"- " * 101, "values/file-too-deep", "1:201"),
        ],
    )
    def test_each_fault_has_its_rule_and_place(self, text: bytes, rule: str, place: str) -> None:
        assert refused_once(text) == (rule, place)

    def test_a_question_mark_in_brackets_is_refused_as_kubectl_does(self, parser: str) -> None:
        result = refused_once("a: [b, {c: ['?', d?]}]\ne: f?\n")
        if parser == "libyaml":  # Python's parser refuses it by itself, as no YAML
            assert result == ("values/file-question-mark", "1:18")

    def test_a_question_mark_elsewhere_is_text(self) -> None:
        assert only_document("a: b?c\nd: ['?', \"e?\"]\n").value == {"a": "b?c", "d": ["?", "e?"]}

    def test_a_hundred_levels_are_read(self) -> None:
        assert only_document("[" * 100 + "]" * 100).value

    def test_aliases_do_not_get_around_the_depth(self) -> None:
        nested = "a: &a " + "[" * 60 + "]" * 60 + "\nb: " + "[" * 60 + "*a" + "]" * 60
        assert refused_once(nested)[0] == "values/file-too-deep"

    def test_all_that_can_be_read_past_is_told_at_once(self) -> None:
        rules = [problem.rule for problem in refused("a: *x\nb: !foo 1\nc: .inf\n~: 1\n")]
        assert rules == [
            "values/file-unknown-anchor",
            "values/file-unknown-tag",
            "values/file-not-finite",
            "values/file-key-not-text",
        ]

    def test_a_great_many_problems_are_cut_off(self) -> None:
        assert len(refused("\n".join(f"- *x{i}" for i in range(1000)))) == notes.MOST_PROBLEMS

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("x: @a", "a value cannot begin with `@`; quote it"),
            ("x: 'b", "a quote is opened and never closed"),
            ("a: b: c", "`: ` where no key is allowed"),
            ("a: [1, 2\n", "never closed"),
            ("a: [1\nb: 2\n", "a `[` is not closed"),
            ("a: {b: 1\n", "never closed"),
            ("a: - b\n", "`- `"),
            ("a: 'x' y\n", "text follows a closing quote"),
            ('a: "\\q"\n', "a backslash in double quotes"),
            ("a: *\n", "`*` without a name"),
            ("a: }\n", "`}` needs quotes"),
            ("a: 1\n b: 2\n", "`: ` where no key is allowed"),
        ],
    )
    def test_a_break_of_the_grammar_is_told_in_plain_words(self, text: str, words: str) -> None:
        (problem,) = refused(text)
        assert problem.rule == "values/file-not-yaml"
        assert words in problem.message

    def test_no_message_holds_a_raw_control_character(self) -> None:
        (problem,) = refused("a: !\u202efoo\x07 1\n")
        assert problem.message.isprintable()


class TestFiles:
    def test_a_file_is_read_under_its_name(self, tmp_path: Path) -> None:
        file = tmp_path / "x.yaml"
        file.write_text("a: no\n")
        (document,) = read_file(str(file))
        assert (document.file, document.value) == (str(file), {"a": False})

    @pytest.mark.parametrize(
        "stream", [io.BytesIO(b"a: 1"), io.StringIO("a: 1"), io.TextIOWrapper(io.BytesIO(b"a: 1"))]
    )
    def test_a_dash_is_standard_input(self, stream: object) -> None:
        (document,) = read_file("-", stream)
        assert (document.file, document.value) == ("<stdin>", {"a": 1})

    def test_what_is_no_readable_file_is_a_usage_error(self, tmp_path: Path) -> None:
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)
        large = tmp_path / "large"
        with large.open("wb") as file:
            file.truncate(documents.LARGEST_FILE + 1)
        names = {
            str(tmp_path): "is a folder",
            str(fifo): "is a device, pipe or socket",
            "/dev/zero": "is a device, pipe or socket",
            str(large): "larger than 16 MiB",
            str(tmp_path / "absent"): "no such file",
            "a\0b": "null",
            "x" * 5000: "too long",
        }
        for name, words in names.items():
            with pytest.raises(UsageError, match=words):
                read_file(name)

    def test_a_closed_or_large_standard_input_is_a_usage_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(UsageError, match="larger"):
            read_file("-", io.BytesIO(bytes(documents.LARGEST_FILE + 1)))
        monkeypatch.setattr(sys, "stdin", None)
        with pytest.raises(UsageError, match="closed"):
            read_file("-")


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@dataclass(frozen=True)
class Hostile:
    """Input that means harm, of any size: the full one, and a small one to count the work on."""

    make: Callable[[int], bytes]
    full: int
    small: int = 500


def fixed(content: bytes) -> Hostile:
    """Input whose harm is not in its size."""
    return Hostile(lambda _: content, 1, 1)


THOUSAND_KEYS = b",".join(b"k%d: 1" % i for i in range(1000))
HOSTILE = {
    "a line of 1 MB": Hostile(lambda n: b"a: " + b"x y" * n, 350_000),
    "a quoted line of 1 MB": Hostile(lambda n: b'a: "' + b"\\n" * n + b'"', 500_000),
    "a key of 1 MB": Hostile(lambda n: b"x" * n + b": 1", 1_000_000),
    "a number of 1 MB": Hostile(lambda n: b"a: " + b"1" * n, 1_000_000),
    "a fraction of 1 MB": Hostile(lambda n: b"a: 0." + b"1" * n, 1_000_000),
    "a hexadecimal number of 1 MB": Hostile(lambda n: b"a: 0x" + b"f" * n, 1_000_000),
    "underscores of 1 MB": Hostile(lambda n: b"a: 1" + b"_" * n, 1_000_000),
    "colons of 1 MB": Hostile(lambda n: b"a: 1" + b":1" * n + b"x", 500_000),
    "100,000 keys": Hostile(lambda n: b"".join(b"k%d: %d\n" % (i, i) for i in range(n)), 100_000),
    "99,999 keys": Hostile(lambda n: b"".join(b"k%d: %d\n" % (i, i) for i in range(n)), 99_999),
    "99,999 odd keys with surprises": Hostile(lambda n: b"".join(b"%d: no\n" % i for i in range(n)), 99_999),
    "a list of 1,000,000": Hostile(lambda n: b"[" + b"1," * n + b"]", 1_000_000),
    "flow lists 100,000 deep": Hostile(lambda n: b"[" * n, 100_000),
    "flow maps 100,000 deep": Hostile(lambda n: b"{a: " * n, 100_000),
    "flow maps as keys": Hostile(lambda n: b"{" * n, 100_000),
    "block lists 100,000 deep": Hostile(lambda n: b"- " * n, 100_000),
    "explicit keys 100,000 deep": Hostile(lambda n: b"? " * n, 100_000),
    "block maps 3,000 deep": Hostile(lambda n: b"".join(b" " * i + b"a:\n" for i in range(n)), 3000),
    "json 100,000 deep": Hostile(lambda n: b'["\\ud83d\\ude00",' + b"[" * n, 100_000),
    "json of 99,999 keys": Hostile(
        lambda n: b'{"\\/": 0' + b"".join(b',"%d": 1e3' % i for i in range(n - 1)) + b"}", 99_999
    ),
    "json surrogates of 1 MB": Hostile(lambda n: b'["' + b"\\ud83d\\ude00" * n + b'"]', 80_000),
    "billion laughs": fixed(LAUGHS.encode()),
    "quadratic": Hostile(lambda n: b"a: &a [" + b"x, " * 1000 + b"]\nb: [" + b"*a, " * n + b"]", 900, 20),
    "merges of merges": Hostile(
        lambda n: (
            b"a: &a {" + b",".join(b"k%d: 1" % i for i in range(1000)) + b"}\nb:\n" + b"  - <<: *a\n" * n
        ),
        900,
        20,
    ),
    "100,000 aliases": Hostile(lambda n: b"a: &a x\nb: [" + b"*a, " * n + b"]", 100_000),
    "100,000 anchors": Hostile(lambda n: b"[" + b",".join(b"&a%d x" % i for i in range(n)) + b"]", 100_000),
    "100,000 documents": Hostile(lambda n: b"---\na\n" * n, 100_000),
    "100,000 faults": Hostile(lambda n: b"- !x 1\n" * n, 100_000),
    "NUL": fixed(b"a: \0"),
    "invalid UTF-8": fixed(b"a: \xc3\x28"),
    "UTF-16": fixed("a: 1".encode("utf-16")),
    "UTF-16 without a mark": fixed("a: 1".encode("utf-16-le")),
    "UTF-32": fixed("a: 1".encode("utf-32")),
}
CHILD = """
import resource, sys
from kaito_pack.documents import read_file
from kaito_pack.base.problems import PackError
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
try:
    print("read", len(read_file(sys.argv[1])))
except PackError as error:
    print("refused", str(error)[:200])
# The peak of this process; the one that resource reports begins with that of the process it was forked from.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.full
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_answered_within_200_mb(name: str, tmp_path: Path) -> None:
    file = tmp_path / "hostile.yaml"
    file.write_bytes(HOSTILE[name].make(HOSTILE[name].full))
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(file)],
        capture_output=True,
        cwd=ROOT,
        check=False,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    answer, used = run.stdout.splitlines()
    assert answer.startswith(("read", "refused"))
    assert int(used) < 200_000  # KiB


@pytest.mark.parametrize("name", HOSTILE)
def test_the_work_grows_with_hostile_input_and_no_faster(name: str) -> None:
    def reading_of(size: int) -> Callable[[], object]:
        content = HOSTILE[name].make(size)

        def read() -> None:
            with suppress(ProblemsError):
                read_text(content, "hostile.yaml")

        return read

    work.check_growth(reading_of, HOSTILE[name].small)


@pytest.mark.parametrize("name", ["billion laughs", "quadratic", "merges of merges"])
def test_an_alias_bomb_is_told_as_such(name: str) -> None:
    assert refused_once(HOSTILE[name].make(HOSTILE[name].full))[0] == "values/file-alias-bomb"


PIECES = [
    *list("ab01 \n\t:-?,[]{}#&*!|>'\"%@`~=.\\<\r\x00\x85\u2028\ufeffé😀"),
    "\n  ",
    ": ",
    "- ",
    "<<: ",
    "*a",
    "&a ",
    "---\n",
    "...\n",
    "!!int ",
    "!x ",
    "%YAML 1.1\n",
    "no",
    "1e3",
    ".inf",
    '"\\ud83d',
    '\\/"',
    '{"a": ',
    "|\n",
    ">-\n ",
    "? ",
    "0x",
    "1:30",
    "2024-01-01",
]


class TestFuzz:
    @often(1200)
    @given(st.binary(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
    def test_any_input_is_read_or_refused(self, text: bytes | str) -> None:
        check_answer(text)

    @often(1000)
    @given(st.integers(0, len(VALUES)), st.integers(0, 8), st.sampled_from(PIECES) | st.binary(max_size=3))
    def test_any_change_of_a_file_is_read_or_refused(self, position: int, cut: int, put: str | bytes) -> None:
        new = put.encode() if isinstance(put, str) else put
        check_answer(VALUES[:position].encode() + new + VALUES[position + cut :].encode())

    @often(300)
    @given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
    def test_python_s_parser_refuses_as_calmly(self, text: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reading, "CParser", None)
            check_answer(text)


def check_answer(text: bytes | str) -> None:
    try:
        result = read_text(text, "f")
    except ProblemsError as error:
        assert error.problems
        assert all(problem.message.isprintable() for problem in error.problems)
        return
    for document in result:
        json.dumps(document.value, allow_nan=False, ensure_ascii=False).encode()
        for surprise in document.surprises:
            assert document.raw(surprise.path) == surprise.raw
