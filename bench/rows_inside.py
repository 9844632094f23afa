"""Rows that are measured inside one process: 11, 12 and 13. See `bench.inside`."""

import json
import statistics
import sys

from bench.estates import Estates
from bench.measuring import client_cores, sample
from bench.results import Result

_ROWS = (
    ("11", "load, places of all values on demand / CSafeLoader", ("load", "yaml"), 1.0),
    ("11", "load and make the place of every value / CSafeLoader", ("places", "yaml"), None),
    ("12", "validate / CSafeLoader", ("validate", "yaml"), 0.15),
    ("12", "of that, each object by itself / CSafeLoader", ("objects", "yaml"), None),
    ("13", "plan of equal objects / == of the same dicts", ("plan", "equal"), 10.0),
    ("13", "the same by normal forms / == of the same dicts", ("compare", "equal"), 10.0),
)


def inside(estates: Estates, size: int, pairs: int) -> list[Result]:
    """Rows 11 to 13."""
    estate, told = estates.estate(size), estates.scratch / "inside.json"
    command = [sys.executable, "-m", "bench.inside", str(estate.folder), estate.origin, str(pairs)]
    sample(command, estate.folder, cores=client_cores(), output=told)
    found = json.loads(told.read_text(encoding="utf-8"))["rounds"]
    results = []
    for row, what, (ours, anchor), gate in _ROWS:
        value = statistics.median(a / b for a, b in zip(found[ours], found[anchor], strict=True))
        details = {"oursSeconds": found[ours], "anchorSeconds": found[anchor]}
        results.append(Result(row, what, value, gate, details=details))
    return results
