"""The rules of plan files that were forged, each as the edit that breaks it."""

from collections.abc import Mapping

from tests.robustness.mutants.mutant import RuleMutant

VERDICTS = "tests/robustness/tamper/test_verdicts.py"
FACTS = "tests/robustness/tamper/test_facts.py"
SECRETS = "tests/robustness/tamper/test_secrets.py"
SIM_PARTS = "tests/robustness/tamper/test_sim_parts.py"
TAMPER = "tests/robustness/tamper/test_tamper.py"
CONTRADICTIONS = "tests/robustness/tamper/test_contradictions.py"
SIM_CONTRADICTIONS = "tests/robustness/tamper/test_sim_contradictions.py"

FORGED_RULES: Mapping[str, RuleMutant] = {
    "structural verdicts are believed from the file": RuleMutant(
        "plan/deriving.py",
        "    return replace(plan, guards=structural_verdicts(plan))\n",
        "    return plan\n",
        (VERDICTS,),
    ),
    "the limit of a set does not count": RuleMutant(
        "plan/sim_guards.py",
        "        verdict = Verdict.DENY if moved > limit.bound else Verdict.PASS\n",
        "        verdict = Verdict.PASS\n",
        (VERDICTS,),
    ),
    "a subnet has room for everybody": RuleMutant(
        "plan/sim_guards.py",
        "        if filled[place] > room:\n",
        "        if filled[place] < 0:\n",
        (VERDICTS,),
    ),
    "apply believes the grounds of a plan": RuleMutant(
        "plan/guards.py",
        "    plan = with_live_grounds(plan, snapshot, Reach(snapshot), inventory)\n",
        "    _ = with_live_grounds(plan, snapshot, Reach(snapshot), inventory)\n",
        (VERDICTS,),
    ),
    "apply believes the facts of a plan": RuleMutant(
        "apply/preflight.py",
        "    for result in judge(with_policies(replace(plan, facts=facts), snapshot), limits, given):\n",
        "    for result in judge(plan, limits, given) if facts else ():\n",
        (FACTS,),
    ),
    "nothing is counted again": RuleMutant(
        "apply/preflight.py",
        "    objections += counted\n",
        "",
        (FACTS,),
    ),
    "a plan that was begun is counted again": RuleMutant(
        "apply/applier.py",
        "if begun is None else ()",
        "if begun is not LedgerState.STARTED else ()",
        (FACTS,),
    ),
    "a consent holds for any number": RuleMutant(
        "apply/preflight.py",
        "is_consented = allowed is not None and (result.measured or 0) <= allowed + tolerated(allowed)",
        "is_consented = allowed is not None and result.measured is not None",
        (FACTS,),
    ),
    "a long list makes a share of it large": RuleMutant(
        "plan/measures.py",
        "    return max(plan.facts.own_sims, min(listed, sum(plan.facts.sims.values()) + len(arriving_sims(plan))))\n",
        "    return max(plan.facts.own_sims, listed)\n",
        (FACTS,),
    ),
    "a plan for another platform is taken": RuleMutant(
        "plan/plan.py",
        "        elif self.account.origin != account.origin:\n",
        "        elif not self.account.origin:\n",
        (TAMPER,),
    ),
    "an older plan of changed objects is taken": RuleMutant(
        "apply/preflight.py",
        '    return "another plan changed it after this one was made"\n',
        "    return None\n",
        ("tests/robustness/faults/test_remembered.py",),
    ),
    "SIMs may be in any order": RuleMutant(
        "plan/roster_contradictions.py",
        "    if tuple(sorted(change.iccids, key=int)) != change.iccids:\n",
        "    if len(set(change.iccids)) != len(change.iccids):\n",
        (SIM_CONTRADICTIONS,),
    ),
    "an address is not held to its digest": RuleMutant(
        "plan/needed_secrets.py",
        "            if found is not None and not is_shown_as(shown, found):\n",
        "            if found is None and not is_shown_as(shown, path):\n",
        (f"{SECRETS}::test_another_address_under_the_digest_that_is_shown_is_refused",),
    ),
    "an address needs no digest": RuleMutant(
        "plan/contradictions.py",
        "    if has_store and not _secrets_in_clear(change) <= set(change.secret_digests):\n",
        "    if has_store and not set(change.secret_digests) <= _secrets_in_clear(change):\n",
        (f"{SECRETS}::test_an_address_without_its_digest_is_refused",),
    ),
    "an exchanged secret is sent": RuleMutant(
        "operations/apply.py",
        "    _compare_secrets(plan, session)\n",
        "",
        (f"{SECRETS}::test_a_secret_that_was_exchanged_after_the_plan_is_refused",),
    ),
    "a SIM may be edited wherever it is": RuleMutant(
        "apply/sims/precondition.py",
        "elsewhere(sim, edit.group, known.targets)",
        "elsewhere(sim, sim.group, known.targets)",
        (SIM_PARTS,),
    ),
    "a SIM may be suspended wherever it is": RuleMutant(
        "apply/sims/precondition.py",
        "    targets = {} if change.action is RosterAction.MOVE else known.targets\n",
        "    targets = {} if change.action is RosterAction.MOVE else {iccid: (sim.group,)}\n",
        (SIM_PARTS,),
    ),
    "a move may cost more than it shows": RuleMutant(
        "apply/sims/precondition.py",
        "    if losing > change.losing + tolerated(change.losing):\n",
        "    if losing > len(still):\n",
        (SIM_PARTS,),
    ),
}
