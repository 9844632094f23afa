"""Applying: a plan that was reviewed, or one that is made, shown and approved on the way."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from reconciler.errors import LockError, Refused, StalePlan
from reconciler.model.held import held_sets
from reconciler.model.inventory import Inventory
from reconciler.operations.estate import Estate
from reconciler.operations.expectation import hold_to
from reconciler.operations.planning import Planned, inputs_of, secret_digests
from reconciler.operations.portion import EVERYTHING, Portion
from reconciler.operations.secrets import require
from reconciler.operations.session import Session, opened
from reconciler.plan.drifting import accepted_row
from reconciler.plan.judging import with_verdicts
from reconciler.plan.limits import Guard, Limits
from reconciler.plan.needed_secrets import differing_secrets, needed_secrets
from reconciler.plan.outcomes import ApplyReport, RunEvent
from reconciler.plan.plan import GuardResult, Plan, Verdict
from reconciler.plan.scoping import bounded
from reconciler.plan.waivers import NO_WAIVERS, Waivers
from reconciler.reports.guards import consents_of, waivers_of, way_on
from reconciler.store.lock import IN_FLIGHT_SECONDS
from reconciler.store.records import Settlement

__all__ = ["APPROVED", "PARALLELISM", "PlanRefused", "Planned", "Review", "Watcher", "apply", "carry_out", "consented"]
__all__ += ["ApplyReport", "Guard", "GuardResult", "Plan", "RunEvent"]  # Types of a review.
PARALLELISM = 10
Watcher = Callable[[RunEvent], None]


class PlanRefused(Refused):
    """A guard refused the plan, and nothing was sent."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan.objections()[0].message, hint=way_on(plan, "apply"))
        self.plan = plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """
    The person who reviews an apply, as functions; without any a plan is approved that no guard refuses.

    `show` gets a plan that was made on the way. `number` asks for the number that a guard refuses, whose consent it
    then is. `approve` has the last word. `watch` hears of each change, and is left when the run has ended. `exit_of`
    is the exit code for the history of runs.
    """

    show: Callable[[Planned], None] = lambda _: None
    number: Callable[[GuardResult], str] | None = None
    approve: Callable[[], bool] = lambda: True
    watch: Callable[[Plan], AbstractContextManager[Watcher]] = lambda _: nullcontext(lambda _: None)
    exit_of: Callable[[ApplyReport], int] = lambda report: report.exit_code


APPROVED = Review()


def apply(
    estate: Estate,
    planned: Planned | None = None,
    *,
    paths: Sequence[str] = (),
    prunes: bool = False,
    adopting: bool = False,
    expect: str | None = None,
    selection: Portion = EVERYTHING,
    parallelism: int = PARALLELISM,
    review: Review = APPROVED,
) -> ApplyReport | None:
    """
    Make the changes of a plan, once, in the right order; None where nothing was to be done, or was not approved.

    With `planned` exactly that is done or refused, under the limits and the scope that hold now. Without it a plan is
    made as `plan` does. The first thing is to find out what became of the requests of an interrupted run.

    Raises `PlanRefused` where a guard refuses, `PlanFileError` for a plan of another estate, platform or store and for
    another digest than the one to `expect`, and as `apply_plan` does.
    """
    needed = needed_secrets(planned.plan) if planned is not None else {}
    with opened(estate, paths=paths, create=True, needed=needed, selection=selection) as session:
        if planned is None:
            chosen = session.plan(prunes=prunes, adopting=adopting)
            review.show(chosen)
        else:
            inventory = session.inventory or Inventory(None, estate=session.loaded.configuration.name)
            # Whether an apply of the plan has begun is in the journal, which the run reads.
            error = planned.plan.basis.objection_to(session.control_plane.account(), inventory, is_begun=True)
            if error is not None:
                raise error
            scope = session.loaded.configuration.scope
            chosen = replace(planned, plan=bounded(session.judged(planned.plan), scope))
        hold_to(chosen, expect)
        report = carry_out(session, chosen, review, parallelism=parallelism)
        if planned is None and chosen.plan.roster.managed and not (chosen.plan.has_work or session.loaded.is_partial):
            # Without changes no run notes what SIMs are as.
            _note_as_applied(session, chosen.plan)
        if not chosen.plan.has_work or (report is not None and report.is_complete):
            _note_accepted(session, chosen.plan)
            _note_sets(session, chosen.plan)
        if planned is None and chosen.plan.slots.declared and not chosen.plan.has_work and not chosen.plan.objections():
            _note_slots(session, chosen.plan)
        return report


def carry_out(
    session: Session, planned: Planned, review: Review, *, parallelism: int, command: str = "apply"
) -> ApplyReport | None:
    """Refuse, ask, or apply a plan that was judged; `command` is what the history of runs says."""
    plan = consented(planned.plan, session.limits, review.number, session.waivers)
    if plan.objections():
        raise PlanRefused(plan)
    if not plan.has_work or not review.approve():
        return None
    require(needed_secrets(plan), session.secrets)
    _compare_secrets(plan, session)
    from reconciler.apply.applier import apply_plan

    with review.watch(plan) as note, session.store() as store:
        return apply_plan(
            plan,
            control_plane=session.control_plane,
            store=store,
            environment=session.estate.environment,
            plan_digest=planned.digest,
            parallelism=parallelism,
            limits=session.limits,
            scope=session.loaded.configuration.scope,
            command=command + consents_of(plan) + waivers_of(plan),
            exit_of=review.exit_of,
            on_event=note,
            stop=session.estate.caller.stop,
            max_read_age_seconds=session.estate.caller.max_read_age,
            digest_secret=session.digest,
            # In this process a request is over when its call returns: nothing can land later.
            in_flight_seconds=0 if session.control_plane.is_local else IN_FLIGHT_SECONDS,
        )


def consented(
    plan: Plan, limits: Limits, number: Callable[[GuardResult], str] | None, waivers: Waivers = NO_WAIVERS
) -> Plan:
    """
    The plan after a person was asked for the number of each refusal.

    Nobody is asked where a structural guard refuses: there is no consent to that.
    """
    if number is None or not plan.objections() or any(result.verdict is Verdict.DENY for result in plan.guards):
        return plan
    given = {Guard(r.guard): r.measured or 0 for r in plan.verdicts if r.verdict is Verdict.ALLOWED}
    for result in plan.verdicts:
        if result.verdict is not Verdict.DENY:
            continue
        if number(result).strip().replace(",", "") != str(result.measured):
            return plan
        given[Guard(result.guard)] = result.measured or 0
    return with_verdicts(plan, limits, given, waivers)


def _compare_secrets(plan: Plan, session: Session) -> None:
    """Raise `StalePlan` for a secret that is another one than the plan shows: it would be sent unseen."""
    digest = secret_digests(session.secrets.find, session.digest)
    for address, path in differing_secrets(plan, digest):
        message = f"the secret {path} of {address} is another one than when the plan was made; nothing was changed"
        raise StalePlan(message, hint="plan again and look at what is different now")


def _note_slots(session: Session, plan: Plan) -> None:
    """Note the slots of objects that templates make, where nothing else is to be done: the next plan looks at them."""
    with session.store() as store:
        try:
            epoch = store.acquire(session.estate.environment.new_id())
        except LockError:
            return
        try:
            store.note_slots(epoch, plan.slots.declared)
        finally:
            store.release(epoch)


def _note_as_applied(session: Session, plan: Plan) -> None:
    """
    Note that all SIMs are as these manifests say, where an edit of them changed nothing: `drift` compares with it.

    A run that holds the lock notes by itself what it makes of them.
    """
    with session.store() as store:
        if store.sims_as_of() == plan.basis.manifests:
            return
        try:
            epoch = store.acquire(session.estate.environment.new_id())
        except LockError:
            return
        try:
            store.note_sims(epoch, plan.basis.manifests, plan.roster.exempt)
        finally:
            store.release(epoch)


def _note_accepted(session: Session, plan: Plan) -> None:
    """
    Note of each object that the plan leaves as it is that its declaration is what was last applied.

    Somebody brought a live value into the manifest: nothing was sent for it, and `drift` compares with it from now on.
    A plan of other manifests says nothing of these.
    """
    loaded = session.loaded
    if plan.basis.manifests != inputs_of(loaded) or plan.objections():
        return
    changed = {change.address for change in plan.changes}
    same = [r for address, r in loaded.built.estate.items() if address not in changed]
    with session.store() as store:
        owned = store.inventory().owned
        rows = [accepted_row(owned[r.address], r) for r in same if r.address in owned]
        accepted = tuple(row for row in rows if row is not None)
        if not accepted:
            return
        try:
            epoch = store.acquire(session.estate.environment.new_id())
        except LockError:
            return
        try:
            store.settle(epoch, Settlement(upserts=accepted))
        finally:
            store.release(epoch)


def _note_sets(session: Session, plan: Plan) -> None:
    """Note what each list of SIMs holds, where these manifests have other lists or say other things than before."""
    loaded = session.loaded
    is_whole = not loaded.is_partial and plan.consideration is None and session.consideration is None
    if plan.basis.manifests != inputs_of(loaded) or not is_whole or plan.objections():
        return
    with session.store() as store:
        before = store.inventory().sets
        roster = loaded.roster
        is_same = roster is not None and {one.address for one in roster.sets if one.group is not None} == before.keys()
        if is_same and session.sims_as_of == plan.basis.manifests:
            return
        sets = {} if roster is None else held_sets(roster)
        if sets == before:
            return
        try:
            epoch = store.acquire(session.estate.environment.new_id())
        except LockError:
            return
        try:
            store.note_sets(epoch, sets)
        finally:
            store.release(epoch)
