"""Export: the account as an estate, into an empty folder or into an estate that is there."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from reconciler.control_plane.errors import IncompleteRead
from reconciler.control_plane.listing import PASSES
from reconciler.control_plane.port import ControlPlane
from reconciler.environment import uncollected
from reconciler.errors import UsageError
from reconciler.exporting.ground import Ground, ground_of
from reconciler.exporting.selection import Selection
from reconciler.kinds import sim_set_kind
from reconciler.manifests.declarations import Loaded
from reconciler.operations.estate import Estate
from reconciler.operations.export_files import CONFIGURATION_FILE, Exported, Reading, proven
from reconciler.operations.export_wish import Wish, wish_of
from reconciler.operations.platform import connected
from reconciler.operations.proving import sealed
from reconciler.operations.validate import sound, validate

__all__ = ["Exported", "Wish", "export", "export_into", "wish_of"]
_SKIPPED = frozenset({".git", ".reconciler", "node_modules"})


def export(estate: Estate, folder: Path, wish: Wish | None = None) -> Exported:
    """
    Write manifests of everything that the account has, or of what is wished and the scope of the estate lets it own.

    The files are validated and planned against what was read before they are written. `UsageError` for a folder that
    is not empty or cannot be written. Nothing is written before all of it is read.
    """
    wish = wish or Wish()
    if folder.exists() and any(folder.iterdir()):
        message = f"{folder} is not empty"
        hint = "name a folder that is empty or does not exist yet, or add what is missing with --into"
        raise UsageError(message, hint=hint)
    ground = Ground(name=folder.resolve().name, scope=estate.configuration().scope)
    exported = _exported(estate, wish, ground)
    _written(folder, exported.files)
    return exported


def export_into(estate: Estate, folder: Path, wish: Wish | None = None) -> Exported:
    """
    Add what an estate in a folder does not declare yet, and refer to it by its name where it was ``existing:``.

    No other byte of the tree changes, and files that are there keep their names. Nothing is written if the result is
    not proven. Raises as `export` does, and `InvalidManifests` for a tree that is not valid.
    """
    wish = wish or Wish()
    there = replace(estate, root=folder)
    loaded = sound(there, validate(there))
    ground = ground_of(loaded, _files(folder, loaded), _names(folder))
    selection = wish.selection.beside(ground.declared, ground.listed, ground.referred)
    exported = _exported(there, replace(wish, selection=selection), ground)
    if not exported.failures:
        _written(folder, exported.files, edited=exported.edited)
    return exported


def _exported(estate: Estate, wish: Wish, ground: Ground) -> Exported:
    with uncollected():
        with connected(estate, sealed) as control_plane:
            reading = read_account(control_plane, wish.selection)
        return proven(reading, wish, ground)


def read_account(control_plane: ControlPlane, selection: Selection) -> Reading:
    """Everything of an account; the SIMs, if they are asked for, again where their list contradicts itself."""
    snapshot = control_plane.snapshot(keep=True)
    if not selection.takes_sims(sim_set_kind().name):
        return Reading(snapshot)
    why = ""
    for _ in range(PASSES):
        try:
            sims = tuple(sim for page in control_plane.sims.pages(known=True) for sim in page)
        except IncompleteRead as error:
            why = str(error)
            continue
        if len({sim.iccid for sim in sims}) == len(sims):
            return Reading(snapshot, sims)
        why = "a SIM came twice"
    message = f"the SIMs could not be read completely: {why}"
    raise IncompleteRead(message, hint="somebody may be changing them right now; try again")


def _files(folder: Path, loaded: Loaded) -> Mapping[str, bytes]:
    """The files that an estate is made of: its configuration, its manifests and its files of SIMs."""
    roster = () if loaded.roster is None else loaded.roster.files
    found = {name: content for name, content in loaded.sources.items() if name != CONFIGURATION_FILE}
    if (folder / CONFIGURATION_FILE).is_file():
        found[CONFIGURATION_FILE] = loaded.settings
    return found | {name: (folder / name).read_bytes() for name in roster}


def _names(folder: Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        yield from ((Path(place) / name).relative_to(folder).as_posix() for name in names)


def _written(folder: Path, files: Mapping[str, bytes], *, edited: tuple[str, ...] = ()) -> None:
    try:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name in edited:
                # The bytes before are written nowhere else: a name that is replaced keeps one of the two.
                beside = path.with_name(f".{path.name}.export")
                beside.write_bytes(content)
                beside.chmod(path.stat().st_mode & 0o7777)
                beside.replace(path.resolve())
            else:
                path.write_bytes(content)
    except OSError as error:
        message = f"cannot write into {folder}: {error.strerror}"
        raise UsageError(message, hint="name a folder that can be written") from error
