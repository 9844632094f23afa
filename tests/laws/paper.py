"""A platform on paper: what would be live and ours if an estate had just been applied, without applying anything."""

from collections.abc import Iterable
from typing import Any

from reconciler.diffing.canonical import created, unmanaged_fields, with_secrets
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory, Owned
from reconciler.model.resource import Resource, Resources, Spec
from reconciler.model.secret import SecretRef, keyed_digester
from reconciler.model.shape import Shape
from reconciler.model.snapshot import Account, Observed, Snapshot
from reconciler.plan.plan import Basis, Plan
from reconciler.plan.planner import make_plan
from reconciler.plan.situation import Situation
from tests.laws.values import VARIABLES

ACCOUNT = Account("https://platform.example", "account")
_DIGESTER = keyed_digester(b"a key for tests")
_DIGEST = f"sha256:{'0' * 64}"


def digest(value: Any) -> str | None:
    """The form in which a secret, or a URL that counts as one, is seen."""
    reference = SecretRef.of(value) or value
    return _DIGESTER(VARIABLES[str(reference.env)] if isinstance(reference, SecretRef) else reference)


def live(resource: Resource) -> Observed:
    """A declared object as the platform would answer it: every member told, secrets as digests."""
    kind = kind_named(resource.address.kind)
    spec = with_secrets(kind, created(kind, resource.address.name, resource.spec), lambda _, value: digest(value))
    others = {name: _untouched(place) for name, place in kind.shape.members.items() if name not in kind.one_of}
    return Observed(resource.address, f"id of {resource.address}", {**others, **spec})


def _untouched(place: Shape) -> Any:
    """The platform's answer for a field that nobody ever set: lists and plain blocks are there, and empty."""
    if place.item is not None:
        return []
    return dict(place.defaults) if place.defaults and not place.atomic else None


def snapshot(resources: Iterable[Resource]) -> Snapshot:
    """All of them live."""
    return Snapshot(ACCOUNT, [live(resource) for resource in resources])


def inventory(resources: Iterable[Resource]) -> Inventory:
    """All of them ours, as they were applied."""
    rows = (
        Owned(
            resource.address,
            f"id of {resource.address}",
            resource.address.name,
            protect=resource.lifecycle.protect,
            retain=resource.lifecycle.retain,
            last_applied=_applied(resource),
            secret_digests=digests(resource),
        )
        for resource in resources
    )
    return Inventory("lineage", {row.address: row for row in rows}, ACCOUNT.identity, ACCOUNT.origin)


def _applied(resource: Resource) -> Spec:
    """The fields that the store keeps: those that are declared, without what a create had to write besides."""
    kind, name = kind_named(resource.address.kind), resource.address.name
    filled = unmanaged_fields(kind, name, resource.spec)
    return {field: value for field, value in created(kind, name, resource.spec).items() if field not in filled}


def digests(resource: Resource) -> dict[str, str]:
    """The keyed digest of each secret of a declared object, by dotted path."""
    found: dict[str, str] = {}

    def note(path: str, value: Any) -> Any:
        found[path] = digest(value) or ""
        return value

    with_secrets(kind_named(resource.address.kind), resource.spec, note)
    return found


def plan(estate: Resources, seen: Snapshot, owned: Inventory | None, *, adopts: bool = False) -> Plan:
    """The plan that makes what was seen as declared."""
    return make_plan(situation(estate, seen, owned, adopts=adopts))


def situation(estate: Resources, seen: Snapshot, owned: Inventory | None, *, adopts: bool = False) -> Situation:
    """The situation that such a plan is made in."""
    basis = Basis("0", seen.account, owned.lineage if owned else None, 0, _DIGEST, _DIGEST, "estate")
    return Situation(estate, seen, owned, basis, _nowhere, digest, adopts=adopts)


def _nowhere(_address: Address, _path: tuple[str | int, ...]) -> None:
    return None


def plan_of(before: Resources, after: Resources) -> Plan:
    """The plan from one applied estate to another one."""
    return plan(after, snapshot(before.values()), inventory(before.values()))
