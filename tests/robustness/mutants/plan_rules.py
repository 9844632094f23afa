"""The rules of lost input, of what the inventory remembers and of plan files, each as the edit that breaks it."""

from collections.abc import Mapping

from tests.robustness.mutants.mutant import RuleMutant

FORGED = "tests/robustness/tamper/test_contradictions.py"
REMEMBERED = "tests/robustness/faults/test_remembered.py"
STALENESS = "tests/robustness/faults/test_staleness.py"
PLAN = "tests/unit/plan/test_plan.py"
DOCUMENT = "tests/unit/plan/test_document.py"
LOST = "tests/robustness/lost_input/test_recognised.py"

CIRCLES = "tests/unit/plan/test_circles.py"

PLAN_RULES: Mapping[str, RuleMutant] = {
    "a name is taken before it is free": RuleMutant(
        "plan/sequence.py",
        "        waits[namesake].add(holder)\n",
        "        pass\n",
        (CIRCLES,),
    ),
    "an exchange of names is no refusal": RuleMutant(
        "plan/circles.py",
        "        yield _exchanged([by_address[address] for address in ring])\n",
        "        pass\n",
        (CIRCLES,),
    ),
    "a reference is followed twice along a chain of renames": RuleMutant(
        "plan/comparing.py",
        "    if not renames:\n        return found\n",
        "    if renames is not None:\n        return found\n",
        (f"{CIRCLES}::test_a_reference_along_a_chain_of_renames_is_followed_once",),
    ),
    "apply does not look for circles": RuleMutant(
        "plan/guards.py",
        "    return (*results, *circular_verdicts(plan), *crowded",
        "    return (*results, *crowded",
        (CIRCLES,),
    ),
    "what waits in a circle has no order": RuleMutant(
        "plan/sequence.py",
        "        if not _waits_for(kept, other, address):\n            kept[address].add(other)\n",
        "        kept[address].add(other)\n",
        (CIRCLES,),
    ),
    "a plan file is not held against its primary data": RuleMutant(
        "plan/planfile.py",
        "problem = contradiction(plan) or _difference(encode(plan), content)",
        "problem = contradiction(plan)",
        (FORGED,),
    ),
    "primary data may contradict each other": RuleMutant(
        "plan/planfile.py",
        "problem = contradiction(plan) or _difference(encode(plan), content)",
        "problem = _difference(encode(plan), content)",
        (FORGED,),
    ),
    "a change may wait for nothing": RuleMutant(
        "plan/contradictions.py",
        "    yield from _order(plan)\n",
        "",
        (FORGED,),
    ),
    "what was not read counts as removed": RuleMutant(
        "plan/planner.py",
        "        if situation.is_partial and not situation.prunes:\n",
        "        if situation.is_partial and situation.prunes:\n",
        (LOST,),
    ),
    "what was named may hold nothing": RuleMutant(
        "manifests/loader.py",
        "        built.diagnostics.extend(_without_manifests(",
        "        _ = (_without_manifests(",
        (LOST,),
    ),
    "a file that was cut is read": RuleMutant(
        "manifests/sim_layout.py",
        "    if end < 0 or end + 1 == len(text) or text.count(b'\"', start) % 2:\n",
        "    if text:\n",
        (LOST,),
    ),
    "one plan lifts a protection and uses it": RuleMutant(
        "plan/lifecycle.py",
        "    return (owned.protect and not lifecycle.protect) or (owned.retain and not lifecycle.retain)\n",
        "    return owned.protect and owned.retain and not lifecycle.protect\n",
        (REMEMBERED,),
    ),
    "apply believes the plan about protection": RuleMutant(
        "apply/preflight.py",
        "    if change.action.is_destructive and (owned.protect or owned.retain):\n",
        "    if change.action.is_destructive and (change.protect or change.retain):\n",
        (REMEMBERED,),
    ),
    "an edit lifts a protection": RuleMutant(
        "apply/preflight.py",
        "    if is_ending and change.action is Action.UPDATE:\n",
        "    if is_ending and change.action is Action.FORGET:\n",
        (REMEMBERED,),
    ),
    "an older plan of a changed object is applied": RuleMutant(
        "apply/preflight.py",
        "    if change.row_version == owned.row_version or _is_taken_over(change, owned):\n",
        "    if owned is not None:\n",
        (REMEMBERED,),
    ),
    "a takeover does not look at the row that it takes the place of": RuleMutant(
        "plan/matching.py",
        "        row = self.owned or self.succeeded\n",
        "        row = self.owned\n",
        (REMEMBERED,),
    ),
    "a former name is ignored": RuleMutant(
        "plan/former_names.py",
        "holder.remote_id == live.remote_id or old in situation.estate:",
        "holder.remote_id != live.remote_id or old in situation.estate:",
        (REMEMBERED,),
    ),
    "a plan without its refusals passes": RuleMutant(
        "apply/preflight.py",
        "    if not driver.touched:\n",
        "    if driver.touched:\n",
        (STALENESS,),
    ),
    "a plan for many SIMs is applied to a few": RuleMutant(
        "apply/precondition.py",
        "    if sims >= planned - tolerated(planned):\n",
        "    if sims >= 0:\n",
        (REMEMBERED,),
    ),
    "a plan for another account is applied": RuleMutant(
        "plan/plan.py",
        "and self.account.identity != account.identity:",
        "and not self.account.identity:",
        (PLAN,),
    ),
    "apply does not ask whether a plan is for here": RuleMutant(
        "apply/applier.py",
        "    if (error := plan.basis.objection_to(account, inventory, is_begun=begun is not None)) is not None:\n",
        "    if (error := plan.basis.objection_to(account, inventory, is_begun=begun is not None)) is not error:\n",
        (STALENESS,),
    ),
    "a plan from a newer state of the store is applied": RuleMutant(
        "plan/plan.py",
        "self.serial > inventory.serial:",
        "self.serial < 0:",
        (PLAN,),
    ),
    "a store is used with another account": RuleMutant(
        "model/inventory.py",
        "self.pinned_account not in {None, account.identity}:",
        "self.pinned_account is None:",
        (PLAN, "tests/unit/store/test_opening.py"),
    ),
    "a member of a plan file may come twice": RuleMutant(
        "plan/planfile.py",
        ' or "it is not written as plans are"',
        "",
        (DOCUMENT,),
    ),
    "a plan file may have other members": RuleMutant(
        "plan/document.py",
        "forbid_unknown_fields=True",
        "forbid_unknown_fields=False",
        (DOCUMENT,),
    ),
    "an address in a plan file may have anything after it": RuleMutant(
        "plan/document.py",
        "    if not _ADDRESS.fullmatch(text):\n",
        "    if not _ADDRESS.match(text):\n",
        (DOCUMENT,),
    ),
}
