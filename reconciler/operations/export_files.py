"""The files of an export: composed from one reading of an account, and proven before they are handed on."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reconciler.exporting.composing import Composed, Composition, composed
from reconciler.exporting.documents import SCHEMA_FOLDER, modeline, schema_file
from reconciler.exporting.ground import Ground, rewritten
from reconciler.exporting.layout import Arrangement, arranged, arrangement
from reconciler.exporting.leftover import Leftover, by_object, table
from reconciler.exporting.selection import Selection
from reconciler.exporting.sims import ExportedSims, SimComposition, exported_sims
from reconciler.exporting.variables import EXAMPLE_FILE, example
from reconciler.kinds import group_kind, object_kinds, sim_set_kind
from reconciler.manifests import writer
from reconciler.manifests.metadata import ESTATE
from reconciler.model.address import Address
from reconciler.model.resource import Resource, Resources
from reconciler.model.scope import ANYTHING, Scope
from reconciler.model.snapshot import Snapshot
from reconciler.operations.export_wish import Wish
from reconciler.operations.proving import Doubt, doubts
from reconciler.operations.schema import schema_of
from reconciler.positions import Path as Place

TABLE_FILE, CONFIGURATION_FILE, IGNORE_FILE = "not-managed.csv", "reconciler.yaml", ".gitignore"
NOT_CHOSEN = "it is not chosen"
_ROUNDS = 8
_IGNORED = b".reconciler/\n*.plan\nsecrets.env\n"
_MOST_FILES = 1_000_000


@dataclass(frozen=True, slots=True)
class Exported:
    """
    The resources by kind, the files, the number of SIMs, the variables of secrets, and the values in no manifest.

    `leftovers` are the live values that no manifest holds, `left_out` the objects. `failures` say why the files are
    not valid, or not without changes; there are none as a rule. `edited` are files of the tree that was there.
    """

    resources: Mapping[str, tuple[Resource, ...]]
    files: Mapping[str, bytes] = field(repr=False)
    sims: int = 0
    variables: tuple[str, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    left_out: tuple[tuple[Address, str], ...] = ()
    failures: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()

    @property
    def set_kind(self) -> str:
        """The kind of the sets that list SIMs."""
        return sim_set_kind().name

    @property
    def objects(self) -> int:
        """The number of objects of the platform: sets of SIMs are none."""
        return sum(len(found) for kind, found in self.resources.items() if kind in object_kinds())

    def file_like(self, name: str) -> str:
        """The file of the export that has this name, or the name with a number."""
        stem = name.partition(".")[0]
        return next((one for one in self.files if one.startswith(stem)), name)


@dataclass(frozen=True, slots=True)
class Reading:
    """One complete reading of an account: its objects, and its SIMs in the order of the list."""

    snapshot: Snapshot
    sims: tuple[Any, ...] = ()


def proven(reading: Reading, wish: Wish, ground: Ground) -> Exported:
    """
    The files of an export, after as many rounds as it takes until they are valid and a plan of them is empty.

    In each round the fields that are invalid or would change are left out, and become leftovers; a field that is
    left out already, or that an object needs, leaves out the object.
    """
    scope = ground.scope
    composition = Composition(
        selection=wish.selection,
        scope=scope,
        is_brief=wish.is_brief,
        declared=ground.declared,
        taken_variables=ground.variables,
    )
    for _ in range(_ROUNDS):
        exported = composed_files(reading, composition, wish, ground)
        with tempfile.TemporaryDirectory() as stage:
            _write(Path(stage), {**ground.files, **exported.files})
            found = doubts(Path(stage), reading.snapshot, reading.sims, max_files=_MOST_FILES)
        found = [doubt for doubt in found if _is_ours(doubt, exported, ground)]
        narrowed = _without(composition, found)
        if not found or narrowed is None:
            break
        composition = narrowed
    return replace(exported, failures=tuple(dict.fromkeys(map(_failure, found))))


def _is_ours(doubt: Doubt, exported: Exported, ground: Ground) -> bool:
    """Whether a doubt is about this export: an estate that was there may have changes of its own to apply."""
    if ground.loaded is None:
        return True
    if doubt.address is not None:
        return any(resource.address == doubt.address for resource in exported.resources.get(doubt.address.kind, ()))
    return any(f"{one.address}:" in doubt.why for one in exported.resources.get(exported.set_kind, ()))


def _failure(doubt: Doubt) -> str:
    return doubt.why if doubt.address is None else f"{doubt.address}: {doubt.why}"


def _without(composition: Composition, found: list[Doubt]) -> Composition | None:
    """The composition without the places that are in doubt; None where nothing more can be left out."""
    without: dict[Address, set[Place]] = {address: set(paths) for address, paths in composition.without.items()}
    why = dict(composition.why)
    before = sum(map(len, without.values()))
    for doubt in found:
        if doubt.address is None or doubt.address.kind == sim_set_kind().name:
            continue
        paths = without.setdefault(doubt.address, set())
        path = () if doubt.path in composition.without.get(doubt.address, ()) else doubt.path
        paths.add(path)
        why.setdefault((doubt.address, path), doubt.why)
    if sum(map(len, without.values())) == before:
        return None
    return replace(composition, without=without, why=why)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        if name.startswith(f"{SCHEMA_FOLDER}/"):
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def composed_files(reading: Reading, composition: Composition, wish: Wish, ground: Ground) -> Exported:
    """The files of an export as they are composed, unproven."""
    found = composed(reading.snapshot, composition)
    sims, places = _sims(reading, composition, wish, found, ground)
    leftovers = tuple(sorted({*found.leftovers, *sims.leftovers}))
    resources = [*found.resources, *(resource for _, resource in sims.sets)]
    files = arranged(resources, by_object(leftovers), places, is_brief=wish.is_brief, taken=ground.is_taken)
    files |= sims.files
    settings = writer.configuration(ground.name, _scope(composition.scope, wish.selection))
    once = {
        CONFIGURATION_FILE: modeline(CONFIGURATION_FILE, [ESTATE]).encode() + settings,
        IGNORE_FILE: _IGNORED,
        **_schemas({resource.address.kind for resource in resources}),
    }
    files |= {name: content for name, content in once.items() if not ground.is_taken(name)}
    if found.variables:
        files[ground.free(EXAMPLE_FILE)] = example(found.variables)
    if leftovers:
        files[ground.free(TABLE_FILE)] = table(leftovers)
    edits = rewritten(ground, frozenset(resource.address for resource in resources))
    by_kind: dict[str, tuple[Resource, ...]] = {}
    for resource in resources:
        by_kind[resource.address.kind] = (*by_kind.get(resource.address.kind, ()), resource)
    return Exported(
        by_kind,
        dict(sorted({**files, **edits}.items())),
        sims.count,
        tuple(sorted(one.name for one in found.variables.values())),
        leftovers,
        tuple((address, why) for address, why in found.left_out.items() if why != NOT_CHOSEN),
        edited=tuple(sorted(edits)),
    )


def _sims(
    reading: Reading, composition: Composition, wish: Wish, found: Composed, ground: Ground
) -> tuple[ExportedSims, Arrangement]:
    chosen: dict[str, str | None] = {}
    known = Resources() if ground.loaded is None else ground.loaded.built.estate
    groups = [one for one in (*found.resources, *known.values()) if one.address.kind == group_kind().name]
    places = arrangement(wish.layout, groups, lambda: chosen, base=ground.base)
    sims = exported_sims(
        reading.sims,
        reading.snapshot,
        SimComposition(
            selection=wish.selection,
            scope=composition.scope,
            outside=frozenset(found.left_out) - composition.declared,
            is_brief=wish.is_brief,
            taken=ground.sets(sim_set_kind().name),
            folder=places.folder_of_sims,
            free=ground.free,
            is_addition=ground.loaded is not None,
        ),
    )
    chosen.update({resource.address.name: group for group, resource in sims.sets})
    return sims, places


def _scope(scope: Scope, selection: Selection) -> Scope:
    """The scope of the exported estate: that of the estate here, within the choice."""
    if scope != ANYTHING:
        return scope
    kinds = tuple(sorted(selection.kinds - {sim_set_kind().name}))
    return Scope(names=("*",), vslices=selection.vslices, kinds=kinds)


def _schemas(kinds: set[str]) -> dict[str, bytes]:
    schemas = {schema_file(kind): schema_of(kind) for kind in (*kinds, ESTATE)}
    schemas[schema_file(None)] = schema_of(None)
    return {name: (json.dumps(schema, indent=2, sort_keys=True) + "\n").encode() for name, schema in schemas.items()}
