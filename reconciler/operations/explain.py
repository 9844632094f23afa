"""The meaning of a kind, a field, a rule's number or a guard."""

from reconciler import rulebook
from reconciler.errors import UsageError
from reconciler.model.catalogue import NOTHING_SEEN, Catalogue


def explain(place: str | None, seen: Catalogue = NOTHING_SEEN) -> str:
    """
    The text about `place`, or the list of kinds; `UsageError` with the nearest name for an unknown one.

    `seen` are the platform's lists, for the fields that take their words.
    """
    if place is not None and (text := _number(place) or _guard(place)) is not None:
        return text
    from reconciler.diagnostics import nearest
    from reconciler.kinds import kinds
    from reconciler.manifests.configuration import SETTINGS
    from reconciler.manifests.metadata import ESTATE
    from reconciler.reports import reference

    known = {name: kind.shape for name, kind in kinds().items()} | {ESTATE: SETTINGS}
    if place is None:
        return reference.listing((name, shape.doc) for name, shape in known.items())
    name, _, field = place.partition(".")
    by_lower = {kind.lower(): kind for kind in known}
    kind = by_lower.get(name.lower())
    if kind is None:
        guess = nearest(name, known)
        message = f"there is no kind {name[:40]!r}"
        raise UsageError(message, hint=f"did you mean {guess}?" if guess else f"kinds: {', '.join(known)}")
    shape = known[kind]
    text = reference.explained(kind, shape, field.removeprefix("spec.").replace("[]", ""), seen=seen)
    if text is None:
        fields = [path.replace("[]", "") for path, _ in shape.walk()]
        guess = nearest(field, fields)
        message = f"{kind} has no field {field[:60]!r}"
        raise UsageError(message, hint=f"did you mean {guess}?" if guess else f"see `reconciler explain {kind}`")
    return text


def _guard(place: str) -> str | None:
    """The text that says what a guard counts and refuses; None when `place` names none."""
    from reconciler.reports.guards import explained, guard_named

    name = guard_named(place)
    return None if name is None else explained(name)


def _number(place: str) -> str | None:
    """The rule whose number `place` spells; None when it spells none."""
    number = rulebook.number_of(place)
    if number is None:
        return None
    entry = rulebook.entries().get(number)
    if entry is None:
        from reconciler.diagnostics import nearest

        guess = nearest(number, rulebook.entries())
        message = f"the rule book has no number {number}"
        raise UsageError(message, hint=f"did you mean {guess}?" if guess else "see docs/reference/rules.md")
    from reconciler.reports.rules import explained

    return explained(entry)
