"""A deletion and a creation that look alike: perhaps one object under a new name, without the annotation. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.kind import Kind
from reconciler.model.references import bare
from reconciler.plan.action import Action
from reconciler.plan.change import Change

_FEWEST_FIELDS = 2
_SHARE = 0.75
"""The part of the fields that are the same on both sides, from which two objects look alike."""
_MOST_COMPARED = 40_000
_TITLE = "displayName"


class Lookalike(NamedTuple):
    """An object that would be deleted, and the one that would be created in its place."""

    old: Address
    new: Address


def lookalikes(changes: Iterable[Change]) -> tuple[Lookalike, ...]:
    """
    The pairs of a deletion and a creation of one kind that look alike, each object once, the most alike first.

    A plan of very many deletions and creations is no rename and is not searched. A creation that is as much like
    another deletion is in no pair: a guess between two would be no help.
    """
    gone = [change for change in changes if change.action is Action.DELETE]
    new = [change for change in changes if change.action is Action.CREATE]
    if len(gone) * len(new) > _MOST_COMPARED:
        return ()
    names = ({change.address for change in gone}, {change.address for change in new})
    pairs = [(one, other) for one in gone for other in new if one.address.kind == other.address.kind]
    scores = sorted(
        (-score, one.address, other.address) for one, other in pairs if (score := _likeness(one, other, names))
    )
    olds, news = (Counter((row[0], row[side]) for row in scores) for side in (1, 2))
    found: dict[Address, Address] = {}
    for score, old, made in scores:
        is_rivalled = olds[score, old] > 1 or news[score, made] > 1
        if not (is_rivalled or old in found or made in found.values()):
            found[old] = made
    return tuple(Lookalike(old, made) for old, made in found.items())


def _likeness(gone: Change, new: Change, names: tuple[set[Address], set[Address]]) -> float:
    """The share of the declared fields that are the same on both sides; 0 where too few of them are."""
    kind = kind_named(gone.address.kind)
    before, after = gone.before or {}, new.after or {}
    secret = {path[0] for path in kind.secret_paths}
    compared = [name for name, value in after.items() if value is not None and name not in secret | {_TITLE}]
    same = sum(_is_same(kind, name, before, after, names) for name in compared)
    if same < _FEWEST_FIELDS or same < _SHARE * len(compared):
        return 0
    # Equal names for people decide between objects that are alike otherwise.
    return same / len(compared) + (before.get(_TITLE) == after.get(_TITLE))


def _is_same(
    kind: Kind,
    name: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    names: tuple[set[Address], set[Address]],
) -> bool:
    """Whether a field is the same, or refers to an object that goes and to one that comes."""
    old, new, reference = before.get(name), after[name], kind.shape.members[name].reference
    if reference is None or old is None:
        return bool(old == new)
    ends = Address(reference, bare(str(old))), Address(reference, bare(str(new)))
    return ends[0].name == ends[1].name or (ends[0] in names[0] and ends[1] in names[1])
