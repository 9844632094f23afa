"""
The slots of objects that templates make. Pure.

A slot is the place of an object in its division: it stays when a naming expression changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.inventory import Inventory
from reconciler.model.resource import Resources
from reconciler.plan.action import Action
from reconciler.plan.change import Change


@dataclass(frozen=True, slots=True)
class Slots:
    """
    Slots by address.

    `declared` are those that the inventory does not know yet; an empty one says that the object is no template's any
    more. `left` are those of objects that the plan deletes.
    """

    declared: Mapping[str, str] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)


NO_SLOTS = Slots()


def slots_of(estate: Resources, inventory: Inventory | None, changes: tuple[Change, ...]) -> Slots:
    """The slots that a plan is about."""
    known = inventory.slots if inventory is not None else {}
    declared = {
        str(address): resource.lifecycle.slot or ""
        for address, resource in estate.items()
        if (resource.lifecycle.slot or "") != known.get(address, "")
    }
    deleted = (change.address for change in changes if change.action is Action.DELETE)
    left = {str(address): known[address] for address in deleted if address in known}
    return Slots(declared, left) if declared or left else NO_SLOTS
