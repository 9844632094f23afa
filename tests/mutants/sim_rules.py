"""The rules about SIMs that must be load-bearing; see `rules`."""

from collections.abc import Mapping

from tests.mutants.mutant import RuleMutant

INTERRUPTING = "tests/sims/test_interrupting.py"

SIM_RULES: Mapping[str, RuleMutant] = {
    "an interrupted run goes on asking of SIMs": RuleMutant(
        "apply/applier.py",
        "sims=driver.control_plane.sims.until(run.stop),",
        "sims=driver.control_plane.sims,",
        (f"{INTERRUPTING}::test_what_an_interruption_left_is_counted",),
    ),
    "an interrupted run sleeps to the end of its rest": RuleMutant(
        "control_plane/waiting.py",
        "            self.check()\n            self.sleep(",
        "            self.sleep(",
        (f"{INTERRUPTING}::test_no_rest_is_slept_to_its_end",),
    ),
    "what was left out by an interruption is not counted": RuleMutant(
        "apply/sims.py",
        "max(0, self.requests.total - self.requests.done) + len(self.requests.left)",
        "0",
        (f"{INTERRUPTING}::test_what_an_interruption_left_is_counted",),
    ),
    "what was answered and not looked at was done": RuleMutant(
        "apply/sims.py",
        "            self.requests.uncertain |= waiting\n",
        "            wrong = set()\n",
        (f"{INTERRUPTING}::test_what_an_interruption_left_is_counted",),
    ),
}
