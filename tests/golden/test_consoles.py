"""
The console blocks of README and docs happen as they are printed.

The commands of a block with `$ ` lines are run, those of one page in order and in one folder. A block without `$ `
lists commands to choose from; `test_claims` compares their names and options with the program.
`…` is any text within a line and, alone on a line, any lines.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from reconciler.simulator.application import Simulator
from tests.features.journeys.test_fleet import apply_example, listed

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
_PIECE = re.compile(
    r"Write `(?P<file>[^`\n]+)`:\n\n```\w+\n(?P<content>.*?)^```$|^```console\n(?P<block>\$ .*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_SECONDS = 100


class Step(NamedTuple):
    """A file that the page tells the reader to write, or a command and its output."""

    file: str
    command: str
    text: str


def steps(page: str) -> Iterator[Step]:
    """The steps of a page, in order. A file is a block after "Write `path`:"."""
    for piece in _PIECE.finditer(page):
        if piece["file"]:
            yield Step(piece["file"], "", piece["content"])
            continue
        for part in re.split(r"^\$ ", piece["block"], flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield Step("", command, output)


def fits(printed: str, shown: str) -> bool:
    """True if a command may show this where the page prints that."""
    lines = (
        r"(?:.*\n)*?" if line == "…" else ".*?".join(map(re.escape, line.split("…"))) + r"\n"
        for line in printed.splitlines()
    )
    return re.fullmatch("".join(lines), shown.rstrip("\n") + "\n" if shown.strip() else "") is not None


def shown_by(command: str, folder: Path, programs: Path) -> str:
    """Everything that a terminal shows of one command; `reconciler` is the program of this checkout."""
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",  # Messages and results come in the order in which they are written.
        "HOME": str(folder),
        "LANG": "C.UTF-8",
    }
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=_SECONDS,
        check=False,
    ).stdout


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with the program, for the PATH of the reader."""
    folder = tmp_path / "programs"
    folder.mkdir()
    program = folder / "reconciler"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder


def follow(page: str, folder: Path, programs: Path) -> int:
    """Do what a page says, from its first step on; the number of commands."""
    commands = 0
    for step in steps(page):
        if step.file:
            path = folder / step.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, encoding="utf-8")
            continue
        shown = shown_by(step.command, folder, programs)
        assert fits(step.text, shown), f"$ {step.command}\n{shown}"
        commands += 1
    return commands


@pytest.mark.slow
def test_the_tutorial_happens_as_it_is_printed(tmp_path: Path, programs: Path) -> None:
    """From an empty folder, each command of the tutorial shows what the page prints."""
    folder = tmp_path / "fleet"
    folder.mkdir()
    page = (ROOT / "docs/tutorial/first-estate.md").read_text(encoding="utf-8")

    assert follow(page, folder, programs) == page.count("\n$ ")


def blocks(path: str) -> list[str]:
    """The console blocks of a page that are run."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return [piece[0] for piece in _PIECE.finditer(text) if piece["block"]]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 12,000 vehicles, applied; 1,204 of them listed for another country."""
    root = tmp_path_factory.mktemp("consoles") / "fleet"
    apply_example(root)
    chosen = listed(root, "sims/uk.csv")[:1204]
    with (root / "relocated/to-de.csv").open("a", encoding="utf-8") as file:
        file.write("".join(f"{iccid}\n" for iccid in chosen))
    return root


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "number"), [("examples/fleet-12000/README.md", 0), ("docs/how-to/refused-plan.md", 0), ("README.md", 1)]
)
def test_relocated_vehicles_are_shown_as_printed(
    fleet: Path, tmp_path: Path, programs: Path, path: str, number: int
) -> None:
    """README, the example and the page about refusals print the plan of 1,204 moves, and README its apply."""
    folder = tmp_path / "fleet"
    shutil.copytree(fleet, folder)
    block = blocks(path)[number]
    if "$ sed" in block:
        (folder / "relocated/to-de.csv").write_text("iccid\n", encoding="utf-8")

    assert follow(block, folder, programs) == block.count("\n$ ")


@pytest.mark.slow
def test_the_edit_of_one_port_is_shown_as_printed(tmp_path: Path, programs: Path) -> None:
    """README's first block: one line of a routing policy, and the SIMs that it reaches."""
    folder = tmp_path / "vantiq"
    shutil.copytree(EXAMPLES / "vantiq", folder, ignore=shutil.ignore_patterns(".reconciler"))
    shown_by(". ./example.env; reconciler apply --auto-approve", folder, programs)
    simulator = Simulator(folder / ".reconciler" / "platform.db")
    for country in ("uk", "de", "fr", "nl"):
        simulator.put_sims(listed(EXAMPLES / "fleet-12000", f"sims/{country}.csv"), f"vantiq-fleet-{country}")
    simulator.close()
    path = folder / "estate/fleet/routing.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace('"8883"', '"8884"', 1), encoding="utf-8")
    (block,) = blocks("README.md")[:1]

    assert follow(block.replace("$ ", "$ . ./example.env; ", 1), folder, programs) == 1


def test_no_page_has_a_block_that_no_test_runs() -> None:
    """The pages with commands and their output are those of the tests above."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *EXAMPLES.rglob("*.md")]
    found = {path.relative_to(ROOT).as_posix(): len(blocks(path.relative_to(ROOT).as_posix())) for path in pages}
    assert {page: count for page, count in found.items() if count} == {
        "README.md": 2,
        "docs/how-to/refused-plan.md": 1,
        "docs/tutorial/first-estate.md": 9,
        "examples/fleet-12000/README.md": 1,
    }
