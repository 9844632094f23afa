"""The estate of these tests: a temporary folder, and a platform of its own behind HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.simulator.application import Simulator
from reconciler.simulator.serve import serve
from tests.conformance.incumbent.estate import TOKEN, Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    """Nothing declared, nothing applied."""
    simulator = Simulator(token=TOKEN)
    with serve(simulator, port=0) as server:
        yield Estate(tmp_path, simulator, server.url)
    simulator.close()
