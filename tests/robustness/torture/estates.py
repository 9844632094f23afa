"""Two to four estates on one store, interleaved, on both stores in turn."""

import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.postgres.server import PostgresServer
from tests.robustness.estates.interleaving import Interleaving, Locations
from tests.robustness.torture.programme import Outcome

_WANTED = {"interleavings": 1_000, "kills": 500}


def torture(seed: int, seconds: float) -> Outcome:
    """Play histories until the time is over."""
    until = time.monotonic() + seconds
    counts: Counter[str] = Counter()
    failures: list[str] = []
    number = 0
    with tempfile.TemporaryDirectory() as root, PostgresServer() as server:
        folders = [Path(root) / name for name in ("sqlite", "postgresql")]
        for folder in folders:
            folder.mkdir()
        places = (Locations(folders[0]), Locations(folders[1], server))
        while time.monotonic() < until:
            history = Interleaving(seed * 100_000 + number, places[number % 2](number))
            history.play()
            counts += history.counts
            failures += history.failures
            number += 1
    return Outcome({"interleavings": number, **counts}, _WANTED, failures)
