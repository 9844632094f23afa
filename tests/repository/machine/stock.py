"""Local folders in the place of a package index."""

import fcntl
import subprocess
from pathlib import Path

from tests.repository.machine.clone import ROOT, interpreter, locked, surroundings
from tests.repository.machine.wheels import write_wheel
from tools.install import settings

NEWER = "99999.0"


def locked_wheels(version: str, shared: Path) -> Path:
    """A folder with the locked wheels for this Python, downloaded once for a run of the tests."""
    folder = shared / f"locked-{version}"
    with (shared / f"{version}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder
        subprocess.run([interpreter(version), "-m", "venv", shared / f"pip-{version}"], check=True)
        partial = shared / f"partial-{version}"
        exactly = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
        download = [str(shared / f"pip-{version}/bin/python"), "-m", "pip", "download", "-qq", *exactly]
        subprocess.run(
            [*download, "--requirement", ROOT / "requirements/dev.txt", "--dest", partial], env=settings(), check=True
        )
        return partial.rename(folder)


def newer_wheels(version: str, folder: Path) -> Path:
    """A folder with a newer release of every locked package, which holds nothing."""
    folder.mkdir()
    for name in locked("dev.txt", version):
        write_wheel(folder, name, NEWER)
    return folder


def only_from(*folders: Path, **more: str) -> dict[str, str]:
    """Surroundings whose only index are local folders, whatever the configuration of this machine says."""
    return surroundings(PIP_NO_INDEX="1", PIP_FIND_LINKS=" ".join(map(str, folders)), **more)
