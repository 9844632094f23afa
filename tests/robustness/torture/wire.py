"""The staleness table, the matrix of faults on the wire, then seeded mixes for as long as there is time."""

import random
import tempfile
import time
from pathlib import Path

from tests.robustness.torture.programme import Outcome
from tests.robustness.wire_faults.fields import targets
from tests.robustness.wire_faults.matrix import Matrix, all_cells
from tests.robustness.wire_faults.scenes import stage
from tests.robustness.wire_faults.staleness import Scene

_STALENESS = 1_300
_STALENESS_SHARE = 0.3


def torture(seed: int, seconds: float) -> Outcome:
    """Every cell of both in a random order, then mixes."""
    until = time.monotonic() + seconds
    stale, failures = _staleness(time.monotonic() + seconds * _STALENESS_SHARE)
    chance = random.Random(seed)
    cells = all_cells()
    chance.shuffle(cells)
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
        {"cells of the matrix": played, "mixes": mixes, "cells of the staleness table": stale},
        {"cells of the matrix": min(1_350, len(cells)), "mixes": 20_000, "cells of the staleness table": _STALENESS},
        failures,
    )


def _staleness(until: float) -> tuple[int, list[str]]:
    """The staleness table, object after object: how many cells, and what was broken."""
    played, failures = 0, []
    with tempfile.TemporaryDirectory() as folder:
        for number, (example, address) in enumerate(targets()):
            scene = Scene.of(Path(folder, str(number)), example, address)
            for cell in scene.cells():
                if time.monotonic() > until:
                    break
                failures += [f"{address.kind}: {trouble}" for trouble in scene.broken(cell)]
                played += 1
            scene.desk.close()
    return played, failures
