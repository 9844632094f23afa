"""
The wire form of a kind, as data: the declaration that a kind's file makes, and nothing else knows a wire name.

The platform *reads* references as ``{id, moniker, name}`` and enumerations as ``{key, moniker, name, active}`` and
*writes* bare monikers. A `Field` gives for one place in the spec its place in answers
(`read`), in bodies (`write`), and its `Form`. An irregular place is a `Fold`: a pair of pure functions
between one wire member and one part of the spec. Items behind a URL of their own are `Items`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.references import bare
from reconciler.model.secret import Plaintext, SecretRef

Payload = Mapping[str, Any]


def moniker_of(value: Any) -> Any:
    """The moniker of a reference or enumeration in whatever shape it came: an object, a bare string, or null."""
    # A decoded answer is made of plain dictionaries, and asking for the abstract kind costs more than all the rest.
    if type(value) is dict or isinstance(value, Mapping):
        found = value.get("moniker")
        if found is None:
            # A mapping without either is no reference: it is kept as it came.
            return value.get("id", value or None)
        return found
    return value or None


@dataclass(frozen=True, slots=True)
class Form:
    """
    How one value is written down: `decode` from an answer, `encode` for a body. Null never reaches either.

    `kind` is the kind that a reference names; empty for every other form.
    """

    decode: Callable[[Any], Any] = lambda value: value
    encode: Callable[[Any], Any] = lambda value: value
    kind: str = ""


def _secret_out(value: Any) -> Any:
    reference = SecretRef.of(value)
    return value if reference is None else reference


PLAIN = Form()
SECRET = Form(decode=lambda value: Plaintext(str(value)), encode=_secret_out)
COMMA_LIST = Form(
    decode=lambda value: (
        [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
    ),
    encode=",".join,
)


def number_of(value: Any) -> Any:
    """A whole number that came as one or as text; anything else as it came, and blank text as nothing."""
    if isinstance(value, str):
        text = value.strip()
        return (
            int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else value if text else None
        )
    return value


def flag_of(value: Any, *, default: bool) -> Any:
    """A flag that came as one or as text; anything else as it came, and nothing as its default."""
    if isinstance(value, str):
        return _FLAGS.get(value.strip().lower(), value)
    return default if value is None else value


_MOST_DIGITS = 18
_FLAGS = {"true": True, "false": False}
TEXT_NUMBER = Form(decode=number_of, encode=str)


def reference(kind: str) -> Form:
    """A reference to an object of `kind`: an object when read, a moniker when written."""
    return Form(decode=moniker_of, encode=bare, kind=kind)


def code_of(value: Any) -> Any:
    """The moniker of `moniker_of` in lower case: the platform compares its own words without regard to case."""
    found = moniker_of(value)
    return found.lower() if isinstance(found, str) else found


CODE = Form(decode=code_of)
"""A word of the platform's own lists: an object when read, a moniker when written."""


def enumeration(**values: str) -> Form:
    """
    An enumeration: an object when read, a moniker when written.

    `values` maps our word to the platform's where they differ. Unknown monikers pass through (F38).
    """
    inward = {theirs.lower(): ours for ours, theirs in values.items()}

    def decode(value: Any) -> Any:
        moniker = moniker_of(value)
        return inward.get(moniker.lower(), moniker) if isinstance(moniker, str) else moniker

    return Form(decode, lambda value: values.get(value, value))


@dataclass(frozen=True, slots=True)
class Field:
    """
    One place in the spec and its place on the wire.

    `path` is dotted (``dns.mode``); so may `read` and `write` be. `write` None: never sent. `create_only`: left out
    of a PUT. `null` is what is written for "cleared"; `absent` are read values that mean the same as null.
    """

    path: str
    read: str | None
    write: str | None
    form: Form = PLAIN
    create_only: bool = False
    null: Any = None
    absent: tuple[Any, ...] = ()


def patched(carried: Any, old: Any, new: Any) -> Any:
    """
    `carried`, the value as it was read, with the differences between `old` and `new`.

    `old` is how a body would have been built before an edit, `new` how after it. Members that are the same in both, or
    in neither, stay as they were read.
    """
    if old == new:
        return carried
    if not (isinstance(old, Mapping) and isinstance(new, Mapping) and isinstance(carried, Mapping)):
        return new
    result = dict(carried)
    for name in (*old, *new):
        if name not in new:
            result.pop(name, None)
        elif name not in old or old[name] != new[name]:
            result[name] = patched(carried.get(name), old.get(name), new[name])
    return result


@dataclass(frozen=True, slots=True)
class Fold:
    """
    An irregular part of the spec: `decode` takes the payload, `encode` the spec; both give members to merge.

    `members` are those of a payload that it reads and writes. `references` are the paths of the references inside, each
    with the kind that it names. `leaves` maps each member at any depth to its field, lists as ``[]``; an empty field is
    for one that says nothing by itself. `read_only` are members inside that a PUT does not carry, `secrets` those whose
    values are secret. `order` puts the items of a list into the order that they have a meaning in, `ids` is the member
    that has the platform's id of one. `patch` makes the wanted list: from it as it was read, from it in the form of a
    body, from the live and the wanted spec. `unheld` gives further values that no field holds: path, value, reason.
    """

    paths: tuple[str, ...]
    members: tuple[str, ...]
    decode: Callable[[Payload], Mapping[str, Any]]
    encode: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    references: tuple[tuple[str, str], ...] = ()
    leaves: Mapping[str, str] = field(default_factory=dict, hash=False)
    read_only: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    order: Callable[[Any], Any] | None = None
    ids: str = ""
    patch: Callable[[Any, Any, Mapping[str, Any], Mapping[str, Any]], Any] | None = None
    unheld: Callable[[Payload], Iterable[tuple[str, Any, str]]] = lambda payload: ()


@dataclass(frozen=True, slots=True)
class Items:
    """
    A sub-collection: items behind ``/{collection}/{key}/{segment}``.

    `decode` makes the part of the spec from the list of items; `encode` makes from the spec the items to write, each
    keyed by its identity; `identity` tells the identity of an item that was read, `delete_key` the last part of the
    URL that removes it. `batch`: one POST carries an array. `member` is the parent's body member that may carry the
    items on create. `embedded`: the parent's own answer carries the items under this name, no list call is needed.
    `fixed_first`: the first live item cannot be removed (a VSlice's first subnet). `references` are the paths of the
    references inside, each with the kind that it names; `refers_to` is the kind of which each object belongs to one
    list at most. `needed` tells from all payloads of the kind whether any can have items, so that an account without
    them costs no request. `leaves` maps the members of an item to its fields, `read_only` are those that only the
    platform writes, `renamed` gives the members that have another name in a body.
    """

    paths: tuple[str, ...]
    segment: str
    decode: Callable[[Sequence[Any]], Mapping[str, Any]]
    encode: Callable[[Mapping[str, Any]], Mapping[tuple[Any, ...], Any]]
    identity: Callable[[Any], tuple[Any, ...]]
    delete_key: Callable[[Any], str]
    batch: bool = True
    member: str | None = None
    embedded: str | None = None
    fixed_first: bool = False
    unverified: bool = False
    applies: Callable[[Mapping[str, Any]], bool] = lambda spec: True
    references: tuple[tuple[str, str], ...] = ()
    refers_to: str = ""
    needed: Callable[[Sequence[Any]], bool] = lambda payloads: True
    leaves: Mapping[str, str] = field(default_factory=dict, hash=False)
    read_only: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wire:
    """
    A kind's wire facts: collection, fields, sub-collections, and members that only the platform writes.

    `name_read`/`moniker` are the same for every kind. `computed` members are read-only; `outputs` are the values
    that the platform made and people need next, each read from a payload; `counts` maps our name of a
    number to the member that has it; `account` is the member that carries the id of the account; `fixed_flag` is the
    member that says "the platform's own, hands off" (D-32).
    """

    collection: str
    fields: tuple[Field, ...] = ()
    folds: tuple[Fold, ...] = ()
    items: tuple[Items, ...] = ()
    computed: tuple[str, ...] = ()
    outputs: tuple[tuple[str, Callable[[Payload], Any]], ...] = ()
    counts: tuple[tuple[str, str], ...] = ()
    account: str | None = None
    fixed_flag: str | None = None

    @property
    def members(self) -> frozenset[str]:
        """Every top-level member of an answer that this version understands, as the platform spells it."""
        names = {"id", "moniker", "name", *self.computed, *(member for _, member in self.counts)}
        names.update(row.read.split(".")[0] for row in self.fields if row.read)
        for fold in self.folds:
            names.update(fold.members)
        for items in self.items:
            names.update(filter(None, (items.member, items.embedded)))
        names.update(filter(None, (self.account, self.fixed_flag)))
        return frozenset(names)
