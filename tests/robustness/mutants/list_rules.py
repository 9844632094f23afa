"""The rules of lists by which changes begin and are confirmed, each as the edit that breaks it."""

from collections.abc import Mapping

from tests.robustness.mutants.mutant import RuleMutant

RECENT = "tests/unit/apply/test_recent_lists.py"
BETWEEN = "tests/robustness/races/test_list_and_send.py"
REQUESTS = "tests/robustness/faults/test_requests.py"
SHARED = "tests/unit/apply/test_shared_reads.py"
MACHINE = "apply/objects/machine.py"

LIST_RULES: Mapping[str, RuleMutant] = {
    "a list is believed however old it is": RuleMutant(
        "apply/recent_lists.py",
        "        return kept.asked_at is not None and self._now() - kept.asked_at < self._max_age\n",
        "        return kept.asked_at is not None\n",
        (RECENT, BETWEEN),
    ),
    "a list outlives the SIMs that were moved": RuleMutant(
        "apply/recent_lists.py",
        "                kept.asked_at = None\n",
        "                kept.asked_at = kept.asked_at\n",
        (RECENT,),
    ),
    "a list may refuse a change": RuleMutant(
        MACHINE,
        "    return (state_after, effect) if isinstance(effect, Intend) else look(state, state.phase, alone=True)\n",
        "    return state_after, effect\n",
        (SHARED,),
    ),
    "a list says that a request had no effect": RuleMutant(
        MACHINE,
        "        return _seen(state) if _took_effect(state) else look(state, state.phase, alone=True)\n",
        "        return _seen(state)\n",
        (SHARED,),
    ),
    "what was begun before begins by a list": RuleMutant(
        MACHINE,
        "    is_fresh = phase is Phase.ASSESS and not (state.was_touched or state.has_intent)\n",
        "    is_fresh = phase is Phase.ASSESS\n",
        (SHARED,),
    ),
    "an update begins by a list": RuleMutant(
        MACHINE,
        "    return Sharing.RECENT if is_fresh and state.change.action in _FROM_LISTS else Sharing.ALONE\n",
        "    return Sharing.RECENT if is_fresh else Sharing.ALONE\n",
        (SHARED,),
    ),
    "a foreign object of the name is a failure": RuleMutant(
        MACHINE,
        "    if state.sighting is not None and not state.has_intent:\n",
        "    if state.sighting is not None and state.has_intent:\n",
        (BETWEEN,),
    ),
    "each change reads its own object": RuleMutant(
        "apply/run.py",
        "            if len(waiting) > pages:\n",
        "            if len(waiting) > pages * MOST_TOGETHER:\n",
        (REQUESTS,),
    ),
}
