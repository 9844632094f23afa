"""The meaning of each guard, in words: one table, for `explain` and for the documentation."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reconciler.plan.limits import Guard


@dataclass(frozen=True, slots=True)
class Meaning:
    """
    One guard with a limit.

    `counts` says what is counted, `besides` what else holds: what does not count, and what the limit is held to.
    `whole` is what a share is a share of; empty for a guard that counts no part of a whole.
    """

    counts: str
    besides: str
    whole: str = ""


_SIMS = "the SIMs in groups of the estate, or those that its manifests list, where these are more"

MEANINGS: Mapping[Guard, Meaning] = MappingProxyType(
    {
        Guard.TERMINATIONS: Meaning(
            "SIMs that would be terminated", "Only a SIM that is named with `state: terminated` is (D-44)."
        ),
        Guard.SUSPENSIONS: Meaning(
            "SIMs that would be suspended",
            "SIMs that the plan puts into their first group do not count, nor do those that an interrupted first apply "
            "of the estate put there.",
            _SIMS,
        ),
        Guard.SIM_MOVES: Meaning(
            "SIMs that would leave their group for another one",
            "The first group of a pending SIM does not count.",
            _SIMS,
        ),
        Guard.SIMS_TOUCHED: Meaning(
            "SIMs that edits of groups, policies, VSlices and settings reach",
            "Names, references and tags do not count, nor does what is set of SIMs that the plan puts into their first "
            "group, or that an interrupted first apply of the estate put there.",
            _SIMS,
        ),
        Guard.POLICY_SWITCH: Meaning(
            "SIMs of groups that would get another routing, operator or regional policy",
            "The limit holds for each group; the number is that of all of them.",
        ),
        Guard.WIDER_REACH: Meaning(
            "SIMs whose uplink traffic newly reaches a destination of /8 or wider, or whose downlink traffic newly "
            "comes from such a source",
            "A new default route counts from one SIM, whatever the limit is. A part that is not determined counts as "
            "wide. More than half of a /8, and many networks with as many addresses as a /8 has, count as one. It is "
            "only listed until the first apply of the estate has completed. Narrower new traffic is shown and passes.",
            _SIMS,
        ),
        Guard.DELETIONS: Meaning(
            "objects that would be deleted or replaced",
            "The limit holds for each kind; the number is that of all kinds.",
            "the objects of the kind that the estate owns",
        ),
        Guard.EMPTIED: Meaning(
            "kinds and rosters that the manifests lost",
            "A kind counts when the estate owns objects of it, all of them would go and none is declared. A roster "
            "counts when more than half of its SIMs would be moved or suspended because no list has them.",
        ),
        Guard.LEFT_OUT: Meaning(
            "objects that would go only because their declaration was not read",
            "`--prune` with `--file`, or a configuration that leaves out a file which is there.",
        ),
        Guard.SHRUNK_ACCOUNT: Meaning(
            "objects of the inventory that are gone from the platform",
            "It may be another account, or an answer that lacks something.",
            "the objects that the estate owns",
        ),
        Guard.NEW_PEERS: Meaning(
            "hosts of webhooks, message centres and tunnels that are new or moved, and wider default routes",
            "They are listed and pass until the first apply of the estate has completed.",
        ),
        Guard.SHARED_VALUES: Meaning(
            "SIMs that would share an IMEI lock or a reference",
            "Only values that the plan gives to at least one SIM count, each with all SIMs that have it then. The "
            "limit holds for each value. A static address twice in a VSlice is an error.",
        ),
    }
)
"""The guards with a limit."""

STRUCTURAL: Mapping[str, str] = MappingProxyType(
    {
        "account": "The token belongs to another account than the store.",
        "fixed": "An object that the platform keeps fixed would be changed (D-32).",
        "maxMoves": "A set would move or suspend more SIMs than `limits.maxMoves` of the set says.",
        "overlap": "Two sets claim the same SIM for different groups.",
        "ownership": "An object or a SIM is not owned by this estate: it has no owner, or another estate owns it.",
        "protect": "An object that the inventory protects would go, or one that it retains would be replaced.",
        "references": (
            "An object would go while another one that stays refers to it, or changes wait for each other in a circle "
            "(D-52)."
        ),
        "rename": (
            "A former name is given, and objects of the former and of the new name exist; or objects of the estate "
            "exchanged their names on the platform (D-6)."
        ),
        "scope": "A change is outside of `spec.scope`.",
        "sims": "A group would go while SIMs are in it (D-16, D-24).",
        "subnet": "A subnet would have more SIMs than addresses (D-46).",
    }
)
"""The guards without a limit: they always hold, and there is no consent to them."""

WARNINGS: Mapping[str, str] = MappingProxyType(
    {
        "missing": "SIMs are listed and not in the account.",
        "released": "Lists of SIMs are not declared any more; their SIMs stay as they are, and are not managed.",
        "static-address": "SIMs lose a static address that does not fit their new group.",
        "terminated": "SIMs are listed and were terminated.",
        "unlisted": "SIMs of an exclusive group are in no list; the plan says what becomes of them.",
    }
)
"""Guards that name something worth a look, and refuse nothing."""
