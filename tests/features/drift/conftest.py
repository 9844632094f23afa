"""A platform that commands in this process reach."""

from collections.abc import Iterator

import pytest

from reconciler.simulator.application import Simulator
from reconciler.simulator.serve import serve


@pytest.fixture
def platform() -> Iterator[tuple[Simulator, str]]:
    """A platform behind HTTP, with its address."""
    simulator = Simulator()
    with serve(simulator, port=0) as server:
        yield simulator, server.url
    simulator.close()
