"""Fixtures of the fault tests; `house` is the whole estate in one process."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from tests.robustness.faults.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A new estate with an empty platform."""
    return House(tmp_path, secrets={"HOOK": "a-secret-word"})
