"""
The names and plain values that an estate, a plan or an inventory says in clear, so that redaction leaves them. Pure.

Messages are not among them: they may quote somebody.
"""

from collections.abc import Iterator, Mapping

from reconciler.model.inventory import Inventory
from reconciler.model.resource import Resources
from reconciler.plan.plan import Plan


def plain_words(estate: Resources) -> Iterator[str]:
    """The names and values of the manifests. A secret is a reference there, so none of them is one."""
    for address, resource in estate.items():
        yield from (str(address), address.name)
        yield from _texts(resource.spec)


def plain_words_of(plan: Plan) -> Iterator[str]:
    """The names and values of a plan's objects and SIMs, before and after."""
    for change in plan.changes:
        yield from (str(change.address), change.address.name, change.live_moniker or "", change.remote_id or "")
        yield from _texts((change.before, change.after))
    for address in (*(drift.address for drift in plan.drift), *(item.address for item in plan.unmanaged)):
        yield from (str(address), address.name)
    for drift in plan.drift:
        yield from _texts([(field.before, field.after) for field in drift.fields])
    for edit in plan.roster.edits:
        yield edit.address
        yield from _texts((edit.before, edit.after))


def plain_words_of_inventory(inventory: Inventory | None) -> Iterator[str]:
    """The names, ids and values of what an estate owns; none without a store."""
    if inventory is None:
        return
    for address, row in inventory.owned.items():
        yield from (inventory.estate, str(address), address.name, row.remote_id, row.moniker)
        yield from _texts(row.last_applied)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(name)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
