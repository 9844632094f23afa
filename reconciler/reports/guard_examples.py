"""A bad and a good example for each guard: the change that trips it, and the one that does the same and passes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from reconciler.plan.limits import Guard


class GuardExample(NamedTuple):
    """The two examples of one guard."""

    bad: str
    good: str


_CONSENTED = "a list of SIMs that was checked by a second person, applied with the number of the verdict"
EXAMPLES: Mapping[str, GuardExample] = MappingProxyType(
    {
        Guard.TERMINATIONS: GuardExample("state: terminated on one Endpoint", "state: suspended, which can be undone"),
        Guard.SUSPENSIONS: GuardExample("onRemove: suspend, and a list that lost half of its rows", _CONSENTED),
        Guard.SIM_MOVES: GuardExample(
            "1,204 ICCIDs added to the list of another group", "500 of them in each of three plans"
        ),
        Guard.SIMS_TOUCHED: GuardExample(
            "a rule of a policy that four groups of 3,000 SIMs share", "a policy of its own for one small group first"
        ),
        Guard.POLICY_SWITCH: GuardExample(
            "another routingPolicy for a group of 3,000 SIMs", "the same for a group of 100 SIMs first"
        ),
        Guard.WIDER_REACH: GuardExample(
            "match: {destination: 10.0.0.0/1} in place of 10.0.0.0/16", "match: {destination: 10.0.0.0/15}"
        ),
        Guard.DELETIONS: GuardExample(
            "the folder of a division removed at once", "three objects of a kind in each plan"
        ),
        Guard.EMPTIED: GuardExample(
            "a generator that wrote no EventMap at all", "the file of one EventMap removed, others stay declared"
        ),
        Guard.LEFT_OUT: GuardExample("plan -f fleet.yaml --prune", "plan -f fleet.yaml, which leaves all others alone"),
        Guard.SHRUNK_ACCOUNT: GuardExample(
            "the token of another account", "the token of the account that was applied to"
        ),
        Guard.NEW_PEERS: GuardExample(
            "webhook: {url: https://collector.example/} in place of the host so far", "another path on the same host"
        ),
        Guard.SHARED_VALUES: GuardExample(
            "one imeiLock filled down in the column of a spreadsheet", "the IMEI of its own device in each row"
        ),
        "account": GuardExample(
            "the store of the test account with the token of production", "a store for each account"
        ),
        "fixed": GuardExample(
            "a RegionalPolicy declared that the platform keeps fixed", "regionalPolicy: existing:automatic"
        ),
        "maxMoves": GuardExample(
            "limits: {maxMoves: 5%} and a list that moves a tenth", "two plans of a twentieth each"
        ),
        "overlap": GuardExample("one ICCID in the lists of two groups", "the ICCID under exclude of one of them"),
        "ownership": GuardExample(
            "a VSlice declared that somebody made in the portal", "apply --adopt, or existing:NAME where it is used"
        ),
        "protect": GuardExample(
            "a protected VSlice whose file is removed", 'reconciler.dev/protect: "false" applied first, then removed'
        ),
        "references": GuardExample(
            "a RoutingTarget replaced while a policy that stays uses it", "a new target, and the policy refers to it"
        ),
        "rename": GuardExample(
            "renamed-from: old-name while old-name is still there", "the object under its new name only, and no other"
        ),
        "scope": GuardExample(
            "spec.scope of the fleet, and a policy of the workshop", "the policy in the estate of the workshop"
        ),
        "sims": GuardExample(
            "a group deleted while 12 SIMs are in it", "the SIMs moved first, the group removed afterwards"
        ),
        "subnet": GuardExample("300 SIMs in a group with a /24", "a group with a /22, or two groups"),
        "missing": GuardExample("an ICCID with two digits exchanged", "the number as the supplier's list has it"),
        "released": GuardExample("a field removed, and a hope that it is reset", "field: null, which clears it"),
        "static-address": GuardExample(
            "a SIM with 100.64.0.9 moved to 100.65.0.0/16", "staticIPv4 of the new subnet in its row"
        ),
        "terminated": GuardExample("a terminated SIM left in a list", "its row removed"),
        "unlisted": GuardExample("authority: exclusive, and a SIM in no list", "the SIM in a list, or under exclude"),
    }
)
"""By the name of the guard."""
