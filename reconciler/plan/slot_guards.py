"""The refusal to delete and create one slot under another name: a new naming expression is a rename. Pure."""

from collections.abc import Iterator

from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.plan import GuardResult, Verdict
from reconciler.plan.slots import Slots

_MOST_NAMED = 3


def slot_verdicts(slots: Slots, changes: tuple[Change, ...]) -> Iterator[GuardResult]:
    """One refusal for all slots that a plan deletes and creates under another name."""
    if not slots.left or not slots.declared:
        return
    former = {(Address.parse(text).kind, slot): text for text, slot in slots.left.items()}
    moved: list[tuple[Address, Address, str]] = []
    for change in changes:
        slot = slots.declared.get(str(change.address)) if change.action is Action.CREATE else None
        old = former.get((change.address.kind, slot)) if slot else None
        if slot and old is not None:
            moved.append((Address.parse(old), change.address, slot))
    if not moved:
        return
    moved.sort()
    shown = ", ".join(f"{old} → {new.name} ({slot})" for old, new, slot in moved[:_MOST_NAMED])
    more = f" and {len(moved) - _MOST_NAMED:,} more" if len(moved) > _MOST_NAMED else ""
    message = (
        f"{len(moved):,} slot{'' if len(moved) == 1 else 's'} would be deleted and created under another name: "
        f"{shown}{more}"
    )
    resources = sorted({slot.partition("/")[2].partition("[")[0] for _, _, slot in moved})
    named = ", ".join(resources)
    step = (
        f"in the template, write renamedFrom: with the former naming expression beside the id of {named}: "
        "the objects are renamed in place, in all divisions at once"
    )
    addresses = tuple(sorted({address for old, new, _ in moved for address in (old, new)}))
    yield GuardResult("rename", Verdict.DENY, message, step, addresses, len(moved), 0)
