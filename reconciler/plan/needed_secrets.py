"""Which secrets applying a plan takes, and their keyed digests. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.diffing.canonical import with_secrets
from reconciler.kinds import kind_named, sim_kind
from reconciler.model.address import Address
from reconciler.model.kind import Kind
from reconciler.model.resource import Resource
from reconciler.model.secret import SecretRef, is_shown_as
from reconciler.plan.action import Action
from reconciler.plan.not_compared import Uncompared
from reconciler.plan.plan import Plan
from reconciler.plan.roster import RosterPlan


def needed_secrets(plan: Plan) -> dict[SecretRef, str]:
    """
    Each reference whose value a request of the plan carries, with the first object that it is for.

    An update of an object carries all its secrets, also those that do not change: a PUT replaces the whole object.
    """
    found: dict[SecretRef, str] = {}
    for change in plan.changes:
        if change.after is None or change.action is Action.ADOPT:
            continue

        def note(_path: str, value: Any, name: str = str(change.address)) -> Any:
            reference = SecretRef.of(value)
            if reference is not None:
                found.setdefault(reference, name)
            return value

        with_secrets(kind_named(change.address.kind), change.after, note)
    for iccid, code in plan.roster.activation.items():
        found.setdefault(SecretRef.of(code) or SecretRef(), f"the activation of {iccid}")
    return found


def differing_secrets(plan: Plan, digest: Callable[[SecretRef | str], str | None]) -> Iterator[tuple[Address, str]]:
    """
    The secrets that are others now than the plan shows, by object and dotted path: that would be sent, unseen.

    `digest` gives None for a reference that cannot be resolved here; there is nothing to compare then.
    """
    for change in plan.changes:
        for path, shown in change.secret_digests.items():
            value = at(change.after or {}, tuple(path.split(".")))
            found = None if value is None else digest(SecretRef.of(value) or value)
            if found is not None and not is_shown_as(shown, found):
                yield change.address, path


def secret_digests(
    kind: Kind, spec: Mapping[str, Any], digest: Callable[[SecretRef | str], str | None]
) -> dict[str, str]:
    """The keyed digest of each secret of a spec that can be resolved here, by dotted path."""
    found = {}
    for path in kind.secret_paths:
        value = at(spec, path)
        if value is not None:
            reference = SecretRef.of(value)
            resolved = digest(value if reference is None else reference)
            if resolved is not None:
                found[".".join(path)] = resolved
    return found


def uncompared(
    resource: Resource,
    live: Mapping[str, Any] | None,
    digests: Mapping[str, str],
    is_there: Callable[[SecretRef], bool],
) -> Iterator[Uncompared]:
    """
    The secrets of a declaration that were not compared with the live object, None where there is none.

    A secret that the platform does not have yet differs, whatever it is; then only one that is missing counts.
    """
    for path in kind_named(resource.address.kind).secret_paths:
        dotted, value = ".".join(path), at(resource.spec, path)
        if value is None or dotted in digests:
            continue
        reference = SecretRef.of(value)
        is_missing = reference is not None and not is_there(reference)
        if is_missing or (live is not None and at(live, path) is not None):
            yield Uncompared(resource.address, dotted, reference, is_missing)


def missing_codes(roster: RosterPlan, is_there: Callable[[SecretRef], bool]) -> Iterator[Uncompared]:
    """The activation codes that a plan takes and that are not there."""
    for iccid, code in roster.activation.items():
        reference = SecretRef.of(code)
        if reference is not None and not is_there(reference):
            yield Uncompared(Address(sim_kind().name, iccid), "activationCode", reference, is_missing=True)


def at(spec: Any, path: tuple[str, ...]) -> Any:
    """The value at a path of a spec, None where there is none."""
    for part in path:
        spec = spec.get(part) if isinstance(spec, Mapping) else None
    return spec
