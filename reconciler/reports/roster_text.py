"""The SIM part of a plan as text: counts first, a few numbers as a sample, everything in the plan file."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from reconciler.kinds import sim_kind
from reconciler.model.iccid import SHORTEST
from reconciler.model.secret import SecretRef
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan
from reconciler.plan.sim_effects import effect_of_change, effects_of_edits
from reconciler.reports.diagnostics import escaped
from reconciler.reports.style import Paint
from reconciler.reports.values import members, shown

if TYPE_CHECKING:
    from reconciler.plan.sim_drift import SimDrift

_SAMPLE = 3
_MOST_EDITS = 5
_MOST_DRIFTED = 20
_STYLES = {RosterAction.TERMINATE: "remove", RosterAction.SUSPEND: "remove", RosterAction.ACTIVATE: "add"}


def action_block(change: RosterChange, plan: RosterPlan, paint: Paint, *, verbose: bool) -> str:
    """The lines of one action on SIMs."""
    return "\n".join([*_change(change, paint, verbose=verbose), *_codes(change, plan)])


def short(iccid: str) -> str:
    """An ICCID as text shows it: its first and last four digits."""
    return f"{iccid[:4]}…{iccid[-4:]}" if iccid.isdigit() and len(iccid) >= SHORTEST else escaped(iccid)


def sims(count: int) -> str:
    """A number of SIMs."""
    return f"{count:,} SIM{'' if count == 1 else 's'}"


def _change(change: RosterChange, paint: Paint, *, verbose: bool) -> Iterator[str]:
    only = "s" if len(change.iccids) == 1 else ""
    count, target, source = len(change.iccids), escaped(change.target or ""), escaped(change.source or "")
    match change.action:
        case RosterAction.MOVE if change.source is None:
            what = f"{sims(count)} {'goes' if only else 'go'} into service in {target}"
        case RosterAction.MOVE:
            what = f"{sims(count)} move{only} from {source} to {target}"
        case RosterAction.ACTIVATE:
            what = f"{sims(count)} will be activated for {target or 'this account'}"
        case _:
            what = f"{sims(count)} will be {change.action.past}"
            what += f" in {source}" if source else ""
    place = f"  {paint(escaped(change.place), 'note')}" if change.place else ""
    yield f"{paint(f'{change.action.symbol:>3} {what}', _STYLES.get(change.action, 'change'))}{place}"
    yield f"      {paint(f'because {escaped(change.reason)}', 'note')}"
    chosen = change.iccids if verbose else change.iccids[:_SAMPLE]
    more = "" if len(chosen) == count else f" and {count - len(chosen):,} more (show -o json lists all)"
    yield f"      {', '.join(_samples(change, chosen))}{more}"
    if change.losing:
        verb = "loses its address" if change.losing == 1 else "lose their addresses"
        yield f"      {paint(f'{change.losing:,} of them {verb} and sessions at once', 'strong')} (D-46)"
    if change.action in {RosterAction.SUSPEND, RosterAction.RESUME}:
        yield f"      {effect_of_change(change)[1].text}"
    if change.action is RosterAction.TERMINATE:
        yield f"      {paint('this cannot be undone', 'remove')} (D-44)"


def _codes(change: RosterChange, plan: RosterPlan) -> Iterator[str]:
    """Which secret goes to the platform to activate a SIM."""
    if change.action is RosterAction.ACTIVATE:
        for iccid in change.iccids:
            code = escaped(str(SecretRef.of(plan.activation.get(iccid))))
            yield f"      ! the secret from {code} is its activation code"


def _samples(change: RosterChange, chosen: Sequence[str]) -> Iterator[str]:
    """SIMs with the places that caused the change, unless the line above has the place already."""
    said = (change.place or "").rpartition(":")[0]
    for number, iccid in enumerate(chosen):
        place = change.places[number] if change.places else ""
        yield short(iccid) if place in {"", said, change.place} else f"{short(iccid)} {escaped(place)}"


def edits_block(plan: RosterPlan, paint: Paint, *, verbose: bool) -> str:
    """The lines of the SIMs that get other settings, the first few by number."""
    edits = plan.edits
    shape = sim_kind().shape
    lines = [paint(f"  ~ {sims(len(edits))} get{'s' if len(edits) == 1 else ''} other settings", "change")]
    felt = effects_of_edits(plan)
    lines.extend(f"      {paint(f'{one.setting} of {sims(one.sims)}', 'strong')}: {one.text}" for one in felt)
    for edit in edits if verbose else edits[:_MOST_EDITS]:
        names = members(edit.after, shape)
        parts = [f"{name}: {shown(edit.before.get(name))} -> {shown(edit.after[name])}" for name in names]
        place = f"  {paint(escaped(edit.place), 'note')}" if edit.place else ""
        lines.append(f"      {short(edit.iccid)} {', '.join(parts)}{place}")
    if not verbose and len(edits) > _MOST_EDITS:
        lines.append(f"      and {len(edits) - _MOST_EDITS:,} more (--verbose lists all)")
    return "\n".join(lines)


def totals(plan: RosterPlan) -> str:
    """The SIMs of a plan in one line; empty when nothing happens to any."""
    entering = sum(len(change.iccids) for change in plan.of(RosterAction.MOVE) if change.source is None)
    numbers = [
        (plan.count(RosterAction.ACTIVATE), "to activate"),
        (entering, "to put into service"),
        (plan.count(RosterAction.MOVE) - entering, "to move"),
        (plan.count(RosterAction.SUSPEND), "to suspend"),
        (plan.count(RosterAction.RESUME), "to resume"),
        (plan.count(RosterAction.TERMINATE), "to terminate"),
        (len(plan.edits), "to edit"),
    ]
    parts = [f"{count:,} {what}" for count, what in numbers if count]
    return f"SIMs: {', '.join(parts)}. {plan.unchanged:,} unchanged." if parts else ""


def resting(plan: RosterPlan) -> str:
    """A sentence on SIMs that the platform has suspended and no manifest speaks of; empty when there are none."""
    if not plan.suspended:
        return ""
    count = len(plan.suspended)
    verb = "is" if count == 1 else "are"
    listed = f"{count:,} listed SIM{'' if count == 1 else 's'}"
    return f"{listed} {verb} suspended on the platform, and the manifests do not say so."


def drift_of_sims(drifted: "Sequence[SimDrift]") -> Iterator[str]:
    """The lines about SIMs that changed on the platform, the first few by number."""
    if drifted:
        yield f"{len(drifted):,} SIM{'' if len(drifted) == 1 else 's'} changed since the last apply"
    for one in drifted[:_MOST_DRIFTED]:
        because = f"  {one.address}" if one.address else ""
        yield f"  {short(one.sim)} {escaped(one.what)}{escaped(because)}"
    if len(drifted) > _MOST_DRIFTED:
        yield f"  and {len(drifted) - _MOST_DRIFTED:,} more (--output json lists all)"
