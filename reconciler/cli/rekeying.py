"""A plan that was made before the store: its secrets, digested under the key that the store has now."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from reconciler.diffing.canonical import with_secrets
from reconciler.kinds import kind_named
from reconciler.model.secret import UNKEYED, Digester, SecretRef
from reconciler.plan.change import Change
from reconciler.plan.plan import Plan


def rekeyed(plan: Plan, find: Callable[[SecretRef], str | None], digest: Digester) -> Plan:
    """
    The plan with a digest for each secret of which it only says that there is one; what it does is the same.

    Of a live object the plan could not tell whether its secret is the declared one. It is taken to be: where it is
    not, the object is found to be another one than the plan saw, and nothing is sent for it.
    """
    return replace(plan, changes=tuple(_rekeyed(change, find, digest) for change in plan.changes))


def _rekeyed(change: Change, find: Callable[[SecretRef], str | None], digest: Digester) -> Change:
    kind = kind_named(change.address.kind)
    known: dict[str, str] = {}

    def note(path: str, value: Any) -> Any:
        reference = SecretRef.of(value)
        plain = find(reference) if reference is not None else value
        if isinstance(plain, str) and plain != UNKEYED:
            known[path] = digest(plain)
        return value

    with_secrets(kind, change.after or {}, note)
    digests = {
        path: known.get(path, found) if found == UNKEYED else found for path, found in change.secret_digests.items()
    }
    before = change.before
    if before is not None:
        before = with_secrets(kind, before, lambda path, value: known.get(path, value) if value == UNKEYED else value)
    return replace(change, secret_digests=digests, before=before)
