"""Bytes from outside cause no traceback, no exit code 1, no hang and no flood of memory, whatever they are (I14)."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.robustness.fuzz.loaders import LOADERS, ROOT, Loader
from tests.robustness.fuzz.worker import asked

COUNTS = {"manifests": 300, "configuration": 300, "store files": 200, "store rows": 200}
COUNT = 600
SEED = 0
CORPUS = Path(__file__).parents[2] / "corpus" / "fuzz"


@pytest.mark.slow
@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.name)
def test_a_loader_takes_any_bytes(loader: Loader) -> None:
    """A process of its own is fed with changed inputs under limits; what it cannot take it refuses as documented."""
    count = COUNTS.get(loader.name, COUNT)
    command = [sys.executable, "-m", "tests.robustness.fuzz.worker", loader.name, str(SEED), str(count), "120"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=150, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line for line in lines if "trouble" in line] == [], done.stderr
    assert lines[-1] == {"fed": count}, done.stderr


@pytest.mark.parametrize("file", sorted(CORPUS.glob("*.json")), ids=lambda file: file.stem)
def test_an_input_that_once_broke_a_loader_is_taken(file: Path, tmp_path: Path) -> None:
    """Each input that fuzzing has found is tried again, for ever."""
    found = json.loads(file.read_bytes())
    loader = next(each for each in LOADERS if each.name == found["loader"])
    folder = tmp_path / "estate"
    folder.mkdir()
    assert asked(loader, base64.b64decode(found["content"]), folder) is None
