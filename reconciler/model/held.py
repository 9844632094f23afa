"""The SIMs that the lists of an estate hold, as few words as a sentence about them takes."""

from collections import defaultdict
from hashlib import sha256

from reconciler.model.inventory import HeldSet
from reconciler.model.roster import Roster

MOST_SETS = 10_000
"""The most lists that are remembered; with more of them nothing is said of those that are gone."""


def held_sets(roster: Roster) -> dict[str, HeldSet]:
    """The content of each list that puts SIMs into a group, by the text of its address; none of too many."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for iccid, number in roster.members.items():
        found[number].append(str(iccid))
    for reference, number in roster.references.items():
        found[number].append(f"reference {reference}")
    if len(roster.sets) > MOST_SETS:
        return {}
    return {
        one.address: HeldSet(one.group, len(found[number]), _digest(found[number]))
        for number, one in enumerate(roster.sets)
        if one.group is not None
    }


def _digest(names: list[str]) -> str:
    return f"sha256:{sha256(chr(10).join(sorted(names)).encode()).hexdigest()}"
