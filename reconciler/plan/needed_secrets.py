"""Which secrets applying a plan takes, and their keyed digests. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.diffing.canonical import with_secrets
from reconciler.kinds import kind_named
from reconciler.model.kind import Kind
from reconciler.model.secret import SecretRef
from reconciler.plan.action import Action
from reconciler.plan.plan import Plan


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


def secret_digests(
    kind: Kind, spec: Mapping[str, Any], digest: Callable[[SecretRef | str], str | None]
) -> dict[str, str]:
    """The keyed digest of each secret of a spec that can be resolved here, by dotted path."""
    found = {}
    for path in kind.secret_paths:
        value: Any = spec
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            reference = SecretRef.of(value)
            resolved = digest(value if reference is None else reference)
            if resolved is not None:
                found[".".join(path)] = resolved
    return found
