"""A kind checks its own facts when it is made: each rule is broken once, and the error names kind and field."""

from dataclasses import replace
from typing import Annotated, Any, Literal, Required

import pytest
from typing_extensions import TypedDict

from reconciler.kinds import kind_named, kinds
from reconciler.model.closed import closed
from reconciler.model.effects import CHECK_IN, CLEARED, LABEL, SERVICE, Effects
from reconciler.model.fields import Doc, ReadOnly, Ref, Unordered
from reconciler.model.kind import Kind, KindError
from reconciler.model.lookup import Lookup, lookups, spec_path
from reconciler.model.scalars import Reference, Text
from reconciler.model.sim_facts import SimHolder, SimList
from reconciler.model.wire import CODE, Field, Fold, Items, Wire, reference


@closed
class Entry(TypedDict, total=False):
    """One row."""

    zone: Required[Annotated[Text, Doc("Where.")]]
    target: Annotated[Reference, Ref("RoutingTarget"), Doc("Which target.")]


@closed
class SampleSpec(TypedDict, total=False):
    """A kind with a field of each sort."""

    displayName: Annotated[Text, Doc("The portal's Name.")]
    vslice: Annotated[Reference | None, Ref("VSlice"), Doc("Where it lives.")]
    mode: Annotated[Literal["on", "off"], Doc("Whether it works.")]
    serial: Annotated[Text, ReadOnly(), Doc("The platform gives it.")]
    rows: Annotated[list[Entry], Unordered(("zone",)), Doc("Rows.")]


FIELDS = (
    Field("displayName", "name", "name"),
    Field("vslice", "vslice", "vslice", reference("VSlice")),
    Field("mode", "mode", "mode", CODE),
    Field("serial", "serialNumber", None),
)
ROWS = Items(
    paths=("rows",),
    segment="rows",
    decode=lambda items: {"rows": list(items)},
    encode=lambda spec: {(row["zone"],): row for row in spec["rows"]},
    identity=lambda item: (item["zone"],),
    delete_key=lambda item: str(item["zone"]),
    references=(("rows[].target", "RoutingTarget"),),
)
WIRE = Wire(collection="samples", fields=FIELDS, items=(ROWS,))
TABLE = {"displayName": LABEL, "vslice": SERVICE, "mode": SERVICE, "serial": LABEL, "rows": SERVICE}


COUNTED = replace(WIRE, counts=(("sims", "simCount"),))
_MODE, _VSLICE, _ROWS = lookups(SampleSpec, "mode", "vslice", "rows")
HOLDER = SimHolder(secondary=(_MODE, "off"), policies=(_ROWS,), network=_VSLICE, subnet=_MODE, pool=_MODE)


def sample(**facts: Any) -> Kind:
    """The sample kind with some of its facts replaced."""
    given: dict[str, Any] = {"scope": "vslice", "wire": WIRE, "effects": Effects(fields=TABLE)}
    return Kind(name="Sample", spec=SampleSpec, **(given | facts))


def fields(**changed: Field | None) -> Wire:
    """The sample's wire with some of its fields replaced, left out, or added."""
    kept = [changed.get(field.path, field) for field in FIELDS]
    more = [field for path, field in changed.items() if path not in {known.path for known in FIELDS}]
    return replace(WIRE, fields=tuple(field for field in (*kept, *more) if field))


def of_effects(**changed: Any) -> Effects:
    """The sample's effects with some of their tables replaced."""
    return Effects(**({"fields": TABLE} | changed))


_FOLD = Fold(("mode",), ("modes",), dict, dict)
_ON_WIRE: dict[str, tuple[Wire, str]] = {
    "a field is left out": (fields(mode=None), "mode is not on the wire"),
    "a field of a row is left out": (
        replace(WIRE, items=(replace(ROWS, paths=("rows[].zone",)),)),
        "rows[].target is not on the wire",
    ),
    "two fields for one place": (
        fields(other=Field("mode", "otherMode", "otherMode", CODE)),
        "mode is on the wire 2 times: by a field and by a field",
    ),
    "a field and a fold": (
        replace(WIRE, folds=(_FOLD,)),
        "mode is on the wire 2 times: by a field and by a fold",
    ),
    "a field and the items around it": (
        fields(zone=Field("rows[].zone", "zone", "zone")),
        "rows[].zone is on the wire 2 times: by a field and by the items of rows",
    ),
    "a misspelt field": (
        fields(colour=Field("colour", "colour", "colour")),
        "colour is on the wire, but is no field of the spec",
    ),
    "a misspelt fold": (
        replace(WIRE, folds=(replace(_FOLD, paths=("modus",)),)),
        "modus is on the wire, but is no field of the spec",
    ),
    "misspelt items": (
        replace(WIRE, items=(ROWS, replace(ROWS, paths=("lines",), segment="lines", references=()))),
        "lines is on the wire, but is no field of the spec",
    ),
    "one item of no list": (
        fields(first=Field("lines.0", None, "firstLine")),
        "lines is on the wire, but is no field of the spec",
    ),
    "never read": (fields(mode=Field("mode", None, "mode")), "mode is never read from the wire"),
    "never written": (
        fields(mode=Field("mode", "mode", None)),
        "mode is never written to the wire, but is not marked as ReadOnly",
    ),
    "one member of answers for two fields": (
        fields(mode=Field("mode", "name", "mode")),
        "the member name is read for 2 fields",
    ),
    "one member of bodies for two fields": (
        fields(mode=Field("mode", "mode", "name")),
        "the member name is written for 2 fields",
    ),
    "one member for a field and a fold": (
        replace(fields(mode=None), folds=(replace(_FOLD, members=("name",)),)),
        "the member name is read for 2 fields; the member name is written for 2 fields",
    ),
    "a Ref that is written as text": (
        fields(vslice=Field("vslice", "vslice", "vslice")),
        "vslice is a Ref to VSlice, but its codec writes no reference",
    ),
    "a Ref of another kind": (
        fields(vslice=Field("vslice", "vslice", "vslice", reference("EventMap"))),
        "vslice is a Ref to VSlice, but its codec writes a reference to EventMap",
    ),
    "a text that is written as a reference": (
        fields(mode=Field("mode", "mode", "mode", reference("VSlice"))),
        "mode is no Ref, but its codec writes a reference to VSlice",
    ),
    "a Ref in a row that the items do not know": (
        replace(WIRE, items=(replace(ROWS, references=()),)),
        "rows[].target is a Ref to RoutingTarget, but its codec writes no reference",
    ),
    "a Ref in a row of another kind": (
        replace(WIRE, items=(replace(ROWS, references=(("rows[].target", "EdgeService"),)),)),
        "rows[].target is a Ref to RoutingTarget, but its codec writes a reference to EdgeService",
    ),
}
_EFFECTS: dict[str, tuple[Effects, str]] = {
    "a field without an effect": (
        of_effects(fields={name: effect for name, effect in TABLE.items() if name != "mode"}),
        "mode has no effect; an edit of it needs one",
    ),
    "a field with two": (
        of_effects(fields={**TABLE, "rows[].zone": LABEL}),
        "rows[].zone has 2 effects; an edit of it needs one",
    ),
    "an effect of no field": (
        of_effects(fields={**TABLE, "colour": LABEL}),
        "colour has an effect, but is no field of the spec",
    ),
    "a further item of what is no list": (
        of_effects(added={"mode": LABEL}),
        "mode has an effect of a further item, but is no list",
    ),
    "a value that a field never has": (
        of_effects(values={"mode": {"on": SERVICE, "off": CHECK_IN, CLEARED: LABEL}}),
        f"mode has an effect of the value {CLEARED}, which it never has",
    ),
    "some of the values": (
        of_effects(values={"mode": {"on": SERVICE}}),
        "mode has effects of some of its values, and of others none",
    ),
}


def _problem(**facts: Any) -> str:
    with pytest.raises(KindError) as caught:
        sample(**facts)
    return str(caught.value)


def test_a_kind_whose_facts_agree_is_made() -> None:
    """The sample that the other tests break is sound."""
    assert sample().known_members == {"id", "moniker", "name", "vslice", "mode", "serialnumber"}


@pytest.mark.parametrize("case", _ON_WIRE)
def test_a_field_that_is_not_on_the_wire_exactly_once_stops_the_kind(case: str) -> None:
    """Every leaf is on the wire once, every place on the wire is a field, every Ref agrees with its codec."""
    wire, expected = _ON_WIRE[case]
    assert _problem(wire=wire) == f"Sample: {expected}"


@pytest.mark.parametrize("case", _EFFECTS)
def test_an_edit_without_exactly_one_effect_stops_the_kind(case: str) -> None:
    """Impact counts SIMs by what they notice of each field."""
    effects, expected = _EFFECTS[case]
    assert _problem(effects=effects) == f"Sample: {expected}"


def test_every_mistake_is_named_at_once() -> None:
    """The author of a kind sees all that is missing in one message."""
    found = _problem(wire=fields(mode=None, serial=None), effects=of_effects(added={"mode": LABEL}))
    assert found == (
        "Sample: mode has an effect of a further item, but is no list; mode is not on the wire; "
        "serial is not on the wire"
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"one_of": ("mode", "colour")}, "colour is one of several, but is no field of the spec"),
        ({"scope": "mode"}, "mode is the scope, but is no Ref"),
        ({"scope": "network"}, "network is the scope, but is no Ref"),
        ({"sims": SimList(groups=("vslice",), tags=())}, "it lists SIMs, but fields are on the wire"),
        (
            {"wire": Wire(collection="samples"), "sims": SimList(groups=("vslice", "group"), tags=("rows[].tag",))},
            "group lists SIMs, but is no field of the spec; rows[].tag lists SIMs, but is no field of the spec",
        ),
        ({"holder": HOLDER}, "it holds SIMs, but the wire does not count them"),
        ({"holder": replace(HOLDER, secondary=(_MODE, "half")), "wire": COUNTED}, "mode is never half"),
        (
            {"holder": replace(HOLDER, network=Lookup(Entry, "zone")), "wire": COUNTED},
            "zone says how SIMs are held, but is of another spec",
        ),
    ],
)
def test_a_fact_of_a_field_that_is_not_there_stops_the_kind(facts: dict[str, Any], expected: str) -> None:
    """The facts of the whole kind name fields of its spec."""
    assert _problem(**facts) == f"Sample: {expected}"


@pytest.mark.parametrize("kind", [kind for kind in kinds().values() if kind.wire.fields], ids=lambda kind: kind.name)
def test_each_field_of_each_kind_is_missed_when_it_is_taken_from_the_wire(kind: Kind) -> None:
    """No kind of ours says anything twice, so nothing can be taken away."""
    for field in kind.wire.fields:
        if "." not in field.path:
            wire = replace(kind.wire, fields=tuple(other for other in kind.wire.fields if other is not field))
            with pytest.raises(KindError, match=f"^{kind.name}: .*{field.path} is not on the wire"):
                replace(kind, wire=wire)


def test_a_kind_says_which_of_its_objects_hold_sims() -> None:
    """Secondary objects hold none; a kind without SIMs holds none at all."""
    held = sample(holder=HOLDER, wire=COUNTED)
    assert [held.is_held_in({"mode": mode}) for mode in ("on", "off")] == [True, False]
    assert [held.is_secondary({"mode": mode}) for mode in ("on", "off")] == [False, True]
    assert (sample().is_held_in({}), sample().is_secondary({})) == (False, False)


def test_a_kind_of_sims_says_which_groups_and_tags_it_names() -> None:
    """Each at its place in the document; what is cleared is named, and what is left out is not."""
    kind = kind_named("EndpointSet")
    spec = {
        "group": "a",
        "onRemove": {"moveTo": "b"},
        "attributes": {"tags": None},
        "members": [{"file": {}}, {"list": [{"iccid": "1"}, {"iccid": "2", "tags": ["x"]}]}],
    }
    assert list(kind.groups_in(spec)) == [(("group",), "a"), (("onRemove", "moveTo"), "b")]
    assert list(kind.tags_in(spec)) == [
        (("attributes", "tags"), None),
        (("members", 1, "list", 1, "tags"), ["x"]),
    ]
    assert list(kind.groups_in({"group": "a", "onRemove": "report"})) == [(("group",), "a")]


def test_a_misspelt_look_up_fails_where_it_is_made() -> None:
    """A name that the spec does not declare never reads as a field that was left out."""
    with pytest.raises(TypeError, match=r"^SampleSpec has no field 'vslcie'$"):
        lookups(SampleSpec, "vslice", "vslcie")


def test_a_look_up_gives_the_value_or_the_default() -> None:
    """A field that is left out reads as its default, where it has one; null is a value."""
    kind = Lookup(kind_named("EndpointGroup").spec, "type")
    (event_map,) = lookups(kind_named("EndpointGroup").spec, "eventMap")
    assert (kind.of({}), kind.of({"type": "secondary"}), event_map.of({}), event_map.of({"eventMap": None})) == (
        "primary",
        "secondary",
        None,
        None,
    )
    assert spec_path(event_map, 3, "x") == ("spec", "eventMap", 3, "x")
