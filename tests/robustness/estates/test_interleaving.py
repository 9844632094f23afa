"""Nobody edits or deletes what another estate owns, however their work is interleaved (issue of owners, ADR 0009)."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.robustness.estates.interleaving import Interleaving, Locations, interleaved

FAILED_ONCE = (900_052, 100_003)
COUNT = int(os.environ.get("RECONCILER_INTERLEAVINGS", "8"))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_no_estate_touches_what_another_owns(
    store: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    """Edits, removals, adoptions and cut runs of two to four estates; in the end each plan is empty."""
    server = request.getfixturevalue("postgres") if store == "postgresql" else None

    counts, failures = interleaved(COUNT, 1, Locations(tmp_path, server))

    record_property("interleavings", COUNT)
    for what, number in counts.items():
        record_property(what, number)
    assert failures == []
    assert {"creations", "edits", "deletions", "adoptions", "kills", "refused"} <= counts.keys()


@pytest.mark.slow
@pytest.mark.parametrize("seed", FAILED_ONCE)
def test_a_history_that_failed_once_passes(seed: int, tmp_path: Path) -> None:
    """Seeds that found something: a name that a cut creation of another estate has, and an adoption that was cut."""
    history = Interleaving(seed, Locations(tmp_path)(0))

    history.play()

    assert history.failures == []
