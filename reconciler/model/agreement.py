"""
Whether what a kind says of one field agrees: its shape, its place on the wire, and what SIMs notice of it. Pure.

A kind is checked when it is made, so a field that is forgotten, written twice or misspelt fails at the start of the
program, before any request. Each problem names the field.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.effects import CLEARED, FROM_NONE, Effects
from reconciler.model.references import ReferenceField
from reconciler.model.shape import Shape
from reconciler.model.wire import Field, Wire

_POSITION = re.compile(r"\.[0-9]+$")


Places = Mapping[str, Shape]
"""Every place of a spec by its dotted path, as `Shape.walk` gives them."""


def wire_problems(places: Places, wire: Wire, references: Iterable[ReferenceField]) -> Iterator[str]:
    """
    Each field that is not on the wire, or more than once, and each place on the wire that is in no field.

    A `Field` for one item of a list (``subnets.0``) repeats what the list's own place says, and counts for nothing.
    """
    single = [field for field in wire.fields if not _POSITION.search(field.path)]
    stated = _stated(single, wire)
    copies = [_POSITION.sub("", field.path) for field in wire.fields if field not in single]
    for path in (*stated, *copies):
        if path not in places:
            yield f"{path} is on the wire, but is no field of the spec"
    for leaf in _leaves(places):
        found = [by for path in _around(leaf) for by in stated.get(path, ())]
        if not found:
            yield f"{leaf} is not on the wire"
        if len(found) > 1:
            yield f"{leaf} is on the wire {len(found)} times: by {' and by '.join(found)}"
    for field in single:
        yield from _one_way(field, places.get(field.path))
    folded = [member for fold in wire.folds for member in fold.members]
    for verb, members in (
        ("read", [field.read for field in single if field.read]),
        ("written", [field.write for field in wire.fields if field.write]),
    ):
        counts = Counter(members + folded)
        yield from (f"the member {name} is {verb} for {count} fields" for name, count in counts.items() if count > 1)
    yield from _reference_problems({one.text: one.kind for one in references}, wire)


def _stated(fields: Iterable[Field], wire: Wire) -> Mapping[str, list[str]]:
    """The declarations that put each path on the wire."""
    named = [(field.path, "a field") for field in fields]
    named += [(path, "a fold") for fold in wire.folds for path in fold.paths]
    named += [(path, f"the items of {items.segment}") for items in wire.items for path in items.paths]
    found: dict[str, list[str]] = {}
    for path, by in named:
        found.setdefault(path, []).append(by)
    return found


def _leaves(places: Places) -> Iterator[str]:
    """The places that have none below them."""
    return (path for path, at in places.items() if not at.members and not (at.item and at.item.members))


def _around(leaf: str) -> Iterator[str]:
    """The path of a place, then those of the places around it."""
    yield leaf
    yield from (leaf[:end] for end in range(len(leaf) - 1, 0, -1) if leaf[end] in ".[")


def _one_way(field: Field, place: Shape | None) -> Iterator[str]:
    if field.read is None:
        yield f"{field.path} is never read from the wire"
    if field.write is None and place is not None and not place.read_only:
        yield f"{field.path} is never written to the wire, but is not marked as ReadOnly"


def _reference_problems(named: Mapping[str, str], wire: Wire) -> Iterator[str]:
    written = {field.path: field.form.kind for field in wire.fields if field.form.kind}
    written |= {path: kind for fold in wire.folds for path, kind in fold.references}
    written |= {path: kind for items in wire.items for path, kind in items.references}
    for path in sorted(named.keys() | written.keys()):
        ours, theirs = named.get(path), written.get(path)
        if theirs is None:
            yield f"{path} is a Ref to {ours}, but its codec writes no reference"
        elif ours is None:
            yield f"{path} is no Ref, but its codec writes a reference to {theirs}"
        elif ours != theirs:
            yield f"{path} is a Ref to {ours}, but its codec writes a reference to {theirs}"


def effect_problems(places: Places, effects: Effects) -> Iterator[str]:
    """Each field whose edit has no effect or several, and each effect that is of no field or of no value of it."""
    for leaf in _leaves(places):
        found = [entry for entry in _around(leaf) if entry in effects.fields]
        if len(found) != 1:
            yield f"{leaf} has {len(found) or 'no'} effect{'s' if found else ''}; an edit of it needs one"
    for entry in effects.fields:
        if entry not in places:
            yield f"{entry} has an effect, but is no field of the spec"
    for entry in effects.added:
        if entry not in places or places[entry].item is None:
            yield f"{entry} has an effect of a further item, but is no list"
    for entry, values in effects.values.items():
        place = places.get(entry)
        possible = {FROM_NONE, *(place.choices if place else ()), *([CLEARED] if place and place.nullable else ())}
        yield from (
            f"{entry} has an effect of the value {value}, which it never has"
            for value in values
            if value not in possible
        )
        if place and place.choices and not values.keys() >= set(place.choices):
            yield f"{entry} has effects of some of its values, and of others none"
