"""The rules about traffic, and of the guard `widerReach`, each as the edit that breaks it; see `rules`."""

from collections.abc import Mapping

from tests.robustness.mutants.mutant import RuleMutant

DIFFERENCE = "tests/unit/model/traffic/test_difference.py"
FLOW = "tests/unit/model/traffic/test_flow.py"
TRAFFIC = "tests/unit/plan/test_traffic.py"
WIDER = "tests/unit/plan/test_wider_reach.py"
APPLY = "tests/robustness/tamper/test_traffic.py"

TRAFFIC_RULES: Mapping[str, RuleMutant] = {
    "packets past the work budget do not differ": RuleMutant(
        "model/traffic/difference.py",
        "            if work.is_spent:\n                unfinished.add(layer.box)\n",
        "            if work.is_spent:\n                unfinished.discard(layer.box)\n",
        (DIFFERENCE,),
    ),
    "a rule with unknown words matches all that it may": RuleMutant(
        "model/traffic/matching.py",
        "        mark = marks.setdefault(alike(rule), len(marks)) if rule.is_certain else None\n",
        "        mark = marks.setdefault(alike(rule), len(marks))\n",
        (DIFFERENCE,),
    ),
    "an unknown word is no reason": RuleMutant(
        "model/traffic/difference.py",
        "for rule in (*old_passed, *new_passed) for word in rule.unknown]",
        "for rule in (*old_passed, *new_passed)[:0] for word in rule.unknown]",
        (DIFFERENCE,),
    ),
    "an unknown action is a known one": RuleMutant(
        "model/traffic/difference.py",
        "for one in (old, new) if not one.is_known]",
        "for one in (old, new) if not one.action]",
        (DIFFERENCE,),
    ),
    "an inactive policy is as good as an active one": RuleMutant(
        "model/traffic/policies.py",
        "    if status not in (None, ACTIVE):\n",
        "    if status == ():\n",
        (DIFFERENCE,),
    ),
    "a disabled rule matches": RuleMutant(
        "model/traffic/policies.py",
        "    if enabled is False:\n        return None\n",
        "    if enabled == ():\n        return None\n",
        (DIFFERENCE,),
    ),
    "packets of icmp have ports": RuleMutant(
        "model/traffic/packets.py",
        "            protocols &= PORTED\n",
        "            protocols &= EVERY_PROTOCOL\n",
        (DIFFERENCE,),
    ),
    "rules that changed places are shared": RuleMutant(
        "model/traffic/difference.py",
        "        ends[at : at + 1] = [place]\n",
        "        ends[at : at + 1] = [0]\n",
        (DIFFERENCE,),
    ),
    "a packet that may pass does not": RuleMutant(
        "model/traffic/flow.py",
        "        return not self.examples and not self.undetermined\n",
        "        return not self.examples\n",
        (FLOW,),
    ),
    "a group with another policy has no traffic": RuleMutant(
        "plan/planned_policies.py",
        "any(field.path == self._field for field in change.fields)",
        "any(field.path == self._kind.name for field in change.fields)",
        (TRAFFIC,),
    ),
    "SIMs that move have no traffic": RuleMutant(
        "plan/planned_policies.py",
        "            if self._planned(before) != after or (before, after) in found:\n",
        "            if (before, after) in found:\n",
        (TRAFFIC,),
    ),
    "the policy of a group is as it was before the plan": RuleMutant(
        "plan/planned_policies.py",
        "            return self._read({**self._live_part(str(change.live_moniker)), **wanted})\n",
        "            return self._read({**wanted, **self._live_part(str(change.live_moniker))})\n",
        (TRAFFIC,),
    ),
    "a policy that was not read drops everything": RuleMutant(
        "plan/planned_policies.py",
        "        if not self._fields.names <= part.keys():\n            return _UNREAD\n",
        "        if not self._fields.names <= part.keys():\n            return TrafficPolicy()\n",
        (TRAFFIC,),
    ),
    "each pair of policies has the whole work budget": RuleMutant(
        "plan/traffic.py",
        "        left -= compared.work\n",
        "        left -= 0 * compared.work\n",
        (TRAFFIC,),
    ),
    "a SIM that moves out of an edited group counts twice": RuleMutant(
        "plan/traffic.py",
        "for move in moves if move.source not in counted for",
        "for move in moves if move.source is not None for",
        (TRAFFIC,),
    ),
    "a hole makes a network narrow": RuleMutant(
        "plan/wider_reach.py",
        "    return any(union_length(part) > _WIDE // 2 for part in parts.values())\n",
        "    return any(union_length(part) >= _WIDE for part in parts.values())\n",
        (WIDER,),
    ),
    "many narrow networks are narrow": RuleMutant(
        "plan/wider_reach.py",
        "    if union_length(intervals) >= _WIDE:\n        return True\n",
        "    if len(intervals) == 1 and union_length(intervals) >= _WIDE:\n        return True\n",
        (WIDER,),
    ),
    "a waiver for some traffic is one for all traffic": RuleMutant(
        "plan/findings.py",
        "    return traffic | groups | {iccid for",
        "    return groups | {iccid for",
        (WIDER,),
    ),
    "a waiver for some SIMs is one for as many others": RuleMutant(
        "plan/findings.py",
        "for pair in wide for move in pair.moves for iccid in move.iccids}",
        "for pair in wide[:0] for move in pair.moves for iccid in move.iccids}",
        (WIDER,),
    ),
    "one more subnet is no wider address space": RuleMutant(
        "plan/widened_space.py",
        "        if not all(_is_inside(network, before) for network in after):\n",
        "        if not any(_is_inside(network, before) for network in after):\n",
        ("tests/unit/plan/test_widened_space.py",),
    ),
    "a rule of any source is no wider": RuleMutant(
        "plan/widened_space.py",
        "(_EVERYTHING if one is None else _parsed(str(one)) for one in (old, new))",
        "(_parsed(str(one)) for one in (old, new))",
        ("tests/unit/plan/test_widened_space.py",),
    ),
    "a default route with holes is none": RuleMutant(
        "plan/wider_reach.py",
        "    if union_length(destinations) >= _DEFAULT:\n",
        "    if any(last - first == (1 << 32) - 1 for first, last in destinations):\n",
        (WIDER,),
    ),
    "downlink traffic is never wide": RuleMutant(
        "plan/wider_reach.py",
        "    if _is_wide(destinations) or _is_wide(_intervals(boxes, _DOWNLINK, SOURCE)):\n",
        "    if _is_wide(destinations):\n",
        (WIDER,),
    ),
    "a part that is not determined is not wide": RuleMutant(
        "plan/wider_reach.py",
        "    if pair.difference.undetermined:\n",
        "    if not pair.difference.space:\n",
        (WIDER,),
    ),
    "a default route is wide like any other network": RuleMutant(
        "plan/judging.py",
        "    if not is_tripped and found.strict and not limit.is_off:\n",
        "    if not is_tripped and found.strict and limit.is_off:\n",
        (WIDER,),
    ),
    "wide traffic of a first apply is refused": RuleMutant(
        "plan/measures.py",
        "    count = sims_of((pair for pair, _ in wide), plan) if plan.facts.is_established else 0\n",
        "    count = sims_of((pair for pair, _ in wide), plan)\n",
        (WIDER,),
    ),
    "a false policy in a plan file gets past the guard": RuleMutant(
        "apply/preflight.py",
        "judge(with_policies(replace(plan, facts=facts), snapshot), limits, given)",
        "judge(replace(plan, facts=facts), limits, given)",
        (APPLY,),
    ),
    "a policy that others edited is the one of the plan": RuleMutant(
        "apply/preflight.py",
        "        objections += other_traffic(plan, with_policies(plan, snapshot))\n",
        "        objections += other_traffic(plan, plan)\n",
        (APPLY,),
    ),
}
