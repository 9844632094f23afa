"""Operator policies: which mobile networks endpoints may attach to, account-wide."""

from collections.abc import Iterator
from typing import Annotated, Literal, Required

from typing_extensions import TypedDict

from reconciler.model.closed import closed
from reconciler.model.effects import CHECK_IN, LABEL, Effects
from reconciler.model.fields import Default, Doc, Listed, ServerDefault, Unordered
from reconciler.model.kind import Kind
from reconciler.model.lookup import lookups, spec_path
from reconciler.model.policy_entries import policy_entries
from reconciler.model.resource import Resource
from reconciler.model.rules import Finding, Rule, World, unique_items
from reconciler.model.scalars import Boolean, Country, Positive, length
from reconciler.model.wire import Field, Wire, moniker_of
from reconciler.positions import Path


@closed
class OperatorEntry(TypedDict, total=False):
    """The access that is allowed in a country, or with one operator of it."""

    country: Required[Annotated[Country, Listed("countries"), Doc("ISO 3166 alpha-3, e.g. GBR.")]]
    operator: Annotated[
        Positive, Listed("operators"), Doc("The platform's number of one operator; absent: all of the country.")
    ]
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
    default: Annotated[Literal["allow", "reject-hard"], Default("allow"), Doc("The rule if no entry applies (D-33).")]
    entries: Annotated[list[OperatorEntry], Unordered(("country", "operator")), Doc("Exceptions.")]
    allow2g: Annotated[Boolean, ServerDefault(), Doc("Whether 2G may be used.")]
    allow3g: Annotated[Boolean, ServerDefault(), Doc("Whether 3G may be used.")]
    allow45g: Annotated[Boolean, ServerDefault(), Doc("Whether 4G and 5G may be used.")]


_DEFAULT, _ENTRIES = lookups(OperatorPolicySpec, "default", "entries")
_COUNTRY, _OPERATOR, _ACTION = lookups(OperatorEntry, "country", "operator", "action")


def _fallback(resource: Resource, world: World) -> Iterator[Finding]:
    for place, entry in enumerate(_ENTRIES.of(resource.spec) or ()):
        if _ACTION.of(entry) == "reject-soft" and not _OPERATOR.is_in(entry):
            yield Finding(
                spec_path(_ENTRIES, place, _ACTION),
                f"reject-soft needs an operator; for all of {_COUNTRY.of(entry)} there is only allow or reject-hard.",
                "Add operator, or use reject-hard.",
            )


def without_effect(world: World, path: Path, named: str) -> Iterator[Finding]:
    """A warning where an operator policy is declared or used in an account that it cannot reach (D-50)."""
    if world.account_type == "edge":
        yield Finding(
            path,
            "This account is of type edge: its IMSIs live on your own core, where operator policies have no effect.",
            f"Remove {named}, or set spec.account.type: integrated if the account is hosted by the platform.",
            is_warning=True,
        )


def _edge_account(resource: Resource, world: World) -> Iterator[Finding]:
    yield from without_effect(world, ("kind",), "the policy")


KIND = Kind(
    name="OperatorPolicy",
    plural="OperatorPolicies",
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
            policy_entries(
                _DEFAULT,
                _ENTRIES,
                key=(_COUNTRY, _OPERATOR),
                value=_ACTION,
                read={_COUNTRY: "iso3", _OPERATOR: "operatorId", _ACTION: "steeringProfileEntryAction"},
                decoded=moniker_of,
                write={"operatorId": _OPERATOR, "iso3": _COUNTRY, "steeringProfileEntryAction": _ACTION},
                batch=True,
            ),
        ),
    ),
    rules=(
        unique_items("D-31", _ENTRIES, _COUNTRY, _OPERATOR),
        Rule("D-33", _fallback),
        Rule("D-50", _edge_account),
    ),
)
