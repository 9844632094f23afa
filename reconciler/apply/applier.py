"""
Applying a plan: lock, recover, check, then make the changes, as many at a time as may be.

A failure stops what waits for it and nothing else; too many failures stop everything that has not begun. The
inventory follows each outcome as `ApplyReport` says.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler import __version__
from reconciler.apply.driver import Driver
from reconciler.apply.lease import Lease
from reconciler.apply.pace import Pace
from reconciler.apply.precondition import with_arrivals
from reconciler.apply.preflight import check_live, tripped_now
from reconciler.apply.recent_lists import RecentLists
from reconciler.apply.recovery import recover, tidy
from reconciler.apply.run import Listener, Run
from reconciler.apply.schedule import Schedule
from reconciler.control_plane.port import ControlPlane
from reconciler.environment import Environment
from reconciler.errors import ReconcilerError, Refused, StalePlan
from reconciler.model.inventory import Inventory
from reconciler.model.scope import ANYTHING, Scope
from reconciler.model.snapshot import Account
from reconciler.plan.deriving import renames_of
from reconciler.plan.limits import ALL_OFF, Limits
from reconciler.plan.outcomes import (
    AlreadyDone,
    ApplyReport,
    PaceChange,
    SimsReport,
    Succeeded,
    report_of,
)
from reconciler.plan.plan import Plan
from reconciler.plan.scoping import bounded
from reconciler.store.lock import IN_FLIGHT_SECONDS
from reconciler.store.records import LedgerState
from reconciler.store.store import Store

PARALLELISM = 10
_INTERRUPTED = 130


def apply_plan(
    plan: Plan,
    *,
    control_plane: ControlPlane,
    store: Store,
    environment: Environment,
    plan_digest: str,
    on_event: Listener,
    stop: threading.Event,
    digest_secret: Callable[[str], str],
    parallelism: int = PARALLELISM,
    in_flight_seconds: float = IN_FLIGHT_SECONDS,
    max_read_age_seconds: float | None = None,
    terminations: int = 0,
    scope: Scope = ANYTHING,
    limits: Limits = ALL_OFF,
    command: str = "apply",
    exit_of: Callable[[ApplyReport], int] = lambda report: report.exit_code,
) -> ApplyReport:
    """
    Do what the plan says, or refuse; never more.

    `on_event` is called in the caller's thread, once for each change that begins and once for each that ends. Setting
    `stop` finishes what is under way and begins nothing more. `in_flight_seconds` is how long a request may land after
    it was sent (assumption A3; 0 for a platform in this process). `max_read_age_seconds` is how old the list may be by
    which a creation or a deletion begins; None: 10 seconds.

    `terminations` is the exact number of SIMs that a plan without verdicts may terminate; `scope` is what the estate
    may own as of now, whatever held when the plan was made. `limits` are those that the plan was judged by: they are
    held to its facts once more. `command` and `exit_of`, the exit code of the process, are what the history of runs
    says.

    Raises `Refused` for a plan that a guard refuses, `LockError` when another run is at work, `PlanFileError`
    when the plan is for another account or store, `StalePlan` before anything was changed when an object of the plan
    moved, `StoreError` when the store fails, and `ControlPlaneError` when the platform cannot be read.

    Length: the order of a run, from recovery to the release of the lock, told in one place.
    """
    for refusal in bounded(plan, scope).objections(terminations):
        message = f"a guard refused this plan: {refusal.message}"
        raise Refused(message, hint=refusal.next_step)
    if plan.roster.changes:
        before, after = Schedule.around_sims(list(with_arrivals(plan)))
    else:
        before, after = Schedule(plan.changes), Schedule(())
    taken_at = environment.monotonic()
    epoch = store.acquire(environment.new_id())
    try:
        with Lease(store, environment, epoch, taken_at=taken_at) as lease:
            _check_basis(plan, store, control_plane.account(), store.ledger(plan_digest))
            store.begin_run(epoch, plan_digest=plan_digest, tool_version=__version__)
            with _result_of(store, lease, command) as results:
                recovered = recover(
                    store,
                    epoch,
                    control_plane=control_plane,
                    environment=environment,
                    digest_secret=digest_secret,
                    drain_seconds=min(epoch.drain_seconds, in_flight_seconds),
                )
                driver = Driver(
                    control_plane=control_plane,
                    store=store,
                    environment=environment,
                    lease=lease,
                    plan_digest=plan_digest,
                    digest_secret=digest_secret,
                    renames=renames_of(plan.changes),
                    owned=store.inventory().owned,
                    touched=store.touched(plan_digest),
                    claims=store.claims(),
                    drain_seconds=in_flight_seconds,
                    places={change.address: place for place, change in enumerate(plan.changes)},
                    stop=stop,
                    parallelism=parallelism,
                    on_event=on_event,
                    pace=Pace(
                        parallelism,
                        now=environment.monotonic,
                        on_change=lambda at_once: on_event(PaceChange(at_once, parallelism)),
                    ),
                    lists=RecentLists(control_plane, environment.monotonic, plan.changes, max_read_age_seconds),
                )
                run = Run(
                    driver=driver,
                    blocked=recovered,
                    on_event=on_event,
                    stop=stop,
                    total=len(plan.changes),
                    parallelism=parallelism,
                )
                _check(plan, run, store, scope, limits)
                store.mark_ledger(epoch, plan_digest, LedgerState.STARTED)
                run.work(before)
                sims = _change_sims(plan, run, scope)
                if not sims.is_complete:
                    run.skip(after, "SIMs that are not where they should be")
                run.work(after)
                report = report_of(
                    run.endings,
                    fenced=run.fenced,
                    interrupted=stop.is_set(),
                    recovered=recovered.found,
                    run_id=epoch.run_id,
                    sims=sims,
                )
                if run.error is not None:
                    raise run.error
                results.append(f"exit {exit_of(report)}, {report.counted}")
                if report.is_complete:
                    if plan.roster.managed:
                        store.note_sims(epoch, plan.basis.manifests, plan.roster.exempt)
                    if plan.slots.declared:
                        store.note_slots(epoch, plan.slots.declared)
                    store.mark_ledger(epoch, plan_digest, LedgerState.COMPLETED)
            tidy(store, epoch)
            return report
    finally:
        store.release(epoch)


def _change_sims(plan: Plan, run: Run, scope: Scope) -> SimsReport:
    """The SIM part of a run, if there is one and nothing that it builds on failed."""
    if plan.roster.is_empty:
        return SimsReport()
    not_made = [ending.address for ending in run.endings.values() if not isinstance(ending, Succeeded | AlreadyDone)]
    needed = {change.target for change in plan.roster.changes}
    missing = [str(address) for address in not_made if address.name in needed]
    why = run.why_stopped() or (", ".join(missing) if missing else None)
    if why is not None:
        return SimsReport(skipped=why)
    report = run.driver.change_sims(plan.roster, scope)
    run.driver.lists.forget()
    return report


def _check_basis(plan: Plan, store: Store, account: Account, begun: LedgerState | None) -> Inventory:
    """Bind the store to the account; what the store owns, or the error that the plan is not for these two."""
    store.pin_account(account)
    inventory = store.inventory()
    if (error := plan.basis.objection_to(account, inventory, is_begun=begun is not None)) is not None:
        raise error
    return inventory


def _check(plan: Plan, run: Run, store: Store, scope: Scope, limits: Limits) -> None:
    """Read everything once and refuse a plan that does not fit it; a completed plan fits only what it made (I17)."""
    asked_at = run.driver.environment.monotonic()
    snapshot, begun = run.driver.control_plane.snapshot(), store.ledger(run.driver.plan_digest)
    run.driver.lists.note(snapshot, asked_at)
    inventory = _check_basis(plan, store, snapshot.account, begun)
    snapshot.require(address.kind for address in (*inventory.owned, *(change.address for change in plan.changes)))
    # A plan that was begun has changed the facts itself.
    counted = tripped_now(plan, snapshot, inventory, limits) if begun is None else ()
    findings = check_live(
        plan,
        snapshot,
        run.driver,
        inventory=inventory,
        blocked=run.blocked.unknown,
        scope=scope,
        counted=counted,
    )
    if begun is LedgerState.COMPLETED and not all(found.is_done for found in findings):
        message = "this plan was applied completely before, and live is different now; nothing was changed"
        raise StalePlan(message, hint="plan again")


@contextmanager
def _result_of(store: Store, lease: Lease, command: str) -> Iterator[list[str]]:
    """Write how the run ended, whatever happens: the words in the list, or the exit code of the error."""
    results: list[str] = []
    try:
        yield results
    except BaseException as error:
        code = error.exit_code if isinstance(error, ReconcilerError) else 1
        results.append(f"exit {_INTERRUPTED if isinstance(error, KeyboardInterrupt) else code}")
        raise
    finally:
        store.end_run(lease.epoch, f"{command}: {results[-1]}")
