"""Whether what a plan says of SIMs fits together. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence

from reconciler.kinds import kinds
from reconciler.model.iccid import LONGEST, SHORTEST
from reconciler.model.roster import ATTRIBUTES
from reconciler.model.secret import SecretRef
from reconciler.plan.grounds import ReleasedSet
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan

_LARGEST_BATCH = 500


def contradictions_of_released(plan: RosterPlan, released: Sequence[ReleasedSet]) -> Iterator[str]:
    """A list that is not declared any more is one once, and says nothing of any SIM."""
    names = [one.address for one in released]
    speaking = {change.address for change in plan.changes} | {edit.address for edit in plan.edits}
    for name in sorted(set(names)):
        if not _is_list(name) or name in speaking or names.count(name) > 1:
            yield f"{name} cannot be released"


def contradictions_of_roster(plan: RosterPlan) -> Iterator[str]:
    """The contradictions in the SIM part of a plan."""
    unlisted = {iccid for iccids in plan.unlisted.values() for iccid in iccids}
    for change in plan.of(RosterAction.MOVE):
        if 0 < len(unlisted.intersection(change.iccids)) < len(change.iccids):
            yield f"SIMs of {change.address}: some of them are in a list and some in none"
    for change in plan.changes:
        for problem in _of_change(change):
            yield f"SIMs of {change.address or change.source or change.target}: {problem}"
    for action in RosterAction:
        yield from _twice(iccid for change in plan.of(action) for iccid in change.iccids)
    yield from _twice(edit.iccid for edit in plan.edits)
    activated = {iccid for change in plan.of(RosterAction.ACTIVATE) for iccid in change.iccids}
    if set(plan.activation) != activated or not all(map(SecretRef.of, plan.activation.values())):
        yield "activation codes and the SIMs that are activated do not fit"
    for edit in plan.edits:
        if not _is_list(edit.address):
            yield f"{edit.address} is no list of SIMs"
        is_known = edit.after.keys() <= set(ATTRIBUTES) - {"state"}
        # Of a SIM that is not in the account yet, nothing is known before.
        is_same_part = edit.before.keys() == edit.after.keys() or (not edit.before and edit.iccid in activated)
        if not (edit.after and is_known and is_same_part and edit.before != edit.after and _is_iccid(edit.iccid)):
            yield f"the settings of {edit.iccid} before and after do not fit"


def _twice(iccids: Iterator[str]) -> Iterator[str]:
    twice = next((iccid for iccid, count in Counter(iccids).items() if count > 1), None)
    if twice is not None:
        yield f"the same happens to {twice} twice"


def _is_iccid(iccid: str) -> bool:
    return iccid.isascii() and iccid.isdigit() and SHORTEST <= len(iccid) <= LONGEST


def _is_list(address: str) -> bool:
    kind, _, name = address.partition("/")
    return kind in kinds() and kinds()[kind].is_roster and bool(name)


def _of_change(change: RosterChange) -> Iterator[str]:
    if not change.iccids or not all(map(_is_iccid, change.iccids)):
        yield "the list of SIMs is empty, or has something else in it"
    if tuple(sorted(change.iccids, key=int)) != change.iccids:
        yield "the SIMs are in another order than plans have"
    if not 0 < change.batch <= _LARGEST_BATCH:
        yield "so many do not go into one request"
    if not _is_list(change.address):
        yield "it is no list of SIMs"
    has_ends = {
        RosterAction.MOVE: change.target is not None and change.source != change.target,
        RosterAction.ACTIVATE: change.source is None and len(change.iccids) == 1,
    }.get(change.action, change.target is None)
    if not has_ends:
        yield f"where they are and where they go does not fit what happens ({change.action.value})"
    listed = set(change.iccids)
    leaving = {iccid for iccid, _ in change.fixed}
    if change.losing > len(listed) or not leaving <= listed or len(leaving) != len(change.fixed):
        yield "more lose an address than there are"
    if len(change.places) not in {0, len(change.iccids)} or not change.caused_by.keys() <= listed:
        yield "the places that caused it are not those of its SIMs"
    if change.action is not RosterAction.MOVE and (change.losing or change.fixed):
        yield "only SIMs that move lose an address"
