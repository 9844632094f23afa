"""
Live values in the form that manifests have them in, and those that no manifest can have.

The checks of manifests are the one normal form of both sides. A live value goes through the same check as a declared
one. A value that a check refuses is a word, type or shape that this version does not know: it stays as it is, and is
not managed here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from reconciler.model.shape import Shape, shape_of

SpecPlace = tuple[str | int, ...]
"""A path inside of a spec, with positions in lists: ``("rules", 2, "match", "protocol")``."""

# A place on the way down: the place around it and the step into it. Places are written out only for what is refused.
_Way = tuple[Any, str | int] | None
_Note = Callable[[_Way, str], None]
_Settler = Callable[[Any, _Way, _Note], Any]
_MOST_KNOWN = 4096
_SCALARS = (str, int, float, bool, type(None))


@dataclass(frozen=True, slots=True)
class LiveLeaf:
    """
    One value of a live object that is not managed here, because no field of a manifest can hold it.

    `wire` is its path in the answer, ``routingPolicyRules[2].transportProtocol``. `place` is its path in the spec of
    the `Observed`, with positions in lists: what a manifest leaves out. `field` is the same path as people write it,
    ``rules[web].match.protocol``. Both are None for a member that has no field. A secret is shown as ``***``.
    """

    wire: str
    value: Any
    reason: str
    place: SpecPlace | None = None
    field: str | None = None


class _Misshapen(Exception):
    """A list or mapping is expected where the platform answers something else."""


def settled(spec_type: type, spec: Mapping[str, Any]) -> tuple[dict[str, Any], dict[SpecPlace, str], dict[str, str]]:
    """
    A live spec in the form of manifests.

    Gives the spec, the places that no manifest can hold with the reason, and the top-level fields whose form is not
    known with the reason: these are left out of the spec.
    """
    refused: dict[SpecPlace, str] = {}
    unshaped: dict[str, str] = {}
    result = dict(spec)

    def note(way: _Way, why: str) -> None:
        refused[_place(way)] = why

    for name, way, settle in _settlers(spec_type):
        value = result.get(name)
        if value is None:
            continue
        try:
            result[name] = settle(value, way, note)
        except _Misshapen as error:
            del result[name]
            unshaped[name] = str(error)
    return result, {place: why for place, why in refused.items() if place[0] not in unshaped}, unshaped


def _place(way: _Way) -> SpecPlace:
    steps: list[str | int] = []
    while way is not None:
        way, step = way
        steps.append(step)
    return tuple(reversed(steps))


@cache
def _settlers(spec_type: type) -> tuple[tuple[str, _Way, _Settler], ...]:
    members = shape_of(spec_type).members.items()
    return tuple((name, (None, name), settler) for name, place in members if (settler := _settler(place)) is not None)


def _settler(place: Shape) -> _Settler | None:
    """The function that settles a value of this place; None where nothing is to be done."""
    if place.secret or place.secret_url:
        return None
    if place.members:
        return _block(place)
    if place.item is not None:
        return _list(place, place.item)
    if place.choices:
        return _word(place)
    return _checked(place) if place.checks else None


def _block(place: Shape) -> _Settler:
    inner = [(name, s) for name, member in place.members.items() if (s := _settler(member)) is not None]

    def settle(value: Any, way: _Way, note: _Note) -> Any:
        if not isinstance(value, Mapping):
            raise _Misshapen(_FORM)
        result = dict(value)
        for name, each in inner:
            found = result.get(name)
            if found is not None:
                result[name] = each(found, (way, name), note)
        return result

    return settle


def _list(place: Shape, item: Shape) -> _Settler:
    each = _settler(item)
    is_flat = not item.members

    def settle(value: Any, way: _Way, note: _Note) -> Any:
        if not isinstance(value, list) or (is_flat and not all(isinstance(entry, str) for entry in value)):
            raise _Misshapen(_FORM)
        if each is None:
            return value
        return [each(entry, (way, at), note) for at, entry in enumerate(value)]

    return settle


def _word(place: Shape) -> _Settler:
    words = {word.lower(): word for word in place.choices}
    known = frozenset(place.choices)
    unknown = f"a word that this version does not know; it knows {', '.join(place.choices)}"

    def settle(value: Any, way: _Way, note: _Note) -> Any:
        if type(value) is str:
            if value in known:
                return value
            found = words.get(value.strip().lower())
            if found is not None:
                return found
        note(way, unknown if isinstance(value, str) else _FORM)
        return value

    return settle


def _checked(place: Shape) -> _Settler:
    checks = place.checks
    # Most texts come many times in an account, and a check of one is the same each time.
    known: dict[str, Any] = {}

    def settle(value: Any, way: _Way, note: _Note) -> Any:
        is_text = type(value) is str
        if is_text and value in known:
            return known[value]
        # A value of a strange form is refused by the check, whatever it does with it.
        try:
            result = value
            for check in checks:
                result = check.settled(result)
        except (ValueError, TypeError, AttributeError) as error:
            note(way, _reason(error) if isinstance(value, _SCALARS) else _FORM)
            return value
        if is_text and len(known) < _MOST_KNOWN:
            known[value] = result
        return result

    return settle


_FORM = "a form that this version does not know"


def _reason(error: Exception) -> str:
    context = getattr(error, "context", None) or {}
    expected = context.get("expected")
    return f"a manifest takes {expected} only" if expected else "a value that no manifest can have"


def unit_of(shape: Shape, place: SpecPlace) -> SpecPlace:
    """
    The smallest part of a manifest around a place that can be left out by itself.

    A block or list that is managed as a whole is left out as a whole, and so is an item of a set.
    """
    for depth, step in enumerate(place, 1):
        inner = shape.item if isinstance(step, int) else shape.members.get(step)
        if inner is None:
            return place[:depth]
        is_flat_list = inner.item is not None and not inner.item.members
        is_item_of_set = isinstance(step, int) and not shape.ordered
        if inner.atomic or is_flat_list or is_item_of_set:
            return place[:depth]
        shape = inner
    return place


@cache
def _sets_of(spec_type: type) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The fields that are sets of blocks, each with the members that tell its items apart."""
    return tuple(
        (name, tuple(place.item_key))
        for name, place in shape_of(spec_type).members.items()
        if place.item_key and not place.ordered and place.item is not None and place.item.members
    )


def twins(spec_type: type, spec: Mapping[str, Any]) -> dict[SpecPlace, str]:
    """The items of sets that have the identity of an earlier one: a manifest can name it once."""
    found: dict[SpecPlace, str] = {}
    for name, item_key in _sets_of(spec_type):
        seen: set[str] = set()
        for at, item in enumerate(spec.get(name) or ()):
            identity = repr([item.get(part) for part in item_key])
            if identity in seen:
                found[name, at] = "a manifest can name it once, and the platform has it twice"
            seen.add(identity)
    return found
