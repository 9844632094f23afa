"""Broken rules of what a reviewer is told: whose a change is, and what is released."""

from collections.abc import Mapping

from tests.robustness.mutants.mutant import RuleMutant

PROVENANCE = "tests/unit/plan/test_provenance.py"
BASE = "tests/features/cli/test_base.py"
EFFECTS = "tests/features/cli/test_effects.py"
WAIVING = "tests/unit/plan/test_waiving.py"
WAIVERS = "tests/features/cli/test_waivers.py"
SELECTION = "tests/features/cli/test_selection.py"

REVIEW_RULES: Mapping[str, RuleMutant] = {
    "a change that the base asks for in part is pending": RuleMutant(
        "plan/provenance.py",
        "        return all(field in other.fields for field in change.fields)\n",
        "        return any(field in other.fields for field in change.fields)\n",
        (PROVENANCE,),
    ),
    "a base that says nothing makes every change one of the change set": RuleMutant(
        "plan/provenance.py",
        "    shared = None if facts is None or facts.problem is not None else frozenset(facts.objects)\n",
        "    shared = None if facts is None else frozenset(facts.objects)\n",
        (PROVENANCE,),
    ),
    "drift hides what this change set does": RuleMutant(
        "plan/provenance.py",
        "    if shared is not None and change.address not in shared:\n",
        "    if shared is not None and change.address not in shared and change.address not in drift:\n",
        (PROVENANCE,),
    ),
    "a released secret is shown": RuleMutant(
        "plan/releases.py",
        "    shown = with_secrets(kind, live.spec, lambda _path, _value: SECRET)\n",
        "    shown = live.spec\n",
        (PROVENANCE,),
    ),
    "a released field stays in the inventory": RuleMutant(
        "plan/planner.py",
        "(is_outdated(owned, resource) or is_released(owned, resource))",
        "is_outdated(owned, resource)",
        (f"{BASE}::test_a_released_field_is_said_to_stay_and_then_is_not_managed",),
    ),
    "the store is a part of the effect": RuleMutant(
        "plan/effect.py",
        'host = host_in(change.secret_digests.get(path, ""))',
        'host = change.secret_digests.get(path, "")',
        (f"{EFFECTS}::test_two_fresh_stores_give_the_same_effect",),
    ),
    "a host that changed has the same effect": RuleMutant(
        "plan/effect.py",
        'return {"host": (host_in(value) or host_of(value)) if isinstance(value, str) else None}',
        'return {"host": None}',
        (f"{EFFECTS}::test_what_does_something_else_has_another_effect",),
    ),
    "a plan with another effect is the expected one": RuleMutant(
        "operations/expectation.py",
        "    if found == expect:\n",
        "    if found == expect or is_effect:\n",
        (f"{EFFECTS}::test_an_approved_effect_is_planned_again_and_applied",),
    ),
    "a waiver is for whatever a guard finds": RuleMutant(
        "plan/waiving.py",
        "if (one.limit, one.number, one.digest) == (limit, number, found)]",
        "if (one.limit, one.number) == (limit, number)]",
        (WAIVING,),
    ),
    "a waiver outlives its last day": RuleMutant(
        "plan/waiving.py",
        "    valid = [one for one in fitting if waivers.today <= one.expires]\n",
        "    valid = fitting\n",
        (WAIVING,),
    ),
    "one approver waives any number of terminations": RuleMutant(
        "plan/waiving.py",
        " and len(approvers) == 1:",
        " and not approvers:",
        (WAIVING,),
    ),
    "a change set raises its own limit": RuleMutant(
        "plan/limits.py",
        "        return self.ceiling[guard] if bound is None or bound > most else own\n",
        "        return own\n",
        (WAIVING,),
    ),
    "a number is a consent in a pipeline": RuleMutant(
        "operations/estate.py",
        "        if self.caller.consents and self.is_in_ci:\n",
        "        if self.caller.consents and not self.is_in_ci and self.is_in_ci:\n",
        (f"{WAIVERS}::test_a_number_is_no_consent_in_a_pipeline",),
    ),
    "a waived plan is refused by the facts of its apply": RuleMutant(
        "apply/preflight.py",
        "in {Verdict.ALLOWED, Verdict.WAIVED})",
        "in {Verdict.ALLOWED})",
        (f"{WAIVERS}::test_many_terminations_need_two_approvers",),
    ),
    "a former name that is left out is deleted": RuleMutant(
        "operations/portion.py",
        "*(owned - former)})",
        "*owned})",
        (f"{SELECTION}::test_a_former_name_is_no_object_of_its_own",),
    ),
    "the rest of the estate is deleted": RuleMutant(
        "plan/planner.py",
        "            owned_by_address = {address: owned_by_address[address] for address in chosen}\n",
        "",
        (f"{SELECTION}::test_only_what_is_chosen_changes",),
    ),
    "a plan that changes what it leaves out is applied": RuleMutant(
        "plan/contradictions.py",
        "for c in plan.changes if c.address in left)",
        "for c in plan.changes if c.address not in left)",
        (f"{PROVENANCE}::test_what_is_left_out_is_not_changed",),
    ),
    "a link of the base is followed": RuleMutant(
        "manifests/revision.py",
        "        if mode == _LINK:\n",
        "        if mode == _LINK and not names:\n",
        (f"{BASE}::test_links_and_submodules_of_the_base_are_refused",),
    ),
    "a path of the base leads out of its folder": RuleMutant(
        "manifests/revision.py",
        "        names = components_of(found)\n",
        '        names = tuple(found.split("/"))\n',
        (f"{BASE}::test_a_path_of_the_base_leads_nowhere_else",),
    ),
    "a repository inside of the tree is taken for the base": RuleMutant(
        "manifests/revision.py",
        '"safe.bareRepository=explicit"',
        '"safe.bareRepository=all"',
        (f"{BASE}::test_a_repository_inside_of_the_tree_is_not_the_base",),
    ),
}
