"""The rules about SIMs that must be load-bearing; see `rules`."""

from collections.abc import Mapping

from tests.robustness.mutants.mutant import RuleMutant

INTERRUPTING = "tests/features/sims/test_interrupting.py"
OFFLINE = "tests/features/sims/test_offline.py"
SPREADSHEETS = "tests/features/sims/test_spreadsheets.py"
CAUSES = "tests/features/sims/test_causes.py"
SUSPENDED = "tests/features/sims/test_suspended.py"
EDITS = "tests/features/sims/test_edit_effects.py"

SIM_RULES: Mapping[str, RuleMutant] = {
    "a suspended SIM reads match": RuleMutant(
        "plan/roster_planner.py",
        "difference.unchanged - _resting(difference)",
        "difference.unchanged",
        (f"{SUSPENDED}::test_a_suspended_sim_does_not_read_match",),
    ),
    "SIMs that share a lock are not locked out": RuleMutant(
        "plan/sim_effects.py",
        "    if count == locks:\n",
        "    if locks:\n",
        (f"{EDITS}::test_what_a_whole_set_is_given_is_counted_and_said",),
    ),
    "a label counts as touching a SIM": RuleMutant(
        "plan/sim_effects.py",
        "return any(effect_of(name, value).is_noticed for name, value in edit.after.items())",
        "return bool(edit.after)",
        (f"{EDITS}::test_each_setting_of_one_sim_says_what_it_does",),
    ),
    "an unlocked SIM is locked out": RuleMutant(
        "model/effects.py",
        "return special[shown] if isinstance(shown, str) and shown in special else self.of_edit(name)",
        "return self.of_edit(name)",
        (f"{EDITS}::test_locks_of_several_devices_are_counted_by_device",),
    ),
    "SIMs of a renamed group count twice": RuleMutant(
        "plan/impact.py",
        "return frozenset(renamed.get(group, group) for group in groups)",
        "return frozenset(groups)",
        (f"{EDITS}::test_a_renamed_group_counts_its_sims_once",),
    ),
    "SIMs that leave a renamed group make no room": RuleMutant(
        "plan/grounding.py",
        "        renamed.get(address.name, address.name): GroupNet(",
        "        address.name: GroupNet(",
        (f"{EDITS}::test_a_renamed_group_has_room_for_those_that_leave_it",),
    ),
    "a plan counts fewer SIMs than it touches": RuleMutant(
        "plan/roster_planner.py",
        "    sims = plan.sims + len(outside)\n",
        "    sims = plan.sims\n",
        ("tests/features/sims/test_edit_effects.py::test_impact_counts_in_one_whole_whether_sims_are_read_or_not",),
    ),
    "the effects of a plan file are not its own": RuleMutant(
        "plan/planfile.py",
        "effects=copied(sim_effects(plan.roster), tuple[SimEffectMembers, ...])",
        "effects=()",
        (f"{EDITS}::test_what_a_whole_set_is_given_is_counted_and_said",),
    ),
    "a set is blamed for what an Endpoint says": RuleMutant(
        "plan/sim_causes.py",
        "            if name in said:\n",
        "            if name in said and not said:\n",
        (f"{CAUSES}::test_an_endpoint_is_blamed_and_not_the_set_that_lists_its_sim",),
    ),
    "rows of another file than the planned one are blamed": RuleMutant(
        "manifests/rosters.py",
        'if content is not None and self.roster.files.get(name) == f"sha256:{sha256(content).hexdigest()}":',
        "if content is not None:",
        (f"{CAUSES}::test_a_file_that_is_another_one_by_then_names_no_lines",),
    ),
    "the row of a SIM that no row moves is blamed": RuleMutant(
        "plan/sim_causes.py",
        "        if iccid in self.unlisted:\n",
        "        if iccid in self.unlisted and iccid < 0:\n",
        (f"{CAUSES}::test_a_sim_that_is_excluded_is_not_blamed_on_its_row",),
    ),
    "a plan file has places of other SIMs": RuleMutant(
        "plan/roster_contradictions.py",
        "if len(change.places) not in {0, len(change.iccids)} or not change.caused_by.keys() <= listed:",
        "if len(change.places) < 0:",
        (f"{CAUSES}::test_a_plan_file_whose_places_are_not_those_of_its_sims_is_refused",),
    ),
    "an interrupted run goes on asking of SIMs": RuleMutant(
        "apply/driver.py",
        "sims = self.control_plane.sims.until(self.stop)",
        "sims = self.control_plane.sims",
        (f"{INTERRUPTING}::test_what_an_interruption_left_is_counted",),
    ),
    "an interrupted run sleeps to the end of its rest": RuleMutant(
        "control_plane/retry.py",
        "            self.check()\n            self.sleep(",
        "            self.sleep(",
        (f"{INTERRUPTING}::test_no_rest_is_slept_to_its_end",),
    ),
    "progress counts what an interruption left": RuleMutant(
        "apply/sims/state.py",
        "min(self.dealt_with + done, self.total) - len(self.left) - left",
        "min(self.dealt_with + done, self.total)",
        (f"{INTERRUPTING}::test_progress_does_not_count_what_an_interruption_left",),
    ),
    "what was left out by an interruption is not counted": RuleMutant(
        "apply/sims/machine.py",
        "untried=max(0, state.total - state.dealt_with) + len(state.left)",
        "untried=0",
        ("tests/unit/apply/test_sims_machine.py::test_what_an_interruption_before_the_next_stage_leaves_is_counted",),
    ),
    "what was answered and not looked at was done": RuleMutant(
        "apply/sims/machine.py",
        "    return _settle(replace(state, known=known, wrong=waiting))\n",
        "    return _settle(replace(state, known=known, wrong=frozenset()))\n",
        (f"{INTERRUPTING}::test_what_an_interruption_left_is_counted",),
    ),
    "an address of another subnet is planned": RuleMutant(
        "manifests/roster_checks.py",
        "if known and not any(",
        "if known and not known and not any(",
        (f"{OFFLINE}::test_an_address_outside_of_the_groups_subnet_is_an_error",),
    ),
    "an address is given twice": RuleMutant(
        "manifests/roster_checks.py",
        "        if first is not one:\n",
        "        if first is one and first is not one:\n",
        (f"{OFFLINE}::test_an_address_twice_in_one_vslice_is_an_error",),
    ),
    "addresses of SIMs in unknown groups clash": RuleMutant(
        "manifests/roster_checks.py",
        "first = one if network is None else seen",
        "first = seen",
        (f"{OFFLINE}::test_addresses_of_sims_in_unknown_groups_do_not_clash",),
    ),
    "a value that several SIMs are given is not warned of": RuleMutant(
        "model/shared_values.py",
        "        if count > 1\n",
        "        if count > 99\n",
        (f"{OFFLINE}::test_values_that_several_sims_share_are_warned_of",),
    ),
    "a SIM is put into a secondary group": RuleMutant(
        "kinds/endpoint.py",
        "if group is not None and HOLDER.is_secondary(group.spec):",
        "if group is not None and not group.address:",
        (f"{OFFLINE}::test_a_sim_in_a_secondary_group_is_an_error",),
    ),
    "a SIM is put into a secondary group of the platform": RuleMutant(
        "operations/planning.py",
        "if path[0] in places and kind_named(target.address.kind).is_secondary(target.spec):",
        "if path[0] in places and not target.spec:",
        (f"{OFFLINE}::test_a_group_that_only_the_platform_has_is_looked_at_by_the_plan",),
    ),
    "the separator that a spreadsheet states is a heading": RuleMutant(
        "manifests/sim_layout.py",
        "        if found is not None:\n",
        "        if found is not None and not text:\n",
        (f"{SPREADSHEETS}::test_the_sims_are_read_however_the_file_was_exported",),
    ),
    "a heading ends with its first line": RuleMutant(
        "manifests/sim_layout.py",
        "_MOST_HEADING_LINES = 50\n",
        "_MOST_HEADING_LINES = 1\n",
        (f"{SPREADSHEETS}::test_a_heading_over_two_lines_can_be_named",),
    ),
    "columns that are not read are not said": RuleMutant(
        "manifests/sim_layout.py",
        "    if unread:\n",
        "    if unread and not names:\n",
        (f"{SPREADSHEETS}::test_columns_that_are_not_read_are_said_once",),
    ),
    "the first of two columns of one name wins": RuleMutant(
        "manifests/sim_layout.py",
        "names.count(theirs) > 1",
        "names.count(theirs) > 99",
        (f"{SPREADSHEETS}::test_a_heading_twice_is_an_error",),
    ),
    "a row with too many cells is read": RuleMutant(
        "manifests/sim_files.py",
        "if len(row) > len(heading.names) and any(",
        "if len(row) < 0 and any(",
        (f"{SPREADSHEETS}::test_a_row_with_too_many_cells_is_an_error",),
    ),
    "a row with too many cells is read where only the ICCIDs matter": RuleMutant(
        "manifests/sim_files.py",
        "any(line.count(separator) >= width for line in lines)",
        "not lines",
        (f"{SPREADSHEETS}::test_a_row_with_too_many_cells_is_an_error",),
    ),
    "a suspended SIM reads as unchanged": RuleMutant(
        "diffing/rosters.py",
        "                    if status == SUSPENDED:\n",
        "                    if status == PENDING:\n",
        (f"{SUSPENDED}::test_a_suspended_sim_does_not_read_match",),
    ),
    "a SIM in another group is no drift": RuleMutant(
        "plan/sim_drift.py",
        "flow in difference.flows.items():",
        "flow in list(difference.flows.items())[:0]:",
        ("tests/features/sims/test_drift.py::test_what_somebody_changed_of_a_sim_is_drift",),
    ),
    "drift says of a SIM what its set would do": RuleMutant(
        "plan/sim_drift.py",
        'if iccid not in unlisted:\n                yield SimDrift(str(iccid), names[number], f"is not',
        'if iccid:\n                yield SimDrift(str(iccid), names[number], f"is not',
        ("tests/features/sims/test_drift.py::test_a_sim_that_somebody_resumed_or_put_into_a_group_is_drift",),
    ),
    "what was so when SIMs were applied is drift": RuleMutant(
        "plan/sim_drift.py",
        " for i in found if str(i) not in known)",
        " for i in found)",
        ("tests/features/sims/test_drift.py::test_what_was_so_when_sims_were_applied_did_not_drift",),
    ),
    "an apply without changes leaves drift in the dark": RuleMutant(
        "operations/apply.py",
        "            store.note_sims(epoch, plan.basis.manifests, plan.roster.exempt)\n",
        "            pass\n",
        ("tests/features/sims/test_drift.py::test_the_command_names_each_sim_and_says_when_it_cannot_tell",),
    ),
    "nobody remembers what SIMs were applied as": RuleMutant(
        "apply/applier.py",
        "                    if plan.roster.managed:\n",
        "                    if not plan.roster.managed:\n",
        ("tests/features/sims/test_drift.py::test_an_apply_remembers_what_the_sims_are_as",),
    ),
    "an activation that was cut is a SIM that somebody moved": RuleMutant(
        "apply/sims/precondition.py",
        "                steps = {None, change.target}\n",
        "                steps = {change.target}\n",
        ("tests/features/sims/test_killed.py::test_a_sim_that_is_activated_and_in_no_group_yet_is_gone_on_with",),
    ),
}
