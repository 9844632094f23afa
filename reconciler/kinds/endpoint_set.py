"""
Endpoint sets: which SIMs are in a group, from lists, files and selectors (D-22).

Length: the whole of a kind is in its file.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Required

from typing_extensions import TypedDict

from reconciler.kinds.endpoint import Iccid, Imei, SimState, Tag, primary
from reconciler.model.checks import Check, ShownAs
from reconciler.model.closed import closed
from reconciler.model.effects import CLEARED, FROM_NONE, INTO_SERVICE, LABEL, LISTING, LOCK, MOVE, UNLOCK, Effects
from reconciler.model.fields import Default, Doc, Ref, Unordered
from reconciler.model.kind import Kind
from reconciler.model.lookup import lookups, spec_path
from reconciler.model.references import EXISTING, bare, is_existing
from reconciler.model.reserved_variables import is_hidden
from reconciler.model.resource import Resource, Resources
from reconciler.model.rules import Finding, Rule, World
from reconciler.model.scalars import Boolean, Ipv4, Reference, Text, length, refuse, whole
from reconciler.model.sim_facts import SimList
from reconciler.model.wire import Wire

_PERCENT = re.compile(r"(100|[0-9]{1,2})%")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
LARGEST_BATCH = 5_000
MOVE_TO, _EXCLUSIVE, _REPORT, _NAME = "moveTo", "exclusive", "report", "EndpointSet"


def _path(value: Any) -> str:
    text = str(value) if isinstance(value, str) else ""
    if not text or text.startswith(("/", "~")) or ".." in text.split("/"):
        raise refuse("a path below the estate's folder", value, "write a relative path without ..")
    if is_hidden(text.split("/")):
        raise refuse("a path without a name that begins with a dot", value, "put the file into a folder such as sims")
    return text


def _sha256(value: Any) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise refuse("a SHA-256 of 64 hexadecimal digits", value, "write what sha256sum prints for the file")
    return str(value)


def _on_remove(value: Any) -> Any:
    if isinstance(value, str) and value in {"report", "suspend"}:
        return str(value)
    if isinstance(value, dict) and set(value) == {MOVE_TO} and isinstance(value[MOVE_TO], str):
        return {MOVE_TO: str(value[MOVE_TO])}
    raise refuse("report, suspend or {moveTo: <group>}", value, "choose one of the three")


def _most(value: Any) -> Any:
    if isinstance(value, str) and (_PERCENT.fullmatch(value) or _NUMBER.fullmatch(value)):
        return str(value) if value.endswith("%") else int(value)
    raise refuse("a number of SIMs, or a share such as 5%", value, "write for example 500 or 5%")


@closed
class Columns(TypedDict, total=False):
    """Which column of the file holds what, by its heading."""

    iccid: Annotated[Text, Default("iccid"), Doc("The ICCID.")]
    displayName: Annotated[Text, Doc("The portal's Name.")]
    reference: Annotated[Text, Doc("The owner's own number.")]
    tags: Annotated[Text, Doc("Labels, separated by semicolons.")]
    staticIPv4: Annotated[Text, Doc("A fixed address of the group's subnet (D-46).")]
    imeiLock: Annotated[Text, Doc("The only device that may use it.")]
    state: Annotated[Text, Doc("active or suspended.")]


@closed
class File(TypedDict, total=False):
    """A file of SIMs below the estate's folder."""

    path: Required[
        Annotated[str, Check(_path), Doc("A .csv, .csv.gz or .parquet file, or a pattern such as sims/uk-*.csv.")]
    ]
    columns: Annotated[Columns, Doc("Where columns have other names; columns that are not named are not read.")]
    sha256: Annotated[
        str,
        Check(_sha256),
        ShownAs({"type": "string", "pattern": "^[0-9a-f]{64}$"}),
        Doc("Refuse the file unless its bytes have this digest."),
    ]
    checkDigit: Annotated[Boolean, Default(True), Doc("Whether ICCIDs must have a right check digit.")]
    emptyCells: Annotated[
        Literal["keep", "clear"],
        Default("keep"),
        Doc("keep: an empty cell says nothing of the setting; clear: the SIM is to have no value there."),
    ]


@closed
class ListedSim(TypedDict, total=False):
    """One SIM of a list, by ICCID or by reference."""

    iccid: Annotated[Iccid, Doc("The SIM's number.")]
    reference: Annotated[Text, Doc("The owner's number that it has on the platform.")]
    displayName: Annotated[Annotated[str, length(1, 150)], Doc("The portal's Name.")]
    tags: Annotated[list[Tag], Unordered(), Doc("Free labels.")]
    staticIPv4: Annotated[Ipv4, Doc("A fixed address of the group's subnet (D-46).")]
    imeiLock: Annotated[Imei, Doc("The only device that may use it.")]
    state: Annotated[SimState, Doc("active, suspended, or terminated, which is final (D-42).")]


@closed
class Tags(TypedDict, total=False):
    """Conditions on the live tags of a SIM."""

    all: Annotated[list[Tag], Unordered(), Doc("It has each of these.")]
    any: Annotated[list[Tag], Unordered(), Doc("It has at least one of these.")]
    none: Annotated[list[Tag], Unordered(), Doc("It has none of these.")]


@closed
class From(TypedDict, total=False):
    """Where a selector looks."""

    groups: Required[
        Annotated[
            list[Annotated[Reference, Ref("EndpointGroup")]], Unordered(), Doc("Groups that SIMs are taken from.")
        ]
    ]


# `from` bounds the search: without it a selector could empty groups by surprise. It is a word of Python, too.
Select = TypedDict(
    "Select",
    {
        "tags": Annotated[Tags, Doc("Conditions on tags.")],
        "reference": Annotated[Text, Doc("A pattern for the reference, such as HGV-UK-*.")],
        "from": Required[Annotated[From, Doc("Where to look.")]],
    },
    total=False,
)
"""SIMs by what the platform knows of them now; the plan freezes the result."""
closed(Select)


@closed
class Members(TypedDict, total=False):
    """One source of members: exactly one of list, file and select."""

    list: Annotated[list[ListedSim], Doc("SIMs, one by one.")]
    file: Annotated[File, Doc("A file of SIMs.")]
    select: Annotated[Select, Doc("SIMs by live tags and reference.")]


@closed
class Attributes(TypedDict, total=False):
    """The settings of every member; those of its own row win over them."""

    tags: Annotated[list[Tag], Unordered(), Doc("Free labels.")]
    imeiLock: Annotated[Imei | None, Doc("null unlocks every member.")]


@closed
class SetLimits(TypedDict, total=False):
    """How far one apply may go with this set."""

    batch: Annotated[
        Annotated[int, whole(1, LARGEST_BATCH), ShownAs({"type": "integer", "minimum": 1, "maximum": LARGEST_BATCH})],
        Default(500),
        Doc("SIMs in one request."),
    ]
    maxMoves: Annotated[
        Any,
        Check(_most),
        ShownAs({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^(100|[0-9]{1,2})%$"}]}),
        Doc("More SIMs than this are not moved into the group by one plan: a number, or a share of the set."),
    ]


@closed
class EndpointSetSpec(TypedDict, total=False):
    """Many SIMs for one primary group."""

    group: Annotated[
        Reference,
        Ref("EndpointGroup"),
        Doc("The primary group (D-22). Without it the set speaks of settings only: its SIMs stay where they are."),
    ]
    members: Required[Annotated[list[Members], Doc("Where the SIMs are listed; all sources together.")]]
    exclude: Annotated[list[Members], Doc("SIMs that are not meant, from the same kinds of source.")]
    attributes: Annotated[Attributes, Doc("The settings of every member.")]
    authority: Annotated[
        Literal["additive", "exclusive"],
        Default("additive"),
        Doc("exclusive: these are all the SIMs of the group; additive: others may be in it too."),
    ]
    onRemove: Annotated[
        Any,
        Check(_on_remove),
        ShownAs(
            {
                "anyOf": [
                    {"enum": ["report", "suspend"]},
                    {
                        "type": "object",
                        "required": [MOVE_TO],
                        "additionalProperties": False,
                        "properties": {MOVE_TO: {"type": "string"}},
                    },
                ]
            }
        ),
        Default("report"),
        Doc("The treatment of SIMs of an exclusive group that are not listed. They are never terminated."),
    ]
    limits: Annotated[SetLimits, Doc("How far one apply may go.")]


_GROUP, _MEMBERS, _EXCLUDE = lookups(EndpointSetSpec, "group", "members", "exclude")
_AUTHORITY, _ON_REMOVE = lookups(EndpointSetSpec, "authority", "onRemove")
_LIST, _SELECT = lookups(Members, "list", "select")
_ICCID, _REFERENCE = lookups(ListedSim, "iccid", "reference")
_TAGS, _PATTERN = lookups(Select, "tags", "reference")


def _sources(resource: Resource, world: World) -> Iterator[Finding]:
    for field in (_MEMBERS, _EXCLUDE):
        for place, source in enumerate(field.of(resource.spec) or ()):
            if len(source) != 1:
                detail = "A source is exactly one of list, file and select."
                yield Finding(spec_path(field, place), detail, "Write each source as an item of its own.")
            for number, row in enumerate(_LIST.of(source) or ()):
                if _ICCID.is_in(row) == _REFERENCE.is_in(row):
                    detail = "A SIM is named by its ICCID or by its reference."
                    yield Finding(spec_path(field, place, _LIST, number), detail, "Write exactly one of the two.")
            select = _SELECT.of(source)
            if select is not None and not _TAGS.of(select) and not _PATTERN.of(select):
                detail = "This selector takes every SIM of the groups."
                yield Finding(spec_path(field, place, _SELECT), detail, "Add tags or a reference pattern.")


def _removal(resource: Resource, world: World) -> Iterator[Finding]:
    chosen, group = _ON_REMOVE.of(resource.spec), _GROUP.of(resource.spec)
    if chosen != _REPORT and _AUTHORITY.of(resource.spec) != _EXCLUSIVE:
        detail = "onRemove works only for a set that says who is not in the group."
        yield Finding(spec_path(_ON_REMOVE), detail, "Add authority: exclusive, or remove onRemove.")
    if not isinstance(chosen, dict):
        return
    target = chosen[MOVE_TO]
    if bare(target) == bare(group or ""):
        yield Finding(spec_path(_ON_REMOVE), "moveTo names the group itself.", "Name another primary group.")
    elif not is_existing(target) and world.target(_GROUP, target) is None:
        detail = f'No {_GROUP.target} in these manifests is called "{target}".'
        yield Finding(spec_path(_ON_REMOVE), detail, f"Declare it, or write {EXISTING}{target}.")
    yield from primary(world, target, spec_path(_ON_REMOVE))
    for other in world.estate.of_kind(_NAME).values():
        is_moved_on = bare(_GROUP.of(other.spec) or "") == bare(target) and _ON_REMOVE.of(other.spec) != _REPORT
        if is_moved_on:
            detail = f"{other.address} says what happens to unlisted SIMs of {bare(target)}: they would not stay there."
            related = ((other.address, spec_path(_ON_REMOVE), "it speaks of the same SIMs"),)
            yield Finding(spec_path(_ON_REMOVE), detail, "Move them to a group that keeps them.", related)


def _groups(resource: Resource, world: World) -> Iterator[Finding]:
    if _GROUP.of(resource.spec) is None and _AUTHORITY.of(resource.spec) == _EXCLUSIVE:
        detail = "An exclusive set says which SIMs are in its group, and this one names no group."
        yield Finding(spec_path(_AUTHORITY), detail, "Name the group, or remove authority.")
    yield from primary(world, _GROUP.of(resource.spec), spec_path(_GROUP))


def _first_owners(estate: Resources) -> dict[str, Resource]:
    """The first exclusive set of each group, by name."""
    found: dict[str, Resource] = {}
    for _, resource in sorted(estate.of_kind(_NAME).items()):
        if _AUTHORITY.of(resource.spec) == _EXCLUSIVE:
            found.setdefault(bare(_GROUP.of(resource.spec) or ""), resource)
    return found


def _one_owner(resource: Resource, world: World) -> Iterator[Finding]:
    """Two exclusive sets for one group may disagree on what happens to others."""
    if _AUTHORITY.of(resource.spec) != _EXCLUSIVE:
        return
    other = world.once(_first_owners)[bare(_GROUP.of(resource.spec) or "")]
    if _ON_REMOVE.of(other.spec) != _ON_REMOVE.of(resource.spec):
        yield Finding(
            spec_path(_ON_REMOVE),
            f"{other.address} says something else about the other SIMs of the same group.",
            "Write the same onRemove in both.",
            ((other.address, spec_path(_GROUP), "it speaks of the same group"),),
        )


KIND = Kind(
    name=_NAME,
    spec=EndpointSetSpec,
    effects=Effects(
        fields={
            "group": MOVE,
            "members": LISTING,
            "exclude": LISTING,
            "attributes.tags": LABEL,
            "attributes.imeiLock": LOCK,
            "authority": LISTING,
            "onRemove": LISTING,
            "limits": LISTING,
        },
        values={"group": {FROM_NONE: INTO_SERVICE}, "attributes.imeiLock": {CLEARED: UNLOCK}},
        create=LISTING,
        delete=LISTING,
        replace=LISTING,
    ),
    wire=Wire(collection="endpoints"),
    sims=SimList(groups=(str(_GROUP), f"{_ON_REMOVE}.{MOVE_TO}"), tags=("attributes.tags", "members[].list[].tags")),
    rules=(Rule("D-22", _sources), Rule("D-22", _removal), Rule("D-22", _groups), Rule("D-22", _one_owner)),
)
