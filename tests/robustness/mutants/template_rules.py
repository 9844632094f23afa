"""Broken rules of slots: a new naming expression is a rename."""

from collections.abc import Mapping

from tests.robustness.mutants.mutant import RuleMutant

SLOTS = "tests/unit/plan/test_slots.py"

TEMPLATE_RULES: Mapping[str, RuleMutant] = {
    "a slot that is deleted and created under another name passes": RuleMutant(
        "plan/slot_guards.py",
        "    if not moved:\n        return\n",
        "    return\n",
        (SLOTS,),
    ),
    "slots of two kinds are one slot": RuleMutant(
        "plan/slot_guards.py",
        "former.get((change.address.kind, slot))",
        'former.get(("EventMap", slot))',
        (SLOTS,),
    ),
    "an object that moved to another slot counts as known": RuleMutant(
        "plan/slots.py",
        '        if (resource.lifecycle.slot or "") != known.get(address, "")\n',
        "        if resource.lifecycle.slot and address not in known\n",
        (SLOTS,),
    ),
    "the slot of an object that stays counts as left": RuleMutant(
        "plan/slots.py",
        "if change.action is Action.DELETE)",
        "if change.action is not Action.CREATE)",
        (SLOTS,),
    ),
    "the slots of what is not declared are forgotten": RuleMutant(
        "store/store.py",
        "{**owned, **declared}.items()",
        "declared.items()",
        (SLOTS,),
    ),
    "the slot of an object that is not ours any more is kept": RuleMutant(
        "store/rows.py",
        "for address, slot in named if address in owned}",
        "for address, slot in named}",
        (SLOTS,),
    ),
}
