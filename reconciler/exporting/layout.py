"""Which file a resource is written into: by kind, by VSlice, or by group."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.exporting.documents import DocumentText, document, files_of
from reconciler.exporting.leftover import Leftover
from reconciler.exporting.names import file_stem
from reconciler.exporting.selection import vslices_of
from reconciler.exporting.sims import FOLDER
from reconciler.kinds import group_kind, holder, kind_named, sim_set_kind
from reconciler.model.references import bare
from reconciler.model.resource import Resource

_ACCOUNT, _GROUPS, _SHARED, _VSLICES = "account", "groups", "shared", "vslices"

FULL_HEAD = """\
# Exported from the platform. All fields are stated, so that a later change in the portal is seen as drift;
# a comment names what no field can hold.

"""
BRIEF_HEAD = """\
# Exported from the platform with --brief. Fields at the platform's default are left out: they are not managed here,
# and a later change of them in the portal is not seen.

"""


class FileLayout(StrEnum):
    """
    How an export is divided into files.

    | layout   | files                                                                      |
    |----------|----------------------------------------------------------------------------|
    | `kind`   | one for each kind, ``endpoint-groups.yaml``                                |
    | `vslice` | a folder for each VSlice, with a file for each kind; ``account/`` for others |
    | `group`  | a file for each primary group with its secondaries and SIMs; ``shared/``   |
    """

    KIND = "kind"
    VSLICE = "vslice"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """
    The places of the files of an export: the group of each set, and the VSlice and primary of each group.

    All of them are below the folder `base`.
    """

    layout: FileLayout
    group_of_set: Mapping[str, str | None]
    vslice_of_group: Mapping[str, str]
    primary_of: Mapping[str, str]
    base: str = ""

    def folder_of_sims(self, group: str | None) -> str:
        """The folder of the file of SIMs of a group."""
        vslice = self.vslice_of_group.get(group or "")
        if self.layout is not FileLayout.VSLICE:
            return f"{self.base}{FOLDER}"
        return f"{self.base}{_ACCOUNT if vslice is None else f'{_VSLICES}/{file_stem(vslice)}'}/{FOLDER}"

    def name_of(self, resource: Resource) -> str:
        """The file of a resource, without number and ending."""
        return f"{self.base}{self._name_of(resource)}"

    def _name_of(self, resource: Resource) -> str:
        kind = kind_named(resource.address.kind)
        stem = kind.file_name.removesuffix(".yaml")
        group = self._group(resource)
        match self.layout:
            case FileLayout.KIND:
                return stem
            case FileLayout.VSLICE:
                vslice = self._vslice(resource, group)
                return f"{_ACCOUNT}/{stem}" if vslice is None else f"{_VSLICES}/{file_stem(vslice)}/{stem}"
        if group is None:
            return f"{_SHARED}/{stem}"
        return f"{_GROUPS}/{file_stem(self.primary_of.get(group, group))}"

    def _group(self, resource: Resource) -> str | None:
        if resource.address.kind == group_kind().name:
            return resource.address.name
        if resource.address.kind == sim_set_kind().name:
            return self.group_of_set.get(resource.address.name)
        return None

    def _vslice(self, resource: Resource, group: str | None) -> str | None:
        if group is not None:
            return self.vslice_of_group.get(group)
        found = vslices_of(resource.address, resource.spec, kind_named(resource.address.kind).scope)
        return bare(found[0]) if found else None


def arrangement(
    layout: FileLayout,
    groups: Iterable[Resource],
    group_of_set: Callable[[], Mapping[str, str | None]],
    *,
    base: str = "",
) -> Arrangement:
    """How the files of an export are arranged, by what is known of its groups."""
    known = list(groups)
    vslices = {one.address.name: bare(holder().network.of(one.spec) or "") for one in known}
    primaries = {
        bare(secondary): one.address.name for one in known for secondary in one.spec.get("secondaryGroups") or ()
    }
    return Arrangement(layout, group_of_set(), {name: one for name, one in vslices.items() if one}, primaries, base)


def arranged(
    resources: Iterable[Resource],
    leftovers: Mapping[str, list[Leftover]],
    places: Arrangement,
    *,
    is_brief: bool = False,
    taken: Callable[[str], bool] = lambda _: False,
) -> dict[str, bytes]:
    """The manifests by file; a name that is `taken` gets a number."""
    texts: dict[str, list[DocumentText]] = {}
    for resource in resources:
        texts.setdefault(places.name_of(resource), []).append(
            document(resource, leftovers.get(str(resource.address), ()))
        )
    files: dict[str, bytes] = {}
    for name, documents in texts.items():
        free, number = name, 0
        while taken(f"{free}.yaml"):
            number += 1
            free = f"{name}-added-{number}"
        files |= files_of(free, documents, head=BRIEF_HEAD if is_brief else FULL_HEAD)
    return files
