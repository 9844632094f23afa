"""The part of the platform that the rules of one kind see: other objects, the settings, new ids."""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.simulator.body import Body
from reconciler.simulator.refusals import Breach
from reconciler.simulator.seed import ENUMS, Enum
from reconciler.simulator.settings import Settings
from reconciler.simulator.store import Item, Row, Tables

Fields = dict[str, Any]

VSLICES, TARGETS, POLICIES = "vslices", "routingtargets", "RoutingPolicies"
OPERATOR_POLICIES, REGIONAL_POLICIES = "OperatorPolicies", "RegionalPolicies"
EDGE_SERVICES, HANDLERS, MAPS, GROUPS = "edgeservices", "EventHandlers", "EventMaps", "EndpointGroups"


class View:
    """The platform as a rule sees it, inside one transaction."""

    def __init__(self, store: Tables, settings: Settings, collections: "Mapping[str, Collection]") -> None:
        self.store = store
        self.settings = settings
        self.collections = collections

    def require(self, collection: str, key: str) -> Row:
        """The object that a body refers to by id or moniker; refused when there is none."""
        row = self.store.find(collection, key)
        if row is None:
            raise Breach(f"The {self.collections[collection.lower()].title} '{key}' does not exist.")
        return row

    def ref(self, key: str | None) -> dict[str, str] | None:
        """An object as answers refer to it: id, moniker, name."""
        if key is None:
            return None
        row = self.store.by_id(key)
        return {"id": row.id, "moniker": row.moniker, "name": row.name}


@dataclass(frozen=True, slots=True)
class SubCollection:
    """
    Items behind ``/{collection}/{key}/{segment}``.

    `add` upserts one body and answers the item; `settle` checks the whole after a change; `show` renders an item,
    `created` renders what a POST answers (None: an id). `member` is the parent's member that may carry the items.
    `key_of` gives the key of the item that a URL names, where that is more than its id or its key; `keeps_first`: the
    first item stays the first.
    """

    segment: str
    add: Callable[[Any, Row, View], Item]
    show: Callable[[Item, View], Any]
    settle: Callable[[Row, View], None] = lambda owner, world: None
    remove: Callable[[Item, Row, View], None] = lambda item, owner, world: None
    created: Callable[[Item, View], Any] | None = None
    references: Callable[[Item], Iterable[tuple[str, str]]] = lambda item: ()
    member: str | None = None
    key_of: Callable[[str, View], str | None] = lambda name, world: None
    keeps_first: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """
    One kind of object.

    `accept` makes the new state from a body and the state before (None on create) or refuses; `show` renders the
    members after id, moniker and name; `references` are (role, id) of what the state names; `removable` refuses a
    deletion; `settle` runs after the object is stored; `found` puts there what every account has. `title` is what
    messages call one.
    """

    name: str
    title: str
    accept: Callable[[Body, Fields | None, View], Fields]
    show: Callable[[Row, View], dict[str, Any]]
    references: Callable[[Fields], Iterable[tuple[str, str]]]
    longest_name: int = 100
    shortest_moniker: int = 1
    parts: Mapping[str, SubCollection] = field(default_factory=dict)
    removable: Callable[[Row, View], None] = lambda row, world: None
    settle: Callable[[Row, View], None] = lambda row, world: None
    created: Callable[[Row, Body, View], None] = lambda row, body, world: None
    found: Callable[[View], None] = lambda world: None


def enum(name: str, moniker: str | None) -> Enum | None:
    """An enumeration value as answers show it."""
    return None if moniker is None else ENUMS[name][moniker]


def choose(body: Body, member: str, default: str | None, words: Mapping[str, Enum] | None = None) -> str | None:
    """
    The moniker of an enumeration in a body, canonical; `default` where it says nothing; refused when unknown.

    `words` are the values of the enumeration, by default those of the platform's enumeration of that name.
    """
    text, known = body.text(member), ENUMS[member] if words is None else words
    if text is None:
        return default
    if text.lower() not in known:
        raise Breach(f"'{text}' is not a valid {member}; expected one of {', '.join(known)}.")
    return text.lower()


def chosen(body: Body, member: str, default: str, words: Mapping[str, Enum] | None = None) -> str:
    """The choice of `choose`, where there is always a value."""
    return choose(body, member, default, words) or default


def reference(body: Body, member: str, collection: str, before: Fields | None, world: View) -> str | None:
    """The id of what a nullable member refers to: absent keeps what was, null and blank clear it."""
    if not body.has(member):
        return before.get(member) if before else None
    text = body.text(member)
    return None if text is None else world.require(collection, text).id


def fixed(before: Fields | None, member: str, value: Any, wanted: Any) -> Any:
    """The value of an immutable member; refused when a PUT asks for another one. `wanted` None: nothing was asked."""
    if before is None or wanted is None:
        return value
    if value != wanted:
        raise Breach(f"{member} cannot be changed once the object exists.")
    return value


def network(text: str, member: str) -> ipaddress.IPv4Network:
    """An IPv4 network in CIDR form; refused otherwise (D-11)."""
    wrong = Breach(f"'{text}' is not a valid IPv4 network in CIDR form ({member}).")
    if "/" not in text:
        raise wrong
    try:
        return ipaddress.IPv4Network(text)
    except ValueError:
        raise wrong from None


def address(text: str, member: str) -> ipaddress.IPv4Address:
    """An IPv4 address; refused otherwise."""
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        raise Breach(f"'{text}' is not a valid IPv4 address ({member}).") from None


def pattern(text: str | None, member: str) -> str | None:
    """An address or a network, as rules match it (D-37)."""
    if text is None:
        return None
    try:
        ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        raise Breach(f"'{text}' is neither an IPv4 address nor a network ({member}).") from None
    return text


def port(text: str, member: str) -> int:
    """A port number 1-65535 (D-37)."""
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise Breach(f"'{text}' is not a port between 1 and 65535 ({member}).")
    return int(text)
