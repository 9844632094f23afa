"""Regional policies: which packet gateway serves a device, by where it is, account-wide (stacuity-api B.6)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Required

from typing_extensions import TypedDict

from reconciler.model.closed import closed
from reconciler.model.effects import LABEL, TRAFFIC, Effects
from reconciler.model.fields import Doc, Unordered
from reconciler.model.kind import Kind
from reconciler.model.rules import unique_items
from reconciler.model.scalars import Code, Country, Positive, length
from reconciler.model.wire import Field, Items, Wire, code_of


@closed
class RegionalEntry(TypedDict, total=False):
    """Which gateway serves devices in a country, or with one operator of it."""

    country: Required[Annotated[Country, Doc("ISO 3166 alpha-3, e.g. USA.")]]
    operator: Annotated[Positive, Doc("The platform's number of one operator; absent: all of the country.")]
    gateway: Required[Annotated[Code, Doc("A regional gateway, e.g. north-america.")]]


@closed
class RegionalPolicySpec(TypedDict, total=False):
    """Which regional gateway serves SIMs: a default and exceptions by country and operator."""

    displayName: Annotated[str, length(2, 50), Doc("The portal's Name; default: the moniker (D-3).")]
    defaultGateway: Required[Annotated[Code, Doc("The gateway where no entry says otherwise (D-30).")]]
    entries: Annotated[list[RegionalEntry], Unordered(("country", "operator")), Doc("Exceptions.")]


def _decode(items: Sequence[Any]) -> Mapping[str, Any]:
    spec: dict[str, Any] = {"defaultGateway": None, "entries": []}
    for item in items:
        gateway = code_of(item.get("regionalGateway"))
        if item.get("iso3") is None and item.get("operatorId") is None:
            spec["defaultGateway"] = gateway
            continue
        entry = {"country": item.get("iso3"), "operator": item.get("operatorId"), "gateway": gateway}
        spec["entries"].append({name: value for name, value in entry.items() if value is not None})
    return spec


def _encode(spec: Mapping[str, Any]) -> Mapping[tuple[Any, ...], Any]:
    written = {}
    if spec.get("defaultGateway") is not None:
        written[None, None] = {"regionalGatewayId": spec["defaultGateway"], "operatorId": None, "iso3": None}
    for entry in spec.get("entries") or ():
        country, operator = entry["country"], entry.get("operator")
        written[country, operator] = {"regionalGatewayId": entry["gateway"], "operatorId": operator, "iso3": country}
    return written


KIND = Kind(
    name="RegionalPolicy",
    spec=RegionalPolicySpec,
    effects=Effects(
        fields={"displayName": LABEL, "defaultGateway": TRAFFIC, "entries": TRAFFIC},
    ),
    wire=Wire(
        collection="RegionalPolicies",
        fields=(Field("displayName", "name", "name"),),
        items=(
            Items(
                paths=("defaultGateway", "entries"),
                segment="entries",
                decode=_decode,
                encode=_encode,
                identity=lambda item: (item.get("iso3"), item.get("operatorId")),
                delete_key=lambda item: str(item["id"]),
                batch=False,
                member="entries",
            ),
        ),
        computed=("active",),
        fixed_flag="isFixed",
    ),
    rules=(unique_items("D-31", "entries", ("country", "operator")),),
)
