"""Broken rules of what is found at the last look before a request, by recovery, and when the SIM part breaks off."""

from collections.abc import Mapping

from tests.robustness.mutants.mutant import RuleMutant

LAST_LOOK = "tests/unit/apply/test_last_look.py"
HALF_KNOWN = "tests/robustness/faults/test_half_known.py"
BREAKING_OFF = "tests/features/sims/test_breaking_off.py"

LATE_RULES: Mapping[str, RuleMutant] = {
    "a group that many SIMs joined meanwhile is edited": RuleMutant(
        "apply/objects/machine.py",
        "    if grown := growth_of(state.change, live):\n",
        "    if (grown := growth_of(state.change, live)) and not live:\n",
        (LAST_LOOK,),
    ),
    "a taken name that nobody can see leaves no intent": RuleMutant(
        "apply/objects/machine.py",
        "        state = replace(state, has_intent=True)\n",
        "        state = replace(state, has_intent=state.has_intent)\n",
        (LAST_LOOK,),
    ),
    "an intent outlives the object that has its name": RuleMutant(
        "apply/driver.py",
        "                states.setdefault(claim, ActionState.ADOPTED)\n",
        "                states.setdefault(claim, ActionState.VOID)\n",
        (f"{HALF_KNOWN}::test_a_creation_that_lands_right_before_it_would_be_sent_again_is_taken_over",),
    ),
    "a secret that is gone leaves the outcome unknown": RuleMutant(
        "apply/driver.py",
        "        except SecretUnavailable as error:\n            return Declined(str(error), error.hint)\n",
        "        except SecretUnavailable as error:\n            return Uncertain(str(error))\n",
        (f"{HALF_KNOWN}::test_a_secret_that_is_gone_when_it_is_to_be_sent_fails_its_object_alone",),
    ),
    "an answered creation is not waited for": RuleMutant(
        "apply/recovery.py",
        "if live is None and not has_waited and answered.get(intent.action_id):",
        "if live is not None and not has_waited and answered.get(intent.action_id):",
        (f"{HALF_KNOWN}::test_an_answered_creation_that_a_read_does_not_show_yet_is_waited_for",),
    ),
    "an object that is half written counts as applied": RuleMutant(
        "apply/recovery.py",
        "    if sighting is not None and sighting.is_reached:\n",
        "    if sighting is not None:\n",
        (f"{HALF_KNOWN}::test_a_half_written_object_is_not_said_to_be_applied",),
    ),
    "a deletion goes by an address that the inventory does not know": RuleMutant(
        "apply/preflight.py",
        '        return f"the inventory knows it as {owned.address}"\n',
        "        return None\n",
        (f"{HALF_KNOWN}::test_an_older_deletion_does_not_delete_what_is_declared_under_another_name",),
    ),
    "a plan does not go on where it stopped half way": RuleMutant(
        "apply/precondition.py",
        "(was_touched and sighting.position is Position.BETWEEN)",
        "(not was_touched and sighting.position is Position.BETWEEN)",
        (f"{HALF_KNOWN}::test_an_update_that_stopped_half_way_is_finished_by_the_same_plan",),
    ),
    "SIMs do not wait for their group": RuleMutant(
        "apply/applier.py",
        "    missing = [str(address) for address in not_made if address.name in needed]\n",
        "    missing = [str(address) for address in not_made if address.name not in needed]\n",
        (f"{BREAKING_OFF}::test_sims_wait_for_the_group_that_they_go_to_and_for_no_other",),
    ),
    "SIMs of a wave are asked for after the store failed": RuleMutant(
        "apply/driver.py",
        "                halt.set()\n                raise\n",
        "                raise\n",
        (f"{BREAKING_OFF}::test_after_a_store_that_failed_nothing_is_asked_of_the_sims_that_wait",),
    ),
    "a SIM that left the scope is moved": RuleMutant(
        "apply/sims/precondition.py",
        "    if _is_outside(known, sim):\n        return _stale(_LEFT_THE_SCOPE)\n    # A move",
        "    # A move",
        (f"{BREAKING_OFF}::test_sims_that_left_the_scope_after_the_plan_are_not_moved",),
    ),
    "a pending SIM is suspended": RuleMutant(
        "apply/sims/precondition.py",
        'return _GO if iccid in known.moved else _stale("it is pending; it needs a group first")',
        "return _GO",
        (f"{BREAKING_OFF}::test_a_sim_that_is_pending_by_now_is_not_suspended",),
    ),
}
