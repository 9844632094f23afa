"""README's two commands from a fresh clone, with each supported Python and the pip that it brings."""

import subprocess
from pathlib import Path

import pytest

from tests.repository.machine.clone import VERSIONS, clone, installed, interpreter, locked, make, surroundings
from tests.repository.machine.stock import locked_wheels, newer_wheels, only_from

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# Starts, plans and reports: what a difference between versions of Python would break first.
SMOKE = "tests/repository/architecture/test_start.py tests/golden/plans"
DONE = "The estate was applied, and the second plan is empty."


@pytest.mark.parametrize("version", VERSIONS)
def test_the_example_runs_with_this_python_and_the_index_of_this_machine(version: str, tmp_path: Path) -> None:
    """`make run` installs the runtime set and no more."""
    place = clone(tmp_path)

    assert DONE in make(place, "run", f"PYTHON={interpreter(version)}", environment=surroundings())
    assert installed(place / ".venv/bin/python") == locked("runtime.txt", version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_newer_release_of_every_package_changes_nothing(version: str, tmp_path: Path, shared: Path) -> None:
    """With the pip that this Python brings, both commands install what is locked where the index has newer ones."""
    newer = only_from(locked_wheels(version, shared), newer_wheels(version, tmp_path / "newer"))
    place = clone(tmp_path)
    python = place / ".venv/bin/python"
    base = interpreter(version)
    bundled = subprocess.run([base, "-m", "ensurepip", "--version"], capture_output=True, text=True, check=True).stdout

    assert DONE in make(place, "run", f"PYTHON={base}", environment=newer)
    assert installed(python) == locked("runtime.txt", version)
    make(place, "test", f"PYTHON={base}", f"TESTS={SMOKE}", "WORKERS=1", environment=newer)
    assert installed(python) == locked("dev.txt", version)

    # Neither an index nor pip is needed any more, and a second `make run` takes nothing away.
    offline = surroundings(PIP_NO_INDEX="1", PIP_CONFIG_FILE="/dev/null")
    assert DONE in make(place, "run", f"PYTHON={base}", environment=offline)
    assert installed(python) == locked("dev.txt", version)

    used = subprocess.run([place / ".venv/bin/pip", "--version"], capture_output=True, text=True, check=True).stdout
    assert used.split()[1] == bundled.split()[1]


def test_settings_that_would_lead_elsewhere_are_not_heard(tmp_path: Path, shared: Path) -> None:
    """Variables and a configuration file of pip and Python that say what to install, where, or from which modules."""
    version = VERSIONS[0]
    wheels = (locked_wheels(version, shared), newer_wheels(version, tmp_path / "newer"))
    place = clone(tmp_path)
    (tmp_path / "modules").mkdir()
    for module in ("click", "pydantic", "pip", "hatchling"):
        (tmp_path / "modules" / f"{module}.py").write_text("raise SystemExit('a module from elsewhere')\n")
    (tmp_path / "pip.conf").write_text(
        f"[global]\nno-index = true\ntarget = {tmp_path}/elsewhere\nconstraint = {tmp_path}/missing.txt\n"
        "[install]\nuser = true\nno-binary = :all:\n"
    )
    hostile = only_from(
        *wheels,
        PIP_CONFIG_FILE=str(tmp_path / "pip.conf"),
        PIP_REQUIRE_VIRTUALENV="1",
        PIP_CONSTRAINT=str(tmp_path / "missing.txt"),
        PIP_TARGET=str(tmp_path / "elsewhere"),
        PIP_UPGRADE="1",
        PIP_PRE="1",
        PIP_NO_CACHE_DIR="1",
        PYTHONPATH=str(tmp_path / "modules"),
        PYTHONHOME=str(tmp_path / "nowhere"),
        PYTHONOPTIMIZE="2",
        PYTHONSAFEPATH="1",
        VIRTUAL_ENV=str(tmp_path / "another"),
    )
    python = interpreter(version)

    assert DONE in make(place, "run", f"PYTHON={python}", environment=hostile)
    assert installed(place / ".venv/bin/python") == locked("runtime.txt", version)
    assert not (tmp_path / "elsewhere").exists()


def test_a_clone_that_was_moved_makes_its_environment_anew(tmp_path: Path, shared: Path) -> None:
    """The programs of an environment name its folder, so those of a moved clone would run the code of the old one."""
    version = VERSIONS[-1]
    wheels = (locked_wheels(version, shared), newer_wheels(version, tmp_path / "newer"))
    place = clone(tmp_path)
    asked = ["run", f"PYTHON={interpreter(version)}"]
    make(place, *asked, environment=only_from(*wheels))
    moved = place.rename(tmp_path / "moved")

    assert DONE in make(moved, *asked, environment=only_from(*wheels))
    assert str(place) not in (moved / ".venv/bin/reconciler").read_text(encoding="utf-8")
