"""One mistake is reported once: single mistakes of many kinds, each made alone in the example estate."""

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.kinds import kind_named
from reconciler.operations.estate import Estate, PlatformAccess
from reconciler.operations.validate import validate

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "examples" / "vantiq"


class Mistake(NamedTuple):
    """One edit of one line, and the line and column at which it is to be reported."""

    label: str
    file: str
    line: int
    text: str
    column: int

    @property
    def place(self) -> tuple[str, int, int]:
        """Where the mistake was made."""
        return self.file, self.line, self.column


@cache
def _files() -> dict[str, list[str]]:
    return {
        str(path.relative_to(EXAMPLE)): path.read_text(encoding="utf-8").splitlines()
        for path in sorted((EXAMPLE / "estate").rglob("*.yaml"))
    }


@cache
def _example() -> Any:
    return validate(Estate.open(EXAMPLE, PlatformAccess(None))).loaded.built


def _replaced(line: str, column: int, old: str, new: str) -> str:
    return line[: column - 1] + line[column - 1 :].replace(old, new, 1)


def _misspelt_references() -> Iterator[Mistake]:
    """A reference of each field of each kind that the example uses, with two letters changed."""
    built, seen = _example(), set()
    for address, resource in built.estate.items():
        for reference, path, name in kind_named(address.kind).refers(resource.spec):
            if name.startswith("existing:") or (address.kind, reference.text, address.name) in seen:
                continue
            seen.add((address.kind, reference.text, address.name))
            span = built.origins.span(str(address), ("spec", *path))
            line = _files()[span.file][span.line - 1]
            wrong = f"{name}xq"
            edited = _replaced(line, span.column, name, wrong)
            yield Mistake(f"{address} {reference.text}", span.file, span.line, edited, span.column)


def _unknown_fields() -> Iterator[Mistake]:
    """The first required field and the first other one below the spec of each object, with its key misspelt."""
    built = _example()
    for address, resource in built.estate.items():
        members = kind_named(address.kind).shape.members
        firsts = {members[name].required: name for name in reversed(resource.spec)}
        for name in firsts.values():
            span = built.origins[str(address)].key(("spec", name))
            line = _files()[span.file][span.line - 1]
            edited = _replaced(line, span.column, name, f"{name}x")
            yield Mistake(f"{address} {name}x", span.file, span.line, edited, span.column)


def _wrong_values() -> Iterator[Mistake]:
    """A required text of each object that may not be null, as null."""
    built = _example()
    for address, resource in built.estate.items():
        shape = kind_named(address.kind).shape
        for name, value in resource.spec.items():
            member = shape.members[name]
            if not member.required or member.nullable or not isinstance(value, str):
                continue
            span = built.origins.span(str(address), ("spec", name))
            line = _files()[span.file][span.line - 1]
            edited = _replaced(line, span.column, line[span.column - 1 : span.end_column - 1], "null")
            yield Mistake(f"{address} {name}: null", span.file, span.line, edited, span.column)
            break


def _misspelt_kinds() -> Iterator[Mistake]:
    """Each document's kind, misspelt."""
    built = _example()
    for address in built.estate:
        span = built.origins[str(address)].value(("kind",))
        line = _files()[span.file][span.line - 1]
        yield Mistake(
            f"{address} kind",
            span.file,
            span.line,
            _replaced(line, span.column, address.kind, f"{address.kind}x"),
            span.column,
        )


def _unreadable() -> Iterator[Mistake]:
    """In each file the kind of the first document with a bracket that is never closed."""
    for file, lines in _files().items():
        place = next(number for number, line in enumerate(lines) if line.strip().startswith("kind:"))
        yield Mistake(f"{file} unclosed", file, place + 1, "kind: [", 7)


def _misspelt_outer_fields() -> Iterator[Mistake]:
    """Each outer field of each document, and the name in its metadata, with its key misspelt."""
    built = _example()
    for address in built.estate:
        for path in (("apiVersion",), ("kind",), ("metadata",), ("spec",), ("metadata", "name")):
            span = built.origins[str(address)].key(path)
            line = _files()[span.file][span.line - 1]
            edited = _replaced(line, span.column, path[-1], f"{path[-1]}x")
            yield Mistake(f"{address} {'.'.join(path)}x", span.file, span.line, edited, span.column)


MISTAKES = [
    *_misspelt_references(),
    *_misspelt_outer_fields(),
    *_unknown_fields(),
    *_wrong_values(),
    *_misspelt_kinds(),
    *_unreadable(),
]


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example to make mistakes in."""
    root = tmp_path_factory.mktemp("mistakes") / "vantiq"
    shutil.copytree(EXAMPLE, root)
    return root


def _found(root: Path, mistake: Mistake) -> tuple[Diagnostic, ...]:
    path = root / mistake.file
    kept = path.read_text(encoding="utf-8")
    lines = kept.split("\n")
    lines[mistake.line - 1] = mistake.text
    path.write_text("\n".join(lines), encoding="utf-8")
    try:
        return validate(Estate.open(root, PlatformAccess(None))).diagnostics
    finally:
        path.write_text(kept, encoding="utf-8")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.label)
def test_one_mistake_is_one_error_at_its_place(estate: Path, mistake: Mistake) -> None:
    """The mistake is said once, where it was made, and nothing else is, whatever refers to it."""
    found = _found(estate, mistake)
    assert [one.detail for one in found[1:]] == []
    assert [one.severity for one in found] == [Severity.ERROR]
    assert [(one.span.file, one.span.line, one.span.column) for one in found if one.span] == [mistake.place]


def test_the_mistakes_are_of_every_sort() -> None:
    """The example is large enough for references of many fields, fields of many kinds and every file."""
    assert len(MISTAKES) > 200
    assert len({mistake.label.split("/")[0] for mistake in MISTAKES if "kind" in mistake.label}) >= 8
    assert {mistake.file for mistake in MISTAKES} == set(_files())
