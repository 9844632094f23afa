"""An estate with SIMs in a folder, on the embedded platform, and the commands to lose and allow things with."""

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.simulator.application import Simulator
from tests.features.sims.estate import HEAD, NETWORK, groups, iccids

NAME = "guarded"


@dataclass(frozen=True)
class Guarded:
    """The folder."""

    root: Path

    def run(self, *arguments: str, standard_input: bytes | None = None) -> Result:
        """One command; nobody can be asked."""
        name, *rest = arguments
        environment = {"CI": "", "STACUITY_HOST": "embedded", "RECONCILER_SECRETS": None}
        line = [name, "--chdir", str(self.root), *rest]
        return CliRunner(env=environment).invoke(cli, line, input=standard_input)

    def apply(self, *arguments: str) -> Result:
        """An apply that must succeed, after which the plan is empty."""
        done = self.run("apply", "--auto-approve", *arguments)
        assert done.exit_code == 0, done.output
        after = self.run("plan", "--detailed-exitcode")
        assert after.exit_code == 0, after.output
        return done

    def verdicts(self, *arguments: str) -> dict[str, tuple[str, int]]:
        """The verdicts of a plan that do not pass: guard, verdict and number."""
        result = self.run("plan", "-o", "json", *arguments)
        document = json.loads(result.stdout)
        assert "verdicts" in document, result.output
        return {r["guard"]: (r["verdict"], r["measured"]) for r in document["verdicts"] if r["verdict"] != "pass"}

    def copy_to(self, root: Path) -> "Guarded":
        """The same estate, its store and its platform in another folder, which must not exist."""
        shutil.copytree(self.root, root)
        return Guarded(root)

    def declare(self, name: str, *documents: str) -> None:
        """One file of the estate."""
        parts = [part.strip() for document in documents for part in document.split("---\n") if part.strip()]
        self.write(f"estate/{name}.yaml", "".join(f"---\n{HEAD}{part}\n" for part in parts))

    def write(self, name: str, text: str) -> None:
        """A file below the root."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def configure(self, guardrails: str = "{}") -> None:
        """The configuration, with these limits."""
        head = f"{HEAD}kind: Estate\nmetadata: {{name: {NAME}}}\n"
        self.write("reconciler.yaml", f"{head}spec: {{manifests: [estate], guardrails: {guardrails}}}\n")

    def stock(self, numbers: Iterable[str]) -> None:
        """Pending SIMs that the account has."""
        (self.root / ".reconciler").mkdir(exist_ok=True)
        simulator = Simulator(self.root / ".reconciler" / "platform.db")
        simulator.put_sims(numbers)
        simulator.close()

    def platform(self) -> Mapping[str, Any]:
        """Everything that is on the platform."""
        simulator = Simulator(self.root / ".reconciler" / "platform.db")
        try:
            return simulator.dump()
        finally:
            simulator.close()


def policies(count: int, first: int = 0) -> str:
    """Operator policies, of which a guard counts deletions."""
    return "---\n".join(
        f"kind: OperatorPolicy\nmetadata: {{name: policy-{number:02}}}\nspec: {{default: allow}}\n"
        for number in range(first, first + count)
    )


def csv(numbers: Iterable[str], *headings: str, **columns: str) -> str:
    """A file of SIMs; `columns` are values for each."""
    names = ["iccid", *headings, *columns]
    return "".join(f"{','.join(row)}\n" for row in (names, *([number, *columns.values()] for number in numbers)))


def trial(root: Path, count: int = 10, *, applied: bool = True) -> Guarded:
    """A network, three groups, and a file that puts so many SIMs into one of them."""
    estate = Guarded(root)
    estate.configure()
    estate.declare("network", NETWORK, groups())
    sets = (
        f"kind: EndpointSet\nmetadata: {{name: set-{name}}}\nspec: {{group: fleet-{name}, members: "
        f"[{{file: {{path: sims/{name}.csv, columns: {{displayName: name}}}}}}]}}\n"
        for name in ("uk", "de", "fr")
    )
    estate.declare("sims", "---\n".join(sets))
    numbers = iccids(count)
    estate.write("sims/uk.csv", csv(numbers, name="Van"))
    for other in ("de", "fr"):
        estate.write(f"sims/{other}.csv", csv([], "name"))
    estate.stock(numbers)
    if applied:
        estate.apply()
    return estate
