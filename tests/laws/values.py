"""
Values that manifests may hold, derived from the kinds: a new kind or field is generated without a word here.

Only words that no type knows are here by hand: the platform's own (zones, gateways, rate limits), by field.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple, Required, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from typing_extensions import is_typeddict

from reconciler.kinds import event_handler, event_map
from reconciler.model import scalars
from reconciler.model.checks import Check
from reconciler.model.countries import ALPHA_3
from reconciler.model.destinations import Destination
from reconciler.model.fields import Marker, Ordered, ReadOnly, Ref, Unordered
from reconciler.model.secret_field import SecretField
from reconciler.simulator.seed import GATEWAYS, SUBSCRIPTION_TYPES, ZONES

Draw = Callable[[st.SearchStrategy[Any]], Any]
Choose = Callable[[str], st.SearchStrategy[str] | None]
"""The references that may be made to a kind, or None when there is nothing to refer to."""

SECRETS = {"FIRST": "a first secret", "SECOND": "ein zweites Geheimnis: ß#'", "THIRD": " x "}
ADDRESSES = {"ADDRESS": "https://hooks.example/in?key=1", "OTHER": "https://other.example/#a"}
VARIABLES = {**SECRETS, **ADDRESSES}
"""The values of secret references; addresses are secret too where they carry a key (S9)."""
LONGEST_LIST = 3

# Letters, digits, blanks, signs that some encoding or other cares about, and letters that are not ASCII.
_SIGNS = st.sampled_from("abzAZ09 .-_:#[]{}()\"'\\/%&?=+*<>,;!|@~`$^éßøЖ漢🚐")
# Blanks around a text are no part of it.
TEXT = st.text(_SIGNS, min_size=1, max_size=12).map(str.strip).filter(bool)
CODE = TEXT.map(str.lower)
_PREFIXES = st.integers(8, 30)
_OCTETS = st.tuples(*(st.integers(0, 255) for _ in range(4)))


def _network(octets: tuple[int, ...], prefix: int) -> str:
    number = int.from_bytes(bytes(octets)) >> (32 - prefix) << (32 - prefix)
    return f"{'.'.join(map(str, number.to_bytes(4)))}/{prefix}"


IPV4 = _OCTETS.map(lambda octets: ".".join(map(str, octets)))
CIDR = st.builds(_network, _OCTETS, _PREFIXES)
PORT = st.integers(1, 65535)
PORTS = st.one_of(PORT.map(str), st.tuples(PORT, PORT).map(lambda ends: f"{min(ends)}-{max(ends)}"))
SECRET = st.sampled_from(sorted(SECRETS)).map(lambda name: {"secretRef": {"env": name}})
URL = st.one_of(
    st.from_regex(r"https://[a-z]{3,8}\.example(/[a-z0-9]{1,5}){0,2}", fullmatch=True),
    st.sampled_from(sorted(ADDRESSES)).map(lambda name: {"secretRef": {"env": name}}),
)
EVENT = st.sampled_from([f"{name}_v1" for name in event_map.KNOWN_EVENTS if name.startswith("Endpoint")])


def _check_of(hint: Any) -> Callable[..., Any]:
    return next(fact.check for fact in hint.__metadata__ if isinstance(fact, Check))


HOST = st.one_of(st.from_regex(r"[a-z]{3,8}(-[a-z0-9]{1,4})?\.example", fullmatch=True), st.just("198.51.100.7"))
_BY_CHECK: Mapping[Callable[..., Any], st.SearchStrategy[Any]] = {
    _check_of(scalars.Text): TEXT,
    _check_of(scalars.Code): CODE,
    _check_of(scalars.Integer): st.integers(0, 10**6),
    _check_of(scalars.Boolean): st.booleans(),
    _check_of(scalars.Cidr): CIDR,
    _check_of(scalars.Ipv4): IPV4,
    _check_of(scalars.AddressPattern): st.one_of(IPV4, CIDR),
    _check_of(scalars.Country): st.sampled_from(sorted(ALPHA_3)),
    _check_of(scalars.Port): PORT,
    _check_of(scalars.Ports): PORTS,
    _check_of(scalars.Percent): st.integers(0, 100),
    _check_of(scalars.Positive): st.integers(1, 10**6),
    _check_of(Destination): HOST,
    _check_of(SecretField): SECRET,
    event_handler._url: URL,
    event_map._event: EVENT,
}
_GATEWAY = st.sampled_from([str(row["moniker"]) for row in GATEWAYS])
_RATE = st.sampled_from(["unlimited", "1kbits", "10mbits", "2gbits"])
_WORDS: Mapping[str, st.SearchStrategy[Any]] = {
    "EndpointGroup.subscriptionType": st.sampled_from([str(row["moniker"]) for row in SUBSCRIPTION_TYPES]),
    "EventHandler.webhook.timeoutSeconds": st.integers(1, 120),
    "RegionalPolicy.defaultGateway": _GATEWAY,
    "RegionalPolicy.entries.gateway": _GATEWAY,
    "RoutingPolicy.rateLimit.downlink": _RATE,
    "RoutingPolicy.rateLimit.uplink": _RATE,
    "RoutingPolicy.rules.regionalGateway": _GATEWAY,
    "RoutingTarget.redundancyZone": st.sampled_from([str(row["moniker"]) for row in ZONES]),
    "VSlice.apnPattern": st.sampled_from(["*.flex", "*"]),
}


class _Hint(NamedTuple):
    """One annotation taken apart: the bare sort, its markers and checks, and whether it may be null."""

    sort: Any
    facts: tuple[Any, ...]
    is_nullable: bool

    def fact(self, wanted: type[Any]) -> Any:
        return next((fact for fact in self.facts if isinstance(fact, wanted)), None)


def _taken_apart(hint: Any) -> _Hint:
    facts: tuple[Any, ...] = ()
    is_nullable = False
    while True:
        if get_origin(hint) is Annotated:
            hint, *found = get_args(hint)
            facts += tuple(fact for fact in found if isinstance(fact, Marker | Check))
        elif get_origin(hint) is Required:
            (hint,) = get_args(hint)
        elif type(None) in get_args(hint):
            is_nullable = True
            (hint,) = (part for part in get_args(hint) if part is not type(None))
        else:
            return _Hint(hint, facts, is_nullable)


def members(draw: Draw, spec: type, place: str, choose: Choose, *, full: float = 0.5) -> dict[str, Any] | None:
    """
    A value of a typed dictionary, most members left out or not as chance has it.

    None when a required reference has nothing to refer to. `full` is how likely an optional member is there.
    """
    required: frozenset[str] = getattr(spec, "__required_keys__", frozenset())
    found: dict[str, Any] = {}
    for name, raw in get_type_hints(spec, include_extras=True).items():
        hint = _taken_apart(raw)
        if hint.fact(ReadOnly) or (name not in required and not draw(_chance(full))):
            continue
        if hint.is_nullable and draw(_chance(0.15)):
            found[name] = None
            continue
        value = _value(draw, hint, f"{place}.{name}", choose)
        if value is not None:
            found[name] = value
        elif name in required:
            return None
    return found


def _chance(likely: float) -> st.SearchStrategy[bool]:
    return st.integers(1, 20).map(lambda number: number <= likely * 20)


def _value(draw: Draw, hint: _Hint, place: str, choose: Choose) -> Any:
    if place in _WORDS:
        return draw(_WORDS[place])
    if (target := hint.fact(Ref)) is not None:
        names = choose(target.kind)
        return None if names is None else draw(names)
    if is_typeddict(hint.sort):
        return members(draw, hint.sort, place, choose)
    if get_origin(hint.sort) is list:
        return _items(draw, hint, place, choose)
    if get_origin(hint.sort) is Literal:
        return draw(st.sampled_from(get_args(hint.sort)))
    return draw(_scalar(hint))


def _items(draw: Draw, hint: _Hint, place: str, choose: Choose) -> list[Any]:
    inner = _taken_apart(get_args(hint.sort)[0])
    drawn = [_value(draw, inner, place, choose) for _ in range(draw(st.integers(0, LONGEST_LIST)))]
    keyed = hint.fact(Unordered) or hint.fact(Ordered)
    key = (keyed.identity,) if isinstance(keyed, Ordered) else keyed.key if keyed else ()
    unique: dict[Any, Any] = {}
    for item in drawn:
        if item is not None:
            identity = tuple(item.get(part) for part in key) if key else str(item)
            unique.setdefault(identity, item)
    return list(unique.values())


def _scalar(hint: _Hint) -> st.SearchStrategy[Any]:
    check = hint.fact(Check).check
    if check in _BY_CHECK:
        return _BY_CHECK[check]
    limits = inspect.getclosurevars(check).nonlocals
    low, high = limits["minimum"], limits["maximum"]
    texts = st.text(_SIGNS, min_size=low, max_size=min(high, low + 10))
    return texts.map(str.strip).filter(lambda text: len(text) >= low)
