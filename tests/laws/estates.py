"""
Estates that the platform takes: values of `tests.laws.values`, made to fit each other, and what becomes of them later.

The kinds give each value; a value against the domain rules on top of them (D-8 … D-37) is mended here, kind by kind.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from hypothesis import assume
from hypothesis import strategies as st

from reconciler.diagnostics import Severity
from reconciler.kinds import kind_named, object_kinds
from reconciler.model.address import Address
from reconciler.model.kind import Kind
from reconciler.model.resource import Lifecycle, Resource, Resources
from reconciler.simulator.seed import INSTANCES
from reconciler.validation.run import validate
from tests.laws.values import Draw, members

Spec = dict[str, Any]
_NAMES = st.text("abc019-_", min_size=3, max_size=5)
_SUBNETS = [f"10.{number}.0.0/16" for number in range(6)]
_SCOPES = {"VSlice": "vslice", "EndpointGroup": "endpointGroup"}
_HOW_MANY = st.sampled_from([1, 2, 1, 0])
_FATES = ("keep", "keep", "edit", "edit", "rename", "both", "remove")


@cache
def kinds_in_order() -> tuple[str, ...]:
    """The kinds so that each comes after those that it refers to, itself excepted."""
    left = {name: {ref.kind for ref in kind.references} - {name} for name, kind in object_kinds().items()}
    order: list[str] = []
    while left:
        name = min(name for name, needs in left.items() if needs <= set(order))
        order.append(name)
        del left[name]
    return tuple(order)


@dataclass
class Maker:
    """An estate in the making."""

    draw: Draw
    specs: dict[Address, Spec] = field(default_factory=dict)
    count: int = 0
    prefix: str = "a"

    def name(self) -> str:
        """A moniker that was never given before."""
        self.count += 1
        return f"{self.prefix}{self.draw(_NAMES)}{self.count}"

    def of_kind(self, kind: str) -> dict[str, Spec]:
        """The objects of one kind so far."""
        return {address.name: spec for address, spec in self.specs.items() if address.kind == kind}

    def spec(self, kind: Kind, *, fixed: Spec | None = None) -> Spec | None:
        """
        A spec that fits what there is, or None when something that it needs is missing.

        `fixed` are the fields that cannot change any more, None for a new object.
        """
        given = fixed or {}
        scope = given.get(kind.scope or "")
        if kind.scope and fixed is None:
            slices = sorted(self.of_kind(kind.scope.replace("vslice", "VSlice")))
            scope = self.draw(st.sampled_from(slices)) if slices else None

        def choose(target: str) -> st.SearchStrategy[str] | None:
            found = sorted(
                name
                for name, spec in self.of_kind(target).items()
                if _is_near(kind_named(target), spec, scope) and _suits(kind.name, target, spec)
            )
            return st.sampled_from(found) if found else None

        drawn = members(self.draw, kind.spec, kind.name, choose)
        if drawn is None:
            return None
        immutable = {path[0] for path, _ in kind.immutable}
        if fixed is not None:
            drawn = {name: value for name, value in drawn.items() if name not in immutable} | fixed
        if kind.scope and kind.scope in drawn:
            drawn[kind.scope] = scope
        fit = _FITS.get(kind.name)
        return drawn if fit is None else fit(self, drawn)


def _is_near(kind: Kind, spec: Spec, scope: str | None) -> bool:
    """Whether an object of this kind may be referred to from a scope (D-8)."""
    return kind.scope is None or spec.get(kind.scope) in {None, scope}


def _suits(user: str, target: str, spec: Spec) -> bool:
    """Whether a target is of the sort that a user of this kind may refer to (D-28); groups are associated later."""
    if target == "EndpointGroup":
        return False
    return target != "EventMap" or spec.get("scope") == _SCOPES[user]


def _vslice(maker: Maker, spec: Spec) -> Spec:
    chosen = maker.draw(st.lists(st.sampled_from(_SUBNETS), min_size=1, max_size=3, unique=True))
    spec["subnets"] = chosen
    if spec.get("dns"):
        spec["dns"].pop("servers", None)
        if spec["dns"]["mode"] == "custom":
            spec["dns"]["servers"] = maker.draw(st.lists(st.just("192.0.2.1"), min_size=1, max_size=2, unique=True))
    return spec


def _routing_target(maker: Maker, spec: Spec) -> Spec:
    _one_of(maker, spec, "RoutingTarget")
    chosen = next(name for name in ("internet", "vpn", "wireguard") if name in spec)
    if "typeInstance" in spec:
        spec["typeInstance"] = next(str(row["moniker"]) for row in INSTANCES if row["type"] == chosen)
    return spec


def _one_of(maker: Maker, spec: Spec, kind: str) -> None:
    """Exactly one of the members that exclude each other, and the one that was there before if one was (D-39)."""
    names = kind_named(kind).one_of
    given = [name for name in names if name in spec]
    kept = next((name for name in given if spec[name] is _KEEP), None)
    chosen = kept or maker.draw(st.sampled_from(given or names))
    value = spec.get(chosen)
    for name in names:
        spec.pop(name, None)
    if value is None or value is _KEEP:
        inner = kind_named(kind).spec.__annotations__
        value = _member(maker, kind, chosen) if inner else {}
    spec[chosen] = value


def _member(maker: Maker, kind: str, name: str) -> Any:
    shape = kind_named(kind).shape.members[name]
    return members(maker.draw, shape.type, f"{kind}.{name}", lambda _: None)


_KEEP = object()
"""A placeholder for "this member of a group that excludes the others", when an object is drawn anew."""


def _routing_policy(maker: Maker, spec: Spec) -> Spec:
    targets = sorted(n for n, s in maker.of_kind("RoutingTarget").items() if s["vslice"] == spec["vslice"])
    rules = []
    for rule in spec.get("rules") or ():
        match, divert = rule.get("match") or {}, rule.get("divert") or {}
        if rule["action"] == "forward" and not targets:
            rule["action"] = "drop"
        if rule["action"] == "forward":
            rule.setdefault("target", targets[0])
        else:
            rule.pop("target", None)
        if match.get("protocol") not in {"tcp", "udp"}:
            for block, name in ((match, "sourcePorts"), (match, "destinationPorts"), (divert, "port")):
                block.pop(name, None)
        # An empty block says nothing and is not kept; test_an_empty_block_of_a_rule_says_nothing holds that.
        rules.append({name: value for name, value in rule.items() if value != {}})
    if "rules" in spec:
        spec["rules"] = rules
    return spec


def _endpoint_group(maker: Maker, spec: Spec) -> Spec:
    vslice = maker.specs[Address("VSlice", spec["vslice"])]
    spec.pop("secondaryGroups", None)
    if "subnet" in spec and spec["subnet"] not in vslice["subnets"]:
        spec["subnet"] = vslice["subnets"][0]
    spec.pop("apn", None)
    if spec.get("type") == "secondary":
        maker.count += 1
        spec["apn"] = f"apn{maker.count}.flex"
    return spec


def _operator_policy(maker: Maker, spec: Spec) -> Spec:
    for entry in spec.get("entries") or ():
        if entry["action"] == "reject-soft":
            entry.setdefault("operator", 2145)
    entries = {(entry["country"], entry.get("operator")): entry for entry in spec.get("entries") or ()}
    if "entries" in spec:
        spec["entries"] = list(entries.values())
    return spec


def _event_handler(maker: Maker, spec: Spec) -> Spec:
    _one_of(maker, spec, "EventHandler")
    return spec


def _regional_policy(_: Maker, spec: Spec) -> Spec:
    """Entries need a default (D-30)."""
    if spec.get("defaultGateway") is None:
        spec["entries"] = []
    return spec


_FITS: Mapping[str, Callable[[Maker, Spec], Spec]] = {
    "EndpointGroup": _endpoint_group,
    "EventHandler": _event_handler,
    "OperatorPolicy": _operator_policy,
    "RegionalPolicy": _regional_policy,
    "RoutingPolicy": _routing_policy,
    "RoutingTarget": _routing_target,
    "VSlice": _vslice,
}


def _associate(maker: Maker) -> None:
    """Each secondary group belongs to one primary of its VSlice, or to none (D-21)."""
    groups = maker.of_kind("EndpointGroup")
    primaries = {name: spec for name, spec in groups.items() if spec.get("type") != "secondary"}
    for spec in primaries.values():
        if maker.draw(st.booleans()):
            spec["secondaryGroups"] = []
    for name, spec in groups.items():
        near = sorted(p for p, s in primaries.items() if s["vslice"] == spec["vslice"])
        if spec.get("type") == "secondary" and near:
            primaries[maker.draw(st.sampled_from(near))].setdefault("secondaryGroups", []).append(name)


def _sound(estate: Resources) -> Resources:
    """The estate as the loader would give it; one that validation refuses is no example."""
    checked = Resources(
        resource._replace(spec=kind_named(resource.address.kind).adapter.validate_python(resource.spec))
        for resource in estate.values()
    )
    assume(not any(found.severity is Severity.ERROR for found in validate(checked)))
    return checked


@st.composite
def estates(draw: Draw, *, only: tuple[str, ...] | None = None, prefix: str = "a") -> Resources:
    """A declared estate of all kinds, or of these; `prefix` begins every name."""
    maker = Maker(draw, prefix=prefix)
    for name in only or kinds_in_order():
        for _ in range(draw(_HOW_MANY)):
            _add(maker, name)
    _associate(maker)
    return _sound(Resources(Resource(address, spec) for address, spec in maker.specs.items()))


def _add(maker: Maker, kind: str) -> None:
    spec = maker.spec(kind_named(kind))
    if spec is not None:
        maker.specs[Address(kind, maker.name())] = spec


class History(NamedTuple):
    """An estate, and the same estate later."""

    before: Resources
    after: Resources


@st.composite
def histories(draw: Draw) -> History:
    """
    An estate, and what may become of it without a replacement: objects kept, edited, renamed, removed, and new ones.

    An object that refers to a removed one goes too, or lets go of it. Immutable fields stay as they are.
    """
    before = draw(estates())
    maker = Maker(draw, count=1000)
    renamed: dict[Address, str] = {}
    lives: dict[Address, Lifecycle] = {}
    gone: set[Address] = set()
    for name in kinds_in_order():
        for old, resource in before.of_kind(name).items():
            address = Address(name, old)
            fate = draw(st.sampled_from(_FATES))
            spec = _later(maker, resource, fate, gone=gone, renamed=renamed)
            if spec is None:
                gone.add(address)
                continue
            new = maker.name() if fate in {"rename", "both"} else old
            if new != old:
                renamed[address] = new
                lives[Address(name, new)] = Lifecycle(renamed_from=old)
            maker.specs[Address(name, new)] = spec
        if draw(st.booleans()):
            _add(maker, name)
    _reassociate(maker, before, gone, renamed)
    after = Resources(
        Resource(address, spec, lifecycle=lives.get(address, Lifecycle())) for address, spec in maker.specs.items()
    )
    return History(before, _sound(after))


def _later(
    maker: Maker, resource: Resource, fate: str, *, gone: set[Address], renamed: Mapping[Address, str]
) -> Spec | None:
    kind = kind_named(resource.address.kind)
    old = _followed(kind, resource.spec, renamed)
    fixed = {path[0]: old[path[0]] for path, _ in kind.immutable if path[0] in old}
    lost = {name for name, value in old.items() if _refers_to(kind, {name: value}, gone)}
    if fate == "remove" or lost & fixed.keys():
        return None
    if fate not in {"edit", "both"} and not lost:
        return old
    fixed |= {name: _KEEP for name in kind.one_of if name in old}
    spec = maker.spec(kind, fixed=fixed)
    if spec is None:
        return None
    for name in lost - spec.keys():
        # Leaving it out would keep the reference.
        spec[name] = None if kind.shape.members[name].nullable else []
    if kind.name == "VSlice":
        spec["subnets"] = list(dict.fromkeys([*old["subnets"], *spec["subnets"]]))
    if kind.name == "EndpointGroup" and old.get("type") == "secondary":
        spec["apn"] = old["apn"]
    return spec


def _refers_to(kind: Kind, spec: Mapping[str, Any], gone: set[Address]) -> bool:
    return any(Address(reference.kind, name) in gone for reference, _, name in kind.refers(spec))


def _followed(kind: Kind, spec: Mapping[str, Any], renamed: Mapping[Address, str]) -> Spec:
    """The spec with its references as after the renames."""
    copied: Spec = _copied(spec)
    for reference, path, name in kind.refers(spec):
        place: Any = copied
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = renamed.get(Address(reference.kind, name), name)
    return copied


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copied(inner) for name, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _reassociate(maker: Maker, before: Resources, gone: set[Address], renamed: Mapping[Address, str]) -> None:
    """
    Associations stay where they were as far as both groups are still there, or move to another primary of the VSlice.

    They move in one direction only: two groups that exchange their secondaries need more than one apply (D-21).
    """
    groups = maker.of_kind("EndpointGroup")
    for old, resource in before.of_kind("EndpointGroup").items():
        address = Address("EndpointGroup", old)
        if address in gone or "secondaryGroups" not in resource.spec:
            continue
        spec = groups[renamed.get(address, old)]
        listed = [Address("EndpointGroup", name) for name in resource.spec["secondaryGroups"]]
        spec["secondaryGroups"] = [renamed.get(one, one.name) for one in listed if one not in gone]
    is_rising = maker.draw(st.booleans())
    primaries = sorted(
        (name for name, spec in groups.items() if spec.get("type") != "secondary"), reverse=not is_rising
    )
    for place, name in enumerate(primaries):
        near = [other for other in primaries[place + 1 :] if groups[other]["vslice"] == groups[name]["vslice"]]
        for moving in list(groups[name].get("secondaryGroups") or ()):
            if near and maker.draw(st.booleans()):
                groups[name]["secondaryGroups"].remove(moving)
                groups[maker.draw(st.sampled_from(near))].setdefault("secondaryGroups", []).append(moving)


@st.composite
def specs_of_one_kind(draw: Draw) -> tuple[str, Spec, Spec]:
    """A kind's name and two specs of it, which often have much in common."""
    name = draw(st.sampled_from(kinds_in_order()))
    maker = Maker(draw)
    for other in kinds_in_order()[: kinds_in_order().index(name)]:
        _add(maker, other)
    first = maker.spec(kind_named(name))
    assume(first is not None)
    fixed = {field: value for field, value in (first or {}).items() if draw(st.booleans())}
    second = maker.spec(kind_named(name), fixed={**fixed, **_scope_of(kind_named(name), first or {})})
    assume(second is not None)
    return name, first or {}, second or {}


def _scope_of(kind: Kind, spec: Spec) -> Spec:
    return {kind.scope: spec[kind.scope]} if kind.scope in spec else {}
