"""The search for an interpreter."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository.machine.clone import ROOT

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
PLACES = {
    "pyenv": f"home/.pyenv/versions/{VERSION}.9/bin",
    "asdf": f"home/.asdf/installs/python/{VERSION}.9/bin",
    "mise": f"home/.local/share/mise/installs/python/{VERSION}.9/bin",
    "uv": f"home/.local/share/uv/python/cpython-{VERSION}.9-linux-x86_64-gnu/bin",
    "rye": f"home/.rye/py/cpython@{VERSION}.9/bin",
    "a runner's tool cache": f"cache/Python/{VERSION}.9/x64/bin",
}


def _found(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Search with nothing but a few programs on the PATH and a home with a blank in its name."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name in ("cat", "sh"):
        if not (programs / name).exists():
            (programs / name).symlink_to(Path("/bin") / name)
    environment = {"PATH": str(programs), "HOME": str(folder / "home"), **more}
    command = ["/bin/sh", str(ROOT / "tools/find_python.sh"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("manager", PLACES)
def test_an_interpreter_is_found_where_a_version_manager_puts_it(manager: str, tmp_path: Path) -> None:
    """Also in a folder with a blank in its name, and when the PATH has only a shim that points nowhere."""
    root = tmp_path / "a folder"
    wanted = _program(root / PLACES[manager] / f"python{VERSION}", f'exec "{sys.executable}" "$@"')
    _program(root / "programs" / f"python{VERSION}", "echo 'not installed' >&2; exit 127")

    done = _found(root, "--version", VERSION, RUNNER_TOOL_CACHE=str(root / "cache"))

    assert (done.returncode, done.stdout, done.stderr) == (0, f"{wanted}\n", "")


def test_an_interpreter_on_the_path_comes_first(tmp_path: Path) -> None:
    """An interpreter that the caller has put on the PATH is the one that the caller means."""
    root = tmp_path / "a folder"
    _program(root / PLACES["pyenv"] / f"python{VERSION}", f'exec "{sys.executable}" "$@"')
    wanted = _program(root / "programs" / f"python{VERSION}", f'exec "{sys.executable}" "$@"')

    assert _found(root, "--version", VERSION).stdout == f"{wanted}\n"


def test_an_interpreter_of_another_version_is_none(tmp_path: Path) -> None:
    """A program is asked for its version; its name and folder prove nothing. The message names the version."""
    root = tmp_path / "a folder"
    _program(root / "home/.pyenv/versions/3.99.1/bin/python3.99", f'exec "{sys.executable}" "$@"')

    done = _found(root, "--version", "3.99")

    assert (done.returncode, done.stdout) == (1, "")
    assert "Python 3.99" in done.stderr


def test_a_python_that_is_asked_for_and_unsuitable_is_refused(tmp_path: Path) -> None:
    """Nothing else is taken in its place."""
    done = _found(tmp_path, str(_program(tmp_path / "old", "exit 1")))

    assert (done.returncode, done.stdout) == (1, "")
    assert f"PYTHON={tmp_path}/old" in done.stderr
