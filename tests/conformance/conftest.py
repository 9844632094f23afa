"""The platform under test: in process for the rules, in process and over HTTP for what a stranger's client sees."""

from collections.abc import Iterator

import pytest

from reconciler.simulator.application import Simulator
from reconciler.simulator.serve import serve
from tests.conformance.client import TOKEN, Client


@pytest.fixture
def platform() -> Iterator[Client]:
    """An empty platform in this process."""
    simulator = Simulator(token=TOKEN)
    yield Client(simulator)
    simulator.close()


@pytest.fixture(params=["in process", "over HTTP"])
def anywhere(request: pytest.FixtureRequest) -> Iterator[Client]:
    """An empty platform, by both ways to it."""
    simulator = Simulator(token=TOKEN)
    if request.param == "in process":
        yield Client(simulator)
    else:
        with serve(simulator, port=0) as server:
            client = Client(simulator, server.url)
            yield client
            client.http.close()
    simulator.close()
