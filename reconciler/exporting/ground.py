"""The tree that an export goes into: nothing, or an estate that people wrote."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.manifests.declarations import Loaded, references_of
from reconciler.model.address import Address
from reconciler.model.references import EXISTING, bare, is_existing
from reconciler.model.scope import ANYTHING, Scope
from reconciler.model.secret import SecretRef
from reconciler.positions import Span

_LINE_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """
    The tree that is there: its files, what it declares, and the names that it uses.

    `name` is that of the estate, `base` the folder of its manifests. `files` has the manifests and files of SIMs,
    `is_there` tells whether any file has a name. `listed` and `referred` are SIMs by ICCID and by reference.
    """

    name: str
    scope: Scope = ANYTHING
    base: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    there: frozenset[str] = frozenset()
    loaded: Loaded | None = None
    declared: frozenset[Address] = frozenset()
    variables: frozenset[str] = frozenset()
    listed: frozenset[int] = frozenset()
    referred: frozenset[str] = frozenset()

    def is_taken(self, name: str) -> bool:
        """Whether a file has this name; capitals are the same on many disks."""
        return name.lower() in self.there

    def free(self, name: str) -> str:
        """The name, or the first one like it that no file has."""
        stem, dot, ending = name.rpartition(".")
        number, found = 0, name
        while self.is_taken(found):
            number += 1
            found = f"{stem}-added{'' if number == 1 else f'-{number}'}{dot}{ending}"
        return found

    def sets(self, kind: str) -> frozenset[str]:
        """The names of the sets of SIMs that are declared."""
        return frozenset(address.name for address in self.declared if address.kind == kind)


def ground_of(loaded: Loaded, files: Mapping[str, bytes], there: Iterable[str]) -> Ground:
    """The ground that a loaded estate is; its objects that are renamed or let go count as declared."""
    configuration, estate = loaded.configuration, loaded.built.estate
    former = {
        Address(address.kind, resource.lifecycle.renamed_from)
        for address, resource in estate.items()
        if resource.lifecycle.renamed_from
    }
    roster = loaded.roster
    folders = [path.strip("/") for path in configuration.manifests if not path.endswith((".yaml", ".yml"))]
    base = folders[0] if folders else ""
    return Ground(
        name=configuration.name,
        scope=configuration.scope,
        base="" if base in {"", "."} else f"{base.removeprefix('./')}/",
        files=files,
        there=frozenset(name.lower() for name in there),
        loaded=loaded,
        declared=frozenset({*estate, *former, *configuration.removed}),
        variables=frozenset(_variables(resource.spec for resource in estate.values())),
        listed=frozenset() if roster is None else frozenset((*roster.members, *roster.endpoints)),
        referred=frozenset() if roster is None else frozenset(roster.references),
    )


def _variables(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        reference = SecretRef.of(value)
        if reference is not None and reference.env:
            yield reference.env
        elif isinstance(value, Mapping):
            yield from _variables(value.values())
        elif isinstance(value, list | tuple):
            yield from _variables(value)


def rewritten(ground: Ground, added: frozenset[Address]) -> dict[str, bytes]:
    """
    The files of the tree in which ``existing:x`` is written ``x``, since `x` is `added`; no other byte differs.

    A reference whose text is somewhere else, as in a template, is left alone: it goes on working as it is.
    """
    if ground.loaded is None:
        return {}
    built = ground.loaded.built
    found: dict[str, dict[tuple[Span, str], None]] = {}
    for address, resource in built.estate.items():
        for kind, path, name in references_of(resource):
            if not is_existing(name) or Address(kind, bare(name)) not in added:
                continue
            span = built.origins.span(str(address), ("spec", *path))
            if span is not None and span.file in ground.files:
                found.setdefault(span.file, {})[span, bare(name)] = None
    return {file: _edited(ground.files[file], places) for file, places in found.items()}


def _edited(content: bytes, places: Iterable[tuple[Span, str]]) -> bytes:
    """The text without the prefix at these places, from the last one to the first so that none moves another."""
    text = content.decode("utf-8")
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    # A byte order mark is no column.
    shift = 1 if text.startswith("\ufeff") else 0
    cuts: set[int] = set()
    for span, name in places:
        first = starts[span.line - 1] + span.column - 1 + (shift if span.line == 1 else 0)
        last = starts[span.end_line - 1] + span.end_column - 1 if span.end_line <= len(starts) else len(text)
        pattern = re.compile(re.escape(f"{EXISTING}{name}") + r"(?![A-Za-z0-9_.-])")
        cuts.update(match.start() for match in pattern.finditer(text, first, max(first, last)))
    for start in sorted(cuts, reverse=True):
        text = text[:start] + text[start + len(EXISTING) :]
    return text.encode("utf-8")
