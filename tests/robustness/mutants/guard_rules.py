"""The rules of guards and consents, each as the edit that breaks it; see `rules`."""

from collections.abc import Mapping

from tests.robustness.mutants.mutant import RuleMutant

JUDGING = "tests/unit/plan/test_judging.py"
LIMITS = "tests/unit/plan/test_limits.py"
MEASURES = "tests/unit/plan/test_measures.py"
OBJECTS = "tests/unit/plan/test_measures_of_objects.py"
FACTS = "tests/unit/plan/test_facts.py"
CONSENTS = "tests/features/cli/test_consents.py"
TYPED = "tests/features/cli/test_asking.py"
NAMES = "tests/features/cli/test_remembered_objects.py::test_a_former_name_that_is_taken_is_refused_with_both"
CALLER = "tests/features/cli/test_policy_file.py"
STRUCTURAL = "tests/unit/plan/test_guards.py"
ABSENCE = "tests/features/sims/test_absence.py::test_the_limit_of_a_set_counts_what_becomes_of_sims_that_it_lost"

GUARD_RULES: Mapping[str, RuleMutant] = {
    "any number of SIMs may be suspended": RuleMutant(
        "plan/measures.py",
        'len(stopped - arriving), "would be suspended")',
        'len(stopped - stopped), "would be suspended")',
        (MEASURES,),
    ),
    "any number of SIMs may be terminated without consent": RuleMutant(
        "plan/measures.py",
        "    count = plan.roster.count(RosterAction.TERMINATE)\n    text",
        "    count = 0 * plan.roster.count(RosterAction.TERMINATE)\n    text",
        (MEASURES,),
    ),
    "a first assignment is a move": RuleMutant(
        "plan/measures.py",
        "plan.roster.of(RosterAction.MOVE) if change.source is not None for",
        "plan.roster.of(RosterAction.MOVE) if change.target is not None for",
        (MEASURES,),
    ),
    "what a first assignment sets counts": RuleMutant(
        "plan/measures.py",
        "inside + len((edited | resumed) - arriving_sims(plan))",
        "inside + len(edited | resumed)",
        (MEASURES,),
    ),
    "an edit of a SIM does not count": RuleMutant(
        "plan/measures.py",
        "        if edit.group is not None and edit",
        "        if edit.group is None and edit",
        (MEASURES,),
    ),
    "the SIMs behind an edited policy do not count": RuleMutant(
        "plan/measures.py",
        "    inside = sum(plan.facts.sims.get(group, 0) for group in touched)\n",
        "    inside = 0 * sum(plan.facts.sims.get(group, 0) for group in touched)\n",
        (MEASURES,),
    ),
    "an interrupted first apply needs consent": RuleMutant(
        "plan/measures.py",
        "    groups = as_planned(touched.union(plan.facts.new_groups), plan)\n",
        "    groups = as_planned(touched, plan)\n",
        (MEASURES,),
    ),
    "a group that was taken over is a new one": RuleMutant(
        "plan/facts.py",
        "if row.origin is Origin.CREATED)",
        "if row.origin is not None)",
        (FACTS,),
    ),
    "a group stays new for ever": RuleMutant(
        "plan/facts.py",
        "    if inventory is None or inventory.is_established:\n        return frozenset()\n",
        "    if inventory is None:\n        return frozenset()\n",
        (FACTS,),
    ),
    "another operator policy is no switch": RuleMutant(
        "plan/measures.py",
        "any(field.path in map(str, holder.policies) for field in change.fields)",
        "any(field.path in map(str, holder.policies[:2]) for field in change.fields)",
        (MEASURES,),
    ),
    "the groups that switch share one limit": RuleMutant(
        "plan/measures.py",
        "        count, tuple((size, size) for size in sizes), text,",
        "        count, ((count, count),), text,",
        (JUDGING,),
    ),
    "a replacement is no deletion": RuleMutant(
        "plan/measures.py",
        "    going = [change for change in plan.changes if change.action.is_destructive]\n    kinds",
        "    going = [change for change in plan.changes if change.action is Action.DELETE]\n    kinds",
        (OBJECTS,),
    ),
    "the kinds that lose objects share one limit": RuleMutant(
        "plan/measures.py",
        "    parts = tuple((count, plan.facts.owned.get(kind, 0)) for kind, count in sorted(kinds.items()))\n",
        "    parts = ((len(going), sum(plan.facts.owned.values())),)\n",
        (JUDGING,),
    ),
    "a kind may be emptied": RuleMutant(
        "plan/measures.py",
        "        is_lost = len(going) == len(changes) >= owned - let_go\n",
        "        is_lost = len(going) == len(changes) > owned - let_go\n",
        (OBJECTS,),
    ),
    "half a roster may go": RuleMutant(
        "plan/measures.py",
        "        if lost * 2 > size:\n",
        "        if lost > size:\n",
        (MEASURES,),
    ),
    "SIMs that left a roster long ago are members of it": RuleMutant(
        "plan/measures.py",
        " - (len(iccids) - lost)\n",
        "\n",
        (MEASURES,),
    ),
    "what was left out may go": RuleMutant(
        "plan/measures.py",
        "        if change.reason.code is ReasonCode.LEFT_OUT and change.action in {Action.DELETE, Action.FORGET}",
        "        if change.reason.code is ReasonCode.LEFT_OUT and change.action is Action.CREATE",
        (OBJECTS,),
    ),
    "a retained object that was not read is let go of": RuleMutant(
        "plan/removing.py",
        "    if reason.code is ReasonCode.LEFT_OUT:\n        return Reason(reason.code, f",
        "    if reason.code is ReasonCode.VANISHED:\n        return Reason(reason.code, f",
        (STRUCTURAL,),
    ),
    "what vanished and is not declared is not missed": RuleMutant(
        "plan/measures.py",
        " for change in plan.changes if change.action is Action.FORGET and change.before is None]\n",
        " for change in ()]\n",
        (OBJECTS,),
    ),
    "the first hosts need consent": RuleMutant(
        "plan/measures.py",
        "    count = len(peers) if plan.facts.is_established else 0\n",
        "    count = len(peers)\n",
        (OBJECTS,),
    ),
    "later hosts need none": RuleMutant(
        "plan/measures.py",
        "    count = len(peers) if plan.facts.is_established else 0\n",
        "    count = 0 * len(peers)\n",
        (OBJECTS,),
    ),
    "a value that others have already is not shared": RuleMutant(
        "plan/facts.py",
        "(one.setting, one.count) for one in shared_values(roster) if (one.setting, one.value) in given",
        "(one.setting, 1) for one in shared_values(roster) if (one.setting, one.value) in given",
        (FACTS,),
    ),
    "a shared value is asked about for ever": RuleMutant(
        "plan/facts.py",
        " if (one.setting, one.value) in given)",
        ")",
        (FACTS,),
    ),
    "a guard refuses at its limit": RuleMutant(
        "plan/judging.py",
        "bound is not None and count > bound for",
        "bound is not None and count >= bound for",
        (JUDGING,),
    ),
    "only the part that is furthest above its limit is looked at": RuleMutant(
        "plan/judging.py",
        "any(bound is not None and count > bound for count, bound in bounds)",
        "any(bound is not None and count > bound for count, bound in bounds[:1])",
        (JUDGING,),
    ),
    "any consent is enough": RuleMutant(
        "plan/judging.py",
        "    if consents.get(guard) == found.count:\n",
        "    if guard in consents:\n",
        (JUDGING,),
    ),
    "a larger number is a consent": RuleMutant(
        "plan/judging.py",
        "    if consents.get(guard) == found.count:\n",
        "    if consents.get(guard, -1) >= found.count:\n",
        (JUDGING,),
    ),
    "a consent is one to every guard": RuleMutant(
        "plan/judging.py",
        "    if consents.get(guard) == found.count:\n",
        "    if found.count in consents.values():\n",
        (JUDGING,),
    ),
    "a share is rounded up": RuleMutant(
        "plan/limits.py",
        "        found = of * self.share // _WHOLE\n",
        "        found = -(-of * self.share // _WHOLE)\n",
        (LIMITS,),
    ),
    "a share has no most": RuleMutant(
        "plan/limits.py",
        "found if self.most is None else min(self.most, found)",
        "found if self.most is None else found",
        (LIMITS,),
    ),
    "a share has no least": RuleMutant(
        "plan/limits.py",
        "        return max(self.least, found",
        "        return max(0, found",
        (LIMITS,),
    ),
    "a guard without a whole takes a share": RuleMutant(
        "plan/limits.py",
        "    if guard not in WITH_SHARES:\n        message",
        "    if guard not in Guard:\n        message",
        (LIMITS,),
    ),
    "the tree's limit wins over the caller's": RuleMutant(
        "plan/limits.py",
        "        return Limits({**others.stated, **self.stated})\n",
        "        return Limits({**self.stated, **others.stated})\n",
        (
            LIMITS,
            CALLER,
        ),
    ),
    "the caller's limits are not looked at": RuleMutant(
        "operations/session.py",
        "policy.limits.over(loaded.configuration.guardrails)",
        "loaded.configuration.guardrails",
        (CALLER,),
    ),
    "a consent goes on for the next command": RuleMutant(
        "cli/options.py",
        '    found: dict[Any, int] = dict(ctx.meta.get(f"reconciler.{_CONSENTS}", {}))\n',
        '    found: dict[Any, int] = globals().setdefault("kept", {})\n',
        (CONSENTS,),
    ),
    "the last of two numbers is the consent": RuleMutant(
        "cli/options.py",
        "        if found.get(guard, number) != number:\n",
        "        if found.get(guard, number) != number < 0:\n",
        (CONSENTS,),
    ),
    "the name of an estate is a consent to everything": RuleMutant(
        "operations/destroy.py",
        "{guard: counts[guard] for guard in CONFIRMED}",
        "{guard: counts[guard] for guard in Guard}",
        (CONSENTS,),
    ),
    "an estate is destroyed without its name": RuleMutant(
        "operations/destroy.py",
        "            if confirm != name:\n",
        "            if confirm not in {None, name}:\n",
        (CONSENTS,),
    ),
    "an adoption is held to the whole plan": RuleMutant(
        "operations/adopt.py",
        "Planned(session.judged(chosen), digest_of(chosen))",
        "Planned(chosen, digest_of(chosen))",
        (CONSENTS,),
    ),
    "an apply is not judged with its consents": RuleMutant(
        "operations/session.py",
        "with_verdicts(plan, self.limits, self.estate.consents, self.waivers)",
        "with_verdicts(plan, self.limits, {}, self.waivers)",
        (CONSENTS,),
    ),
    "a consent is recorded nowhere": RuleMutant(
        "operations/apply.py",
        "command=command + consents_of(plan)",
        "command=command",
        (CONSENTS,),
    ),
    "a set may suspend what it likes": RuleMutant(
        "plan/sim_guards.py",
        "_LIMITED = {RosterAction.MOVE, RosterAction.SUSPEND}\n",
        "_LIMITED = {RosterAction.MOVE}\n",
        (ABSENCE,),
    ),
    "whatever is typed is the number": RuleMutant(
        "operations/apply.py",
        '        if number(result).strip().replace(",", "") != str(result.measured):\n',
        "        if not number(result).strip():\n",
        (TYPED,),
    ),
    "a consent is asked for what has none": RuleMutant(
        "reports/guards.py",
        "    if structural:\n",
        "    if not structural:\n",
        (NAMES,),
    ),
}
