"""
Which manifest or row caused each change of a SIM. Pure, but for the rows that the roster reads again.

The cause is the narrowest declaration: the Endpoint of a SIM, then the row that lists it, then its set. Requests do not
depend on it: a change stays one change, whatever caused its parts.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace

from reconciler.diffing.rosters import RosterDifference
from reconciler.model.address import Address
from reconciler.model.roster import Roster
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan, SimEdit
from reconciler.plan.situation import Where

_SAID = {RosterAction.MOVE: ("group",), RosterAction.ACTIVATE: ("activationCode",)}


def with_causes(plan: RosterPlan, roster: Roster, difference: RosterDifference, where: Where) -> RosterPlan:
    """The same plan, and each change says what caused it."""
    if plan.is_empty:
        return plan
    causes = _Causes(plan, roster, difference, where)
    return replace(
        plan, changes=tuple(map(causes.of_change, plan.changes)), edits=tuple(map(causes.of_edit, plan.edits))
    )


class _Causes:
    def __init__(self, plan: RosterPlan, roster: Roster, difference: RosterDifference, where: Where) -> None:
        self.roster = roster
        self.difference = difference
        self.where = where
        self.numbers = {one.address: number for number, one in enumerate(roster.sets)}
        wanted = {int(iccid) for change in plan.changes for iccid in change.iccids}
        wanted.update(int(edit.iccid) for edit in plan.edits)
        self.rows = roster.rows(wanted)
        self.unlisted = {iccid for found in difference.unlisted.values() for iccid in found if iccid in wanted}
        self.places: dict[tuple[int, tuple[str, ...]], str] = {}

    def of_change(self, change: RosterChange) -> RosterChange:
        number, said = self.numbers[change.address], _SAID.get(change.action, ("state",))
        found = [self._cause(int(iccid), number, said) for iccid in change.iccids]
        others = {
            iccid: self.roster.sets[cause].address
            for iccid, (cause, _) in zip(change.iccids, found, strict=True)
            if cause != number
        }
        caused = replace(change, places=tuple(place for _, place in found), caused_by=others)
        if not others:
            return caused
        only = set(caused.places) if len(others) == len(found) else {change.place}
        return replace(caused, place=only.pop() if len(only) == 1 else None)

    def of_edit(self, edit: SimEdit) -> SimEdit:
        cause, place = self._cause(int(edit.iccid), self.numbers[edit.address], edit.after)
        return replace(edit, address=self.roster.sets[cause].address, place=place)

    def _cause(self, iccid: int, number: int, names: Collection[str]) -> tuple[int, str]:
        """The number of the set or Endpoint that says this of a SIM, and where it does."""
        if iccid in self.unlisted:
            return number, self._place(number)
        said = self.roster.said.get(iccid, ())
        for name in names:
            if name in said:
                own = self.roster.endpoints[iccid]
                return own, self._place(own, "spec", name)
        for listing, row, settings in self._listings(iccid):
            is_listing = listing == number and "group" in names
            if row and (is_listing or any(name in settings for name in names)):
                return listing, row
        for listing in (number, self.roster.members.get(iccid, number)):
            for name in names:
                if name in self.roster.sets[listing].attributes:
                    return listing, self._place(listing, "spec", "attributes", name)
        return number, self._place(number)

    def _listings(self, iccid: int) -> Iterator[tuple[int, str, Collection[str]]]:
        """The rows of a SIM, by number and by reference: whose row, its place, and what is said in it."""
        by_number = self.roster.members.get(iccid)
        if by_number is not None:
            yield by_number, self.rows.get(iccid, ""), self.roster.settings.get(iccid, ())
        reference = self.difference.references.get(iccid)
        if reference is not None:
            yield (
                self.roster.references[reference],
                self.roster.reference_rows.get(reference, ""),
                self.roster.settings_by_reference.get(reference, ()),
            )

    def _place(self, number: int, *path: str) -> str:
        key = number, path
        if key not in self.places:
            found = self.where(Address.parse(self.roster.sets[number].address), path or ("metadata", "name"))
            self.places[key] = (found or "").partition(" (")[0].rpartition(":")[0]
        return self.places[key]
