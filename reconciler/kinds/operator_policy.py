"""Operator policies: which mobile networks endpoints may attach to, account-wide (stacuity-api B.5)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Required

from typing_extensions import TypedDict

from reconciler.model.closed import closed
from reconciler.model.effects import CHECK_IN, LABEL, Effects
from reconciler.model.fields import Default, Doc, ServerDefault, Unordered
from reconciler.model.kind import Kind
from reconciler.model.resource import Resource
from reconciler.model.rules import Finding, Rule, World, spec_path, unique_items
from reconciler.model.scalars import Boolean, Country, Positive, length
from reconciler.model.wire import Field, Items, Wire, moniker_of


@closed
class OperatorEntry(TypedDict, total=False):
    """What is allowed in a country, or with one operator of it."""

    country: Required[Annotated[Country, Doc("ISO 3166 alpha-3, e.g. GBR.")]]
    operator: Annotated[Positive, Doc("The platform's number of one operator; absent: all of the country.")]
    action: Required[
        Annotated[
            Literal["allow", "reject-hard", "reject-soft"],
            Doc("reject-soft is a fallback and exists only for one operator (D-33)."),
        ]
    ]


@closed
class OperatorPolicySpec(TypedDict, total=False):
    """Which mobile networks SIMs may use: a default and exceptions by country and operator."""

    displayName: Annotated[str, length(2, 50), Doc("The portal's Name; default: the moniker (D-3).")]
    default: Annotated[Literal["allow", "reject-hard"], Default("allow"), Doc("What holds where no entry does (D-33).")]
    entries: Annotated[list[OperatorEntry], Unordered(("country", "operator")), Doc("Exceptions.")]
    allow2g: Annotated[Boolean, ServerDefault(), Doc("Whether 2G may be used.")]
    allow3g: Annotated[Boolean, ServerDefault(), Doc("Whether 3G may be used.")]
    allow45g: Annotated[Boolean, ServerDefault(), Doc("Whether 4G and 5G may be used.")]


def _decode(items: Sequence[Any]) -> Mapping[str, Any]:
    spec: dict[str, Any] = {"default": None, "entries": []}
    for item in items:
        action = moniker_of(item.get("steeringProfileEntryAction"))
        if item.get("iso3") is None and item.get("operatorId") is None:
            spec["default"] = action
            continue
        entry = {"country": item.get("iso3"), "operator": item.get("operatorId"), "action": action}
        spec["entries"].append({name: value for name, value in entry.items() if value is not None})
    return spec


def _encode(spec: Mapping[str, Any]) -> Mapping[tuple[Any, ...], Any]:
    written = {}
    if spec.get("default") is not None:
        written[None, None] = {"operatorId": None, "iso3": None, "steeringProfileEntryAction": spec["default"]}
    for entry in spec.get("entries") or ():
        country, operator = entry["country"], entry.get("operator")
        body = {"operatorId": operator, "iso3": country, "steeringProfileEntryAction": entry["action"]}
        written[country, operator] = body
    return written


def _fallback(resource: Resource, world: World) -> Iterator[Finding]:
    for place, entry in enumerate(resource.spec.get("entries") or ()):
        if entry["action"] == "reject-soft" and "operator" not in entry:
            yield Finding(
                spec_path("entries", place, "action"),
                f"reject-soft needs an operator; for all of {entry['country']} there is only allow or reject-hard.",
                "Add operator, or use reject-hard.",
            )


def _edge_account(resource: Resource, world: World) -> Iterator[Finding]:
    if world.account_type == "edge":
        yield Finding(
            ("kind",),
            "This account is of type edge: its IMSIs live on your own core, where operator policies have no effect.",
            "Remove the policy, or set spec.account.type: integrated if the account is hosted by the platform.",
            is_warning=True,
        )


KIND = Kind(
    name="OperatorPolicy",
    spec=OperatorPolicySpec,
    effects=Effects(
        fields={
            "displayName": LABEL,
            "default": CHECK_IN,
            "entries": CHECK_IN,
            "allow2g": CHECK_IN,
            "allow3g": CHECK_IN,
            "allow45g": CHECK_IN,
        },
    ),
    wire=Wire(
        collection="OperatorPolicies",
        fields=(
            Field("displayName", "name", "name"),
            Field("allow2g", "allow2g", "allow2g"),
            Field("allow3g", "allow3g", "allow3g"),
            Field("allow45g", "allow45g", "allow45g"),
        ),
        items=(
            Items(
                paths=("default", "entries"),
                segment="entries",
                decode=_decode,
                encode=_encode,
                identity=lambda item: (item.get("iso3"), item.get("operatorId")),
                delete_key=lambda item: str(item["id"]),
                member="entries",
            ),
        ),
    ),
    rules=(
        unique_items("D-31", "entries", ("country", "operator")),
        Rule("D-33", _fallback),
        Rule("D-50", _edge_account),
    ),
)
