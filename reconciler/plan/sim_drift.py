"""
Drift of SIMs: where they are not as they were last applied. Pure.

An apply of SIMs remembers which manifests and files it made true, not each SIM: as long as these are the same, what
they say of a SIM is what was applied to it.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from reconciler.diffing.rosters import RosterDifference
from reconciler.model.json_text import json_text
from reconciler.model.roster import Roster

NOTHING: Mapping[str, AbstractSet[str]] = MappingProxyType({})
_LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class SimDrift:
    """One SIM that is not as it was last applied: by its ICCID, or by its reference; `address` says what lists it."""

    sim: str
    address: str
    what: str


def drift_of_sims(
    difference: RosterDifference, roster: Roster, exempt: Mapping[str, AbstractSet[str]] = NOTHING
) -> tuple[SimDrift, ...]:
    """
    Every difference between live SIMs and the manifests that were last applied, in the order of SIMs.

    `exempt` are SIMs that were suspended, missing or gone then already: they did not change since.
    """
    return tuple(sorted(_drift(difference, roster, exempt), key=lambda one: (one.sim, one.what)))


def _drift(difference: RosterDifference, roster: Roster, exempt: Mapping[str, AbstractSet[str]]) -> Iterator[SimDrift]:
    names = [one.address for one in roster.sets]
    unlisted = {iccid for iccids in difference.unlisted.values() for iccid in iccids}
    for (source, target, number), flow in difference.flows.items():
        where = f"is in {source}" if source else "is in no group"
        for iccid in flow.iccids:
            if iccid not in unlisted:
                yield SimDrift(str(iccid), names[number], f"{where}, not in {target}")
    for (state, number, _), iccids in difference.states.items():
        for iccid in iccids:
            if iccid not in unlisted:
                yield SimDrift(str(iccid), names[number], f"is not {state}")
    for edit in difference.edits:
        what = "; ".join(f"{n} is {_shown(edit.before[n])}, not {_shown(edit.after[n])}" for n in sorted(edit.after))
        yield SimDrift(str(edit.iccid), names[edit.set_number], what)
    for group, iccids in difference.unlisted.items():
        yield from (SimDrift(str(iccid), "", f"is in {group}, and nothing put it there") for iccid in iccids)
    yield from _exempt(difference, roster, exempt)


def _shown(value: Any) -> str:
    """A value on one line, and no more of it than a line has room for."""
    text = json_text(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _exempt(difference: RosterDifference, roster: Roster, exempt: Mapping[str, AbstractSet[str]]) -> Iterator[SimDrift]:
    """SIMs that are listed, and cannot be as they were put."""
    for name, found, what in (
        ("suspended", difference.suspended, "is suspended"),
        ("missing", difference.missing, "is not in the account"),
        ("gone", difference.gone, "was terminated"),
    ):
        known = exempt.get(name, frozenset())
        yield from (SimDrift(str(i), _listing(i, roster), what) for i in found if str(i) not in known)
    missing = exempt.get("missing", frozenset())
    for reference in (name for name in difference.missing_references if name not in missing):
        yield SimDrift(reference, roster.sets[roster.references[reference]].address, "is not in the account")


def _listing(iccid: int, roster: Roster) -> str:
    number = roster.members.get(iccid, roster.endpoints.get(iccid))
    return "" if number is None else roster.sets[number].address
