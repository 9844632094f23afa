"""Faults of any request on the wire: no double effect, no false absence, and the next run ends it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.robustness.wire_faults.faults import FAULTS
from tests.robustness.wire_faults.matrix import Cell, Matrix, all_cells, some_cells
from tests.robustness.wire_faults.scenes import SCENES, stage

CELLS = 450
SHARES = 9
CORPUS = Path(__file__).parents[2] / "corpus" / "wire" / "cells.txt"


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    """The stage for all cells."""
    with stage(tmp_path_factory.mktemp("wire")) as where:
        yield Matrix(where)


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_a_fault_on_the_wire_is_survived(matrix: Matrix, share: int) -> None:
    """Each fault of each sort of request: nothing twice, nothing lost, nothing outside the plan, a documented exit."""
    assert [trouble for cell in some_cells(CELLS)[share::SHARES] for trouble in matrix.play(cell)] == []


@pytest.mark.slow
def test_cells_that_once_failed_are_survived(matrix: Matrix) -> None:
    """Each cell that the matrix or the torture run has found is tried again, for ever."""
    lines = [line for line in CORPUS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    cells = [Cell(*(part.strip() for part in line.split("|"))) for line in lines if not line.startswith("mix ")]
    trouble = [trouble for cell in cells for trouble in matrix.play(cell)]
    trouble += [each for line in lines if line.startswith("mix ") for each in matrix.mixed(int(line.split()[1]))]
    assert trouble == []


@pytest.mark.slow
def test_seeded_mixes_are_survived(matrix: Matrix) -> None:
    """Several faults in one run, on any request."""
    assert [trouble for seed in range(20) for trouble in matrix.mixed(seed)] == []


def test_the_matrix_is_as_large_as_promised() -> None:
    """Each fault meets each sort of request in the fast cells; the whole matrix is more than 1,350 cells."""
    pairs = Counter((cell.scene, cell.fault) for cell in some_cells(CELLS))
    assert len(pairs) == len(SCENES) * len(FAULTS)
    assert len(FAULTS) >= 25
    assert len(set(some_cells(CELLS))) == CELLS
    assert len(set(all_cells())) >= 1350
