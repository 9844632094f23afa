"""An account that people filled by requests, and the commands of somebody who takes it under management."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.simulator.application import Simulator
from reconciler.simulator.serve import serve
from tests.conformance.client import Client

SECRET = "a-secret-of-some-length"


class Platform:
    """A platform behind HTTP, filled by requests that know nothing of manifests."""

    def __init__(self, simulator: Simulator, url: str) -> None:
        self.simulator = simulator
        self.client = Client(simulator)
        self.reader = self.client
        if type(simulator) is not Simulator:
            # People fill the account as it is; what a newer platform answers is for those who read it.
            self.client = Client(_AsItIs(simulator))
        self.environment: dict[str, str | None] = {
            **dict.fromkeys((name for name in os.environ if name.startswith(("STACUITY", "RECONCILER"))), None),
            "STACUITY_HOST": url,
            "STACUITY_TOKEN": "a-token-to-try",
            "CI": None,
            "RECONCILER_SECRETS": "*",
        }

    def made(self, collection: str, **body: Any) -> str:
        """Create an object; its id."""
        return self.client.create(collection, body)

    def run(self, *arguments: str, **environment: str) -> Result:
        """One command."""
        return CliRunner().invoke(cli, list(arguments), env={**self.environment, **environment})

    def written(self) -> list[tuple[str, str, Any]]:
        """The changes that were asked for since the log was cleared: method, path and body."""
        return [(row.method, row.path, row.body) for row in self.simulator.log() if row.method != "GET"]

    def network(self) -> None:
        """A VSlice with everything that a group needs."""
        self.made("vslices", moniker="main-net", name="Main", subnetAddress="10.20.0.0/16")
        self.made(
            "routingtargets", moniker="the-internet", name="Out", vslice="main-net", routingTargetType="internet",
            routingRedundancyZoneMoniker="europe-primary",
        )  # fmt: skip
        rule = {"ruleAction": "forward", "ruleDirection": "uplink", "routingTarget": "the-internet"}
        self.made("RoutingPolicies", moniker="open-policy", name="Open", vslice="main-net", routingPolicyRules=[rule])

    def group(self, moniker: str, **more: Any) -> None:
        """A primary group of the network."""
        body = {"name": moniker, "vslice": "main-net", "routingPolicy": "open-policy", **more}
        self.made("EndpointGroups", moniker=moniker, regionalGatewayPolicy="automatic", **body)


class _AsItIs(Simulator):
    """The same platform without what its answers become on the way."""

    def __init__(self, simulator: Simulator) -> None:
        self.__dict__ = simulator.__dict__


@contextmanager
def platform(simulator: Simulator | None = None) -> Iterator[Platform]:
    """A platform that is served on loopback."""
    simulator = simulator or Simulator()
    with serve(simulator, port=0) as server:
        yield Platform(simulator, server.url)
    simulator.close()


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, but for what commands keep there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".reconciler" not in path.parts
    }
