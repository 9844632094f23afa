"""
Rules: what must hold inside and between declared objects, and the vocabulary to say it.

A rule is a number of the rule book and a pure function from a resource and the world
around it to findings. Findings name field paths; positions are added later by code that knows the files.
"""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, TypeVar

from reconciler.diagnostics import with_article
from reconciler.model.address import Address
from reconciler.model.lookup import Lookup, spec_path
from reconciler.model.references import bare, is_existing
from reconciler.model.resource import Resource, Resources
from reconciler.positions import Path

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach: where (below the document's root), what, how to mend it, and the other places that are part of it."""

    path: Path
    detail: str
    hint: str
    related: tuple[tuple[Address, Path, str], ...] = ()
    is_warning: bool = False
    is_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """
    The inputs of a rule: the declared estate and the account's type (D-50).

    `unsound` are objects whose documents are reported as broken. A rule says nothing that follows from one of them
    or from a reference that is reported as unknown: one mistake is reported once.
    """

    estate: Resources
    account_type: str = "integrated"
    unsound: AbstractSet[Address] = frozenset()
    _answers: dict[Callable[[Resources], Any], Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, ask: "Callable[[Resources], _Answer]") -> "_Answer":
        """The answer of `ask` for the whole estate, computed once: a look at all objects for each one is quadratic."""
        if ask not in self._answers:
            self._answers[ask] = ask(self.estate)
        answer: _Answer = self._answers[ask]
        return answer

    def knows(self, kind: str, reference: str) -> bool:
        """Whether a reference leads somewhere, so that it may be compared with others."""
        name = bare(reference)
        return is_existing(reference) or name in self.estate.of_kind(kind) or Address(kind, name) in self.unsound

    def target(self, field: Lookup, reference: str | None) -> Resource | None:
        """The declared resource that a reference names; None for ``existing:`` ones and for what is not declared."""
        if not reference or is_existing(reference):
            return None
        return self.estate.of_kind(field.target).get(bare(reference))

    def referred(self, resource: Resource, field: Lookup) -> Resource | None:
        """The declared resource that a field of `resource` names."""
        return self.target(field, field.of(resource.spec))


RuleCheck = Callable[[Resource, World], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A numbered domain rule and its check."""

    number: str
    check: RuleCheck


def exactly_one(number: str, *fields: Lookup) -> Rule:
    """Exactly one of these members is given."""
    names = tuple(map(str, fields))

    def check(resource: Resource, world: World) -> Iterator[Finding]:
        given = [name for name in names if name in resource.spec]
        choices = ", ".join(names)
        if not given:
            yield Finding(("spec",), f"One of {choices} is required.", f"Add exactly one of {choices}.")
        for extra in given[1:]:
            yield Finding(
                spec_path(extra),
                f"Only one of {choices} may be given; {given[0]} is given as well.",
                f"Remove {extra} or {given[0]}.",
                ((resource.address, spec_path(given[0]), f"{given[0]} is given here"),),
            )

    return Rule(number, check)


def same_scope(number: str, field: Lookup, *, here: Lookup, there: Lookup) -> Rule:
    """The object of a top-level reference lives in the same VSlice as the resource itself (D-8, D-23)."""

    def check(resource: Resource, world: World) -> Iterator[Finding]:
        value = field.of(resource.spec)
        names = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for place, name in names:
            where = spec_path(field) if place is None else spec_path(field, place)
            yield from scope_breach(resource, world, where, world.target(field, name), here=here, there=there)

    return Rule(number, check)


def scope_breach(
    resource: Resource, world: World, path: Path, target: Resource | None, *, here: Lookup, there: Lookup
) -> Iterator[Finding]:
    """A finding when `target` lives in another VSlice than `resource`, by the fields that say so of each."""
    ours = here.of(resource.spec)
    theirs = there.of(target.spec) if target else None
    if target is None or ours is None or theirs is None or bare(ours) == bare(theirs):
        return
    if not all(world.knows(here.target, place) for place in (ours, theirs)):
        return
    yield Finding(
        path,
        f"{target.address} lives in the VSlice {bare(theirs)}, but {resource.address} lives in {bare(ours)}.",
        f"Refer to {with_article(target.address.kind)} of {bare(ours)}, or move one of the two.",
        ((target.address, spec_path(there), f"{target.address} is placed in {bare(theirs)} here"),),
    )


def unique_items(number: str, field: Lookup, *key: Lookup) -> Rule:
    """No two items of a list have the same identity; both places are named."""

    def check(resource: Resource, world: World) -> Iterator[Finding]:
        seen: dict[tuple[Any, ...], tuple[int, str]] = {}
        for place, item in enumerate(field.of(resource.spec) or ()):
            written = tuple(part.of(item) for part in key)
            identity = tuple(part.lower() if isinstance(part, str) else part for part in written)
            named = "/".join(str(part) for part in written if part is not None)
            earlier, first = seen.setdefault(identity, (place, named))
            if earlier == place:
                continue
            spelling = "" if named == first else f", first as {first}; upper and lower case are taken as the same"
            yield Finding(
                spec_path(field, place),
                f"{named} is in {field} twice{spelling}.",
                "Remove one of the two.",
                ((resource.address, spec_path(field, earlier), "it is here first"),),
                is_duplicate=True,
            )

    return Rule(number, check)


def longer_than(number: str, field: Lookup, limit: int, why: str) -> Rule:
    """Warn about a display name that is longer than `limit` characters."""

    def check(resource: Resource, world: World) -> Iterator[Finding]:
        name = field.of(resource.spec)
        if isinstance(name, str) and len(name) > limit:
            detail = f"The display name has {len(name)} characters; {why}."
            yield Finding(spec_path(field), detail, f"Shorten it to {limit} characters.", is_warning=True)

    return Rule(number, check)
