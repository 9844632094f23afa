"""The rules that must be load-bearing when objects stop being ours, or become another estate's."""

from collections.abc import Mapping

from tests.robustness.mutants.mutant import RuleMutant

FORGETTING = "tests/unit/plan/test_forgetting.py"
ACCEPTED = "tests/unit/plan/test_accepted_drift.py"

HAND_OVER_RULES: Mapping[str, RuleMutant] = {
    "what is named to be forgotten is deleted": RuleMutant(
        "plan/removing.py",
        "    if live is None or owned.retain or is_let_go:\n",
        "    if live is None or owned.retain:\n",
        (FORGETTING,),
    ),
    "letting go of one hides that the rest is lost": RuleMutant(
        "plan/measures.py",
        "        is_lost = len(going) == len(changes) >= owned - let_go\n",
        "        is_lost = len(going) == len(changes) >= owned\n",
        (f"{FORGETTING}::test_letting_go_of_all_empties_nothing_and_hides_no_loss",),
    ),
    "what was let go counts as lost": RuleMutant(
        "plan/measures.py",
        "if c.reason.code is not ReasonCode.LET_GO]\n",
        "if c.reason.code is not None]\n",
        (f"{FORGETTING}::test_letting_go_of_all_empties_nothing_and_hides_no_loss",),
    ),
    "forgetting one object does what else the plan says": RuleMutant(
        "plan/forgetting.py",
        "        if change.action is Action.FORGET and change.address in addresses\n",
        "        if change.action is not None\n",
        (FORGETTING,),
    ),
    "a block whose secret is another one is no drift as a whole": RuleMutant(
        "plan/drifting.py",
        "    return declared is not None and declared == value_at(seen, path)\n",
        "    return declared is not None\n",
        (ACCEPTED,),
    ),
    "a secret in clear comes into the inventory": RuleMutant(
        "plan/drifting.py",
        "if name not in secrets}\n",
        "if name}\n",
        (f"{ACCEPTED}::test_a_secret_is_never_taken_over",),
    ),
}
