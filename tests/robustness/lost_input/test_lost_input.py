"""Nothing, or a part, is never "delete the rest": forty ways to lose input, and more."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.simulator.application import Simulator
from tests.robustness.lost_input.losing import LARGE, SMALL, Follows, declare
from tests.robustness.lost_input.losses import LOSSES

CODES = {Follows.REFUSED: 8, Follows.GUARDED: 3, Follows.SHOWN: 0, Follows.KEPT: 0}


def _run(folder: Path, command: str, *arguments: str, standard_input: bytes | None = None) -> Result:
    line = [command, "--chdir", str(folder), *arguments]
    return CliRunner(env={"CI": "", "STACUITY_HOST": "embedded"}).invoke(cli, line, input=standard_input)


def _platform(folder: Path) -> Mapping[str, Any]:
    simulator = Simulator(folder / ".reconciler" / "platform.db")
    try:
        return simulator.dump()
    finally:
        simulator.close()


def _applied(folder: Path, size: int) -> Path:
    """An estate of a size, in service."""
    sims = [number for numbers in declare(folder, size).values() for number in numbers]
    (folder / ".reconciler").mkdir()
    simulator = Simulator(folder / ".reconciler" / "platform.db")
    simulator.put_sims(sims)
    simulator.close()
    result = _run(folder, "apply", "--auto-approve")
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An estate of which a loss exceeds the limits."""
    return _applied(tmp_path_factory.mktemp("large") / "estate", LARGE)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An estate of which most losses stay within the limits."""
    return _applied(tmp_path_factory.mktemp("small") / "estate", SMALL)


def _lost(template: Path, tmp_path: Path, name: str, command: str, *more: str) -> tuple[Path, Result]:
    loss, folder = LOSSES[name], tmp_path / "estate"
    shutil.copytree(template, folder, symlinks=True)
    loss.happen(folder)
    result = _run(folder, command, *loss.arguments, *more, standard_input=loss.standard_input)
    return folder, result


def test_there_are_forty_ways() -> None:
    """Each has a name, at least forty of them, and all four things follow of some."""
    assert len(LOSSES) >= 40
    followed = {loss.follows for loss in LOSSES.values()} | {loss.follows_within_the_limits for loss in LOSSES.values()}
    assert followed == set(Follows)


@pytest.mark.slow
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_deletes_suspends_and_moves_nothing(large: Path, tmp_path: Path, name: str) -> None:
    """Above the limits: refused with exit code 8 or 3 and the reason, or not considered; the platform is as it was."""
    folder, result = _lost(large, tmp_path, name, "apply", "--auto-approve")

    assert (result.exit_code, "Traceback (most" in result.output) == (CODES[LOSSES[name].follows], False), result.output
    assert _platform(folder) == _platform(large)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.follows is Follows.REFUSED])
def test_a_loss_that_can_be_recognised_is_refused_at_any_size(small: Path, tmp_path: Path, name: str) -> None:
    """A few SIMs or a few thousand: exit code 8, also for `plan` and `validate`."""
    _, result = _lost(small, tmp_path, name, "plan")
    assert result.exit_code == CODES[Follows.REFUSED], result.output


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.follows is Follows.GUARDED])
def test_a_loss_within_the_limits_is_shown_with_file_and_count(small: Path, tmp_path: Path, name: str) -> None:
    """A loss like an edit is planned: the reviewer sees what goes, how many, and where; the rest is guarded."""
    loss = LOSSES[name]

    _, result = _lost(small, tmp_path, name, "plan")

    assert result.exit_code == CODES[loss.follows_within_the_limits], result.output
    assert [word for word in loss.shown if word not in result.output] == [], result.output


@pytest.mark.slow
def test_a_folder_without_anything_says_so(tmp_path: Path) -> None:
    """Neither `validate` nor `plan` calls it fine that nothing is declared."""
    assert "Nothing is declared" in _run(tmp_path, "validate").output
    assert "nothing is declared here, and this estate owns nothing" in _run(tmp_path, "plan").output
