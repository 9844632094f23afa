"""The rules that must be load-bearing when objects stop being ours, or become another estate's."""

from collections.abc import Mapping

from tests.robustness.mutants.mutant import RuleMutant

FORGETTING = "tests/unit/plan/test_forgetting.py"
TRANSFER = "tests/unit/store/test_transfer.py"
RELEASED = "tests/features/sims/test_released.py"
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
        "    open_paths = [change.path for change in explain(kind, wanted, wanted, seen).fields]\n",
        "    open_paths: list[str] = []\n",
        (ACCEPTED,),
    ),
    "a drift below an edited block counts as accepted": RuleMutant(
        "plan/drifting.py",
        '    return longer.startswith(shorter) and (longer == shorter or longer[len(shorter)] in ".[")\n',
        "    return longer == shorter\n",
        (ACCEPTED, "tests/unit/plan/test_rule_identity.py"),
    ),
    "a secret in clear comes into the inventory": RuleMutant(
        "plan/drifting.py",
        "if name not in secrets}\n",
        "if name}\n",
        (f"{ACCEPTED}::test_a_secret_is_never_taken_over",),
    ),
    "a transfer goes over a request without an outcome": RuleMutant(
        "store/estates.py",
        "    _refuse_open(connection, names, {giver: old, taker: new})\n",
        "    _ = _refuse_open\n",
        (f"{TRANSFER}::test_a_request_without_an_outcome_keeps_its_object",),
    ),
    "a transfer gives what it can": RuleMutant(
        "store/estates.py",
        "    if given != set(names):\n",
        "    if not given:\n",
        (f"{TRANSFER}::test_one_object_that_cannot_go_keeps_all_of_them",),
    ),
    "a transfer is not fenced": RuleMutant(
        "store/store.py",
        "            lock.fence(connection, epoch)\n            if makes and",
        "            if makes and",
        (f"{TRANSFER}::test_a_run_that_lost_the_lock_gives_nothing",),
    ),
    "a transfer leaves saved plans fresh": RuleMutant(
        "store/estates.py",
        "    connection.execute(moved.values(estate=taker, row_version=RESOURCE.c.row_version + 1))\n",
        "    connection.execute(moved.values(estate=taker))\n",
        (f"{TRANSFER}::test_the_rows_change_their_owner_and_nothing_else",),
    ),
    "a release is no work": RuleMutant(
        "plan/plan.py",
        "        return bool(self.changes or self.grounds.released) or not self.roster.is_empty\n",
        "        return bool(self.changes) or not self.roster.is_empty\n",
        (RELEASED,),
    ),
    "a part of an estate releases the rest": RuleMutant(
        "operations/planning.py",
        "    if inventory is None or (loaded.is_partial and not prunes):\n",
        "    if inventory is None:\n",
        (f"{RELEASED}::test_the_last_list_is_released_too",),
    ),
    "a list with another name is released": RuleMutant(
        "operations/planning.py",
        "for address, held in gone.items() if held not in renamed)\n",
        "for address, held in gone.items() if renamed is not None)\n",
        (f"{RELEASED}::test_the_plan_says_that_a_list_is_released_and_nothing_happens",),
    ),
}
