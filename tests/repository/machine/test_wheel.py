"""The built wheel in an empty environment, as README says: pip, pipx and uv tool, with and without an extra."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.repository.machine.clone import ROOT, clone, interpreter
from tests.repository.machine.stock import locked_wheels, only_from

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
EXTRAS = ("", "[postgres]")


def _run(command: Sequence[str | Path], environment: Mapping[str, str], folder: Path) -> str:
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    return done.stdout


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """The wheel, built without a network by the build backend of this environment."""
    place = clone(tmp_path)
    _run([sys.executable, "-m", "hatchling", "build", "--target", "wheel"], os.environ, place)
    (built,) = (place / "dist").glob("*.whl")
    # The environment that it is installed into has nothing of the clone.
    return Path(shutil.move(built, tmp_path / built.name))


def _works(program: Path, python: Path, extra: str, folder: Path) -> None:
    """The installed program checks an example, and has the database's driver only with the extra."""
    shutil.copytree(ROOT / "examples" / "minimal", folder / "estate")
    assert _run([program, "validate", "--chdir", folder / "estate"], {"PATH": os.defpath}, folder).startswith("Valid:")
    imported = subprocess.run([python, "-I", "-c", "import psycopg"], capture_output=True, check=False)
    assert imported.returncode == (0 if extra else 1)


@pytest.mark.parametrize("extra", EXTRAS)
def test_pip_installs_the_wheel(extra: str, wheel: Path, tmp_path: Path, shared: Path) -> None:
    """`pip install 'WHEEL[postgres]'` in an environment that has nothing."""
    environment = only_from(locked_wheels(VERSION, shared), PIP_CONFIG_FILE=os.devnull)
    _run([interpreter(VERSION), "-m", "venv", tmp_path / "empty"], environment, tmp_path)

    _run([tmp_path / "empty/bin/pip", "install", f"{wheel}{extra}"], environment, tmp_path)

    _works(tmp_path / "empty/bin/reconciler", tmp_path / "empty/bin/python", extra, tmp_path)


@pytest.mark.parametrize("extra", EXTRAS)
def test_pipx_installs_the_wheel(extra: str, wheel: Path, tmp_path: Path, shared: Path) -> None:
    """`pipx install 'WHEEL[postgres]'` puts the program on the PATH and the rest out of sight."""
    environment = only_from(
        locked_wheels(VERSION, shared),
        PIP_CONFIG_FILE=os.devnull,
        PIPX_HOME=str(tmp_path / "tools"),
        PIPX_BIN_DIR=str(tmp_path / "bin"),
        PIPX_MAN_DIR=str(tmp_path / "man"),
        # Of pip itself the folder has no release.
        PIPX_DISABLE_SHARED_LIBS_AUTO_UPGRADE="1",
        PIPX_DEFAULT_BACKEND="pip",
    )

    python = interpreter(VERSION)
    _run([sys.executable, "-m", "pipx", "install", "--python", python, f"{wheel}{extra}"], environment, tmp_path)

    _works(tmp_path / "bin/reconciler", tmp_path / "tools/venvs/reconciler/bin/python", extra, tmp_path)


@pytest.mark.parametrize("extra", EXTRAS)
def test_uv_installs_the_wheel(extra: str, wheel: Path, tmp_path: Path, shared: Path) -> None:
    """`uv tool install 'WHEEL[postgres]'` puts the program on the PATH and the rest out of sight."""
    environment = only_from(
        UV_NO_INDEX="1",
        UV_FIND_LINKS=str(locked_wheels(VERSION, shared)),
        UV_OFFLINE="1",
        UV_NO_CONFIG="1",
        UV_CACHE_DIR=str(tmp_path / "cache"),
        UV_TOOL_DIR=str(tmp_path / "tools"),
        UV_TOOL_BIN_DIR=str(tmp_path / "bin"),
    )

    python = interpreter(VERSION)
    _run([sys.executable, "-m", "uv", "tool", "install", "--python", python, f"{wheel}{extra}"], environment, tmp_path)

    _works(tmp_path / "bin/reconciler", tmp_path / "tools/reconciler/bin/python", extra, tmp_path)


def test_the_locked_releases_are_installed_with_the_wheel(wheel: Path, tmp_path: Path, shared: Path) -> None:
    """The hashed lock first, and then the wheel with nothing to resolve, as the Containerfile does."""
    environment = only_from(locked_wheels(VERSION, shared), PIP_CONFIG_FILE=os.devnull)
    _run([interpreter(VERSION), "-m", "venv", tmp_path / "empty"], environment, tmp_path)
    python = tmp_path / "empty/bin/python"

    _run([python, ROOT / "tools/install.py", ROOT / "requirements/postgres.txt"], environment, tmp_path)
    _run([python, "-m", "pip", "install", "--no-deps", wheel], environment, tmp_path)

    _run([python, "-m", "pip", "check"], environment, tmp_path)
    _works(tmp_path / "empty/bin/reconciler", python, "[postgres]", tmp_path)
