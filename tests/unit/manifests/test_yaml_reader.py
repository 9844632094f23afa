"""Reading YAML: what comes out as written, and what is refused with its place and its fix."""

import gc
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.diagnostics import CODES, Diagnostic
from reconciler.manifests.estate_cache import EstateCache
from reconciler.manifests.manifest_text import Quoted
from reconciler.manifests.yaml_reader import Document, read_documents
from reconciler.model.address import Address
from reconciler.model.resource import Resource

SOUND = """\
# A network.
apiVersion: reconciler.dev/v1alpha1
kind: VSlice
metadata:
  name: fleet-net
  labels: {division: fleet, "a b": 'c'}
spec:
  displayName: "Fleet: net"
  subnets:
    - 100.64.0.0/16
    - 100.65.0.0/16
  text: |
    one
    \ttwo
---
kind: Other
spec: [a, {b: null}, []]
"""


KNOWN = Resource(Address("VSlice", "fleet-net"), {})


def texts(characters: str, *pieces: str) -> st.SearchStrategy[str]:
    """Texts made of single characters and of longer pieces."""
    return st.lists(st.sampled_from([*characters, *pieces]), max_size=60).map("".join)


def read(text: str | bytes, cache: EstateCache | None = None) -> tuple[list[Document], list[Diagnostic]]:
    """The documents and the problems of a text."""
    problems: list[Diagnostic] = []
    content = text if isinstance(text, bytes) else text.encode()
    return read_documents("f.yaml", content, problems.append, cache=cache), problems


def data_of(text: str | bytes) -> object:
    """The data of a text with one document and no problem."""
    documents, problems = read(text)
    assert problems == []
    (document,) = documents
    return document.data


def found_in(text: str | bytes) -> list[tuple[str, int, int]]:
    """Code, line and column of each problem."""
    return [(problem.code.id, problem.span.line, problem.span.column) for problem in read(text)[1] if problem.span]


@pytest.mark.parametrize(
    "text",
    ["NO", "010", "20:22", "8.94E+18", "8944500102030405060", "true", "2020-01-01", "0x1F", ".inf", "1_000", "="],
)
def test_a_plain_scalar_keeps_its_text(text: str) -> None:
    """No value is given a type: countries, codes, times and ICCIDs stay what was written."""
    data = data_of(f"a: {text}\nb: [{text}]\n")
    assert data == {"a": text, "b": [text]}
    assert isinstance(data, dict)
    assert type(data["a"]) is str


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL", "# comment"])
def test_plain_null_is_none(text: str) -> None:
    """The null of YAML, and nothing after the colon, are None."""
    assert data_of(f"a: {text}\n") == {"a": None}


@pytest.mark.parametrize("text", ['"null"', "'null'", "|-\n  null", ">-\n  null"])
def test_quotes_are_remembered(text: str) -> None:
    """A scalar in quotes or written as a block is text, whatever it looks like."""
    data = data_of(f"a: {text}\nb: {text}\n")
    assert data == {"a": "null", "b": "null"}
    assert isinstance(data, dict)
    assert {type(value) for value in data.values()} == {Quoted}


def test_documents_know_where_they_begin() -> None:
    """The line of a document is that of its first value, past markers, comments and blank lines."""
    documents, problems = read(SOUND + "--- # again\n\n# comment\n\nx: y\n---\n---\n--- text\n")
    assert problems == []
    assert [document.line for document in documents] == [2, 16, 22, 25]


def test_keys_are_plain_text() -> None:
    """A key that was written in quotes is the same key as one that was not."""
    data = data_of("'a': 1\n\"null\": 2\n")
    assert isinstance(data, dict)
    assert [(type(key), key) for key in data] == [(str, "a"), (str, "null")]


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n", "---\n", "---\n---\n# x\n---", "--- # c\n...\n", " \n"])
def test_what_is_empty_is_no_document(text: str) -> None:
    """Empty files and documents are skipped without a word."""
    assert read(text) == ([], [])


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends_make_no_difference(end: str) -> None:
    """Data and lines are the same with the line ends of every system, and after a byte order mark."""
    documents, problems = read(b"\xef\xbb\xbf" + SOUND.replace("\n", end).encode())
    assert problems == []
    assert [(document.data, document.line) for document in documents] == [
        (document.data, document.line) for document in read(SOUND)[0]
    ]
    assert str(documents[0].marks.value(("spec", "subnets", 1))) == "f.yaml:11:7"


REFUSED: list[tuple[str, str | bytes, list[tuple[str, int, int]]]] = [
    ("not UTF-8", b"a: b\nc: \xe9\n", [("R101", 2, 4)]),
    ("UTF-16", "a: b\n".encode("utf-16"), [("R101", 1, 1)]),
    ("UTF-16 without mark", ("a: b\n" * 9).encode("utf-16-be"), [("R101", 1, 1)]),
    ("UTF-32", "a: b\n".encode("utf-32"), [("R101", 1, 1)]),
    ("binary", bytes(range(64)), [("R102", 1, 1)]),
    ("NUL", "a: some longer text with a\0b\n", [("R103", 1, 27)]),
    ("next line", "a: b\u0085c\n", [("R103", 1, 5)]),
    ("escaped control", 'a: "x\\0"\n', [("R103", 1, 4)]),
    ("direction", "a: b\n# \u202e\n", [("R104", 2, 3)]),
    ("zero width", "a\u200b: b\n", [("R104", 1, 2)]),
    ("joiner in a key", "a\u200d: b\n", [("R104", 1, 1)]),
    ("escaped direction", 'a: "\\u202E"\n', [("R104", 1, 4)]),
    ("too large", b"#" * (5 * 1024 * 1024 + 1), [("R105", 1, 1)]),
    ("no colon", "a: b\nword\nc: d\n", [("R106", 2, 1)]),
    ("no space", "a: b\nname:x\nc: d\n", [("R106", 2, 1)]),
    ("conflict", "a: b\n<<<<<<< ours\nc: d\n", [("R106", 2, 1)]),
    ("two commas", "{a: 1,,}\n", [("R106", 1, 7)]),
    ("closed too often", "a: [b]]\n", [("R106", 1, 7)]),
    ("after the quote", 'a: "b" c\n', [("R106", 1, 8)]),
    ("too deep by a space", "a:\n  b: 1\n   c: 2\n", [("R107", 3, 4)]),
    ("too shallow", "a:\n    b: 1\n  c: 2\n", [("R107", 3, 3)]),
    ("first line deeper", "  a: 1\nb: 2\n", [("R107", 2, 1)]),
    ("item among fields", "a: b\n- c\n", [("R107", 2, 1)]),
    ("no-break space", "a:\n\u00a0\u00a0b: c\n  d: e\n", [("R104", 2, 1), ("R107", 2, 1)]),
    ("tab", "a:\n\tb: c\n", [("R108", 2, 1)]),
    ("tab in brackets", "a: {\n\tb: c}\n", [("R108", 2, 1)]),
    ("open quote", 'a: b\nc: "d\ne: f\n', [("R109", 2, 4)]),
    ("open bracket", "a: [b\nc: d\n", [("R109", 1, 4)]),
    ("open bracket at the end", "a: [\n", [("R109", 1, 4)]),
    ("wrong bracket", "a: [b}\n", [("R109", 1, 6)]),
    ("star", "a: *.flex\n", [("R110", 1, 4)]),
    ("at", "a: @x\n", [("R110", 1, 4)]),
    ("percent", "a: %x\n", [("R110", 1, 4)]),
    ("backtick", "a: `x`\n", [("R110", 1, 4)]),
    ("second colon", "a: b: c\n", [("R110", 1, 4)]),
    ("second colon after a quoted key", '"a" : b: c\n', [("R110", 1, 7)]),
    ("colon in brackets", "a: [b:]\n", [("R110", 1, 6)]),
    ("escape", 'a: "\\q"\n', [("R111", 1, 5)]),
    ("surrogate", 'a: "\\ud800"\n', [("R111", 1, 7)]),
    ("duplicate", "a: 1\n'a': 2\n", [("R112", 2, 1)]),
    ("nested duplicate", "a: {b: 1, b: 2}\n", [("R112", 1, 11)]),
    ("anchor and alias", "a: &x 1\nb: *x\n", [("R113", 1, 4), ("R113", 2, 4)]),
    ("anchor of a list", "a: &x [1]\n", [("R113", 1, 4)]),
    ("alias as a key", "*x : 1\n", [("R113", 1, 1)]),
    ("merge", "<<: {a: b}\n", [("R114", 1, 1)]),
    ("tag", "a: !!str b\n", [("R115", 1, 4)]),
    ("local tag", "a: !x [b]\n", [("R115", 1, 4)]),
    ("non-specific tag", "a: ! b\n", [("R115", 1, 4)]),
    ("tag without handle", "a: !a!b c\n", [("R115", 1, 4)]),
    ("list as a key", "[a]: b\n", [("R116", 1, 1)]),
    ("null as a key", "~: b\n", [("R116", 1, 1)]),
    ("template", "a: {{ b }}\n", [("R116", 1, 5)]),
    ("tag directive", "%TAG ! tag:x,1:\n---\na: b\n", [("R117", 1, 1)]),
    ("version", "%YAML 3.0\n---\na: b\n", [("R117", 1, 1)]),
    ("33 levels", "[" * 33 + "]" * 33, [("R118", 1, 33)]),
    ("nodes", "[" + "a," * 200_000 + "]", [("R119", 1, 400_000)]),
    ("long scalar", "a: " + "x" * 65_537, [("R120", 1, 4)]),
    ("long scalar in wide characters", "a: " + "é" * 32_769, [("R120", 1, 4)]),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_not_in_the_subset_is_refused_where_it_stands(
    text: str | bytes, expected: list[tuple[str, int, int]]
) -> None:
    """Each sort of mistake has its code, its line and its column, and the document is not returned."""
    assert found_in(text) == expected
    assert read(text)[0] == []


def test_an_unquoted_star_is_answered_with_the_quoted_value() -> None:
    """The hint for an APN pattern without quotes shows the line as it should be."""
    ((problem,)) = read("spec:\n  apnPattern: *.flex # all\n")[1]
    assert problem.hint == 'If text is meant, quote it: apnPattern: "*.flex"'


def test_a_secret_is_not_repeated_in_a_hint() -> None:
    """The text behind the name of a secret is in no detail and no hint."""
    for value in ("@hunter2", "*hunter2", "&hunter2 x", "!hunter2", "x: hunter2", "`hunter2"):
        for problem in read(f"password: {value}\n")[1]:
            assert "hunter2" not in f"{problem.detail}{problem.hint}"


def test_a_duplicate_names_both_places() -> None:
    """The first of two equal keys is a related place of the second."""
    (problem,) = read("a: 1\nb: 2\na: 3\n")[1]
    assert [str(place.span) for place in problem.related] == ["f.yaml:1:1"]


def test_an_error_in_one_document_does_not_hide_the_next() -> None:
    """The documents before and after a broken one are read, and each broken one is reported."""
    documents, problems = read("a: 1\n---\nb: [\n---\nc: 3\n---\nd: \xad\n---\ne: 1\ne: 2\n")
    assert [document.data for document in documents] == [{"a": "1"}, {"c": "3"}]
    assert [(problem.code.id, problem.span.line) for problem in problems if problem.span] == [
        ("R109", 3),
        ("R104", 7),
        ("R112", 10),
    ]


def test_dashes_inside_a_value_do_not_cut_a_document() -> None:
    """Only a line that begins with the marker begins a document."""
    assert data_of("a: |\n  ---\n  b\nc: ---d\n") == {"a": "---\nb\n", "c": "---d"}


def test_a_directive_of_a_known_version_is_accepted() -> None:
    """A file that says which YAML it is written in is read as one that does not."""
    documents, problems = read("%YAML 1.2\n---\na: b\n...\n%YAML 1.1\n---\nc: d\n")
    assert problems == []
    assert [(document.data, document.line) for document in documents] == [({"a": "b"}, 3), ({"c": "d"}, 7)]
    assert [str(document.marks.key(("c",))) for document in documents] == ["f.yaml:3:1", "f.yaml:7:1"]


def test_the_limits_are_where_they_are_said_to_be() -> None:
    """32 levels, 64 KiB and 200,000 keys and values are accepted."""
    data_of("[" * 32 + "]" * 32)
    data_of("a: " + "x" * 65_536)
    data_of("[" + "a," * 199_999 + "]")


@pytest.mark.parametrize(
    "text", ["[" * 5_000, "{a: " * 5_000, "- " * 5_000, "? " * 5_000, "[a, " * 5_000, "{{" * 5_000]
)
def test_deep_nesting_is_refused_before_it_costs_anything(text: str) -> None:
    """5,000 levels are refused like 33, not after having been built."""
    started = time.perf_counter()
    assert "R118" in {code for code, _, _ in found_in(text)}
    assert time.perf_counter() - started < 0.5


def test_deep_nesting_in_block_style_is_refused() -> None:
    """Levels of indentation count as brackets do."""
    text = "".join("  " * depth + f"k{depth}:\n" for depth in range(1_500))
    assert found_in(text) == [("R118", 33, 65)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"---\n" * 1_000_000, "R129"),
        (b"---\na\n" * 800_000, "R129"),
        (b"%YAML 1.1\n---\na\n" * 300_000, "R129"),
        (b"---\na: [\n" * 500_000, "R128"),
        (b"a: 1\n" * 1_000_000, "R128"),
        (b"- &a 1\n" * 700_000, "R128"),
        (b"a: {\n" + b"\tx,\n" * 1_000_000, "R128"),
    ],
)
def test_floods_end_with_one_word_about_it(content: bytes, code: str) -> None:
    """A file full of documents or of problems is read to a limit, and says that it was."""
    _, problems = read(content)
    assert problems[-1].code.id == code
    assert len(problems) <= 1_101


def test_a_million_blank_lines_are_nothing() -> None:
    """A file of line ends is empty."""
    assert read(b"\n" * 5_000_000) == ([], [])


def _assert_answered(content: bytes) -> None:
    documents, problems = read(content)
    for problem in problems:
        assert problem.code.id in CODES
        assert problem.code.id.startswith("R1")
        assert problem.span is not None
        assert problem.span.line >= 1
        assert problem.span.column >= 1
        assert problem.detail
        assert problem.hint
    for document in documents:
        span = document.marks.value(("spec", 0, "x"))
        assert document.line >= 1
        assert span.line >= document.line


@given(st.binary(max_size=200))
@example(b"\xff")
@example(b"%")
@example(b"? ? ?")
def test_whatever_bytes_come_in_there_is_an_answer(content: bytes) -> None:
    """Bytes become documents or diagnostics with span, detail and hint, and never an exception."""
    _assert_answered(content)


@settings(max_examples=400)
@given(texts("ab01:-?,[]{}#&*!|>'\"%@`~<.\\ \t\n\r\u202e\u00e9\u200d", "---\n", "\n  ", ": "))
def test_whatever_looks_like_yaml_gets_an_answer(text: str) -> None:
    """The same for texts that are made of what YAML is made of."""
    _assert_answered(text.encode())


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_file_gets_an_answer(data: st.DataObject) -> None:
    """The same for a valid file that is cut short, or in which bytes are replaced."""
    content = bytearray(SOUND.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    _assert_answered(bytes(content[: data.draw(st.integers(0, len(content)))]))


@settings(max_examples=300)
@given(texts("ab01:-,[]{}#'\"|>.\\ \n", "---\n", "\n  ", ": ", "- "))
def test_what_is_accepted_is_what_the_parser_means(text: str) -> None:
    """
    Documents that are accepted have the structure and the texts that PyYAML composes of the whole file.

    So the cut between documents is exact: the parser that sees all of them at once finds the same.
    """

    def plain(node: yaml.Node) -> object:
        if isinstance(node, yaml.MappingNode):
            return {key.value: plain(value) for key, value in node.value}
        if isinstance(node, yaml.SequenceNode):
            return [plain(item) for item in node.value]
        assert isinstance(node, yaml.ScalarNode)
        is_null = not node.style and node.value in {"", "~", "null", "Null", "NULL"}
        return None if is_null else node.value

    documents, problems = read(text)
    if problems:
        return
    nodes = yaml.compose_all(text, Loader=yaml.CSafeLoader)
    filled = (node for node in nodes if not isinstance(node, yaml.ScalarNode) or node.value or node.style)
    expected = [plain(node) for node in filled]
    assert [document.data for document in documents] == expected


@settings(max_examples=200)
@given(texts("ab:-[]{}#'\"|. \n\t", "---\n", "\n  ", ": ", "null", "--- "))
def test_a_cached_document_is_what_parsing_gives(text: str) -> None:
    """With a cache, cold or warm, documents, lines and places are the same as without."""
    plain_documents, plain_problems = read(text)
    with TemporaryDirectory() as folder:
        cache = EstateCache.open(Path(folder, "cache"))
        cold = read(text, cache)
        for document in cold[0]:
            if document.key is not None:
                cache.put(document.key, KNOWN)
        cache.save()
        warm = read(text, EstateCache.open(Path(folder, "cache")))
    for documents, problems in (cold, warm):
        assert problems == plain_problems
        assert [found.line for found in documents] == [made.line for made in plain_documents]
        for found, made in zip(documents, plain_documents, strict=True):
            assert found.data == made.data or found.resource == KNOWN
            assert found.marks.value(("a",)) == made.marks.value(("a",))


@pytest.mark.bench
def test_reading_costs_less_than_loading() -> None:
    """Reading with places for every value takes at most the time of the plain loader of PyYAML (gate of the budget)."""
    content = SOUND.encode() * 1_000
    gc.collect()
    ratios = []
    for _ in range(5):
        started = time.perf_counter()
        list(yaml.load_all(content, yaml.CSafeLoader))
        between = time.perf_counter()
        read(content)
        ratios.append((time.perf_counter() - between) / (between - started))
    assert sorted(ratios)[2] <= 1.0
