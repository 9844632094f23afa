"""Where secrets and traffic go because of a plan."""

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.secret import host_in, is_same, keyed_digester
from reconciler.model.snapshot import Account
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode
from reconciler.plan.flows import UNKNOWN_HOST, Flow, Peer, flows_of, new_peers, peers_of
from reconciler.plan.plan import Basis, Plan

HOOK = Address("EventHandler", "noc-hook")
TUNNEL = Address("RoutingTarget", "plant")
POLICY = Address("RoutingPolicy", "fleet-routes")
DOOR = Address("EdgeService", "sensor-pages")
digest = keyed_digester(b"k" * 32)
TOKEN = {"secretRef": {"env": "NOC_TOKEN"}}
URL = {"secretRef": {"env": "NOC_URL"}}
OLD, NEW = "https://old.example.net/in", "https://new.example.net/in"


def change(
    address: Address,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    action: Action = Action.UPDATE,
    **digests: str,
) -> Change:
    """One change; `digests` by dotted path, with __ for the dot."""
    sealed = {path.replace("__", "."): value for path, value in digests.items()}
    reason = Reason(ReasonCode.CHANGED, "the manifest differs")
    return Change(address, action, before, after, reason, secret_digests=sealed)


def routes(before: list[str], after: list[str]) -> Change:
    """A tunnel whose networks change; the other end is not managed."""
    return change(TUNNEL, {"vpn": {"remoteSubnets": before}}, {"vpn": {"remoteSubnets": after}})


def rule(name: str, target: str | None, **members: Any) -> dict[str, Any]:
    """One rule for traffic from the device; without a target it drops."""
    chosen = {"action": "drop"} if target is None else {"action": "forward", "target": target}
    return {"name": name, "direction": "uplink", **chosen, **members}


def rules(before: list[dict[str, Any]], after: list[dict[str, Any]], action: Action = Action.UPDATE) -> Change:
    """A routing policy whose rules change."""
    return change(POLICY, {"rules": before}, {"rules": after}, action)


WEB = {"destination": "192.0.2.0/24"}
PEERS = {
    "a new webhook": (
        change(HOOK, None, {"webhook": {"url": NEW}}, Action.CREATE),
        [Peer(HOOK, "webhook.url", None, "new.example.net")],
    ),
    "a moved webhook": (
        change(HOOK, {"webhook": {"url": digest(OLD)}}, {"webhook": {"url": NEW}}),
        [Peer(HOOK, "webhook.url", "old.example.net", "new.example.net")],
    ),
    "a webhook whose secret URL moves": (
        change(HOOK, {"webhook": {"url": digest(OLD)}}, {"webhook": {"url": URL}}, webhook__url=digest(NEW)),
        [Peer(HOOK, "webhook.url", "old.example.net", "new.example.net")],
    ),
    "a webhook whose secret URL is not known here": (
        change(HOOK, {"webhook": {"url": digest(OLD)}}, {"webhook": {"url": URL}}),
        [Peer(HOOK, "webhook.url", "old.example.net", UNKNOWN_HOST)],
    ),
    "another path on the same host": (
        change(HOOK, {"webhook": {"url": digest(OLD)}}, {"webhook": {"url": OLD + "/b"}}),
        [],
    ),
    "a message centre in place of a webhook": (
        change(HOOK, {"webhook": {"url": digest(OLD)}}, {"smpp": {"host": "sms.example.net"}}),
        [Peer(HOOK, "smpp.host", None, "sms.example.net")],
    ),
    "a tunnel to another end": (
        change(TUNNEL, {"vpn": {"remotePeer": "192.0.2.1"}}, {"vpn": {"remotePeer": "192.0.2.2"}}),
        [Peer(TUNNEL, "vpn.remotePeer", "192.0.2.1", "192.0.2.2")],
    ),
    "a tunnel that takes all traffic": (
        change(
            TUNNEL,
            {"wireguard": {"remotePeer": "192.0.2.1", "remoteSubnets": ["10.0.0.0/8"]}},
            {"wireguard": {"remotePeer": "192.0.2.1", "remoteSubnets": ["0.0.0.0/1", "128.0.0.0/1"]}},
        ),
        [Peer(TUNNEL, "wireguard.remoteSubnets", "10.0.0.0/8", "0.0.0.0/1, 128.0.0.0/1 by 192.0.2.1")],
    ),
    "a tunnel that takes all traffic in eight parts": (
        routes([], [f"{32 * part}.0.0.0/3" for part in range(8)]),
        [
            Peer(
                TUNNEL,
                "vpn.remoteSubnets",
                None,
                "0.0.0.0/3, 32.0.0.0/3, 64.0.0.0/3, 96.0.0.0/3 and 4 more by its peer",
            )
        ],
    ),
    "a tunnel that takes the other half too": (
        routes(["0.0.0.0/1"], ["0.0.0.0/1", "128.0.0.0/1"]),
        [Peer(TUNNEL, "vpn.remoteSubnets", "0.0.0.0/1", "0.0.0.0/1, 128.0.0.0/1 by its peer")],
    ),
    "a tunnel that takes all of IPv6": (
        routes(["10.0.0.0/8"], ["10.0.0.0/8", "2000::/3"]),
        [Peer(TUNNEL, "vpn.remoteSubnets", "10.0.0.0/8", "2000::/3, 10.0.0.0/8 by its peer")],
    ),
    "the same default route in halves": (routes(["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"]), []),
    "a tunnel that takes one large network more": (routes(["10.0.0.0/8"], ["10.0.0.0/8", "64.0.0.0/4"]), []),
    "another order of the same networks": (routes(["0.0.0.0/1", "128.0.0.0/2"], ["128.0.0.0/2", "0.0.0.0/1"]), []),
    "a tunnel that takes less": (
        change(TUNNEL, {"vpn": {"remoteSubnets": ["0.0.0.0/0"]}}, {"vpn": {"remoteSubnets": ["10.0.0.0/8"]}}),
        [],
    ),
    "a default route to another target": (
        rules([rule("all", "breakout")], [rule("web", "plant", match=WEB), rule("rest", "existing:elsewhere")]),
        [Peer(POLICY, "rules[rest].target", "breakout", "elsewhere")],
    ),
    "a default route that is put before the other": (
        rules([rule("all", "breakout")], [rule("first", "elsewhere", match={}), rule("all", "breakout")]),
        [Peer(POLICY, "rules[first].target", "breakout", "elsewhere")],
    ),
    "a default route where there was none": (
        rules([rule("web", "breakout", match=WEB)], [rule("web", "breakout", match=WEB), rule("all", "elsewhere")]),
        [Peer(POLICY, "rules[all].target", None, "elsewhere")],
    ),
    "a default route of a policy that is replaced": (
        rules([rule("all", "breakout")], [rule("all", "elsewhere")], Action.REPLACE),
        [Peer(POLICY, "rules[all].target", "breakout", "elsewhere")],
    ),
    "a default route that drops": (rules([rule("all", "breakout")], [rule("all", None)]), []),
    "the same default route under another name": (
        rules([rule("all", "breakout")], [rule("rest", "existing:breakout"), rule("off", "elsewhere")]),
        [],
    ),
    "rules that take a part": (
        rules(
            [rule("all", "breakout")],
            [
                rule("web", "elsewhere", match=WEB),
                rule("off", "elsewhere", enabled=False),
                rule("one", "elsewhere", regionalGateway="eu"),
                rule("all", "breakout"),
            ],
        ),
        [],
    ),
    "the rules of a new policy": (rules([], [rule("all", "elsewhere")], Action.CREATE), []),
    "a deletion": (change(HOOK, {"webhook": {"url": digest(OLD)}}, None, Action.DELETE), []),
    "an adoption": (change(HOOK, {}, {"webhook": {"url": NEW}}, Action.ADOPT), []),
    "an object without peers": (change(DOOR, {}, {"port": 80}), []),
}


@pytest.mark.parametrize(("given", "expected"), PEERS.values(), ids=PEERS)
def test_every_new_or_moved_host_is_a_new_peer(given: Change, expected: list[Peer]) -> None:
    """Both hosts are said in clear, whether the URL is in the manifest or in a secret."""
    assert list(peers_of(given)) == expected


def test_the_peers_of_a_plan_are_those_of_its_changes() -> None:
    """In the order of the changes."""
    moved = [change(TUNNEL, {"vpn": {"remotePeer": "a"}}, {"vpn": {"remotePeer": name}}) for name in ("b", "c")]
    plan = Plan(Basis("1", Account("https://p.example", None), None, 0, "", "", "noc"), tuple(moved))

    assert [peer.after for peer in new_peers(plan)] == ["b", "c"]


FLOWS = {
    "a new secret": (
        change(HOOK, None, {"webhook": {"url": NEW, "bearerToken": TOKEN}}, Action.CREATE),
        (Flow(HOOK, "env NOC_TOKEN", "webhook.bearerToken", "new.example.net"),),
    ),
    "the same secret to the same host": (
        change(
            HOOK,
            {"webhook": {"url": digest(OLD), "bearerToken": digest("s")}},
            {"webhook": {"url": OLD, "bearerToken": TOKEN}},
            webhook__bearerToken=digest("s"),
        ),
        (),
    ),
    "the same secret to another host": (
        change(
            HOOK,
            {"webhook": {"url": digest(OLD), "bearerToken": digest("s")}},
            {"webhook": {"url": NEW, "bearerToken": TOKEN}},
            webhook__bearerToken=digest("s"),
        ),
        (Flow(HOOK, "env NOC_TOKEN", "webhook.bearerToken", "new.example.net"),),
    ),
    "a secret for the platform alone": (
        change(DOOR, {}, {"basicAuth": {"username": "u", "password": TOKEN}}),
        (Flow(DOOR, "env NOC_TOKEN", "basicAuth.password", "the platform"),),
    ),
    "a secret whose webhook is not in the change": (
        change(HOOK, {"webhook": {}}, {"webhook": {"bearerToken": TOKEN}}),
        (Flow(HOOK, "env NOC_TOKEN", "webhook.bearerToken", UNKNOWN_HOST),),
    ),
    "a deletion": (change(HOOK, {"webhook": {"bearerToken": digest("s")}}, None, Action.DELETE), ()),
}


@pytest.mark.parametrize(("given", "expected"), FLOWS.values(), ids=FLOWS)
def test_each_new_or_changed_flow_names_reference_field_and_host(given: Change, expected: tuple[Flow, ...]) -> None:
    """A secret flows anew when its reference, its value or the host that gets it changes."""
    assert flows_of(given) == expected


def test_a_digest_tells_the_host_of_a_url_and_nothing_else() -> None:
    """The host of a webhook is no secret; another secret's digest carries nothing."""
    assert (host_in(digest(OLD)), host_in(digest("s@host.example")), host_in(OLD), host_in(digest("http://[x"))) == (
        "old.example.net",
        None,
        None,
        None,
    )


def test_a_digest_that_was_kept_without_host_is_of_the_same_secret() -> None:
    """A digest that an older version kept is no drift."""
    kept = digest(OLD).partition("@")[0]
    assert (is_same(kept, digest(OLD)), is_same(kept, digest(NEW)), is_same(None, None)) == (True, False, False)
