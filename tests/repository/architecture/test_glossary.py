"""The glossary: one sentence for each noun in a name of a public type or module, and no sentence for anything else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_ROOT = next(folder for folder in Path(__file__).parents if (folder / "pyproject.toml").is_file())
_GLOSSARY = _ROOT / "docs" / "glossary.md"
_ROW = re.compile(r"^\| ([a-z0-9]+) \| (.+) \|$", re.MULTILINE)
_LAST_WORD = re.compile(r"(?:[A-Z]+(?![a-z])|[A-Z][a-z0-9]*)$")
_ALIASES = {"TypeAlias", "typing.TypeAlias"}


# Words that need no entry: they are no nouns of ours.
def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OF_THE_LANGUAGE = _words("boolean cidr enum gitlab html init integer ip ipv4 json junit main markdown sarif url wsgi")
_OF_EFFECTS_AND_EVENTS = _words(
    "advanced declined deliver delivered done executed fail failed finish incomplete intend interrupted look next "
    "over recovered refused rejected seen send sent settle skipped stale started stopped succeeded uncertain "
    "unknown"
)
_OTHER_PARTICIPLES = _words(
    "composed formatted out replayed "
    "again as atomic before built canonical checked closed compared decorated denied drifting dropped editable "
    "examined exported fenced fitted found from held immutable known large left live loaded malformed migrated "
    "observed of only ordered outside owned partly planned prepared pruned quoted related removed routed sealed show "
    "spelled stored throttled unauthorised unavailable uncompared unmanaged unordered unreachable where written"
)
_ACTIVITIES = _words(
    "composing exporting fmt naming patching proving relaxing "
    "adopt adopting agreement apply applying comparing copying covering deriving describe destroy diffing explain "
    "export "
    "fitting forget forgetting grounding judging matching migrate opening ordering paging planning probing recover "
    "removing reporting reverting scoping serve simulate spelling transfer upgrading validate viewing writing"
)
_EXCEPTIONS = _OF_THE_LANGUAGE | _OF_EFFECTS_AND_EVENTS | _OTHER_PARTICIPLES | _ACTIVITIES


def singular(word: str) -> str:
    """A noun in the singular."""
    if len(word) <= 3:
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "is", "us", "dns")) else word


def _types(tree: ast.Module) -> Iterator[str]:
    """The public classes and type aliases of a module."""
    for node in tree.body:
        name = ""
        if isinstance(node, ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) in _ALIASES:
            name = ast.unparse(node.target)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
        if name[:1].isupper() and not name.isupper():
            yield name


def nouns() -> set[str]:
    """The last word of each public type and of each module and package, in the singular."""
    found = set()
    for path in (_ROOT / "reconciler").rglob("*.py"):
        module = (path.parent if path.stem == "__init__" else path).stem
        found.add(singular(module.strip("_").split("_")[-1]))
        for name in _types(ast.parse(path.read_text(encoding="utf-8"))):
            last = _LAST_WORD.search(name)
            assert last is not None, name
            found.add(singular(last.group().lower()))
    return found


def _entries() -> list[tuple[str, str]]:
    return [(word, text) for word, text in _ROW.findall(_GLOSSARY.read_text(encoding="utf-8")) if text != "meaning"]


def test_each_noun_of_a_public_name_has_an_entry() -> None:
    """A new type or module brings its word to the glossary, unless the word is no noun of ours."""
    assert sorted(nouns() - _EXCEPTIONS - {word for word, _ in _entries()}) == []


def test_each_entry_and_each_exception_is_a_word_of_a_public_name() -> None:
    """A word that no public name ends with has no entry and is no exception."""
    assert sorted(({word for word, _ in _entries()} | _EXCEPTIONS) - nouns()) == []


def test_entries_are_sorted_and_each_is_one_sentence() -> None:
    """The words ascend, each once; a meaning is one sentence that ends with a full stop."""
    words = [word for word, _ in _entries()]
    assert words == sorted(set(words))
    assert [text for _, text in _entries() if not text.endswith(".") or ". " in text] == []
