"""`plan -o json`: one document in every case, with the exit code and what was found in it."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.features.cli.desk import Desk
from tests.features.cli.scenarios import declared


def _document(desk: Desk, *arguments: str, **environment: str) -> tuple[int, dict[str, Any]]:
    process = desk.start("plan", "-o", "json", *arguments, **environment)
    out, _ = process.communicate(timeout=60)
    return process.returncode, json.loads(out)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An estate that is declared and not applied."""
    made = Desk(tmp_path / "desk")
    declared(made)
    return made


def test_a_plan_is_a_document_with_its_exit_code(desk: Desk) -> None:
    """The members of the plan file are all there."""
    code, document = _document(desk, "--detailed-exitcode")

    assert (code, document["exitCode"], document["error"], document["diagnostics"]) == (2, 2, None, [])
    assert {"digest", "origin", "seal", "plan"} <= set(document)


def test_invalid_manifests_are_a_document_with_their_diagnostics(desk: Desk) -> None:
    """Each finding has its file and line."""
    desk.edit("estate/fleet.yaml", "displayName: Fleet", "dislpayName: Fleet")
    code, document = _document(desk)

    places = [(found["file"], found["line"]) for found in document["diagnostics"]]
    assert (code, document["exitCode"], places) == (8, 8, [("estate/fleet.yaml", 4)])


@pytest.mark.parametrize(
    ("arguments", "environment", "code"),
    [
        (("--bogus",), {}, 64),
        (("--chdir", "nowhere"), {}, 64),
        (("--platform", "nonsense"), {}, 64),
        ((), {"STACUITY_HOST": "", "CI": "true"}, 64),
        ((), {"RECONCILER_MAX_FILES": "many"}, 64),
    ],
)
def test_every_other_end_is_a_document_too(
    desk: Desk, arguments: tuple[str, ...], environment: dict[str, str], code: int
) -> None:
    """Wrong usage, a platform that is not named: message, way out and code."""
    ended, document = _document(desk, *arguments, **environment)

    assert (ended, document["exitCode"], document["diagnostics"]) == (code, code, [])
    assert document["error"]["message"]


def test_a_broken_store_is_a_document_too(desk: Desk) -> None:
    """The error of the store has the exit code of the store."""
    (desk.folder / ".reconciler").mkdir()
    (desk.folder / ".reconciler" / "state.db").write_bytes(b"no database" * 100)
    code, document = _document(desk)

    assert (code, document["exitCode"]) == (11, 11)


def test_manifests_are_read_from_a_pipe(desk: Desk) -> None:
    """`-f <(generator)` works, and a FIFO too; beside another path it is refused."""
    pipe = desk.folder / "generated"
    os.mkfifo(pipe)
    content = (desk.folder / "estate" / "fleet.yaml").read_bytes()
    writer = threading.Thread(target=lambda: pipe.write_bytes(content))
    writer.start()
    code, document = _document(desk, "-f", "generated")
    writer.join(timeout=30)

    assert (code, len(document["plan"]["changes"]) > 0) == (0, True)
    assert desk.run("validate", "-f", "generated", "-f", "estate") == 64
