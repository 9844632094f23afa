"""The installer of locks, against an index of made-up packages with each supported Python's own pip."""

import subprocess
from pathlib import Path

import pytest

from tests.repository.machine.clone import ROOT, VERSIONS, installed, interpreter
from tests.repository.machine.stock import only_from
from tests.repository.machine.wheels import write_wheel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def _environment(version: str, folder: Path) -> Path:
    subprocess.run([interpreter(version), "-m", "venv", folder], check=True)
    return folder / "bin/python"


def _install(python: Path, lock: Path, index: Path) -> subprocess.CompletedProcess[str]:
    command = [str(python), str(ROOT / "tools/install.py"), str(lock)]
    return subprocess.run(command, env=only_from(index), capture_output=True, text=True, check=False)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_extra_of_a_locked_package_does_not_bring_its_newest_release(version: str, tmp_path: Path) -> None:
    """A package that asks for an extra of another one is given the locked release, not the newest."""
    index = tmp_path / "index"
    index.mkdir()
    lines = [
        write_wheel(index, "measured", "1.0", extras=["toml"], needs=['parser>=1; extra == "toml"']),
        write_wheel(index, "parser", "1.0"),
        write_wheel(index, "plugin", "1.0", needs=["measured[toml]>=1"]),
    ]
    for name in ("measured", "parser", "plugin", "stranger"):
        write_wheel(index, name, "2.0", needs=["stranger"], extras=["toml"])
    (tmp_path / "lock.txt").write_text("\n".join(lines))
    python = _environment(version, tmp_path / "environment")

    done = _install(python, tmp_path / "lock.txt", index)

    assert (done.returncode, installed(python)) == (0, {"measured": "1.0", "parser": "1.0", "plugin": "1.0"})


def test_a_lock_that_lacks_something_is_refused(tmp_path: Path) -> None:
    """Nothing is resolved, so a package that no line lists is missing, and the installer says so."""
    index = tmp_path / "index"
    index.mkdir()
    line = write_wheel(index, "plugin", "1.0", needs=["measured>=1"])
    write_wheel(index, "measured", "1.0")
    (tmp_path / "lock.txt").write_text(line)
    python = _environment(VERSIONS[0], tmp_path / "environment")

    done = _install(python, tmp_path / "lock.txt", index)

    assert (done.returncode, installed(python)) == (1, {"plugin": "1.0"})
    assert "plugin 1.0 requires measured, which is not installed" in done.stderr


def test_a_file_with_another_hash_is_not_installed(tmp_path: Path) -> None:
    """A release that was exchanged after the lock was made is refused."""
    index = tmp_path / "index"
    index.mkdir()
    line = write_wheel(index, "plugin", "1.0")
    write_wheel(index, "plugin", "1.0", needs=["stranger"])
    (tmp_path / "lock.txt").write_text(line)
    python = _environment(VERSIONS[0], tmp_path / "environment")

    done = _install(python, tmp_path / "lock.txt", index)

    assert (done.returncode, installed(python)) == (1, {})
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in done.stderr
