"""The rules of owners that must be load-bearing: scope, adoption, and the estates of one store."""

from collections.abc import Mapping

from tests.robustness.mutants.mutant import RuleMutant

MIGRATIONS = "tests/unit/store/test_migrations.py"
OWNERS = "tests/features/cli/test_owners.py"
SCOPE = "tests/unit/plan/test_scope.py"
SIM_SCOPE = "tests/features/sims/test_scope.py"
CLI_SCOPE = "tests/features/cli/test_scope.py"

OWNER_RULES: Mapping[str, RuleMutant] = {
    "an object of ours that fell out of the scope is deleted": RuleMutant(
        "plan/planner.py",
        "            if why is None or going.action is Action.FORGET:\n",
        "            if True:\n",
        (f"{SCOPE}::test_nothing_outside_is_created_adopted_edited_or_deleted",),
    ),
    "a declaration outside of the scope is planned": RuleMutant(
        "plan/planner.py",
        "if str(address) not in self.others and (why := match_outside(match, self.situation.scope)):",
        "if str(address) not in self.others and (why := match_outside(match, self.situation.scope)) and not address:",
        (SCOPE,),
    ),
    "a declaration is judged and its live object is not": RuleMutant(
        "plan/scoping.py",
        "    live = [(match.live.address, match.live.spec)] if match.live is not None else []\n",
        "    live: list[_Seen] = []\n",
        (f"{SCOPE}::test_a_live_object_outside_is_not_replaced_by_a_declaration_inside",),
    ),
    "names are not held to the scope": RuleMutant(
        "model/scope.py",
        "        if self.names and not fits(address.name, self.names):\n",
        "        if self.names and not self.names:\n",
        (SCOPE,),
    ),
    "kinds are not held to the scope": RuleMutant(
        "model/scope.py",
        "        if self.kinds and address.kind not in self.kinds:\n",
        "        if self.kinds and not self.kinds:\n",
        (SCOPE,),
    ),
    "an object that lies in no VSlice is inside of every VSlice": RuleMutant(
        "model/scope.py",
        "        if not found:\n",
        "        if found is None:\n",
        (f"{SCOPE}::test_an_object_lies_in_the_vslice_that_it_names",),
    ),
    "a declaration outside is found by no check of manifests": RuleMutant(
        "operations/validate.py",
        "    found.extend(outside(estate, loaded.configuration.scope))\n",
        "    _ = outside\n",
        (f"{CLI_SCOPE}::test_a_declaration_outside_is_invalid",),
    ),
    "a group outside is taken for the SIMs of a set": RuleMutant(
        "validation/scope.py",
        "        if not scope.takes(bare(group)):\n",
        "        if not scope.takes(bare(group)) and not path:\n",
        (f"{SIM_SCOPE}::test_a_declared_group_outside_is_invalid",),
    ),
    "tags outside are given to SIMs": RuleMutant(
        "validation/scope.py",
        "        if not scope.admits(tags or ()):\n",
        "        if not scope.admits(tags or ()) and not path:\n",
        (f"{SIM_SCOPE}::test_declared_tags_outside_are_invalid",),
    ),
    "a plan file keeps the scope that it was made under": RuleMutant(
        "operations/apply.py",
        "bounded(session.judged(planned.plan), scope)",
        "bounded(session.judged(planned.plan), type(scope)())",
        (f"{CLI_SCOPE}::test_a_plan_file_is_held_to_the_scope_of_the_one_who_applies",),
    ),
    "the engine applies what is outside of the scope": RuleMutant(
        "apply/applier.py",
        "bounded(plan, scope).objections(terminations)",
        "plan.objections(terminations)",
        ("tests/unit/apply/test_scope.py",),
    ),
    "an object that left the scope after the plan is changed": RuleMutant(
        "apply/preflight.py",
        "        if not found.is_done and (beyond := scoping.objection(found.change, snapshot, scope))\n",
        "        if not found.is_done and (beyond := scoping.objection(found.change, snapshot, scope)) and not scope\n",
        ("tests/unit/apply/test_scope.py",),
    ),
    "SIMs outside of the scope are changed": RuleMutant(
        "diffing/rosters.py",
        "        if is_here and all(map(scope.takes, targets)) and all(map(scope.admits, given)):\n",
        "        if all(map(scope.takes, targets)) and all(map(scope.admits, given)):\n",
        (f"{SIM_SCOPE}::test_of_each_sim_all_that_is_asked_is_planned_or_nothing",),
    ),
    "SIMs are moved out of the scope": RuleMutant(
        "diffing/rosters.py",
        "        if is_here and all(map(scope.takes, targets)) and all(map(scope.admits, given)):\n",
        "        if is_here and all(map(scope.admits, given)):\n",
        (f"{SIM_SCOPE}::test_of_each_sim_all_that_is_asked_is_planned_or_nothing",),
    ),
    "SIMs lose the tag of the scope": RuleMutant(
        "diffing/rosters.py",
        "        if is_here and all(map(scope.takes, targets)) and all(map(scope.admits, given)):\n",
        "        if is_here and all(map(scope.takes, targets)):\n",
        (f"{SIM_SCOPE}::test_of_each_sim_all_that_is_asked_is_planned_or_nothing",),
    ),
    "SIMs are activated outside of the scope": RuleMutant(
        "diffing/rosters.py",
        "        return not (scope.takes(self.wanted[listing]) and scope.admits(tags))\n",
        "        return not scope.takes(self.wanted[listing])\n",
        (f"{SIM_SCOPE}::test_a_sim_that_is_to_be_activated_counts_by_its_group_and_its_tags",),
    ),
    "SIMs of an older plan are not held to the scope": RuleMutant(
        "plan/scoping.py",
        "        if not all(map(scope.takes, places)):\n",
        "        if not places:\n",
        (f"{SIM_SCOPE}::test_a_narrower_scope_refuses_the_sims_of_an_older_plan",),
    ),
    "a SIM that left the scope after the plan is changed": RuleMutant(
        "apply/sims/precondition.py",
        "    if _is_outside(known, sim):\n"
        "        return _stale(_LEFT_THE_SCOPE)\n"
        "    if (why := elsewhere(sim, edit.group,",
        "    if (why := elsewhere(sim, edit.group,",
        (f"{SIM_SCOPE}::test_a_sim_that_left_the_scope_after_the_plan_is_left_alone",),
    ),
    "drift compares what is outside of the scope": RuleMutant(
        "operations/drift.py",
        "if address not in beyond}",
        "if address}",
        (f"{CLI_SCOPE}::test_drift_compares_what_is_inside",),
    ),
    "an export writes what is outside of the scope": RuleMutant(
        "operations/export_files.py",
        "    scope = ground.scope\n",
        "    scope = ANYTHING\n",
        (f"{CLI_SCOPE}::test_an_export_holds_what_the_estate_may_own",),
    ),
    "an adoption is hidden in the edit that follows it": RuleMutant(
        "plan/change.py",
        "        if change.adopts:\n            yield adoption_of(change)\n",
        "        if change.adopts and not change.address:\n            yield adoption_of(change)\n",
        (f"{OWNERS}::test_an_adoption_is_an_entry_of_its_own",),
    ),
    "an adoption writes what its edit wants": RuleMutant(
        "plan/change.py",
        "        Action.ADOPT,\n        change.before,\n        change.before,\n",
        "        Action.ADOPT,\n        change.before,\n        change.after,\n",
        (f"{OWNERS}::test_an_adoption_is_an_entry_of_its_own",),
    ),
    "a store from before estates is claimed by the first run": RuleMutant(
        "store/store.py",
        "            refuse_unclaimed(connection, self.location, self.estate, found=found)\n",
        "            _ = refuse_unclaimed\n",
        (f"{MIGRATIONS}::test_a_store_from_before_estates_is_given_to_nobody_silently",),
    ),
    "a reader takes a store from before estates for the estate's": RuleMutant(
        "store/reader.py",
        "    if found_schema == 1 and (objects or requests):\n",
        "    if found_schema == 0 and (objects or requests):\n",
        (f"{MIGRATIONS}::test_a_store_from_before_estates_is_given_to_nobody_silently",),
    ),
    "a rename in a plan file is not held to the scope": RuleMutant(
        "plan/scoping.py",
        "        why = _outside(_seen_by(change), scope) or _outside(_named_by(change), replace(scope, vslices=()))\n",
        "        why = _outside(_seen_by(change), scope)\n",
        (f"{SCOPE}::test_an_older_plan_is_held_to_a_narrower_scope",),
    ),
    "what is gone cannot be let go while another estate makes one of its name": RuleMutant(
        "plan/owners.py",
        "    if change.action is Action.FORGET:\n        # The",
        "    if change.action is None:\n        # The",
        ("tests/unit/plan/test_owners.py",),
    ),
}
