"""Text that is not the YAML that is read here: bytes, structure, size, and the parts of YAML that are refused."""

from collections.abc import Iterator

from tests.golden.broken.case import BROKEN, SUPPORT, Case, codes, line_of, put
from tests.golden.broken.sound import HEAD, SOUND, SUPPORT_FILE, document

NET = SOUND["VSlice"]
NAME_LINE = line_of(NET, "Broken net")
DNS_LINE = line_of(NET, "dns:")
LOADING = frozenset(f"R{number}" for number in range(101, 130))


def _files(text: str | bytes) -> dict[str, bytes]:
    return {BROKEN: text if isinstance(text, bytes) else text.encode(), **SUPPORT_FILE}


def _name(raw: str) -> str:
    """The sound VSlice with `raw` as the text of its displayName."""
    return NET.replace("Broken net", raw)


def _before_dns(raw: str) -> str:
    """The sound VSlice with a line before its field `dns`."""
    return NET.replace("  dns:", f"  {raw}\n  dns:")


def _bytes() -> Iterator[tuple[str, frozenset[str], bytes, int | None]]:
    yield "binary", codes(101, 102, 103), bytes(range(256)) * 4, None
    yield "an ELF program", codes(101, 102), b"\x7fELF\x02\x01\x01" + b"\0" * 500, None
    yield (
        "a gzip file",
        codes(101, 102),
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36",
        None,
    )
    yield "UTF-16 with a mark", codes(101, 102), NET.encode("utf-16"), None
    yield "UTF-16 without a mark", codes(101, 102), NET.encode("utf-16-le"), None
    yield "UTF-32", codes(101, 102), NET.encode("utf-32"), None
    yield "Latin-1", codes(101), _name("Büro").encode("latin-1"), NAME_LINE
    yield "a NUL byte", codes(102, 103), _name("Bro\0ken").encode(), NAME_LINE
    yield "a NUL byte at the end", codes(102, 103), NET.encode() + b"\0", None
    yield "an escape character", codes(103), _name("Bro\x1b[31mken").encode(), NAME_LINE
    yield "half a character at the end", codes(101), NET.encode() + b"\xe2\x82", None
    yield "an overlong encoding", codes(101), _name("@@").encode().replace(b"@@", b"\xc0\xaf"), None
    yield "a surrogate in UTF-8", codes(101), _name("@@").encode().replace(b"@@", b"\xed\xa0\x80"), None
    yield "a mark in the middle", codes(104), _name("Bro\ufeffken").encode(), NAME_LINE
    yield "bidirectional control", codes(104), _name("Bro\u202eken").encode(), NAME_LINE
    yield (
        "bidirectional isolate",
        codes(104),
        NET.replace("broken-net", "broken\u2066-net").encode(),
        line_of(NET, "broken-net"),
    )
    yield "more than 5 MiB", codes(105), NET.encode() + b"# padding\n" * 600_000, None


def _structure() -> Iterator[tuple[str, frozenset[str], str, int | None]]:
    tab = NET.replace("  name: broken-net", "\tname: broken-net")
    yield "a tab for indentation", codes(108), tab, line_of(NET, "name: broken-net")
    no_quotes = NET.replace('"', "").replace("*.test", "a.test")
    yield "an unclosed double quote", codes(109), no_quotes.replace("Broken net", '"Broken net'), None
    yield "a double quote that a later one closes", codes(109), _name('"Broken net'), NAME_LINE
    yield "an unclosed single quote", codes(109), _name("'Broken net"), None
    yield "an unclosed bracket", codes(109), NET.replace("[1.1.1.1, 9.9.9.9]", "[1.1.1.1, 9.9.9.9"), None
    yield "an unclosed brace", codes(109), NET.replace("spec:\n", "spec: {\n"), None
    yield "a bracket too many", codes(106), NET.replace("9.9.9.9]", "9.9.9.9]]"), line_of(NET, "9.9.9.9")
    yield "a wrong bracket", codes(106, 109), NET.replace("9.9.9.9]", "9.9.9.9}"), line_of(NET, "9.9.9.9")
    yield "a key without a colon", codes(106, 107), NET.replace("dns:", "dns"), None
    yield (
        "a colon without a space",
        codes(106, 107, 202),
        NET.replace("displayName: Broken", "displayName:Broken"),
        None,
    )
    yield "indentation too deep", codes(106, 107, 204), NET.replace("  displayName", "     displayName"), None
    yield "indentation too shallow", codes(106, 107), NET.replace("    mode", " mode"), None
    yield "an unquoted star", codes(110, 113), NET.replace('"*.test.flex"', "*.test.flex"), line_of(NET, "apnPattern")
    yield "an unquoted ampersand", codes(110, 113), _name("&co"), NAME_LINE
    yield "an unquoted percent sign", codes(110), _name("%net"), NAME_LINE
    yield "an unquoted at sign", codes(110), _name("@net"), NAME_LINE
    yield "an unquoted backtick", codes(110), _name("`net`"), NAME_LINE
    yield "a second colon", codes(110), _name("Broken: net"), NAME_LINE
    yield "a bad escape", codes(111), _name('"Broken \\q net"'), NAME_LINE
    yield "a merge marker", codes(106), NET.replace("spec:\n", "<<<<<<< ours\nspec:\n"), line_of(NET, "spec:")
    yield "JSON with a comma too many", codes(106), '{"apiVersion": "reconciler.dev/v1alpha1",,}', 1
    yield "a duplicate key", codes(112), _before_dns("apnPattern: a.test.flex"), line_of(NET, "apnPattern") + 1
    yield (
        "a duplicate key in flow style",
        codes(112),
        NET.replace("[1.1.1.1, 9.9.9.9]", "[1.1.1.1]\n    mode: custom"),
        None,
    )
    yield "a duplicate key, quoted once", codes(112), _before_dns('"displayName": Again'), DNS_LINE
    yield "an anchor", codes(113), NET.replace("[1.1.1.1", "&dns [1.1.1.1"), line_of(NET, "1.1.1.1")
    yield "an alias", codes(113), _name("&it Broken net") + "  ipAddressFamily: *it\n", None
    yield "an alias to nothing", codes(113), _name("*nothing"), NAME_LINE
    yield "an alias to itself", codes(113), NET.replace("spec:\n", "spec: &self\n  again: *self\n"), None
    yield "a merge key", codes(114), _before_dns("<<: {ipAllocation: pooled}"), DNS_LINE
    yield "a merge of an alias", codes(113, 114), "x: &base {a: b}\n---\n<<: *base\n", None
    attack = "!!python/object/apply:os.system [id]"
    yield "a Python object", codes(115), _name(attack), NAME_LINE
    yield "a Python name", codes(115), _name("!!python/name:os.system"), NAME_LINE
    yield "a local tag", codes(115), _name("!upper broken"), NAME_LINE
    yield "a standard tag", codes(115), _name("!!str Broken net"), NAME_LINE
    yield "a binary tag", codes(115), _name("!!binary aGVsbG8="), NAME_LINE
    yield "an undeclared tag handle", codes(115), _name("!a!b c"), NAME_LINE
    yield "a tag directive", codes(117), "%TAG ! tag:example.com,2000:\n---\n" + NET, None
    yield "YAML 3.0", codes(117), "%YAML 3.0\n---\n" + NET, None
    yield "a list as a key", codes(116), _before_dns("? [a, b]\n  : c"), DNS_LINE
    yield "a mapping as a key", codes(116), _before_dns("{a: b}: c"), DNS_LINE
    yield "a null key", codes(116, 202), _before_dns("~: c"), DNS_LINE
    yield "a scalar document", codes(106, 201, 204, 205, 212), "just words\n", 1
    yield "a list document", codes(201, 204, 205, 212), "- one\n- two\n", 1
    yield "a number document", codes(201, 204, 205, 212), "42\n", 1
    yield "Terraform", codes(106, 109, 204, 205), 'resource "stacuity_vslice" "net" {\n  name = "net"\n}\n', None
    yield "a key of 100,000 characters", codes(120), _before_dns("? " + "k" * 100_000 + "\n  : v"), None


def _size() -> Iterator[tuple[str, frozenset[str], str, int | None]]:
    laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
    for level in range(1, 12):
        laughs += f"a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * 9) + "]\n"
    yield "an alias bomb", codes(113), HEAD + "kind: VSlice\n" + laughs, None
    yield "an alias bomb in keys", codes(113), "".join(f"a{n}: &a{n} {{x: *a{n - 1}}}\n" for n in range(1, 2_000)), None
    yield "5,000 brackets", codes(118), _name("[" * 5_000 + "]" * 5_000), NAME_LINE
    yield "5,000 open brackets", codes(109, 118), _name("[" * 5_000), None
    yield "5,000 braces", codes(118), _name("{a: " * 5_000 + "b" + "}" * 5_000), NAME_LINE
    yield "5,000 dashes on a line", codes(118), _name("\n    " + "- " * 5_000 + "x"), None
    # One space for each level: with more of either, the file would be refused for its size.
    deep = "".join(" " * depth + "k:\n" for depth in range(1, 3_001))
    yield "3,000 levels of block style", codes(118), HEAD + "kind: VSlice\nspec:\n" + deep, None
    yield "a list 40 levels deep", codes(118), _name("[" * 40 + "]" * 40), NAME_LINE
    yield "a scalar of 70,000 characters", codes(120), _name("x" * 70_000), NAME_LINE
    yield "a block scalar of 70,000 characters", codes(120), _name("|\n" + "    words\n" * 12_000), None
    yield "a line of a million characters", codes(120), _name("wide " * 200_000), NAME_LINE
    yield "210,000 nodes", codes(119), NET.replace("[1.1.1.1, 9.9.9.9]", "[" + "1.1.1.1," * 210_000 + "]"), None
    yield (
        "2,500 wrong addresses",
        codes(204, 128),
        NET.replace("[1.1.1.1, 9.9.9.9]", "[" + "1.1.1.x," * 2_500 + "]"),
        None,
    )
    yield "2,000 unknown fields", codes(202, 128), NET + "".join(f"  field{n}: {n}\n" for n in range(2_000)), None
    yield "1,000 empty documents and a word", codes(106, 201, 204, 205, 212), "---\n" * 1_000 + "word\n", 1_001


def _several() -> Iterator[Case]:
    """A mistake does not hide another one."""
    wrong = put(NET, "spec.dns.mode", "manual")
    both = "apiVersion: reconciler.dev/v1alpha1\nkind: VSlice\nmetadata: [\n"
    last = wrong.text.replace("broken-net", "second-net")
    text = both + "---\n" + last
    yield Case("several: a syntax error, then a wrong value", _files(text), None, None, ("manual",))
    text = NET.replace("custom", "manual") + "---\n" + NET.replace("broken-net", "other-net").replace("ipv4", "ipv5")
    yield Case("several: one in each document", _files(text), codes(204), line_of(text, "manual"), ("manual", "ipv5"))
    files = _files("a: [\n") | {"other.yaml": NET.replace("ipv4", "ipv5").encode()}
    yield Case("several: a file that cannot be read", files, LOADING, None, ("ipv5", "other.yaml", BROKEN))
    files = _files(b"\xff\xfe\0") | {"other.yaml": NET.replace("ipv4", "ipv5").encode()}
    yield Case("several: a binary file", files, LOADING, None, ("ipv5", "other.yaml", BROKEN))
    text = NET.replace("ipv4", "ipv5").replace("custom", "manual").replace("static", "fluid")
    text = text.replace("  dns", "  dms: 1\n  dns")
    yield Case("several: four in one document", _files(text), codes(202, 204), None, ("ipv5", "manual", "fluid", "dms"))


def _line_ends() -> Iterator[Case]:
    wrong = put(NET, "spec.dns.mode", "manual")
    for label, end in (("CRLF", "\r\n"), ("CR", "\r")):
        raw = wrong.text.replace("\n", end).encode()
        yield Case(f"line ends: {label}", _files(raw), codes(204), wrong.line, ("manual",))
    mixed = wrong.text.replace("\n", "\r\n", 4).encode()
    yield Case("line ends: mixed", _files(mixed), codes(204), wrong.line, ("manual",))
    marked = b"\xef\xbb\xbf" + wrong.text.encode()
    yield Case("line ends: after a byte order mark", _files(marked), codes(204) | LOADING, None, ())
    late = "# a comment\n" * 20_000 + wrong.text
    yield Case("line ends: after 20,000 lines", _files(late), codes(204), wrong.line + 20_000, ("manual",))
    wide = put(NET, "spec.dns", "{mode: manual, servers: [" + "1.1.1.1, " * 4_000 + "]}")
    yield Case("line ends: in a line of 36,000 characters", _files(wide.text), codes(204), wide.line, ("mode",))
    dots = wrong.text + "...\n"
    yield Case("line ends: before the end of a document", _files(dots), codes(204), wrong.line, ("manual",))
    folded = put(NET, "spec.displayName", ">-\n    " + "a long name " * 12)
    yield Case("line ends: a folded name that is too long", _files(folded.text), codes(204), None, ("displayName",))


def _template_traces() -> Iterator[Case]:
    for label, raw in (("Helm", "{{ .Values.name }}"), ("Jinja", "{% if a %}x{% endif %}")):
        cut = put(NET, "spec.displayName", raw)
        yield Case(f"syntax: {label}", _files(cut.text), codes(204) | LOADING, None, ())
    text = document("VSlice", "helm-net", "{{ toYaml .Values.net }}")
    yield Case("syntax: Helm for a whole block", _files(text), codes(204, 205, 202) | LOADING, 4, ())


def _plain() -> Iterator[Case]:
    for label, expect, raw, line in _bytes():
        yield Case(f"bytes: {label}", _files(raw), expect, line)
    for label, expect, text, line in _structure():
        yield Case(f"structure: {label}", _files(text), expect, line)
    for label, expect, text, line in _size():
        yield Case(f"size: {label}", _files(text), expect, line)


SYNTAX_CASES: tuple[Case, ...] = (*_plain(), *_several(), *_line_ends(), *_template_traces())

# Files that look odd and are fine, beside the supporting estate.
HARMLESS: dict[str, dict[str, bytes]] = {
    "an empty file": {BROKEN: b"", **SUPPORT_FILE},
    "comments only": {BROKEN: b"# nothing\n# at all\n", **SUPPORT_FILE},
    "blank lines only": {BROKEN: b"\n\n\n", **SUPPORT_FILE},
    "an empty document": {BROKEN: b"---\n", **SUPPORT_FILE},
    "empty documents between": {BROKEN: b"---\n---\n" + NET.encode() + b"---\n", **SUPPORT_FILE},
    "CRLF line ends": {BROKEN: NET.replace("\n", "\r\n").encode(), **SUPPORT_FILE},
    "no line end at the end": {BROKEN: NET.rstrip().encode(), **SUPPORT_FILE},
    "a byte order mark": {BROKEN: b"\xef\xbb\xbf" + NET.encode(), **SUPPORT_FILE},
    "JSON": {
        BROKEN: b'{"apiVersion": "reconciler.dev/v1alpha1", "kind": "VSlice", "metadata": {"name": "json-net"},'
        b' "spec": {"subnets": ["100.66.0.0/16"]}}',
        **SUPPORT_FILE,
    },
    "overlap across VSlices (D-9)": {BROKEN: NET.replace("100.66", "100.64").encode(), **SUPPORT_FILE},
    "Norway": {BROKEN: SOUND["OperatorPolicy"].replace("GBR", "NOR").encode(), **SUPPORT_FILE},
    "one moniker for two kinds (D-5)": {BROKEN: NET.replace("broken-net", "group-one").encode(), **SUPPORT_FILE},
    "a name that looks like a number": {BROKEN: NET.replace("broken-net", "12345").encode(), **SUPPORT_FILE},
    "a name that looks like an octal number": {BROKEN: NET.replace("broken-net", "01234").encode(), **SUPPORT_FILE},
    "a name that looks like a flag": {BROKEN: NET.replace("broken-net", "false").encode(), **SUPPORT_FILE},
    "a label that looks like a flag": {BROKEN: NET.replace("division: test", "division: no").encode(), **SUPPORT_FILE},
    "names in other scripts": {BROKEN: _name("Zürich 東京").encode(), **SUPPORT_FILE},
    "the supporting estate alone": {SUPPORT: SUPPORT_FILE[SUPPORT]},
}
