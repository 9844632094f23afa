"""Somebody at a terminal is asked for the number of each refusal, and for the name of an estate that is destroyed."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.features.cli.desk import Desk
from tests.features.cli.guarded import NAME, Guarded, csv, policies, trial
from tests.features.cli.test_terminal import on_terminal
from tests.features.sims.estate import iccids

MANY = 1_204
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """So many SIMs in service that their number is printed with a comma, and eight policies."""
    estate = trial(tmp_path_factory.mktemp("typed") / "estate", MANY, applied=False)
    text = (estate.root / "estate/sims.yaml").read_text(encoding="utf-8")
    estate.write("estate/sims.yaml", text.replace(", columns: {displayName: name}", ""))
    estate.declare("policies", policies(8))
    estate.apply()
    return estate


@pytest.fixture
def estate(template: Guarded, tmp_path: Path) -> Guarded:
    """A copy in which all SIMs move and five policies go."""
    copy = template.copy_to(tmp_path / "estate")
    copy.write("sims/uk.csv", csv([]))
    copy.write("sims/de.csv", csv(iccids(MANY)))
    copy.declare("policies", policies(3))
    return copy


def typed(estate: Guarded, answers: Sequence[str], *arguments: str) -> tuple[int, str]:
    """One command at a terminal, with these answers to its questions, in order."""
    return on_terminal(Desk(estate.root), *arguments, answers=answers)


@pytest.mark.parametrize("number", ["1204", "1,204"])
def test_the_number_that_is_printed_is_typed(estate: Guarded, number: str) -> None:
    """With or without its comma; each refusal is asked about, then the changes; the history has the consents."""
    code, screen = typed(estate, [number, "5", "y"], "apply")

    assert (code, screen.count("Type the number to allow it")) == (0, 2), screen
    assert "apply --allow simMoves=1204 --allow deletions=5" in estate.run("history").output
    assert estate.run("plan", "--detailed-exitcode").exit_code == 0


@pytest.mark.parametrize("answers", [[""], ["1203"], ["1204", "4"], ["1204", "y"]])
def test_anything_else_is_no_consent(estate: Guarded, answers: list[str]) -> None:
    """Nothing, another number or a word: refused with exit code 3, and nothing is sent."""
    before = estate.platform()

    code, screen = typed(estate, answers, "apply")

    assert (code, estate.platform() == before) == (3, True), screen
    assert "Nothing was sent. Refused by simMoves, deletions" in screen


def test_what_is_allowed_on_the_command_line_is_not_asked(estate: Guarded) -> None:
    """Only the other refusal is asked about."""
    code, screen = typed(estate, ["5"], "apply", "-y", "--allow", "simMoves=1204")

    assert (code, screen.count("Type the number to allow it")) == (0, 1), screen


def test_consent_to_the_numbers_is_no_consent_to_the_changes(estate: Guarded) -> None:
    """A person that types both numbers and then says no changes nothing."""
    before = estate.platform()

    code, screen = typed(estate, ["1204", "5", "n"], "apply")

    assert (code, estate.platform() == before) == (0, True), screen


@pytest.mark.parametrize(("answers", "code"), [(["8", NAME], 0), (["8", "another"], 64), (["7"], 3), (["8", "8"], 64)])
def test_a_number_that_is_typed_does_not_confirm_the_name(tmp_path: Path, answers: list[str], code: int) -> None:
    """Destroying an estate that another guard refuses takes both: the number of that guard, then the estate's name."""
    estate = Guarded(tmp_path / "estate")
    estate.configure()
    estate.declare("policies", policies(8))
    estate.apply()
    kept = {file.name: file.read_bytes() for file in (estate.root / ".reconciler").glob("state.db*")}
    for file in (estate.root / ".reconciler").glob("platform.db*"):
        file.unlink()
    estate.stock([])
    for name, content in kept.items():
        (estate.root / ".reconciler" / name).write_bytes(content)

    found, screen = typed(estate, answers, "destroy")

    assert found == code, screen
    assert "shrunkAccount: 8 of 8 objects of the inventory are gone" in screen
