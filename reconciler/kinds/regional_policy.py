"""Regional policies: which packet gateway serves a device, by where it is, account-wide."""

from collections.abc import Iterator
from typing import Annotated, Required

from typing_extensions import TypedDict

from reconciler.model.closed import closed
from reconciler.model.effects import LABEL, TRAFFIC, Effects
from reconciler.model.fields import Doc, Listed, Unordered
from reconciler.model.kind import Kind
from reconciler.model.lookup import lookups, spec_path
from reconciler.model.policy_entries import policy_entries
from reconciler.model.resource import Resource
from reconciler.model.rules import Finding, Rule, World, unique_items
from reconciler.model.scalars import Code, Country, Positive, length
from reconciler.model.wire import Field, Wire, code_of


@closed
class RegionalEntry(TypedDict, total=False):
    """Which gateway serves devices in a country, or with one operator of it."""

    country: Required[Annotated[Country, Listed("countries"), Doc("ISO 3166 alpha-3, e.g. USA.")]]
    operator: Annotated[
        Positive, Listed("operators"), Doc("The platform's number of one operator; absent: all of the country.")
    ]
    gateway: Required[Annotated[Code, Listed("gateways"), Doc("A regional gateway, e.g. north-america.")]]


@closed
class RegionalPolicySpec(TypedDict, total=False):
    """Which regional gateway serves SIMs: a default and exceptions by country and operator."""

    displayName: Annotated[str, length(2, 50), Doc("The portal's Name; default: the moniker (D-3).")]
    defaultGateway: Required[
        Annotated[
            Code | None,
            Listed("gateways"),
            Doc("The gateway where no entry says otherwise (D-30); null: the policy has no entry at all."),
        ]
    ]
    entries: Annotated[list[RegionalEntry], Unordered(("country", "operator")), Doc("Exceptions.")]


_DEFAULT, _ENTRIES = lookups(RegionalPolicySpec, "defaultGateway", "entries")
_COUNTRY, _OPERATOR, _GATEWAY = lookups(RegionalEntry, "country", "operator", "gateway")


def _no_default(resource: Resource, world: World) -> Iterator[Finding]:
    if _DEFAULT.of(resource.spec) is None and _ENTRIES.of(resource.spec):
        detail = "Entries are exceptions from a default gateway, and there is none."
        yield Finding(spec_path(_DEFAULT), detail, "Name the default gateway, or remove the entries.")


KIND = Kind(
    name="RegionalPolicy",
    plural="RegionalPolicies",
    spec=RegionalPolicySpec,
    effects=Effects(
        fields={"displayName": LABEL, "defaultGateway": TRAFFIC, "entries": TRAFFIC},
    ),
    wire=Wire(
        collection="RegionalPolicies",
        fields=(Field("displayName", "name", "name"),),
        items=(
            policy_entries(
                _DEFAULT,
                _ENTRIES,
                key=(_COUNTRY, _OPERATOR),
                value=_GATEWAY,
                read={_COUNTRY: "iso3", _OPERATOR: "operatorId", _GATEWAY: "regionalGateway"},
                decoded=code_of,
                write={"regionalGatewayId": _GATEWAY, "operatorId": _OPERATOR, "iso3": _COUNTRY},
                batch=False,
            ),
        ),
        computed=("active",),
        fixed_flag="isFixed",
    ),
    rules=(Rule("D-30", _no_default), unique_items("D-31", _ENTRIES, _COUNTRY, _OPERATOR)),
)
