"""A large account as people made it: 400 groups, 60 policies and many SIMs, some with names, tags and states."""

from random import Random

from tests.accounts.platform import Platform
from tests.accounts.words import PORTS, TAGS, TEXTS
from tests.features.sims.estate import iccids

GROUPS, POLICIES, VSLICES = 400, 60, 4


def fill(account: Platform, sims: int, *, seed: int = 11, settings: int = 2_000) -> None:
    """Fill the account; at most `settings` of the SIMs have some of their own, since each costs a request."""
    draw = Random(seed)
    for number in range(VSLICES):
        _network(account, number, draw)
    groups = [f"group-{number:03}" for number in range(GROUPS)]
    for number, moniker in enumerate(groups):
        vslice = number % VSLICES
        account.made(
            "EndpointGroups",
            moniker=moniker,
            name=f"{draw.choice(TEXTS)[:40]} {number}",
            vslice=f"net-{vslice}",
            routingPolicy=f"policy-{vslice}-{draw.randrange(POLICIES // VSLICES)}" if number % 50 else None,
            regionalGatewayPolicy="automatic",
        )
    numbers = iccids(sims)
    account.simulator.put_sims(numbers)
    share = sims * 9 // 10 // GROUPS
    for place, moniker in enumerate(groups):
        account.simulator.put_sims(numbers[place * share : (place + 1) * share], moniker, "active")
    for place in draw.sample(range(sims), min(settings, sims)):
        edit = {
            "name": f"{draw.choice(TEXTS)[:60]} {place}",
            "tags": draw.sample(TAGS, 2),
            "reference": f"ref-{place}",
        }
        account.client.ok("PUT", f"/endpoints/{numbers[place]}", edit)
    for place in draw.sample(range(share * GROUPS), settings // 20):
        account.client.ok("PUT", f"/endpoints/{numbers[place]}/status", {"endpointStatus": "suspended"})


def _network(account: Platform, number: int, draw: Random) -> None:
    vslice = f"net-{number}"
    account.made("vslices", moniker=vslice, name=f"Network {number}", subnetAddress=f"10.{number * 16}.0.0/12")
    account.made(
        "routingtargets",
        moniker=f"out-{number}",
        name="Out",
        vslice=vslice,
        routingTargetType="internet",
        routingRedundancyZoneMoniker="europe-primary",
    )
    for place in range(POLICIES // VSLICES):
        rules = [
            {
                "ruleAction": "forward",
                "ruleDirection": "uplink",
                "routingTarget": f"out-{number}",
                "transportProtocol": "tcp",
                "destinationPortPattern": draw.choice(PORTS),
                "description": draw.choice(TEXTS),
            }
            for _ in range(draw.randint(1, 40))
        ]
        name = f"Policy {place}"
        account.made(
            "RoutingPolicies", moniker=f"policy-{number}-{place}", name=name, vslice=vslice, routingPolicyRules=rules
        )
