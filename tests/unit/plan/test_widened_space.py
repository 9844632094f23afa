"""Address space that an edit widens is marked: subnets, networks behind a tunnel, and the networks of rules."""

from typing import Any

import pytest

from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.widened_space import widened_space
from tests.unit.plan.plans import change, plan

NET, TUNNEL, RULES = Address("VSlice", "net"), Address("RoutingTarget", "tunnel"), Address("RoutingPolicy", "rules")


def _widened(address: Address, before: Any, after: Any, action: Action = Action.UPDATE) -> list[tuple[str, Any, Any]]:
    found = widened_space(plan(change(address, action, before=before, after=after)))
    assert {one.address for one in found} <= {address}
    return [(one.field, one.before, one.after) for one in found]


def _subnets(*networks: str) -> dict[str, Any]:
    return {"subnets": list(networks)}


def _rule(name: str | None = "web", **match: Any) -> dict[str, Any]:
    return {"rules": [{"name": name, "match": match}]}


LISTS: dict[str, tuple[Any, Any, bool]] = {
    "one more": (_subnets("10.0.0.0/16"), _subnets("10.0.0.0/16", "10.1.0.0/16"), True),
    "a wider one": (_subnets("10.0.0.0/16"), _subnets("10.0.0.0/15"), True),
    "another one": (_subnets("10.0.0.0/16"), _subnets("10.1.0.0/16"), True),
    "none before": ({}, _subnets("10.1.0.0/16"), True),
    "the same in two halves": (_subnets("10.0.0.0/16"), _subnets("10.0.0.0/17", "10.0.128.0/17"), False),
    "two halves in one": (_subnets("10.0.0.0/17", "10.0.128.0/17"), _subnets("10.0.0.0/16"), False),
    "one fewer": (_subnets("10.0.0.0/16", "10.1.0.0/16"), _subnets("10.0.0.0/16"), False),
    "not managed": (_subnets("10.0.0.0/16"), {"displayName": "x"}, False),
    "a newer form that stays": (_subnets("auto"), _subnets("auto"), False),
    "a newer form that comes": (_subnets("10.0.0.0/16"), _subnets("auto"), True),
    "a network beside a newer form": (_subnets("auto"), _subnets("10.0.0.0/16"), True),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_list_of_networks_that_takes_in_more_is_marked(case: str) -> None:
    """All addresses count, not the way in which they are written."""
    before, after, is_wider = LISTS[case]
    found = _widened(NET, before, after)
    assert found == ([("subnets", tuple(before.get("subnets", ())), tuple(after["subnets"]))] if is_wider else [])


def test_networks_behind_a_tunnel_are_marked_in_both_versions() -> None:
    """IPv4 and IPv6 networks are compared with those of their own version."""
    path = next(path for path in kind_named("RoutingTarget").routed if path.startswith("wireguard."))

    def routed(*networks: str) -> dict[str, Any]:
        return {"wireguard": {path.partition(".")[2]: list(networks)}}

    outer, inner = routed("10.0.0.0/8", "fd00::/16"), routed("10.1.0.0/16", "fd00:1::/32")
    assert _widened(TUNNEL, outer, inner) == []
    assert [field for field, _, _ in _widened(TUNNEL, inner, outer)] == [path]


RULED: dict[str, tuple[Any, Any, list[tuple[str, Any, Any]]]] = {
    "a wider destination": (
        _rule(destination="10.1.0.0/16"),
        _rule(destination="10.0.0.0/8"),
        [("rules[web].match.destination", ("10.1.0.0/16",), ("10.0.0.0/8",))],
    ),
    "any source": (_rule(source="10.1.2.3"), _rule(), [("rules[web].match.source", ("10.1.2.3",), ("any",))]),
    "a narrower one": (_rule(destination="10.0.0.0/8"), _rule(destination="10.1.0.0/16"), []),
    "another one": (_rule(destination="10.1.0.0/16"), _rule(destination="10.2.0.0/16"), []),
    "the same": (_rule(destination="10.1.0.0/16"), _rule(destination="10.1.0.0/16"), []),
    "a newer form": (_rule(destination="10.1.0.0/16"), _rule(destination="10.*"), []),
    "another rule": (_rule(destination="10.1.0.0/16"), _rule("other"), []),
    "a rule without a name": (_rule(None, destination="10.1.0.0/16"), _rule(None), []),
    "rules of another form": ({"rules": [1]}, _rule(), []),
}


@pytest.mark.parametrize("case", RULED)
def test_a_rule_whose_network_takes_in_the_former_one_is_marked(case: str) -> None:
    """A rule is the same by its name; a network that is only another one is no wider."""
    before, after, found = RULED[case]
    assert _widened(RULES, before, after) == found


def test_only_edits_widen() -> None:
    """A new object has no address space before, one that goes has none after."""
    assert _widened(NET, None, _subnets("10.0.0.0/8"), Action.CREATE) == []
    assert _widened(NET, _subnets("10.0.0.0/8"), None, Action.DELETE) == []
    assert _widened(NET, _subnets("10.0.0.0/9"), _subnets("10.0.0.0/8"), Action.REPLACE) != []
