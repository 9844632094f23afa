"""Every rule of the safety core is load-bearing: with the rule broken, a test fails."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.robustness.mutants.mutant import RuleMutant
from tests.robustness.mutants.rules import MUTANTS

ROOT = Path(__file__).parents[3]
_LONGEST_SECONDS = 110
_TESTS_FAILED = 1


# All rules, or a share of them that is drawn with this seed.
ALL = "all"
SHARE = 10


def drawn(names: Sequence[str], seed: str) -> list[str]:
    """The rules to break: all of them, or so many that are drawn; the same seed draws the same."""
    return list(names) if seed == ALL else sorted(random.Random(seed).sample(list(names), SHARE))


def _seed() -> str:
    """The caller's seed, else the commit, so that each change tries another share and a red one can be repeated."""
    commit = ["git", "rev-parse", "HEAD"]
    named = os.environ.get("RECONCILER_MUTANTS", "")
    return named or subprocess.run(commit, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def _run(package: Path, tests: Sequence[str], *options: str) -> subprocess.CompletedProcess[str]:
    """These tests with the package that lies in this folder."""
    where = f"pythonpath={package} {ROOT}"
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", where, *options, *tests]
    # Tests run commands in processes of their own, which have to break the same rule.
    environment = {**os.environ, "PYTHONPATH": str(package)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=_LONGEST_SECONDS, check=False
    )


def _mutated(mutant: RuleMutant, folder: Path) -> Path:
    """A copy of the package with the rule broken."""
    shutil.copytree(ROOT / "reconciler", folder / "reconciler", ignore=shutil.ignore_patterns("__pycache__"))
    place = folder / "reconciler" / mutant.file
    text = place.read_text(encoding="utf-8")
    assert text.count(mutant.before) == 1, f"{mutant.file} is not what the mutant was written for any more"
    place.write_text(text.replace(mutant.before, mutant.after), encoding="utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", drawn(list(MUTANTS), _seed()))
def test_a_broken_rule_makes_a_test_fail(name: str, tmp_path: Path) -> None:
    """The mutant is killed by an assertion or an error of a test, not by one of the harness."""
    mutant = MUTANTS[name]

    done = _run(_mutated(mutant, tmp_path), mutant.tests, "-x")

    assert done.returncode == _TESTS_FAILED, f"the mutant lives: {name}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


def test_there_are_enough_of_them() -> None:
    """At least twenty-five rules, and each kind of edit once."""
    assert len(MUTANTS) >= 25
    assert len({(mutant.file, mutant.before, mutant.after) for mutant in MUTANTS.values()}) == len(MUTANTS)


def test_every_mutant_is_aimed_at_code_and_tests_that_are_there() -> None:
    """The text that it breaks occurs once in its file, the edit changes it, and the files of its tests exist."""
    astray = [
        name
        for name, mutant in MUTANTS.items()
        if (ROOT / "reconciler" / mutant.file).read_text(encoding="utf-8").count(mutant.before) != 1
        or mutant.before == mutant.after
        or not mutant.tests
        or not all((ROOT / test.partition("::")[0]).exists() for test in mutant.tests)
    ]
    assert astray == []


def test_a_share_is_drawn_by_its_seed_and_every_rule_is_in_some_share() -> None:
    """A seed says which rules are broken; commits that follow each other come to all of them."""
    names = list(MUTANTS)
    shares = [drawn(names, f"commit {number}") for number in range(600)]

    assert drawn(names, "commit 0") == shares[0]
    assert {len(share) for share in shares} == {SHARE}
    assert sorted({name for share in shares for name in share}) == sorted(names)
    assert drawn(names, ALL) == names


@pytest.mark.slow
def test_a_sound_copy_fails_nothing(tmp_path: Path) -> None:
    """The control: it is the broken rule that is found, not the copy."""
    sound = RuleMutant("apply/objects/machine.py", "MOST_CREATES = 2\n", "MOST_CREATES = 1 + 1\n", ())

    done = _run(_mutated(sound, tmp_path), ["tests/robustness/faults/test_recovery.py"], "-x")

    assert done.returncode == 0, done.stdout[-2000:]
