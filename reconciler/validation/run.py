"""All checks of a declared estate that need nothing but the estate."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from reconciler.diagnostics import (
    DUPLICATE_ITEM,
    DUPLICATE_MONIKER,
    REFERENCE_CYCLE,
    RULE_VIOLATED,
    RULE_WARNING,
    UNKNOWN_REFERENCE,
    Diagnostic,
    Related,
    nearest,
)
from reconciler.kinds import kind_named, kinds
from reconciler.model.address import Address
from reconciler.model.references import is_existing
from reconciler.model.resource import Resource, Resources
from reconciler.model.rules import Finding, World
from reconciler.ordering.cycles import cycles
from reconciler.positions import Span
from reconciler.validation.names import held_name

_MOST_SHOWN = 8
_MOST_GUESSES = 100


def validate(
    estate: Resources,
    *,
    account_type: str = "integrated",
    removed: Mapping[Address, Span | None] | None = None,
    unsound: AbstractSet[Address] = frozenset(),
) -> list[Diagnostic]:
    """
    Every breach in the estate, without positions; a law: an empty list for what the platform would take.

    `removed` are objects that are ours and no longer declared, with the place where they were: a reference to one of
    them names both places. `unsound` are objects whose documents are reported as broken: what refers to them is no
    mistake of its own, whether or not they are among `removed`.
    """
    world = World(estate, account_type, frozenset(unsound))
    found: list[Diagnostic] = []
    # A guess at a name compares it with every name; hundreds of wrong references are one mistake.
    guesses = iter(range(_MOST_GUESSES))
    for resource in estate.values():
        found.extend(_references(resource, estate, removed or {}, guesses, unsound))
        found.extend(_rules(resource, world))
        if not kind_named(resource.address.kind).is_roster:
            warning = held_name(resource.address.name, str(resource.address))
            found.extend([warning] if warning is not None else [])
    found.extend(_renames(estate))
    found.extend(_cycles(estate))
    return found


def _references(
    resource: Resource,
    estate: Resources,
    removed: Mapping[Address, Span | None],
    guesses: Iterator[int],
    unsound: AbstractSet[Address],
) -> Iterator[Diagnostic]:
    kind = kind_named(resource.address.kind)
    for reference, path, name in kind.refers(resource.spec):
        targets = estate.of_kind(reference.kind)
        if name in targets or is_existing(name):
            continue
        target = Address(reference.kind, name)
        if target in unsound:
            continue
        if target in removed:
            detail = f"{target} is no longer declared and would be deleted, but {resource.address} still refers to it."
            hint = "Declare it again, or remove this reference too."
            place = Related(f"{target} was declared here", removed[target])
            full = ("spec", *path)
            yield Diagnostic(
                UNKNOWN_REFERENCE, detail, hint, str(resource.address), full, related=(place,), rule="D-52"
            )
            continue
        detail = f'No {reference.kind} in these manifests is called "{name}".'
        guess = nearest(name, targets) if next(guesses, None) is not None else None
        elsewhere = next((k for k in kinds() if name in estate.of_kind(k)), None)
        hint = (
            f'Did you mean "{guess}"?'
            if guess
            else f"Declare it, or write existing:{name} if it lives only on the platform."
        )
        related: tuple[Related, ...] = ()
        if guess:
            other = f"{reference.kind}/{guess}"
            related = (Related(f"{other} is declared here", address=other, path=("metadata", "name")),)
        elif elsewhere:
            other = f"{elsewhere}/{name}"
            related = (Related(f"{other} has this name", address=other, path=("metadata", "name")),)
        full = ("spec", *path)
        yield Diagnostic(UNKNOWN_REFERENCE, detail, hint, str(resource.address), full, related=related)


def _rules(resource: Resource, world: World) -> Iterator[Diagnostic]:
    for rule in kind_named(resource.address.kind).rules:
        for finding in rule.check(resource, world):
            # A rule cannot be decided where fields are left out that the platform has in a form of its own.
            judged = replace(finding, is_warning=True) if resource.lifecycle.unmanaged else finding
            yield _diagnostic(resource.address, rule.number, judged)


def _diagnostic(address: Address, number: str, finding: Finding) -> Diagnostic:
    code = RULE_WARNING if finding.is_warning else DUPLICATE_ITEM if finding.is_duplicate else RULE_VIOLATED
    related = tuple(Related(message, address=str(other), path=path) for other, path, message in finding.related)
    return Diagnostic(code, finding.detail, finding.hint, str(address), finding.path, related=related, rule=number)


def _renames(estate: Resources) -> Iterator[Diagnostic]:
    """A former moniker must be free: neither declared still, nor claimed by two."""
    path = ("metadata", "annotations", "reconciler.dev/renamed-from")
    claimed: dict[Address, Address] = {}
    for address, resource in estate.items():
        if resource.lifecycle.renamed_from is None:
            continue
        former = Address(address.kind, resource.lifecycle.renamed_from)
        other = former if former in estate else claimed.get(former)
        if other is not None:
            where = ("metadata", "name") if other == former else path
            related = (Related("the other claim is here", address=str(other), path=where),)
            detail = f"{address} says that it was {former.name}, but {other} claims that moniker too."
            hint = "Remove the annotation, or the other claim."
            yield Diagnostic(DUPLICATE_MONIKER, detail, hint, str(address), path, related=related, rule="D-5")
        claimed.setdefault(former, address)


def _cycles(estate: Resources) -> Iterator[Diagnostic]:
    for cycle in cycles(estate):
        named = [str(step.source) for step in cycle]
        shown = (
            named if len(named) <= _MOST_SHOWN else [*named[: _MOST_SHOWN - 2], f"… ({len(named)} in all)", named[-1]]
        )
        names = " → ".join([*shown, named[0]])
        related = tuple(
            Related(f"{step.source} refers to {step.target}", address=str(step.source), path=("spec", *step.path))
            for step in cycle[1:_MOST_SHOWN]
        )
        first = cycle[0]
        detail = f"These objects refer to each other in a circle: {names}."
        finding = Diagnostic(
            REFERENCE_CYCLE, detail, "Remove one of the references.", str(first.source), ("spec", *first.path)
        )
        yield replace(finding, related=related)
