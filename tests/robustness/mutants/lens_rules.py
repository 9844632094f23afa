"""The rules of reading and writing without loss, each as the edit that breaks it."""

from collections.abc import Mapping

from tests.robustness.mutants.mutant import RuleMutant

LENS = "tests/laws/test_lens.py"
IDENTITY = "tests/unit/plan/test_rule_identity.py"
LEAF = "tests/unit/control_plane/test_leaf.py"
CARRIED = f"{LENS}::test_without_an_edit_a_put_is_the_answer_that_was_read"
EDITED = f"{LENS}::test_an_edit_changes_the_members_of_its_field_and_no_others"

LENS_RULES: Mapping[str, RuleMutant] = {
    "a PUT drops a nested member that is not known": RuleMutant(
        "control_plane/patching.py",
        "for name, path, item in inner if path not in fold.read_only}",
        "for name, path, item in inner if path in fold.leaves or codec.is_around(fold, path)}",
        (CARRIED,),
    ),
    "a PUT drops a member that is not known": RuleMutant(
        "control_plane/patching.py",
        "        elif member not in told:\n            result[member] = _flat(value)\n",
        "",
        (CARRIED,),
    ),
    "a PUT is built from the spec": RuleMutant(
        "control_plane/patching.py",
        "    return {**patched(result, old, new), **sent}\n",
        "    return {**result, **new, **sent}\n",
        (CARRIED,),
    ),
    "a rule is built from the spec": RuleMutant(
        "kinds/routing_policy.py",
        "        result.append(patched(read, _write_rule(before, is_named=is_named), "
        "_write_rule(rule, is_named=is_named)))\n",
        "        result.append(_write_rule(rule, is_named=is_named))\n",
        (EDITED,),
    ),
    "an edit writes its name into the description of a rule": RuleMutant(
        "kinds/routing_policy.py",
        '        is_named = named is not None and named["name"] == _NAME.of(rule)\n',
        "        is_named = True\n",
        (f"{LENS}::test_only_a_description_that_has_our_name_keeps_it",),
    ),
    "two rules get one name": RuleMutant(
        "diffing/naming.py", "        if name and name not in taken:\n", "        if name:\n", (IDENTITY,)
    ),
    "the platform's id of a rule is not asked": RuleMutant(
        "plan/comparing.py",
        "    if owned is None or not owned.item_names or not live.item_ids:\n",
        "    if owned is not None or not live.item_ids:\n",
        (IDENTITY,),
    ),
    "a difference that no field explains is planned": RuleMutant(
        "plan/comparing.py", "    if not found.fields:\n", "    if found.fields is None:\n", (IDENTITY,)
    ),
    "a value that no manifest can hold is cleared": RuleMutant(
        "plan/comparing.py",
        "    if not live.unsaid and not unmanaged:\n",
        "    if live.unsaid or not unmanaged:\n",
        (IDENTITY,),
    ),
    "a collection of ours that is absent is taken for an empty one": RuleMutant(
        "operations/drift.py",
        "    snapshot.require(address.kind for address in session.inventory.owned)\n",
        "",
        ("tests/features/cli/test_absent_collections.py",),
    ),
    "a drift of one list is accepted for another item of it": RuleMutant(
        "plan/drifting.py",
        "any(_overlap(change.path, path) for path in open_paths)",
        "change.path in {'x', *open_paths[:0]}",
        (IDENTITY,),
    ),
}
