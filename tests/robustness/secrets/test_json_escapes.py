"""JSON holds no character that acts on whatever shows it, in every command that prints JSON (S21)."""

import json
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click import Choice, Command, Context, Group
from click.testing import CliRunner

from reconciler.cli.main import cli
from reconciler.simulator.application import Simulator
from tests.conformance.client import Client, handler
from tests.robustness.secrets.desk import CONFIGURATION, run, write

HOOK = """apiVersion: reconciler.dev/v1alpha1
kind: EventHandler
metadata: {name: noc-hook}
spec:
  displayName: plain
  webhook: {url: "https://x", timeoutSeconds: 10}
"""
UNSEEN = "\x7f\x85\x9b\u00ad\u061c\u200b\u200d\u200e\u202e\u2028\u2066\u2069\ufeff\U000e0041"
NAME = f"a{UNSEEN}z"


def _acts(letter: str) -> bool:
    """By the categories of Unicode, so that nothing is shared with the list of the program."""
    return letter != "\n" and unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp", "Co", "Cn"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An applied webhook that somebody renamed, and one of somebody else, with every unseen character in the names."""
    write(tmp_path, "reconciler.yaml", CONFIGURATION.format(store="sqlite:.reconciler/state.db"))
    write(tmp_path, "hook.yaml", HOOK)
    applied = run(tmp_path, "apply", "-y", STACUITY_HOST="embedded")
    assert applied.exit_code == 0, applied.output
    with closing(Simulator(tmp_path / ".reconciler" / "platform.db")) as simulator:
        Client(simulator).ok("PUT", "/EventHandlers/noc-hook", {**handler("noc-hook"), "name": NAME})
        Client(simulator).create("EventHandlers", {**handler("other-hook"), "name": NAME})
    return tmp_path


def _saved(root: Path) -> str:
    file = str(root / "a.plan")
    run(root, "plan", "--out", file, STACUITY_HOST="embedded")
    return file


def _commands(command: Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Command]]:
    if isinstance(command, Group):
        context = Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _commands(inner, (*path, name))
    else:
        yield path, command


def _forms(command: Command) -> list[str]:
    choices = [o.type.choices for o in command.params if o.name == "form" and isinstance(o.type, Choice)]
    return [str(form) for form in (choices[0] if choices else ()) if form in {"json", "sarif"}]


JSON_COMMANDS: dict[tuple[str, ...], Any] = {
    ("plan", "-o", "json"): NAME,
    ("show", "-o", "json"): NAME,
    ("drift", "-o", "json"): NAME,
    ("catalogue", "-o", "json"): None,
    ("describe", "-o", "json"): NAME,
    ("get", "-o", "json"): NAME,
    ("inventory", "list", "-o", "json"): None,
    ("inventory", "show"): None,
    ("probe",): None,
    ("schema",): None,
    ("validate", "-o", "json"): None,
    ("validate", "-o", "sarif"): None,
}


def test_every_command_with_json_is_tried_here() -> None:
    """A new one is noticed."""
    known = {(*path, "-o", form) for path, command in _commands(cli) for form in _forms(command)}

    assert known - JSON_COMMANDS.keys() == set()


@pytest.mark.parametrize("command", JSON_COMMANDS, ids=" ".join)
def test_no_command_prints_a_character_that_acts(root: Path, command: tuple[str, ...]) -> None:
    """Each character is shown as an escape, and reading the document gives the name as it is."""
    more = ["EventHandler/noc-hook"] if command == ("inventory", "show") or command[0] == "describe" else []
    if command[0] == "get":
        more = ["handlers"]
    if command[0] == "show":
        more = [_saved(root)]
    place = [] if command[0] == "schema" else ["--chdir", str(root)]
    result = CliRunner().invoke(cli, [*command, *place, *more], env={"CI": None, "STACUITY_HOST": "embedded"})
    read = json.dumps(json.loads(result.stdout), ensure_ascii=False)
    wanted = JSON_COMMANDS[command]

    assert [letter for letter in result.stdout if _acts(letter)] == []
    assert wanted is None or json.dumps(wanted, ensure_ascii=False)[1:-1] in read
