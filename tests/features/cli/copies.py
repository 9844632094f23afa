"""Copies of the example of four divisions, to be changed and run in this process."""

import shutil
from pathlib import Path

from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from tests.features.cli.desk import ROOT

EXAMPLE = ROOT / "examples" / "vantiq"
SECRETS = {
    line.removeprefix("export ").split("=", 1)[0]: line.split("=", 1)[1].strip().strip("'\"")
    for line in (EXAMPLE / "example.env").read_text(encoding="utf-8").splitlines()
    if line.startswith("export ")
}


class Copy:
    """A copy of the example, nothing applied, and the commands to work with it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment: dict[str, str | None] = {
            "STACUITY_HOST": "embedded",
            "STACUITY_TOKEN": "a-token-to-try",
            "CI": "true",
            "RECONCILER_SECRETS": "*",
            **SECRETS,
        }
        shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".reconciler"))

    def run(self, *arguments: str) -> Result:
        """One command in the estate."""
        return CliRunner().invoke(cli, [*arguments, "--chdir", str(self.root)], env=self.environment)

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace the first such text of a manifest; it must be there."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def lose_store(self) -> None:
        """The store forgets every object that was applied."""
        for file in (self.root / ".reconciler").glob("state.db*"):
            file.unlink()
