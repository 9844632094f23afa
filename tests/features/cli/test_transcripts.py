"""The command line as its users meet it: real processes, and what they write and how they end, kept in files."""

import re
from pathlib import Path

import pytest

from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.main import COMMANDS
from tests.features.cli.desk import Desk
from tests.features.cli.hand_over_scenarios import SCENARIOS
from tests.features.cli.scenarios import declared
from tests.golden_files import assert_golden

TRANSCRIPTS = Path(__file__).parent / "transcripts"
_ENDING = re.compile(r"^\[exit code (-?\d+)\]$", re.MULTILINE)
_COMMAND = re.compile(r"^\$ (?:\w+=\S+ )*reconciler (\w+)", re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_golden_transcript_is_what_happens(name: str, tmp_path: Path) -> None:
    """Stdout, stderr and exit code of each command are, word for word, what is kept."""
    desk = Desk(tmp_path / "desk")
    found = SCENARIOS[name]

    found.play(desk)

    text = desk.text()
    assert {int(code) for code in _ENDING.findall(text)} >= found.codes, text
    assert "Traceback" not in text
    assert_golden(TRANSCRIPTS / f"{name}.txt", text)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_golden_help_is_what_is_printed(name: str, tmp_path: Path) -> None:
    """Each command explains itself within a hundred columns."""
    desk = Desk(tmp_path / "desk")

    assert desk.run(name, "--help") == 0
    text = desk.text()

    assert max(map(len, text.splitlines())) <= 100
    assert_golden(TRANSCRIPTS / "help" / f"{name}.txt", text)


def test_every_exit_code_and_every_command_is_in_a_golden_transcript() -> None:
    """No code of the table is a rumour, and no command was never run."""
    shown = {code for found in SCENARIOS.values() for code in found.codes}
    assert shown == {code.value for code in ExitCode} | {143}

    texts = "".join(path.read_text(encoding="utf-8") for path in TRANSCRIPTS.glob("*.txt"))
    assert set(_COMMAND.findall(texts)) >= set(COMMANDS)


@pytest.mark.parametrize("arguments", [("--debug", "graph"), ("graph", "--debug")], ids=" ".join)
def test_debug_prints_the_traceback_of_a_bug_on_either_side(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """The hint of a bug says to run again with --debug; it works before and after the command."""
    desk = Desk(tmp_path / "desk")
    declared(desk)
    desk.write("broken/networkx.py", "raise RuntimeError('this library is broken')\n")
    desk.environment["PYTHONPATH"] = f"{desk.folder / 'broken'}:{desk.environment['PYTHONPATH']}"

    assert desk.run(*arguments) == 1
    assert "Traceback (most recent call last)" in desk.text()
