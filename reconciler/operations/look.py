"""The account beside the manifests: every object with its declaration, and what differs."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reconciler.diagnostics import nearest
from reconciler.diffing.canonical import normal, with_secrets
from reconciler.diffing.seen import Relation, SeenObject
from reconciler.errors import ReconcilerError, UsageError
from reconciler.kinds import kind_named, object_kinds
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.kind import Kind
from reconciler.model.resource import Resource, Resources
from reconciler.model.secret import Digester, SecretRef, host_in
from reconciler.model.snapshot import Account, Observed, Snapshot
from reconciler.operations.estate import Estate
from reconciler.operations.platform import connected, digester
from reconciler.operations.store_location import store_location
from reconciler.operations.validate import validate
from reconciler.plan.comparing import SECRET, compare
from reconciler.plan.matching import matches

if TYPE_CHECKING:
    from reconciler.control_plane.rest import RestControlPlane
    from reconciler.model.roster import Roster

SIMS = "sims"
_WORDS_FOR_SIMS = frozenset({"sim", "sims", "endpoint", "endpoints"})


@dataclass(frozen=True, slots=True)
class Scene:
    """
    The two sides that are looked at.

    `declared` is None where the manifests are invalid: then only the live side is shown. `roster` is None where the
    estate declares no SIMs.
    """

    control_plane: "RestControlPlane"
    digest: Digester
    declared: Resources | None
    roster: "Roster | None"
    inventory: Inventory | None
    owners: Mapping[tuple[str, str], str]
    sources: Mapping[Address, str]


@contextmanager
def looking(estate: Estate) -> Iterator[Scene]:
    """
    Read the manifests and the store, and open the platform.

    A mistake in the manifests or the store is noted and is no error: the account can be looked at without them.
    """
    configuration = estate.configuration()
    checked = validate(estate)
    note = estate.caller.note
    declared = None
    if checked.has_errors:
        note("note: the manifests are invalid (run `reconciler validate`), so only the live side is shown")
    else:
        declared = checked.loaded.built.estate
    key, inventory = None, None
    try:
        from reconciler.store.reader import read

        stored = read(store_location(estate, configuration), configuration.name)
        if stored is not None:
            key, inventory = stored.key, stored.inventory
    except ReconcilerError as error:
        note(f"note: the store cannot be read, so owners are not shown: {error}")
    origins = checked.loaded.built.origins
    spans = {address: origins.span(str(address), ()) for address in declared or ()}
    sources = {address: str(span) for address, span in spans.items() if span is not None}
    roster = checked.loaded.roster if declared is not None else None
    with connected(estate, digester(key)) as control_plane:
        yield Scene(
            control_plane, digester(key), declared, roster, inventory, _owners(configuration.name, inventory), sources
        )


def _owners(estate: str, inventory: Inventory | None) -> Mapping[tuple[str, str], str]:
    """The estate that owns an object, by kind and id."""
    if inventory is None:
        return {}
    return {**inventory.others, **{(row.address.kind, row.remote_id): estate for row in inventory.owned.values()}}


def kind_of(word: str) -> str:
    """
    The name of the kind that a person means, or `SIMS`: in any case, singular or plural, or its last word.

    `UsageError` with the nearest name for anything else.
    """
    plain = word.lower().replace("-", "").replace("_", "")
    if plain in _WORDS_FOR_SIMS:
        return SIMS
    found: dict[str, set[str]] = {}
    for name, kind in object_kinds().items():
        for spelling in (name.lower(), kind.file_name.removesuffix(".yaml").replace("-", "")):
            found.setdefault(spelling, set()).add(name)
        for spelling in (kind.slug.split("-")[-1], kind.file_name.removesuffix(".yaml").split("-")[-1]):
            found.setdefault(spelling, set()).add(name)
    meant = found.get(plain, set())
    if len(meant) == 1:
        return next(iter(meant))
    if meant:
        message = f"{word} may be any of {', '.join(sorted(meant))}"
        raise UsageError(message, hint="write the whole name")
    guess = nearest(plain, [*found, *_WORDS_FOR_SIMS])
    message = f"there is no kind {word[:40]!r}"
    if "/" in word:
        raise UsageError(message, hint=f"one object is shown by: reconciler describe {shlex.quote(word[:80])}")
    raise UsageError(message, hint=f"did you mean {guess}?" if guess else f"kinds: sims, {', '.join(object_kinds())}")


def objects(scene: Scene, kind_name: str, names: Sequence[str] = ()) -> list[SeenObject]:
    """The objects of a kind by name, those that are declared and not live too; `names` are patterns."""
    kind = kind_named(kind_name)
    seen = scene.control_plane.objects(kind_name)
    snapshot = Snapshot(Account(""), seen)
    resources = Resources((scene.declared or Resources()).of_kind(kind_name).values())
    found: dict[Address, SeenObject] = {}
    for match in matches(resources, snapshot, scene.inventory):
        if match.live is None:
            found[match.resource.address] = _missing(scene, kind, match.resource)
        else:
            found[match.live.address] = _both(scene, kind, match.live, match.resource)
    alone = Relation.UNDECLARED if scene.declared is not None else Relation.UNKNOWN
    for one in seen:
        if one.address not in found:
            found[one.address] = _seen(scene, kind, one, alone)
    return [one for address, one in sorted(found.items()) if _is_named(one, names)]


def _is_named(one: SeenObject, names: Sequence[str]) -> bool:
    known = [one.address.name, *([one.declared_as.name] if one.declared_as else [])]
    return not names or any(fnmatchcase(name, pattern) for name in known for pattern in names)


def _missing(scene: Scene, kind: Kind, resource: Resource) -> SeenObject:
    return SeenObject(
        resource.address,
        Relation.MISSING,
        declared=_hidden(kind, resource.spec),
        declared_as=resource.address,
        source=scene.sources.get(resource.address),
    )


def _both(scene: Scene, kind: Kind, live: Observed, resource: Resource) -> SeenObject:
    digests: dict[str, str] = {}

    def note(path: str, value: Any) -> Any:
        # A literal is a URL; what a reference leads to is not read here, and takes the live value.
        if isinstance(value, str):
            digests[path] = scene.digest(value)
        return value

    with_secrets(kind, resource.spec, note)
    found = compare(kind, normal(kind, resource.spec), live, digests=digests, renames={})
    differences = found.fields if found is not None else ()
    is_same = found is None and live.address == resource.address
    seen = _seen(scene, kind, live, Relation.SAME if is_same else Relation.DIFFERS)
    return replace(
        seen,
        declared=_hidden(kind, resource.spec),
        declared_as=resource.address,
        differences=differences,
        source=scene.sources.get(resource.address),
    )


def _seen(scene: Scene, kind: Kind, live: Observed, relation: Relation) -> SeenObject:
    return SeenObject(
        live.address,
        relation,
        live=_hidden(kind, live.spec),
        remote_id=live.remote_id,
        counts=live.counts,
        outputs=_outputs(kind, live),
        owner=scene.owners.get((live.address.kind, live.remote_id)),
        belongs_to_platform=live.fixed,
    )


def _outputs(kind: Kind, live: Observed) -> Mapping[str, Any]:
    if live.raw is None:
        return {}
    spelt = {name.lower(): value for name, value in live.raw.payload.items()}
    names = {name.lower(): name for name in kind.wire.members}
    payload = {names.get(name, name): value for name, value in spelt.items()}
    found = {}
    for name, read in kind.wire.outputs:
        try:
            value = read(payload)
        except (TypeError, ValueError, AttributeError, KeyError):
            # Another form than is known: nothing is said of it.
            continue
        if isinstance(value, str | int) and value != "":
            found[name] = value
    return found


def _hidden(kind: Kind, spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """The spec without the values of secrets; a reference to one stays, and of an address the host."""

    def hidden(_path: str, value: Any) -> Any:
        if SecretRef.of(value) is not None:
            return value
        parts = urlsplit(value) if isinstance(value, str) and value.startswith(("http://", "https://")) else None
        host = parts.hostname if parts else host_in(str(value))
        return f"{SECRET} at {host}" if host else SECRET

    return with_secrets(kind, spec, hidden)
