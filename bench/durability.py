"""
The cost of durability: applying 1,000 changes with the journal, against the same without: `python -m bench.durability`.

Without: the same engine with a store that writes nothing down at all. Both in one process, one after the other in each
round, against the simulator in this process, so that nothing but the store differs. Exit code 1: the gate fails.
"""

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from bench.results import Result
from reconciler.apply.applier import PARALLELISM, apply_plan
from reconciler.control_plane.rest import RestControlPlane
from reconciler.control_plane.transport import IN_PROCESS_ORIGIN, Transport
from reconciler.environment import system
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.resource import Resource, Resources
from reconciler.plan.plan import Basis, Plan
from reconciler.plan.planfile import digest_of
from reconciler.plan.planner import make_plan
from reconciler.plan.situation import Situation
from reconciler.simulator.application import Simulator
from reconciler.simulator.settings import Settings
from reconciler.store.location import StoreLocation
from reconciler.store.records import Epoch, LedgerState
from reconciler.store.store import Store

ACTIONS, PAIRS = 1_000, 5
GATE = 1.5
_ENVIRONMENT = system()


def seconds_of(actions: int, store: Store) -> float:
    """How long it takes to apply a plan of so many creates, from the lock to its release."""
    simulator = Simulator(settings=Settings(webhooks="off"))
    plane = RestControlPlane(
        Transport(IN_PROCESS_ORIGIN, "bench", wsgi=simulator.wsgi),
        digest=lambda text: text,
        resolve=lambda _: "",
        sleep=time.sleep,
        jitter=lambda: 0.5,
    )
    plan = _plan(actions, plane, store.inventory())
    started = time.perf_counter()
    report = apply_plan(
        plan,
        control_plane=plane,
        store=store,
        environment=_ENVIRONMENT,
        plan_digest=digest_of(plan),
        on_event=lambda _: None,
        stop=threading.Event(),
        digest_secret=lambda text: text,
        parallelism=PARALLELISM,
        in_flight_seconds=0.0,
    )
    taken = time.perf_counter() - started
    simulator.close()
    if report.exit_code:
        message = f"the apply ended with {report.exit_code}: {report.counted}"
        raise SystemExit(message)
    return taken


def _plan(actions: int, plane: RestControlPlane, inventory: Inventory) -> Plan:
    estate = Resources(
        Resource(Address("OperatorPolicy", f"policy-{number:05d}"), {"default": "allow"}) for number in range(actions)
    )
    snapshot = plane.snapshot()
    basis = Basis("bench", snapshot.account, inventory.lineage, inventory.serial, "m", "p", "estate")
    return make_plan(Situation(estate, snapshot, inventory, basis, lambda _address, _path: None, str))


def durable(actions: int, scratch: Path) -> float:
    """With the journal, on a new SQLite file."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        location = StoreLocation.parse("sqlite:.reconciler/state.db", Path(folder))
        with Store.open(location, estate="estate", create=True, environment=_ENVIRONMENT) as store:
            return seconds_of(actions, store)


class _NoJournal:
    """The methods that applying asks of a store, with nothing written down."""

    def acquire(self, run_id: str) -> Epoch:
        """Everybody gets the lock."""
        return Epoch(1, run_id, lease_seconds=3600.0)

    def inventory(self) -> Inventory:
        """Nothing is ours."""
        return Inventory("bench", estate="estate")

    def ledger(self, _plan_digest: str) -> LedgerState | None:
        """No plan was begun."""
        return None

    def touched(self, _plan_digest: str) -> frozenset[Address]:
        """Nothing was touched."""
        return frozenset()

    def claims(self) -> dict[str, tuple[str, ...]]:
        """Nothing was intended."""
        return {}

    def unresolved(self) -> list[Any]:
        """Nothing was left open."""
        return []

    def open_creations(self) -> list[Any]:
        """No creation was begun."""
        return []

    def lease_left(self) -> float:
        """The lock never ends."""
        return 3600.0

    def _nothing(self, *_: Any, **__: Any) -> None:
        """Forget it at once."""

    pin_account = renew = release = begin_run = end_run = mark_ledger = intend = fact = fact_soon = settle = _nothing
    prune = note_sims = _nothing


def forgetful(actions: int) -> float:
    """With nothing written down."""
    return seconds_of(actions, cast("Store", _NoJournal()))


def measured(actions: int, pairs: int) -> Result:
    """The median of the ratios of interleaved pairs, after one warm-up of each."""
    with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as folder:
        scratch = Path(folder)
        durable(actions, scratch)
        forgetful(actions)
        found = [(durable(actions, scratch), forgetful(actions)) for _ in range(pairs)]
    what = f"apply of {actions:,} changes / the same without a journal"
    details = {"durable": [with_it for with_it, _ in found], "forgetful": [without for _, without in found]}
    ratio = statistics.median(with_it / without for with_it, without in found)
    return Result("durability", what, ratio, GATE, details=details)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, judge; the exit code."""
    options = argparse.ArgumentParser(prog="bench.durability", description=__doc__)
    options.add_argument("--actions", type=int, default=ACTIONS)
    options.add_argument("--pairs", type=int, default=PAIRS)
    chosen = options.parse_args(arguments)
    result = measured(chosen.actions, chosen.pairs)
    print(result.line())
    return 1 if result.has_failed else 0


if __name__ == "__main__":
    sys.exit(main())
