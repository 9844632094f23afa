"""A fresh clone, the interpreters of this machine, and what an environment holds."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
VERSIONS = ("3.11", "3.12", "3.13")
# Variables that the run of these tests has set for itself, and those that a make above them hands on.
_OURS = (
    "MAKE",
    "MFLAGS",
    "PYTEST",
    "COV",
    "RECONCILER_",
    "STACUITY_",
    "PYTHON",
    "VENV",
    "VIRTUAL_ENV",
    "TESTS",
    "WORKERS",
)
_LISTING = (
    "import importlib.metadata as m, json;"
    "print(json.dumps({d.name.lower().replace('_', '-').replace('.', '-'): d.version for d in m.distributions()}))"
)
# Distributions of `python -m venv`, and the one that is installed from the clone itself.
_BROUGHT = {"pip", "setuptools", "reconciler"}


def interpreter(version: str) -> str:
    """An interpreter of this version, on the PATH or in a version manager's folder. In CI it has to be there."""
    command = ["sh", "tools/find_python.sh", "--version", version]
    found = subprocess.run(command, cwd=ROOT, env=surroundings(), capture_output=True, text=True, check=False)
    if found.returncode:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(found.stderr)
    return found.stdout.strip()


def surroundings(**more: str) -> dict[str, str]:
    """The environment of a developer's shell: ours without what this run has set."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)} | more


def clone(folder: Path) -> Path:
    """The files that git knows or would take, in a new folder with a blank and an accent in its name."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    place = folder / "a cloné" / "reconciler"
    for name in names:
        if name and (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
    return place


def make(place: Path, *arguments: str, environment: Mapping[str, str]) -> str:
    """Run make in the clone; what it printed. It has to succeed."""
    command = ["make", *arguments]
    done = subprocess.run(command, cwd=place, env=dict(environment), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def installed(python: Path) -> dict[str, str]:
    """From distribution to version, of what the environment holds beside pip and the project."""
    listing = subprocess.run([python, "-I", "-c", _LISTING], capture_output=True, text=True, check=True).stdout
    return {name: version for name, version in json.loads(listing).items() if name not in _BROUGHT}


def locked(lock: str, version: str) -> dict[str, str]:
    """From distribution to version, of what a lock lists for a version of Python on this system."""
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    found = {}
    for line in text.splitlines():
        if "==" not in line or line.startswith((" ", "#")):
            continue
        requirement = Requirement(line.rstrip(" \\"))
        if _applies(requirement.marker, version):
            found[requirement.name] = str(requirement.specifier).removeprefix("==")
    return found


def _applies(marker: Marker | None, version: str) -> bool:
    return marker is None or marker.evaluate({"python_version": version, "python_full_version": f"{version}.0"})
