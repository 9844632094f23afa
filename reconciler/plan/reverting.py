"""The part of a plan that undoes what others changed on the platform, and nothing else. Pure."""

from collections.abc import Collection
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.plan.deriving import derived
from reconciler.plan.plan import Plan


def only_of(plan: Plan, objects: Collection[Address], lists: Collection[str]) -> Plan:
    """
    The plan with the changes of these objects, and of the SIMs that these lists speak of; its verdicts follow.

    A change that waits for one that is left out is left out, too: the manifests ask for it, and no drift does.
    """
    chosen = {change.address: change for change in plan.changes if change.address in objects}
    while late := [address for address, change in chosen.items() if not chosen.keys() >= set(change.waits_for)]:
        for address in late:
            del chosen[address]
    roster = replace(
        plan.roster,
        changes=tuple(change for change in plan.roster.changes if change.address in lists),
        edits=tuple(edit for edit in plan.roster.edits if edit.address in lists),
        activation={},
        # An apply of a part of them does not make all SIMs as the manifests say.
        managed=0,
    )
    grounds = replace(plan.grounds, released=(), foreign=(), others={})
    return derived(replace(plan, changes=tuple(chosen.values()), roster=roster, grounds=grounds))
