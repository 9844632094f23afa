"""The whole matrix of faults on the wire, then seeded mixes of them for as long as there is time (T6)."""

import random
import tempfile
import time
from pathlib import Path

from tests.torture.programme import Outcome
from tests.wire_faults.matrix import Matrix, all_cells
from tests.wire_faults.scenes import stage


def torture(seed: int, seconds: float) -> Outcome:
    """Every cell in a random order, then mixes."""
    until = time.monotonic() + seconds
    chance = random.Random(seed)
    cells = all_cells()
    chance.shuffle(cells)
    failures: list[str] = []
    played = mixes = 0
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder)) as where:
        matrix = Matrix(where)
        for cell in cells:
            if time.monotonic() > until:
                break
            failures += matrix.play(cell)
            played += 1
        while time.monotonic() < until:
            failures += matrix.mixed(chance.randrange(1 << 48))
            mixes += 1
    return Outcome(
        {"cells of the matrix": played, "mixes": mixes},
        {"cells of the matrix": min(1_350, len(cells)), "mixes": 20_000},
        failures,
    )
