"""The effect on traffic in reports: some boxes in text, all of them in JSON, the most dangerous effects first."""

import json
from typing import Any

from reconciler.plan.facts import Facts
from reconciler.plan.judging import with_verdicts
from reconciler.plan.limits import STANDARD
from reconciler.plan.plan import Plan
from reconciler.plan.planfile import digest_of
from reconciler.reports import plan_markdown, plan_text
from reconciler.reports.documents import view_document
from reconciler.reports.traffic import MOST_BOXES, NO_CHANGE, TITLE
from reconciler.reports.viewing import view_of
from tests.unit.plan.plans import plan
from tests.unit.plan.test_traffic import WEB, group, made, policy, rule

FORWARD, ANSWERED = "forward to fleet-out", "forward to fleet-out, with answers"
EUROPE = "gateway europe, any -> 10.3.0.0/16"
GROUPS = [group("group-a", "fleet-rules"), group("group-b", "other-rules")]


def _text(given: Plan) -> str:
    found = plan_text.render(view_of(with_verdicts(given, STANDARD), digest_of(given)))
    return found[found.index(TITLE) :].split("\n\n")[0] if TITLE in found else ""


def _edited(before: list[Any], after: list[Any]) -> Plan:
    """A plan that edits the policy of a group of 3,000 SIMs."""
    return made([policy("fleet-rules", *before), GROUPS[0]], [policy("fleet-rules", *after), GROUPS[0]])


def _ports(count: int) -> list[Any]:
    match = {"destination": "10.1.0.0/16", "protocol": "tcp"}
    return [{**WEB, "name": f"r{n}", "match": {**match, "destinationPorts": str(2 * n + 1)}} for n in range(count)]


def test_every_sort_of_part_has_its_line() -> None:
    """A sign, the category, the packets in a few words, and the outcome before and after."""
    before = [rule("10.2.0.0/16"), rule("10.3.0.0/16", name="other", regionalGateway="europe")]
    after = [rule("10.0.0.0/8", match=None), rule("10.3.0.0/16", name="other", reflexive=True)]
    after[0] = {
        **WEB,
        "direction": "downlink",
        "match": {"source": "0.0.0.0/1", "protocol": "udp", "sourcePorts": "53"},
    }
    assert _text(_edited(before, after)).split("\n") == [
        TITLE,
        "  routing policy fleet-rules: 3,000 SIMs",
        "      ! a network of /8 or wider is newly allowed",
        "      + newly allowed: downlink, udp, 0.0.0.0/1 port 53 -> any (drop => forward to fleet-out)",
        f"      + newly allowed: uplink, any protocol, gateway any but europe, any -> 10.3.0.0/16 (drop => {ANSWERED})",
        "      - now dropped: uplink, any protocol, any -> 10.2.0.0/16 (forward to fleet-out => drop)",
        f"      ~ answers newly allowed: uplink, any protocol, {EUROPE} ({FORWARD} => {ANSWERED})",
    ]


def test_words_for_parts_of_each_axis() -> None:
    """Two protocols, all but one, a range that is no network, one address, ports, and both directions."""
    match = {"destination": "10.0.0.0/30", "protocol": "tcp"}
    after = [
        {**WEB, "name": "a", "action": "drop", "target": None, "match": {"destination": "10.0.0.0"}},
        {**WEB, "name": "b", "action": "drop", "target": None, "match": {**match, "destinationPorts": "80-90"}},
        {**WEB, "name": "c", "match": {"destination": "10.0.0.0/30"}},
    ]
    text = _text(_edited([], after))
    assert "uplink, any but tcp, any -> 10.0.0.1-10.0.0.3 (" in text
    assert "uplink, tcp, any -> 10.0.0.1-10.0.0.3 ports 0-79 (" in text
    both = [
        {**WEB, "direction": way, "regionalGateway": "usa", "match": {"source": "1.2.3.4"}}
        for way in ("uplink", "downlink")
    ]
    assert "uplink and downlink, any protocol, gateway usa, 1.2.3.4 -> any (" in _text(_edited([], both))


def test_text_has_ten_parts_of_a_change_and_json_has_all() -> None:
    """The rest is counted, and what is not determined is among the ten."""
    given = _edited([], [*_ports(30), {**WEB, "name": "strange", "match": {"dscp": 46, "destination": "10.9.0.0/16"}}])
    lines = _text(given).split("\n")
    assert len([line for line in lines if "newly allowed: " in line or "not determined: " in line]) == MOST_BOXES
    assert lines[2].startswith(
        "      ? not determined: uplink, any protocol, any -> 10.9.0.0/16 (not known here: the member"
    )
    assert lines[-1] == "      . and 21 more, which --output json lists"
    (pair,) = json.loads(view_document(view_of(given, digest_of(given)), redacted=lambda value: value))["traffic"]
    assert (len(pair["changed"][0]["boxes"]), len(pair["notDetermined"][0]["boxes"])) == (30, 1)
    assert (pair["sims"], pair["groups"], pair["noTrafficChanges"], pair["marks"]) == (
        3_000,
        ["group-a"],
        False,
        ["not determined"],
    )
    assert pair["changed"][0]["categories"] == ["newly allowed"]
    assert pair["changed"][0]["boxes"][0] == {
        "text": "uplink, tcp, any -> 10.1.0.0/16 port 1",
        "directions": ["uplink"],
        "gateways": ["any other"],
        "protocols": ["tcp"],
        "source": {"first": "0.0.0.0", "last": "255.255.255.255"},
        "destination": {"first": "10.1.0.0", "last": "10.1.255.255"},
        "sourcePorts": {"first": 0, "last": 65535},
        "destinationPorts": {"first": 1, "last": 1},
    }


def test_a_part_that_is_not_determined_stands_under_that_title_too() -> None:
    """The sentence names the policy and the reason."""
    given = _edited([], [rule(name="strange", match=None) | {"match": {"dscp": 46}}])
    assert view_of(given, digest_of(given)).undetermined == (
        "a part of the effect on traffic, routing policy fleet-rules: not known here: the member match.dscp",
    )


def test_a_reordering_without_effect_says_so() -> None:
    """The policy is named, and nothing is left out."""
    one, two = rule("10.1.0.0/16"), rule("10.2.0.0/16", name="other")
    assert _text(_edited([one, two], [two, one])).split("\n")[1:] == [
        "  routing policy fleet-rules: 3,000 SIMs",
        f"      = {NO_CHANGE}",
    ]
    assert _text(plan(facts=Facts())) == ""


def test_the_most_dangerous_effect_comes_first_and_alike_ones_are_one() -> None:
    """A default route before a narrow network, whatever the names; the rest is counted."""
    names = [f"a-rules-{number}" for number in range(7)]
    before = [*(policy(name) for name in names), policy("z-rules"), group("group-z", "z-rules")]
    after = [*(policy(name, rule()) for name in names), policy("z-rules", rule("0.0.0.0/0")), before[-1]]
    given = made(before, after)
    lines = _text(given).split("\n")
    assert lines[1:3] == [
        "  routing policy z-rules: 3,000 SIMs",
        "      ! a new default route: uplink traffic to half of all addresses or more is newly allowed",
    ]
    assert lines[4].startswith("  routing policy a-rules-0, ")
    assert lines[4].endswith("routing policy a-rules-4 and 2 more: 0 SIMs")
    many = [policy(f"rules-{number:02}", rule(f"10.{number}.0.0/16")) for number in range(60)]
    crowd = made([policy(f"rules-{number:02}") for number in range(60)], many)
    assert _text(crowd).split("\n")[-1] == "  and 10 effects more, on 0 SIMs at most; JSON lists them"
    assert "### Effect on traffic" in plan_markdown.render(view_of(crowd, digest_of(crowd)))


def test_a_group_that_gets_another_policy_is_named_with_both() -> None:
    """The causes, the policy so far, and the one from then on."""
    rules = [policy("fleet-rules"), policy("other-rules", rule())]
    given = made([*rules, *GROUPS], [*rules, group("group-a", "other-rules"), GROUPS[1]])
    assert "  EndpointGroup/group-a, from routing policy fleet-rules to other-rules: 3,000 SIMs" in _text(given)
