"""The estates that fault tests build: small, with every shape of request in them."""

from reconciler.model.resource import Resource
from tests.robustness.faults.house import resource


def first() -> tuple[Resource, ...]:
    """Objects of most kinds: with items in the body, items by calls of their own, references, and a secret."""
    return (
        resource("VSlice", "fleet-net", subnets=["100.64.0.0/16", "100.65.0.0/16"]),
        resource("RoutingTarget", "fleet-out", vslice="fleet-net", redundancyZone="europe-primary", internet={}),
        resource(
            "RoutingPolicy",
            "fleet-route",
            vslice="fleet-net",
            rules=[{"name": "all", "action": "forward", "direction": "uplink", "target": "fleet-out"}],
        ),
        resource("OperatorPolicy", "fleet-ops", default="allow", entries=[{"country": "GBR", "action": "reject-hard"}]),
        resource(
            "RegionalPolicy",
            "fleet-region",
            defaultGateway="europe",
            entries=[{"country": "GBR", "gateway": "europe"}],
        ),
        resource(
            "EventHandler",
            "fleet-hook",
            webhook={
                "url": "https://hooks.example.com/x/key/1",
                "timeoutSeconds": 5,
                "bearerToken": {"secretRef": {"env": "HOOK"}},
            },
        ),
        resource(
            "EventMap",
            "fleet-map",
            scope="account",
            subscriptions=[{"event": "EndpointSteered_v1", "handler": "fleet-hook"}],
        ),
    )


def changed() -> tuple[Resource, ...]:
    """The same estate later: fields, items and rules differ, one object is new, one replaced, two are gone."""
    return (
        resource("VSlice", "fleet-net", displayName="Fleet", subnets=["100.64.0.0/16", "100.66.0.0/16"]),
        resource("RoutingTarget", "fleet-out", vslice="fleet-net", redundancyZone="europe-primary", internet={}),
        resource("RoutingTarget", "fleet-out-2", vslice="fleet-net", redundancyZone="europe-primary", internet={}),
        resource(
            "RoutingPolicy",
            "fleet-route",
            vslice="fleet-net",
            rules=[
                {"name": "web", "action": "drop", "direction": "uplink", "match": {"destination": "10.0.0.0/8"}},
                {"name": "all", "action": "forward", "direction": "uplink", "target": "fleet-out-2"},
            ],
        ),
        resource(
            "OperatorPolicy",
            "fleet-ops",
            displayName="Operators",
            default="reject-hard",
            entries=[{"country": "FRA", "action": "allow"}, {"country": "DEU", "action": "allow"}],
        ),
        resource("EventMap", "fleet-map", scope="vslice", subscriptions=[]),
    )
