"""
The rules of the safety core that must be load-bearing, each as the edit that breaks it.

`before` occurs exactly once in `file`; with `after` in its place one of `tests` has to fail.
"""

from collections.abc import Mapping

from tests.robustness.mutants.forged_rules import FORGED_RULES
from tests.robustness.mutants.guard_rules import GUARD_RULES
from tests.robustness.mutants.hand_over_rules import HAND_OVER_RULES
from tests.robustness.mutants.late_rules import LATE_RULES
from tests.robustness.mutants.lens_rules import LENS_RULES
from tests.robustness.mutants.list_rules import LIST_RULES
from tests.robustness.mutants.look_rules import LOOK_RULES
from tests.robustness.mutants.mutant import RuleMutant
from tests.robustness.mutants.owner_rules import OWNER_RULES
from tests.robustness.mutants.plan_rules import PLAN_RULES
from tests.robustness.mutants.review_rules import REVIEW_RULES
from tests.robustness.mutants.secret_rules import SECRET_RULES
from tests.robustness.mutants.sim_rules import SIM_RULES
from tests.robustness.mutants.template_rules import TEMPLATE_RULES
from tests.robustness.mutants.traffic_rules import TRAFFIC_RULES

GROUP = "tests/unit/store/test_group_commit.py"
ENGINE = "tests/unit/apply/test_engine.py"
RETENTION = "tests/unit/store/test_retention.py"
JOURNAL = "tests/unit/store/test_journal.py"
LOCK = "tests/unit/store/test_lock.py"
STALENESS = "tests/robustness/faults/test_staleness.py"
OWNERS = "tests/features/cli/test_owners.py"
ESTATES = "tests/unit/store/test_estates.py"
JOURNEY_EXPORT = "tests/features/journeys/test_vantiq.py::test_an_export_plans_to_nothing_and_exports_the_same_again"
OUTCOMES = "tests/robustness/faults/test_outcomes.py"
EVIDENCE = "tests/robustness/faults/test_evidence.py"
RECOVERY = "tests/robustness/faults/test_recovery.py"
SIMS = "tests/features/sims/test_applying.py"
IMPACT = "tests/unit/plan/test_impact.py"
COVERING = "tests/unit/test_covering.py"
MEANWHILE = "tests/features/sims/test_meanwhile.py"
LISTS = "tests/unit/control_plane/test_listing.py"
ANSWERS = "tests/unit/control_plane/test_answers.py"


MUTANTS: Mapping[str, RuleMutant] = {
    **FORGED_RULES,
    **LIST_RULES,
    **LOOK_RULES,
    **SIM_RULES,
    **SECRET_RULES,
    **GUARD_RULES,
    **PLAN_RULES,
    **HAND_OVER_RULES,
    **OWNER_RULES,
    **LATE_RULES,
    **LENS_RULES,
    **REVIEW_RULES,
    **TEMPLATE_RULES,
    **TRAFFIC_RULES,
    "nothing is intended before it is sent": RuleMutant(
        "apply/driver.py",
        "self.store.intend(self.lease.epoch, [entry])",
        "_ = entry",
        (f"{OUTCOMES}::test_a_create_that_lands_late_is_adopted_by_the_next_run",),
    ),
    "a void intent is no reason to adopt any more": RuleMutant(
        "store/records.py",
        "ADOPTABLE = frozenset({ActionState.INTENT, ActionState.UNKNOWN, ActionState.VOID})",
        "ADOPTABLE = frozenset({ActionState.INTENT, ActionState.UNKNOWN})",
        (f"{OUTCOMES}::test_a_void_intent_is_still_good_for_adoption",),
    ),
    "what has the right name and content is ours": RuleMutant(
        "apply/precondition.py",
        "if (is_ours or has_intent) and sighting.is_made:",
        "if sighting.is_made:",
        (
            ENGINE,
            f"{STALENESS}::test_an_object_that_appears_during_apply_is_a_conflict",
        ),
    ),
    "what has the right name is ours": RuleMutant(
        "apply/objects/machine.py",
        (
            "        if state.sighting.is_made:\n"
            "            return settled(state, ActionState.ADOPTED, found=state.sighting)\n"
            "        return settled(state, ActionState.CONFLICT"
        ),
        (
            "        if state.sighting is not None:\n"
            "            return settled(state, ActionState.ADOPTED, found=state.sighting)\n"
            "        return settled(state, ActionState.CONFLICT"
        ),
        (
            ENGINE,
            f"{OUTCOMES}::test_an_object_of_that_name_that_is_not_ours_is_left_alone",
        ),
    ),
    "recovery adopts whatever has the name": RuleMutant(
        "apply/recovery.py",
        "    if found.readiness is Readiness.CONFLICT:\n",
        "    if found.readiness is Readiness.CONFLICT and not live.remote_id:\n",
        (f"{RECOVERY}::test_recovery_decides_by_what_it_sees",),
    ),
    "a decision of an old epoch counts": RuleMutant(
        "store/lock.py",
        'LOCK.c.epoch == bindparam("number"), LOCK.c.run_id == bindparam("run")',
        'LOCK.c.epoch >= bindparam("number")',
        (LOCK,),
    ),
    "the lock of somebody who lives is taken": RuleMutant(
        "store/lock.py",
        "if former is not None and not expired and is_alive(former.epoch):",
        "if former is not None and not expired and former.epoch < 0:",
        (LOCK,),
    ),
    "an epoch is used twice": RuleMutant(
        "store/lock.py",
        'number = row["epoch"] + 1',
        'number = max(1, row["epoch"])',
        (LOCK,),
    ),
    "the lease is not looked at before a request": RuleMutant(
        "apply/driver.py",
        "                self.lease.check()\n                try:\n",
        "                try:\n",
        (f"{STALENESS}::test_a_pause_between_intent_and_request_is_noticed",),
    ),
    "what may land later is not waited for": RuleMutant(
        "apply/objects/machine.py",
        ("    if not state.is_drained:\n        return replace(state, phase=Phase.RESOLVE_REST"),
        ("    if state.attempt < 0:\n        return replace(state, phase=Phase.RESOLVE_REST"),
        (ENGINE,),
    ),
    "a create without an answer is sent again unseen": RuleMutant(
        "apply/objects/machine.py",
        ("                refusal=Declined(reason),\n            )\n            return look(state, Phase.RESOLVE)"),
        ("                refusal=Declined(reason),\n            )\n            return _go(state, step_of(state))"),
        (ENGINE,),
    ),
    "what was changed meanwhile is overwritten": RuleMutant(
        "apply/precondition.py",
        "    return sighting.position is Position.BEFORE or (was_touched and sighting.position is Position.BETWEEN)\n",
        "    return sighting.position is not None or was_touched\n",
        (
            ENGINE,
            f"{STALENESS}::test_an_edit_during_apply_makes_that_change_stale",
        ),
    ),
    "what is not ours is deleted": RuleMutant(
        "apply/precondition.py",
        "if owned is None or owned.remote_id != change.remote_id:",
        "if change.remote_id is None:",
        (ENGINE,),
    ),
    "a group with SIMs in it is deleted": RuleMutant(
        "apply/objects/machine.py",
        "    if sims:\n",
        "    if sims < 0:\n",
        ("tests/unit/apply/test_last_look.py::test_a_group_that_a_sim_joined_meanwhile_is_not_deleted",),
    ),
    "nobody looks whether the plan is still true": RuleMutant(
        "apply/preflight.py",
        "    if objections:\n",
        "    if objections and not plan:\n",
        (f"{STALENESS}::test_a_field_that_moved_stops_the_whole_apply",),
    ),
    "a plan for another store is applied": RuleMutant(
        "plan/plan.py",
        "self.lineage is not None and self.lineage != inventory.lineage:",
        "self.lineage is not None and self.lineage == str():",
        (f"{STALENESS}::test_a_plan_for_elsewhere_is_refused",),
    ),
    "what waits for a failed change is made all the same": RuleMutant(
        "apply/run.py",
        "        if not isinstance(ending, Skipped):\n",
        ("        schedule.succeeded(ending.address)\n        if ending is None:\n"),
        (f"{OUTCOMES}::test_independent_branches_go_on_after_a_failure",),
    ),
    "403 means that it is not there": RuleMutant(
        "control_plane/answers.py",
        "    if status in {401, 403}:\n",
        (
            "    if status == 403:\n"
            "        return PlatformAnswer(None, None, (), is_absent=True, status=status)\n"
            "    if status == 401:\n"
        ),
        (ANSWERS,),
    ),
    "a server error means that it was not executed": RuleMutant(
        "control_plane/answers.py",
        'raise OutcomeUnknown(f"{what}: HTTP {status}")',
        'raise Throttled(f"{what}: HTTP {status}", retry_after_seconds=None)',
        (ANSWERS,),
    ),
    "an answer that says nothing is a refusal": RuleMutant(
        "control_plane/answers.py",
        "    if is_refused:\n        raise Rejected(",
        '    if is_refused or body.get("success") is not True:\n        raise Rejected(',
        (ANSWERS,),
    ),
    "a plan knows nothing of our own intents": RuleMutant(
        "apply/recovery.py",
        "        if found is not None:\n            owned[address] = found\n",
        "        if found is not None:\n            continue\n",
        (f"{EVIDENCE}::test_a_plan_after_an_interrupted_apply_knows_what_is_ours",),
    ),
    "an intent for the name is enough": RuleMutant(
        "apply/precondition.py",
        "        return _DONE if is_ours and sighting.position is Position.AFTER else _GO\n    return",
        "        return _DONE if is_ours and sighting.position is Position.AFTER else _GO\n"
        "    if has_intent:\n        return _GO\n    return",
        (RECOVERY,),
    ),
    "a refusal of a creation is never looked into": RuleMutant(
        "apply/objects/machine.py",
        "    may_be_ours = state.has_intent or answer.may_be_taken\n",
        "    may_be_ours = state.has_intent\n",
        (f"{EVIDENCE}::test_a_creation_without_a_clear_answer_is_found_out",),
    ),
    "a creation that may yet be found is pruned": RuleMutant(
        "store/retention.py",
        "not_(is_open | is_claim)",
        "not_(is_open)",
        (f"{RETENTION}::test_what_a_recovery_may_need_is_kept",),
    ),
    "an outcome that is not known is pruned": RuleMutant(
        "store/retention.py",
        "for each in sorted(UNRESOLVED)",
        "for each in sorted(UNRESOLVED)[:1]",
        (RETENTION,),
    ),
    "pruning takes facts of another estate": RuleMutant(
        "store/retention.py",
        'if fact["action_estate"] != estate:',
        'if fact["action_estate"] is estate:',
        (RETENTION,),
    ),
    "an answered id is pruned with its fact": RuleMutant(
        "store/retention.py",
        "for action_id, remote_id in answers.items():",
        "for action_id, remote_id in ():",
        (RETENTION,),
    ),
    "any chain of facts may begin anywhere": RuleMutant(
        "store/journal.py",
        'previous = previous or row["after"] or ""',
        'previous = previous or row["prev_sha"]',
        (RETENTION, JOURNAL),
    ),
    "a page that is missing is not missed": RuleMutant(
        "control_plane/listing.py",
        "        is_whole = len(rows) == total\n",
        "        is_whole = True\n",
        (LISTS,),
    ),
    "a row that comes twice is counted twice": RuleMutant(
        "control_plane/listing.py",
        'why, is_whole = "an object came twice", False',
        "is_whole = True",
        (LISTS,),
    ),
    "a plan file need not be what was approved": RuleMutant(
        "plan/planfile.py",
        "    if digest_of_bytes(read_body(content)) != document.digest or digest(header) != document.seal:\n",
        "    if digest(header) != document.seal:\n",
        ("tests/unit/plan/test_planfile.py",),
    ),
    "a group with SIMs in it may be replaced": RuleMutant(
        "plan/guards.py",
        "        if sims <= 0:\n",
        "        if not sims < 0:\n",
        (
            "tests/golden/plans",
            "tests/unit/plan/test_guards.py",
            MEANWHILE,
        ),
    ),
    "what is protected is deleted": RuleMutant(
        "plan/guards.py",
        "        *_protected(plan.changes),\n",
        "",
        (
            "tests/golden/plans",
            "tests/laws/test_planning.py",
        ),
    ),
    "any number of SIMs may be terminated": RuleMutant(
        "plan/plan.py",
        "ending not in {0, allowed}",
        "ending and not allowed",
        (f"{SIMS}::test_terminating_needs_the_word_and_the_exact_number", "tests/unit/plan/test_plan.py"),
    ),
    "the answer to a bulk request is believed": RuleMutant(
        "apply/sims/machine.py",
        "    state = replace(state, wrong=waiting, polls=0, unanswered=state.known.uncertain)\n",
        "    state = replace(state, wrong=frozenset(), polls=0, unanswered=state.known.uncertain)\n",
        (f"{MEANWHILE}::test_what_the_platform_accepted_and_did_not_do_is_refused",),
    ),
    "a refused batch is refused as a whole": RuleMutant(
        "apply/sims/delivery.py",
        "if answer.is_fatal or len(part.iccids) == 1:",
        "if answer.is_fatal or part.iccids:",
        (f"{SIMS}::test_the_sims_that_the_platform_does_not_take_are_named",),
    ),
    "a SIM that somebody moved is moved back": RuleMutant(
        "apply/sims/precondition.py",
        "elsewhere(sim, change.source, targets)",
        "elsewhere(sim, sim.group, targets)",
        (f"{SIMS}::test_a_sim_that_somebody_moved_meanwhile_is_left_alone",),
    ),
    "after a batch without an answer the next thing is done": RuleMutant(
        "apply/sims/precondition.py",
        "    if iccid in known.uncertain:\n        return _WAITING\n",
        "",
        (f"{MEANWHILE}::test_nothing_is_built_on_an_answer_that_never_came",),
    ),
    "what the platform accepts of one SIM is done to all": RuleMutant(
        "apply/sims/machine.py",
        "    return _next_wave(replace(state, is_broken=is_bad(len(everybody), right, idle)))",
        "    return _next_wave(replace(state, is_broken=is_bad(len(everybody), right, 0)))",
        (f"{MEANWHILE}::test_a_wave_that_does_not_hold_is_the_last",),
    ),
    "what was read long ago is believed": RuleMutant(
        "apply/sims/machine.py",
        "state.now > state.believed_until:",
        "state.now > state.believed_until + 1e9:",
        (f"{MEANWHILE}::test_what_was_read_long_ago_is_read_again",),
    ),
    "what shares a commit is durable before it": RuleMutant(
        "store/group_commit.py",
        "            self._waiting += mine\n",
        "            self._waiting += mine\n            mine[0].is_taken = mine[0].is_durable = True\n",
        (GROUP,),
    ),
    "one refused decision refuses the others": RuleMutant(
        "store/group_commit.py",
        "            if len(group) == 1:\n",
        "            if group:\n",
        (GROUP,),
    ),
    "a label counts as touching the SIMs behind it": RuleMutant(
        "plan/impact.py",
        "    if any(effect.is_noticed for effect in effects):\n",
        "    if effects:\n",
        (f"{IMPACT}::test_another_display_name_disturbs_nobody",),
    ),
    "every edit has the effect of a policy": RuleMutant(
        "plan/impact.py",
        "    effects = kind_named(change.address.kind).effects\n",
        '    effects = kind_named("RegionalPolicy").effects\n',
        (IMPACT,),
    ),
    "rules of another form on the platform hide shadowed ones": RuleMutant(
        "plan/shadows.py",
        "    return rules if isinstance(rules, list) else ()\n",
        "    return rules if isinstance(rules, list) and all(isinstance(rule, dict) for rule in rules) else ()\n",
        (f"{COVERING}::test_live_rules_of_another_form_hide_nothing_of_those_that_are_to_be",),
    ),
    "a rule that only several cover is reachable": RuleMutant(
        "model/covering.py",
        "        if not pieces:\n            return tuple(taken)\n",
        "        if not pieces:\n            return ()\n",
        (f"{COVERING}::test_shapes_of_rules_that_people_write",),
    ),
    "a disabled rule takes traffic": RuleMutant(
        "model/traffic/policies.py",
        "    if enabled is False:\n        return None\n",
        "    if enabled is ...:\n        return None\n",
        (f"{COVERING}::test_rules_that_cover_another_one_only_together_shadow_it",),
    ),
    "notes on shadowed rules are believed from a file": RuleMutant(
        "plan/shadows.py",
        "    kept = tuple(note for note in change.notes if _SIGN not in note and _AGAIN not in note)\n",
        "    kept = change.notes\n",
        (f"{COVERING}::test_a_note_on_shadowed_rules_is_not_believed",),
    ),
    "what another estate owns is taken for unowned": RuleMutant(
        "plan/owners.py",
        "    if inventory is None or match.presence is Presence.OURS:\n",
        "    if True:\n",
        (f"{OWNERS}::test_another_name_deletes_and_adopts_nothing",),
    ),
    "the inventory is the whole store's": RuleMutant(
        "store/reader.py",
        "FROM resource WHERE estate = ?",
        "FROM resource WHERE estate != ? || 'x'",
        (f"{OWNERS}::test_an_estate_without_manifests_deletes_nothing_of_the_others",),
    ),
    "a plan of another estate is applied": RuleMutant(
        "plan/plan.py",
        "        if self.estate != inventory.estate:\n",
        "        if not self.estate:\n",
        ("tests/unit/plan/test_plan.py", f"{OWNERS}::test_a_plan_of_another_estate_is_refused"),
    ),
    "an adoption is no change": RuleMutant(
        "plan/plan.py",
        "        return not self.has_work\n",
        "        return self.roster.is_empty and all(change.is_plain_adoption for change in self.changes)\n",
        (f"{OWNERS}::test_taking_over_is_a_change", JOURNEY_EXPORT),
    ),
    "an object may be forgotten for every estate": RuleMutant(
        "store/ownership.py",
        'RESOURCE.c.estate == bindparam("owner"), RESOURCE.c.addr',
        'RESOURCE.c.estate != bindparam("owner") + "x", RESOURCE.c.addr',
        (f"{ESTATES}::test_forgetting_takes_the_row_of_this_estate_only",),
    ),
    "an estate may take the name of another": RuleMutant(
        "store/estates.py",
        "        if other.objects or has_history(connection, other.lineage):\n",
        "        if other.objects and not other.lineage:\n",
        (f"{ESTATES}::test_a_rename_that_clashes_changes_nothing",),
    ),
}
