"""The words of docstrings, comments, messages, pages and examples: plain technical English, with the subject first."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

_ROOT = next(folder for folder in Path(__file__).parents if (folder / "pyproject.toml").is_file())
_PROGRAMS = ("reconciler", "tools", "bench", "tests")
_FOLDERS = ("docs", "changelog.d", "examples", "deploy", "tools")
_PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "Makefile", "pyproject.toml", ".ci/run")

# The first: words that a reader has to translate. The second: sentences that name no subject; a question may.
_WORD = re.compile(r"(?<![\w.-])(stands?|standing|be\sit|told\sfrom|nobody['’]s)(?![\w-]|\.\w)", re.IGNORECASE)
_BEGINNING = re.compile(
    r"(?:^|(?<=[.!?]\s)|(?<=[.!?]\*\*\s))[\s#>*|\"'(-]*(What|Who|Whoever|Whatever|One\sthat)\b(?![^.!?\n]*\?)"
)
_CANDIDATE = re.compile(r"[Ss]tand|STAND|[Bb]e\sit|[Tt]old\sfrom|[Nn]obody|What|Who|One\sthat")
_CODE = re.compile(r"`[^`\n]*`")


def _comments(text: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string.lstrip("# ")


def _strings(node: ast.AST) -> Iterator[str]:
    """The texts of a program with a blank in them; one text for a formatted string, with {} for its values."""
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        yield "".join(str(part) for part in parts)
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from _strings(part.value)
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from _strings(child)


def _prose(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    if not _CANDIDATE.search(text):
        return
    if path.suffix == ".py":
        yield from _comments(text)
        yield from _strings(ast.parse(text))
    else:
        yield text


def _findings(texts: Iterator[str]) -> list[str]:
    """The lines that break the rule."""
    lines = (_CODE.sub("``", line).strip() for text in texts for line in text.splitlines())
    return [line for line in lines if _WORD.search(line) or _BEGINNING.search(line)]


def _files() -> Iterator[Path]:
    """All files but this one, which quotes the words."""
    for folder in _PROGRAMS:
        yield from sorted(path for path in (_ROOT / folder).rglob("*.py") if path != Path(__file__))
    for folder in _FOLDERS:
        yield from sorted(path for path in (_ROOT / folder).rglob("*") if path.suffix in {".md", ".yaml", ".sh"})
    yield from (_ROOT / name for name in _PAGES)


def test_sentences_name_their_subject_and_use_plain_words() -> None:
    """No file has a sentence against the rule."""
    found = {path.relative_to(_ROOT).as_posix(): _findings(_prose(path)) for path in _files()}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_the_rule_finds_words_and_beginnings_wherever_a_sentence_begins() -> None:
    """Each forbidden word and beginning is found; code, other words and the middle of a sentence are not."""
    refused = (
        "It stands here.",
        "A *standing* consent.",
        "Any value, be it null.",
        "It is told from a link.",
        "A name that is nobody's.",
        "What a plan does.",
        "It ends. Who asks is told.",
        "**Context.** What may be sent.",
        "- **Whatever** is given.",
        "One that fails.",
    )
    accepted = (
        "A stand-in and a `stands` in code.",
        "if match.standing is Standing.OURS:",
        "It says what a plan does.",
        "Somebody who asks.",
        "One thing.",
        "What cannot be undone?",
    )
    assert (_findings(iter(refused)), _findings(iter(accepted))) == (list(refused), [])
