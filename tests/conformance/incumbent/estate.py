"""An estate in a folder, managed by the command line, and a platform behind HTTP that others use as well."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.simulator.application import Simulator
from tests.conformance.client import Client

MUTATIONS = {"POST", "PUT", "DELETE", "PATCH"}
TOKEN = "a-token-of-the-account"


SETTINGS = """\
apiVersion: reconciler.dev/v1alpha1
kind: Estate
metadata: {name: incumbent}
spec: {guardrails: {emptied: off, shrunkAccount: off, newPeers: off, deletions: off}}
"""


def doc(kind: str, name: str, spec: str, *, renamed_from: str | None = None) -> str:
    """One manifest; `spec` is YAML in flow style."""
    renamed = f", annotations: {{reconciler.dev/renamed-from: {renamed_from}}}" if renamed_from else ""
    return (
        f"---\napiVersion: reconciler.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}{renamed}}}\nspec: {spec}\n"
    )


NETWORK = doc("VSlice", "fleet-net", "{subnets: [100.64.0.0/16]}") + doc(
    "RoutingTarget", "fleet-out", "{vslice: fleet-net, redundancyZone: europe-primary, internet: {}}"
)


def policy(*rules: str, name: str = "fleet-route", more: str = "") -> str:
    """A routing policy with these rules, each in flow style."""
    return doc("RoutingPolicy", name, f"{{vslice: fleet-net{more}, rules: [{', '.join(rules)}]}}")


def rule(name: str, protocol: str, more: str = "") -> str:
    """A rule that drops what has this protocol."""
    return f"{{name: {name}, direction: uplink, action: drop, match: {{protocol: {protocol}}}{more}}}"


class Estate:
    """
    The manifests, what the command line makes of them, and what arrives at the platform.

    `other` is another client of the same account: a colleague in the portal.
    """

    def __init__(self, root: Path, simulator: Simulator, url: str) -> None:
        self.root, self.simulator = root, simulator
        root.mkdir(exist_ok=True)
        if not (root / "reconciler.yaml").exists():
            # Each of these estates has a few objects of a kind, and every story takes some of them away.
            (root / "reconciler.yaml").write_text(SETTINGS, encoding="utf-8")
        self.other = Client(simulator, token=TOKEN)
        self.environment: dict[str, str | None] = {
            "STACUITY_HOST": url,
            "STACUITY_TOKEN": TOKEN,
            "CI": "true",
            "RECONCILER_SECRETS": "*,file:*",
        }

    def write(self, *manifests: str) -> None:
        """Replace the manifests."""
        (self.root / "estate.yaml").write_text("".join(manifests), encoding="utf-8")

    def run(self, *arguments: str, **environment: str) -> Result:
        """One command in the estate."""
        command = [*arguments, "--chdir", str(self.root)]
        return CliRunner().invoke(cli, command, env=self.environment | environment)

    def apply(self, *manifests: str) -> list[tuple[str, str]]:
        """Write and apply these manifests, with an empty plan afterwards; verb and collection of each request."""
        if manifests:
            self.write(*manifests)
        self.simulator.clear_log()
        result = self.run("apply", "--auto-approve")
        assert result.exit_code == 0, result.output
        requests = self.mutations()
        self.is_settled()
        return [(method, path.split("/")[1]) for method, path, _ in requests]

    def plan(self) -> Mapping[str, Any]:
        """The body of the plan."""
        result = self.run("plan", "-o", "json")
        assert result.exit_code == 0, result.output
        found: dict[str, Any] = json.loads(result.stdout)["plan"]
        return found

    def is_settled(self) -> None:
        """The platform is as declared, and nothing of ours has drifted."""
        result = self.run("plan", "--detailed-exitcode")
        assert result.exit_code == 0, result.output
        assert "No changes." in result.output
        assert self.run("drift").exit_code == 0

    def mutations(self) -> list[tuple[str, str, Any]]:
        """Verb, path in lower case, and body of each request that was to change something, since the last apply."""
        return [(row.method, row.path.lower(), row.body) for row in self.simulator.log() if row.method in MUTATIONS]

    def ids(self, *paths: str) -> list[str]:
        """The ids of these objects."""
        return [self.other.get(path)["id"] for path in paths]


def actions(plan: Mapping[str, Any]) -> dict[str, str]:
    """Address → action of each change."""
    return {change["address"]: change["action"] for change in plan["changes"]}


def verbs(requests: Iterable[tuple[str, str]]) -> set[str]:
    """The verbs among the requests."""
    return {method for method, _ in requests}
