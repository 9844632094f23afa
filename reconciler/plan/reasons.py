"""Why a live object that is ours, or becomes ours, is edited. Pure."""

from collections.abc import Callable, Mapping

from reconciler.model.resource import Resource
from reconciler.model.secret import is_same
from reconciler.plan.change import Reason, ReasonCode
from reconciler.plan.comparing import Comparison, document_path
from reconciler.plan.matching import Match

Place = Callable[[Resource, tuple[str | int, ...]], str | None]
"""The place of a field of a declaration, as ``file:line:column``."""


def reason_of(match: Match, difference: Comparison | None, digests: Mapping[str, str], place: Place) -> Reason:
    """The manifest differs, the platform does, or a secret does; only the moniker, where there is no difference."""
    resource, owned = match.resource, match.owned
    if difference is None:
        return Reason(ReasonCode.RENAMED, "its moniker changes", place(resource, ("metadata", "name")))
    where = place(resource, document_path(difference.fields))
    if owned is not None and owned.last_applied == difference.after:
        # The manifest is the same and so is the platform: what its reference leads to is another secret now.
        known = owned.secret_digests
        if all(
            field.path in known and not is_same(known[field.path], digests.get(field.path))
            for field in difference.fields
        ):
            return Reason(ReasonCode.SECRET, "its secret has another value than when it was last applied", where)
        return Reason(ReasonCode.DRIFTED, "it was changed on the platform", where)
    return Reason(ReasonCode.CHANGED, "the manifest differs from the platform", where)
