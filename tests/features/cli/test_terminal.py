"""The view of a person at a terminal: colour and width, checked in a pseudo-terminal of a known size."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.features.cli.desk import Desk
from tests.features.cli.scenarios import applied, declared

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_QUESTION = re.compile(r"(Type [^\n]*|\[y/N\]): ?$")
_SECONDS = 60


def on_terminal(
    desk: Desk,
    *arguments: str,
    columns: int = 80,
    answer: str = "",
    answers: Sequence[str] = (),
    **environment: str,
) -> tuple[int, str]:
    """
    One command with all its streams on a terminal of this width: how it ended, and all that came to the screen.

    `answer` is that to the question whether to go on; `answers` are those to its questions, one after the other.
    """
    waiting = list(answers)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    surroundings = {name: value for name, value in desk.environment.items() if name != "COLUMNS"}
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", *arguments],
        cwd=desk.folder,
        env=surroundings | {"TERM": "xterm-256color"} | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    seen = b""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        if not select.select([ours], [], [], 0.2)[0]:
            continue
        try:
            chunk = os.read(ours, 65536)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
        if answer and seen.rstrip().endswith(b"[y/N]:"):
            os.write(ours, answer.encode() + b"\n")
            answer = ""
        elif waiting and _QUESTION.search(_ESCAPE.sub("", seen.decode(errors="replace"))):
            # The screen shows what is typed, so that this question is not the last thing on it for long.
            os.write(ours, waiting.pop(0).encode() + b"\n")
            seen += b"\n"
    os.close(ours)
    return process.wait(timeout=_SECONDS), seen.decode().replace("\r\n", "\n")


def lines_of(screen: str) -> list[str]:
    """The lines without escapes; of a line that was written over, what was written last."""
    return [_ESCAPE.sub("", line).split("\r")[-1] for line in screen.split("\n")]


def changed(desk: Desk) -> None:
    """An estate of which one rule was edited, and a group's name made long."""
    applied(desk)
    desk.edit("estate/fleet.yaml", '"443"', '"8443"')
    desk.edit(
        "estate/fleet.yaml",
        "displayName: Fleet",
        "displayName: All vehicles of the fleet that report their place every minute",
    )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder to work in."""
    return Desk(tmp_path / "desk")


@pytest.mark.slow
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_plan_is_coloured_and_fits_the_terminal(desk: Desk, columns: int) -> None:
    """Lines are folded by words to the terminal's width; only a digest, which must be copied, may be longer."""
    changed(desk)

    code, screen = on_terminal(desk, "plan", columns=columns)

    assert code == 0
    assert "\x1b[33m" in screen
    too_long = [line for line in lines_of(screen) if len(line) > columns and "sha256:" not in line]
    assert too_long == []
    assert "~ rules[web].match.destinationPorts:" in " ".join(lines_of(screen))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(("plan",), {"NO_COLOR": "1"}), (("plan",), {"TERM": "dumb"}), (("plan", "--no-color"), {"FORCE_COLOR": "1"})],
    ids=["NO_COLOR", "TERM=dumb", "--no-color"],
)
def test_no_colour_means_not_one_escape(desk: Desk, arguments: tuple[str, ...], environment: dict[str, Any]) -> None:
    """Output without colour has no escape, and every symbol is still there."""
    changed(desk)

    code, screen = on_terminal(desk, *arguments, **environment)

    assert code == 0
    assert "\x1b" not in screen
    assert "  ~ RoutingPolicy/fleet-route will be updated" in screen


@pytest.mark.slow
def test_colour_can_be_asked_for_in_a_pipe(desk: Desk) -> None:
    """--color always and FORCE_COLOR reach a file as well; without them a pipe gets none."""
    changed(desk)
    cases: list[tuple[dict[str, Any], tuple[str, ...], bool]] = [
        ({}, ("plan",), False),
        ({"FORCE_COLOR": "1"}, ("plan",), True),
        ({}, ("plan", "--color", "always"), True),
    ]

    for environment, arguments, wanted in cases:
        desk.transcript.clear()
        assert desk.run(*arguments, **environment) == 0
        assert bool(_COLOUR.search(desk.text())) is wanted


def test_apply_asks_shows_what_it_does_and_leaves_a_clean_screen(desk: Desk) -> None:
    """On a terminal apply asks; a bar counts while it goes; what remains says what was done."""
    declared(desk)

    code, screen = on_terminal(desk, "apply", "--parallelism", "1", answer="y")

    assert code == 0
    assert "Apply these changes? [y/N]: y" in screen
    assert re.search(r"changes .*[━╸╺ ]+.* [0-3]/3", _ESCAPE.sub("", screen))
    shown = [line for line in lines_of(screen) if line.strip()]
    assert [line for line in shown if line.endswith(": created")] == [
        "VSlice/fleet-net: created",
        "RoutingTarget/fleet-out: created",
        "RoutingPolicy/fleet-route: created",
    ]
    assert "Apply complete: 3 done." in shown


@pytest.mark.slow
def test_apply_does_nothing_when_the_answer_is_no(desk: Desk) -> None:
    """Any other answer than yes sends nothing."""
    declared(desk)

    code, screen = on_terminal(desk, "apply", answer="n")

    assert code == 0
    assert "Nothing was sent." in screen
    assert desk.run("inventory", "list") == 0
    assert "0 objects." in desk.text()


def test_apply_without_colour_has_a_bar_without_colour(desk: Desk) -> None:
    """NO_COLOR holds for the bar too."""
    declared(desk)

    code, screen = on_terminal(desk, "apply", "--auto-approve", NO_COLOR="1")

    assert code == 0
    assert not re.search(r"\x1b\[(?:\d+;)*3[0-8]", screen)


def test_apply_on_a_terminal_that_cannot_move_its_cursor_has_lines(desk: Desk) -> None:
    """TERM=dumb gets the lines of a log and no escape."""
    declared(desk)

    code, screen = on_terminal(desk, "apply", "--auto-approve", TERM="dumb")

    assert code == 0
    assert "\x1b" not in screen
    assert "100 %  3 of 3 changes" in screen


@pytest.mark.slow
def test_findings_are_coloured_on_a_terminal(desk: Desk) -> None:
    """Errors are red, with their place; --no-color holds for those that stop a plan as well."""
    declared(desk)
    desk.edit("estate/fleet.yaml", "target: fleet-out", "target: fleet-uot")

    code, screen = on_terminal(desk, "validate")

    assert code == 8
    assert "\x1b[1;31merror" in screen
    assert 'Did you mean "fleet-out"?' in screen
    assert "\x1b" not in on_terminal(desk, "validate", "--no-color")[1]
    assert "\x1b" not in on_terminal(desk, "plan", "--no-color")[1]
