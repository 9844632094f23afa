"""The requests on SIMs that a plan means, listed instead of sent: from the same batches as the run that sends them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.apply.sims.batch import ask
from reconciler.apply.sims.waves import in_order
from reconciler.control_plane.paths import WirePaths
from reconciler.control_plane.sim_writes import Write, activating, assigning, editing, setting_state
from reconciler.model.secret import SecretRef
from reconciler.plan.roster import RosterPlan


@dataclass(frozen=True, slots=True)
class _Listed:
    """Takes requests as the control plane does, and keeps them."""

    paths: WirePaths = field(default_factory=WirePaths)
    writes: list[Write] = field(default_factory=list)

    def assign(self, group: str, iccids: Sequence[str]) -> None:
        self.writes.extend(assigning(self.paths, group, iccids))

    def set_state(self, state: str, iccids: Sequence[str]) -> None:
        self.writes.extend(setting_state(self.paths, state, iccids))

    def activate(self, iccid: str, code: SecretRef) -> None:
        self.writes.extend(activating(self.paths, iccid, code))

    def edit(self, iccid: str, values: Mapping[str, Any]) -> None:
        self.writes.extend(editing(self.paths, iccid, values))


def sim_calls(plan: RosterPlan) -> Iterator[Write]:
    """Each request in the order of sending, as long as everything is as the plan saw it."""
    for batch in in_order(plan):
        listed = _Listed()
        ask(listed, batch, plan.activation)
        yield from listed.writes
