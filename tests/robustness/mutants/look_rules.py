"""The rules about words of the platform's lists and about renames that must be load-bearing; see `rules`."""

from collections.abc import Mapping

from tests.robustness.mutants.mutant import RuleMutant

CATALOGUE = "tests/features/cli/test_catalogue.py"
LOOKALIKES = "tests/unit/plan/test_lookalikes.py"
LAYOUT = "tests/features/cli/test_fmt.py"

LOOK_RULES: Mapping[str, RuleMutant] = {
    "a value that is live in its field is refused": RuleMutant(
        "validation/listed.py",
        "            if str(value).lower() not in live:\n",
        "            if True:\n",
        (f"{CATALOGUE}::test_a_value_that_is_live_in_the_same_field_is_no_mistake",),
    ),
    "a list that is missing refuses every value": RuleMutant(
        "model/catalogue.py",
        "return self.missing is not None or str(value)",
        "return str(value)",
        (f"{CATALOGUE}::test_a_list_that_the_account_does_not_offer_checks_nothing_and_is_named",),
    ),
    "a plan is made of values that the platform does not offer": RuleMutant(
        "operations/planning.py",
        ", *objections(declared, snapshot, inventory)]",
        "]",
        (f"{CATALOGUE}::test_a_value_that_the_platform_does_not_offer_is_refused_by_the_plan",),
    ),
    "a rename is guessed between equals": RuleMutant(
        "plan/lookalikes.py",
        "if not (is_rivalled or old in found or made in found.values()):",
        "if not (old in found or made in found.values()):",
        (f"{LOOKALIKES}::test_between_equals_nothing_is_guessed_unless_the_title_tells",),
    ),
    "a rename is guessed from too little": RuleMutant(
        "plan/lookalikes.py",
        "if same < _FEWEST_FIELDS or ",
        "if ",
        (f"{LOOKALIKES}::test_nothing_is_guessed_without_a_reason",),
    ),
    "fmt writes although it only checks": RuleMutant(
        "cli/commands/manifests.py",
        "    if not check:\n",
        "    if True:\n",
        (f"{LAYOUT}::test_check_writes_nothing_and_says_so_by_its_exit_code",),
    ),
}
