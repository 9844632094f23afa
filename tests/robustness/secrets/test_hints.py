"""Commands in hints are typed as they are printed: what a manifest put into them is one word of the shell."""

import shlex
from pathlib import Path

from reconciler.model.secret import SecretRef
from reconciler.operations.secrets import SecretSource
from reconciler.operations.store_location import how_to_rename
from tests.features.cli.desk import Desk
from tests.features.cli.scenarios import declared

EVIL = "noc; touch owned $(id)"


def test_a_name_of_an_estate_is_one_word_in_the_command_that_renames_it() -> None:
    """Somebody that may write `metadata.name` would else have a command run by whoever follows the hint."""
    command = how_to_rename(EVIL, ["fleet"]).partition(": ")[2]

    assert shlex.split(command) == ["reconciler", "store", "rename-estate", "fleet", EVIL]


def test_a_secret_is_one_word_in_the_command_that_allows_it(tmp_path: Path) -> None:
    """The name of a file may hold every sign."""
    objection = SecretSource(tmp_path, {}, allowed=()).objection(SecretRef(file=EVIL))

    assert objection is not None
    assert (
        f"--secrets {shlex.quote(f'file:{EVIL}')}, or RECONCILER_SECRETS={shlex.quote(f'file:{EVIL}')}" in objection[1]
    )


def test_the_name_is_one_word_in_the_commands_of_a_refused_plan(tmp_path: Path) -> None:
    """A copied folder under another name, and the confirmation of what is deleted."""
    desk = Desk(tmp_path / "desk")
    declared(desk)
    assert desk.run("apply", "--auto-approve") == 0
    configuration = desk.folder / "reconciler.yaml"
    before = configuration.read_text()
    name = before.partition("name: ")[2].split("}")[0].split("\n")[0].strip()
    configuration.write_text(before.replace(f"name: {name}", f"name: '{EVIL}'"))

    out, err = desk.start("plan").communicate(timeout=60)

    assert f"rename-estate {name} {shlex.quote(EVIL)}".encode() in out
    assert f"rename-estate {name} {shlex.quote(EVIL)}".encode() in err


def test_blanks_around_the_name_of_an_estate_are_refused(tmp_path: Path) -> None:
    """Nobody sees them, and a name with them is another estate."""
    desk = Desk(tmp_path / "desk")
    declared(desk)
    configuration = desk.folder / "reconciler.yaml"
    name = configuration.read_text().partition("name: ")[2].split("}")[0].split("\n")[0].strip()
    configuration.write_text(configuration.read_text().replace(f"name: {name}", f"name: '{name} '"))

    assert desk.run("plan") == 8
