"""A batch of SIMs, the requests that it means, and how the SIMs of a change are cut into batches. Pure."""

import hashlib
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from reconciler.diffing.rosters import ACTIVE, SUSPENDED, TERMINATED
from reconciler.model.secret import SecretRef
from reconciler.plan.roster import RosterAction, RosterChange, SimEdit

EDITS_AT_ONCE = 100
STATES = {
    RosterAction.SUSPEND: SUSPENDED,
    RosterAction.RESUME: ACTIVE,
    RosterAction.TERMINATE: TERMINATED,
}
"""The state that an action gives a SIM."""


@dataclass(frozen=True, slots=True)
class Batch:
    """SIMs of one request, because of one change; without a change, SIMs whose settings are edited one by one."""

    change: RosterChange | None
    iccids: tuple[str, ...]
    edits: tuple[SimEdit, ...] = ()

    @property
    def verb(self) -> str:
        """The verb of the requests, as the journal has it."""
        return "edit" if self.change is None else self.change.action.value

    @property
    def address(self) -> str:
        """The set that they are in."""
        return self.edits[0].address if self.change is None else self.change.address

    def cut(self, size: int) -> "tuple[Batch, Batch]":
        """The first so many SIMs, and the rest."""
        head = Batch(self.change, self.iccids[:size], self.edits[:size])
        return head, Batch(self.change, self.iccids[size:], self.edits[size:])

    def only(self, iccids: Container[str]) -> "Batch":
        """Those of the SIMs that are in `iccids`."""
        return Batch(
            self.change,
            tuple(iccid for iccid in self.iccids if iccid in iccids),
            tuple(edit for edit in self.edits if edit.iccid in iccids),
        )

    def singles(self) -> "tuple[Batch, ...]":
        """Each SIM in a batch of its own."""
        return tuple(
            Batch(self.change, (iccid,), self.edits[place : place + 1]) for place, iccid in enumerate(self.iccids)
        )

    @property
    def natural_key(self) -> str:
        """The identity of the effect: the verb, the target, and a digest of the SIMs."""
        target = "" if self.change is None else self.change.target or self.change.action.value
        digest = hashlib.sha256("\n".join(self.iccids).encode()).hexdigest()
        return f"sims:{self.verb}:{target}:{digest}"


class Asking(Protocol):
    """The receiver of the requests of a batch: the control plane, or a list of them."""

    def edit(self, iccid: str, values: Mapping[str, Any]) -> None:
        """Write settings of one SIM."""

    def activate(self, iccid: str, code: SecretRef) -> None:
        """Take a SIM into the account."""

    def assign(self, group: str, iccids: Sequence[str]) -> None:
        """Put SIMs into a primary group."""

    def set_state(self, state: str, iccids: Sequence[str]) -> None:
        """Suspend, resume or terminate SIMs."""


def ask(sims: Asking, batch: Batch, activation: Mapping[str, Any]) -> None:
    """The requests of one batch."""
    change = batch.change
    if change is None:
        for edit in batch.edits:
            sims.edit(edit.iccid, edit.after)
    elif change.action is RosterAction.ACTIVATE:
        for iccid in batch.iccids:
            sims.activate(iccid, SecretRef.of(activation[iccid]) or SecretRef())
    elif change.action is RosterAction.MOVE:
        sims.assign(change.target or "", batch.iccids)
    else:
        sims.set_state(STATES[change.action], batch.iccids)


def batches_of(change: RosterChange, iccids: Sequence[str]) -> list[Batch]:
    """These SIMs of a change, as many in a batch as go into one request."""
    size = 1 if change.action is RosterAction.ACTIVATE else change.batch
    return [Batch(change, part) for part in _parts(iccids, size)]


def batches_of_edits(edits: Sequence[SimEdit]) -> list[Batch]:
    """SIMs whose settings are edited, one request for each."""
    return [Batch(None, tuple(edit.iccid for edit in part), part) for part in _parts(edits, EDITS_AT_ONCE)]


def entering(change: RosterChange, iccid: str) -> Batch:
    """A SIM that was just activated goes into its group."""
    move = RosterChange(
        action=RosterAction.MOVE,
        address=change.address,
        source=None,
        target=change.target,
        iccids=change.iccids,
        place=change.place,
    )
    return Batch(move, (iccid,))


def _parts(items: Sequence[Any], size: int) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])
