"""Transfer: objects of one estate become those of another one of the same store, all at once."""

from collections.abc import Callable, Sequence

from reconciler import __version__
from reconciler.errors import UsageError
from reconciler.model.address import Address
from reconciler.operations.estate import Estate
from reconciler.operations.store import opened_store
from reconciler.operations.validate import validate
from reconciler.plan.forgetting import named_by


def transfer(
    estate: Estate,
    patterns: Sequence[str],
    *,
    to: str,
    makes: bool = False,
    approve: Callable[[Sequence[str]], bool] = lambda _: True,
) -> tuple[Address, ...]:
    """
    Give the owned objects that names and patterns choose to the estate `to`; none where `approve` says no.

    `makes`: the store need not know that estate yet. Nothing is sent. Raises `UsageError` for a pattern that chooses
    nothing, `EstateError` where the transfer cannot be made as a whole, and `LockError` beside a run.
    """
    if not to.strip() or to != to.strip() or not to.isprintable():
        message = "the name of the other estate must be one line of text that is not empty, without blanks around it"
        raise UsageError(message, hint="name it as metadata.name of its reconciler.yaml does")
    with opened_store(estate) as (store, _, _):
        chosen = tuple(sorted(named_by(store.inventory().owned, patterns)))
        if not approve(tuple(map(str, chosen))):
            return ()
        epoch = store.acquire(estate.environment.new_id(), registers=False)
        try:
            store.transfer(epoch, to, chosen, makes=makes, tool_version=__version__)
        finally:
            store.release(epoch)
    built = validate(estate).loaded.built
    for address in chosen:
        if address in built.estate:
            place = built.origins.span(str(address), ("metadata", "name"))
            estate.caller.note(f"note: {address} is still declared here ({place}): move that to the manifests of {to}")
    return chosen
