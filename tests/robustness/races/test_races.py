"""Several appliers over one store, as real processes; `make torture` has many more of them."""

import os
from collections.abc import Callable

import pytest

from tests.postgres.server import program
from tests.robustness.kills.tracing import is_possible
from tests.robustness.races.worker import STORES, raced

COUNT = 12

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not is_possible(), reason="runs on Linux")]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("store", STORES)
def test_one_applier_at_a_time_decides(store: str, record_property: Callable[[str, object], None]) -> None:
    """Epochs grow by one, none decides after the next began, leases do not overlap, and all end as declared."""
    if store == "postgresql":
        try:
            program("postgres")
        except FileNotFoundError as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(error))
    found = raced(store, "--count", str(COUNT), "--seed", "1")
    record_property("races", sum(found.counts[sort] for sort in ("race", "pause", "cut", "crash")))
    record_property("paused holders", found.counts["paused holder"])
    record_property("server crashes", found.counts["crash"])
    assert found.failures == []
    assert found.counts["paused holder"] >= 1
