"""
Moving SIMs: between the upserts and deletions of a plan, in batches, verified one by one (F30, A8).

What is to be done is decided by reading where each SIM is, never by what an earlier run remembers: a SIM that is where
it should be is not moved again, one that somebody moved elsewhere is left alone. An answer to a bulk request is
believed for nothing but its refusal; who is where is read from membership afterwards.

Length: one run over all stages, each of which builds on what is known of the SIMs of the ones before.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from reconciler.apply.sim_batch import STATES, Batch
from reconciler.apply.sim_batches import STAGES, batches_of, batches_of_edits, entering, in_waves
from reconciler.apply.sim_positions import Targets, elsewhere, targets_of, unshown_loss
from reconciler.apply.sim_requests import SimRequests
from reconciler.apply.waves import Wave, is_bad, looked_at
from reconciler.control_plane.errors import ControlPlaneError, IncompleteRead, Stopped, Unauthorised
from reconciler.control_plane.listing import PASSES
from reconciler.diffing.rosters import PENDING, TERMINATED, Live, comparable, live_value
from reconciler.model.scope import Scope
from reconciler.plan.outcomes import SimsReport
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan, SimEdit
from reconciler.store.records import ActionState, Settlement

MOST_READ_ONE_BY_ONE = 128
LONGEST_BELIEVED_SECONDS = 60.0
"""How old what was read may be when a wave begins; older, and it is read again."""
LONGEST_BELIEVED_READS = 10
"""The same in times that the reading took, so that a large account is not read most of the time."""
_OUTSIDE = "it is outside of the scope of this estate now"
_POLL_SECONDS = (0.65, 1.3, 2.6, 5.2)
Seen = Callable[[Batch, str, Live | None], bool]


@dataclass(kw_only=True)
class SimStage:
    """
    The SIM part of one run.

    `drain_seconds` is how long a request of unknown outcome may still land (A3). A SIM that is outside of `scope` by
    the time it is looked at is left alone. Raises as `SimRequests` does, and
    `ControlPlaneError` when the SIMs cannot be read.
    """

    requests: SimRequests
    drain_seconds: float
    scope: Scope
    stale: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Live] = field(default_factory=dict)
    activating: frozenset[str] = frozenset()
    targets: Targets = field(default_factory=dict)
    already: int = 0
    is_broken: bool = False
    _believed_until: float = 0.0

    def make(self, plan: RosterPlan) -> SimsReport:
        """Do what the plan says of SIMs; what became of each. Once the run is asked to stop, no request is sent."""
        sent: list[Batch] = []
        self.requests.total = sum(len(change.iccids) for change in plan.changes) + len(plan.edits)
        try:
            self._do(plan, sent)
        except Stopped:
            self.requests.untried = max(0, self.requests.total - self.requests.done) + len(self.requests.left)
        return self._verified(sent, plan)

    def _do(self, plan: RosterPlan, sent: list[Batch]) -> None:
        """Every stage in order; what was sent goes to `sent` as it is. Raises `Stopped`."""
        self.activating = frozenset(iccid for change in plan.of(RosterAction.ACTIVATE) for iccid in change.iccids)
        concerned = {iccid for change in plan.changes for iccid in change.iccids}
        concerned |= {edit.iccid for edit in plan.edits}
        self.targets = targets_of(plan)
        self._look(concerned, plan)
        for change in plan.of(RosterAction.MOVE):
            if (why := unshown_loss(change, self.seen)) is not None:
                self.stale.update((iccid, why) for iccid in change.iccids)
        for action in STAGES:
            batches: list[Batch] = []
            for change in plan.of(action):
                todo = [iccid for iccid in change.iccids if self._is_due(change, iccid, self.seen.get(iccid))]
                self.already += sum(self._is_there(change, self.seen.get(iccid)) for iccid in change.iccids)
                batches += batches_of(change, todo)
            self.requests.advance(sum(len(c.iccids) for c in plan.of(action)) - sum(len(b.iccids) for b in batches))
            self._send(batches, plan, sent)
            if action is RosterAction.ACTIVATE and not self.is_broken:
                sent += self.requests.send(list(self._entering(plan)), {})
            if self.requests.uncertain:
                self._look_again(sent, plan)
        edits = [edit for edit in plan.edits if self._is_edit_due(edit, self.seen.get(edit.iccid))]
        due = {id(edit) for edit in edits}
        self.already += sum(self._is_edited(e, self.seen.get(e.iccid)) for e in plan.edits if id(e) not in due)
        self.requests.advance(len(plan.edits) - len(edits))
        self._send(batches_of_edits(edits), plan, sent)

    def _look(self, iccids: Collection[str], plan: RosterPlan) -> None:
        """See where these SIMs are now."""
        started = self.requests.environment.monotonic()
        found = self._read(iccids, plan)
        taken = self.requests.environment.monotonic() - started
        self._believed_until = started + max(LONGEST_BELIEVED_SECONDS, LONGEST_BELIEVED_READS * taken)
        for iccid in iccids:
            self.seen.pop(iccid, None)
        self.seen.update(found)

    def _send(self, batches: Sequence[Batch], plan: RosterPlan, sent: list[Batch]) -> None:
        """Send what is due, wave after wave; one that did not do what was asked is the last."""
        coming = self._waves(batches)
        while coming and not self.is_broken:
            if self.requests.environment.monotonic() > self._believed_until:
                coming = self._waves(self._still_due([batch for wave in coming for batch in wave], plan))
            wave, *coming = coming or [()]
            made = self.requests.send(wave, plan.activation)
            sent += made
            self.is_broken = bool(coming) and self._is_bad(looked_at(made), plan)
        self.requests.untried += sum(len(batch.iccids) for wave in coming for batch in wave)

    def _waves(self, batches: Sequence[Batch]) -> list[Wave]:
        """In waves that do not take longer than what was read is believed, where each SIM is a request of its own."""
        is_single = any(not self.requests.is_bulk(batch) for batch in batches)
        return in_waves(batches, is_single=is_single)

    def _is_bad(self, sample: Sequence[Batch], plan: RosterPlan) -> bool:
        """Whether a wave, as far as this sample of it shows, did not do what was asked."""
        everybody = {iccid for batch in sample for iccid in batch.iccids}
        asked = self._waiting(sample) - self.requests.uncertain
        try:
            wrong = self._wrong(sample, asked, plan, self._has_effect)
            found = self._read(wrong, plan)
        except ControlPlaneError:
            # What cannot be looked at is not gone on with; why, the report says of each.
            return True
        idle = sum(
            self._is_still(batch.change, found.get(iccid))
            for batch in sample
            for iccid in batch.iccids
            if iccid in wrong
        )
        return is_bad(len(everybody), len(asked) - len(wrong), idle)

    def _has_effect(self, batch: Batch, iccid: str, sim: Live | None) -> bool:
        """Whether it can be seen that the request of a batch was done; what comes after an activation is no part."""
        if batch.change is not None and batch.change.action is RosterAction.ACTIVATE:
            return sim is not None
        return self._is_seen(batch, iccid, sim)

    def _is_still(self, change: RosterChange | None, sim: Live | None) -> bool:
        """Whether a SIM stands where it stood; one that somebody else moved or ended says nothing of the platform."""
        if change is None or change.action is RosterAction.ACTIVATE:
            return True
        is_alive = sim is not None and sim.status != TERMINATED
        return is_alive and (change.action is not RosterAction.MOVE or sim is None or sim.group == change.source)

    def _still_due(self, batches: Sequence[Batch], plan: RosterPlan) -> list[Batch]:
        """What is left of batches after another look: much may have happened during the waves before (I7)."""
        iccids = {iccid for batch in batches for iccid in batch.iccids}
        self._look(iccids, plan)

        def is_due(batch: Batch, place: int) -> bool:
            sim = self.seen.get(batch.iccids[place])
            if batch.change is None:
                return self._is_edit_due(batch.edits[place], sim)
            self.already += self._is_there(batch.change, sim)
            return self._is_due(batch.change, batch.iccids[place], sim)

        kept = [
            batch.only({iccid for place, iccid in enumerate(batch.iccids) if is_due(batch, place)}) for batch in batches
        ]
        self.requests.advance(len(iccids) - sum(len(batch.iccids) for batch in kept))
        return kept

    def _look_again(self, sent: Sequence[Batch], plan: RosterPlan) -> None:
        """What became of requests without an answer, before anything is built on them (A3)."""
        self.requests.rest(self.drain_seconds)
        seen = self._read(self.requests.uncertain, plan)
        wrong = {
            iccid
            for batch in sent
            for iccid in self.requests.uncertain.intersection(batch.iccids)
            if not self._is_seen(batch, iccid, seen.get(iccid))
        }
        self.requests.uncertain.intersection_update(wrong)

    def _waits(self, iccid: str) -> bool:
        """Whether something is not begun because of what happened to the SIM before."""
        if iccid in self.requests.uncertain:
            self.requests.untried += 1
            return True
        return iccid in self.requests.refused

    def _entering(self, plan: RosterPlan) -> Iterator[Batch]:
        """SIMs that were just activated, now or by a run that was cut short, go into their group."""
        for change in plan.of(RosterAction.ACTIVATE):
            for iccid in change.iccids:
                sim = self.seen.get(iccid)
                is_here = sim is not None and sim.group is None and sim.status != TERMINATED
                is_new = sim is None and iccid in self.requests.activated
                if change.target is not None and (is_here or is_new):
                    yield entering(change, iccid)

    def _is_edit_due(self, edit: SimEdit, sim: Live | None) -> bool:
        """Whether the settings of a SIM are as the plan saw them; what was changed meanwhile is left alone."""
        iccid, is_moved = edit.iccid, edit.iccid in self.requests.moved
        if iccid in self.stale or self._waits(iccid):
            return False
        if sim is None:
            if not (is_moved or iccid in self.requests.activated):
                self.stale[iccid] = "it is no longer in the account"
                return False
            return True
        if is_moved and "staticIPv4" in edit.after and sim.status != TERMINATED:
            return True
        if self._is_edited(edit, sim):
            return False
        if sim.status == TERMINATED:
            self.stale[iccid] = "it was terminated"
        elif self._is_outside(sim, iccid):
            self.stale[iccid] = _OUTSIDE
        elif (why := elsewhere(sim, edit.group, self.targets)) is not None:
            self.stale[iccid] = why
        elif moved := [
            name
            for name in edit.before
            if self._setting(edit, sim, name) not in (edit.before[name], comparable(name, edit.after[name]))
        ]:
            self.stale[iccid] = f"{', '.join(sorted(moved))} changed meanwhile"
        else:
            return True
        return False

    def _is_outside(self, sim: Live, iccid: str) -> bool:
        """Whether a SIM is not the estate's to change; one that this plan activates has no tags before its edit."""
        is_tagged = iccid in self.activating or self.scope.admits(getattr(sim, "tags", None) or ())
        return not (is_tagged and (sim.group is None or self.scope.takes(sim.group)))

    def _is_there(self, change: RosterChange, sim: Live | None) -> bool:
        if sim is None:
            return False
        if change.action is RosterAction.MOVE:
            return sim.group == change.target and sim.status != TERMINATED
        if change.action is RosterAction.ACTIVATE:
            return change.target is None or sim.group == change.target
        return sim.status == STATES[change.action]

    def _expected(self, change: RosterChange) -> Targets:
        """Where else than in its source a SIM of a change may be: what moves it starts from nowhere else."""
        return {} if change.action is RosterAction.MOVE else self.targets

    def _is_due(self, change: RosterChange, iccid: str, sim: Live | None) -> bool:
        """Whether the SIM stands as the plan saw it; what stands elsewhere is noted and left alone."""
        if change.action is RosterAction.ACTIVATE:
            if sim is not None and sim.status == TERMINATED:
                self.stale[iccid] = "it was terminated"
            elif sim is not None and sim.group not in {None, change.target}:
                self.stale[iccid] = f"it is in {sim.group} now"
            return sim is None
        if self._is_there(change, sim) or self._waits(iccid) or iccid in self.stale:
            return False
        if sim is None:
            if iccid in self.requests.moved:
                return True
            self.stale[iccid] = "it is no longer in the account"
        elif sim.status == TERMINATED:
            self.stale[iccid] = "it was terminated"
        elif self._is_outside(sim, iccid):
            self.stale[iccid] = _OUTSIDE
        elif (why := elsewhere(sim, change.source, self._expected(change))) is not None:
            self.stale[iccid] = why
        elif sim.status == PENDING and change.action not in {RosterAction.MOVE, RosterAction.TERMINATE}:
            # A SIM that this very plan puts into service is active by now.
            if iccid in self.requests.moved:
                return True
            self.stale[iccid] = "it is pending; it needs a group first"
        else:
            return True
        return False

    def _waiting(self, sent: Sequence[Batch]) -> set[str]:
        """The SIMs of batches that were sent for and not refused."""
        return {iccid for batch in sent for iccid in batch.iccids} - self.requests.refused.keys() - self.requests.left

    def _wrong(self, sent: Sequence[Batch], waiting: set[str], plan: RosterPlan, is_seen: Seen) -> set[str]:
        """Those of `waiting` that are not as they were asked to be, however long a read may lag (A2)."""
        wrong = waiting
        for pause in (0.0, *_POLL_SECONDS):
            if not wrong:
                break
            if pause:
                self.requests.rest(pause)
            seen = self._read(wrong, plan)
            wrong = {i for batch in sent for i in batch.iccids if i in wrong and not is_seen(batch, i, seen.get(i))}
        return wrong

    def _verified(self, sent: Sequence[Batch], plan: RosterPlan) -> SimsReport:
        """Read where everybody is, decide by that alone, and make it durable."""
        waiting, unanswered = self._waiting(sent), frozenset(self.requests.uncertain)
        is_stopped = False
        try:
            if self.requests.uncertain and self.drain_seconds:
                self.requests.rest(self.drain_seconds)
            wrong = self._wrong(sent, waiting, plan, self._is_seen)
        except ControlPlaneError as error:
            # Accepted, and nobody can say what became of it: the next run looks at each of them again.
            self.requests.is_fatal |= isinstance(error, Unauthorised)
            is_stopped = isinstance(error, Stopped)
            wrong = waiting
            self.requests.uncertain |= waiting
        unknown = wrong & self.requests.uncertain
        for iccid in wrong - unknown:
            self.requests.refused[iccid] = "without effect: the platform accepted it and changed nothing"
        # What was intended and never sent is nobody's to find out about.
        states = {self.requests.action_id(batch): ActionState.VOID for batch in self.requests.never}
        for batch in sent:
            # What was answered has landed: the next run need not wait for it, only look.
            left = (unanswered if is_stopped else unknown).intersection(batch.iccids)
            failed = any(iccid in self.requests.refused or iccid in self.requests.left for iccid in batch.iccids)
            states[self.requests.action_id(batch)] = (
                ActionState.UNKNOWN
                if left
                else ActionState.VOID
                if is_stopped and not wrong.isdisjoint(batch.iccids)
                else ActionState.FAILED
                if failed
                else ActionState.DONE
            )
        if states:
            self.requests.store.settle(self.requests.lease.epoch, Settlement(states))
        return SimsReport(
            done=len(waiting - wrong),
            already=self.already,
            refused=tuple(sorted(self.requests.refused.items())),
            stale=tuple(sorted(self.stale.items())),
            unknown=tuple(sorted(unknown)),
            untried=self.requests.untried,
            is_fatal=self.requests.is_fatal,
        )

    def _is_seen(self, batch: Batch, iccid: str, sim: Live | None) -> bool:
        if batch.change is not None:
            return self._is_there(batch.change, sim)
        return any(edit.iccid == iccid and self._is_edited(edit, sim) for edit in batch.edits)

    def _is_edited(self, edit: SimEdit, sim: Live | None) -> bool:
        if sim is None:
            return False
        return all(self._setting(edit, sim, name) == comparable(name, value) for name, value in edit.after.items())

    def _setting(self, edit: SimEdit, sim: Live, name: str) -> Any:
        """A live setting in the form in which plans have it; of key values those that are named."""
        if name != "keyValues":
            return live_value(sim, name)
        live = self.requests.sims.key_values(edit.iccid)
        return {key: live.get(key) for key in edit.after[name]}

    def _read(self, iccids: Iterable[str], plan: RosterPlan) -> dict[str, Live]:
        """Where these SIMs are: asked one by one when they are few, else read from the whole list."""
        wanted = frozenset(iccids)
        if len(wanted) <= MOST_READ_ONE_BY_ONE:
            with ThreadPoolExecutor(self.requests.parallelism) as pool:
                found = list(pool.map(self.requests.sims.find, sorted(wanted)))
            return {sim.iccid: sim for sim in found if sim is not None}
        why = ""
        for _ in range(PASSES):
            try:
                pages = self.requests.sims.pages(known=bool(plan.edits or self.scope.tags))
                return {sim.iccid: sim for page in pages for sim in page if sim.iccid in wanted}
            except IncompleteRead as error:
                why = str(error)
        raise IncompleteRead(why, hint="somebody may be changing the SIMs right now; run apply again")
