"""Rules of the platform have no names of their own, and may be twice: none is taken for another, and none is hidden."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from reconciler.diffing.fields import FieldChange, FieldOperation
from reconciler.diffing.naming import known_names, name_unnamed
from reconciler.errors import Refused
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.plan.comparing import Comparison, compare, explained, known_by_id, managed_fields
from reconciler.plan.drifting import drift_of, not_accepted
from reconciler.plan.plan import Drift
from tests.laws import paper

KIND = kind_named("RoutingPolicy")
POLICY = Address("RoutingPolicy", "policy")
Rule = dict[str, Any]


def rule(name: str | None, description: str = "", **more: Any) -> Rule:
    """A rule as it is read."""
    fields = {"description": description, "direction": "uplink", "action": "drop", "reflexive": False, "enabled": True}
    return {"name": name, **fields, **more}


def live(rules: Sequence[Rule], *, ids: Sequence[str] = (), unsaid: Mapping[Any, str] | None = None) -> Observed:
    """A live policy with these rules."""
    return Observed(POLICY, "id-1", {"rules": list(rules)}, unsaid=unsaid or {}, item_ids={"rules": tuple(ids)})


def owned(rules: Sequence[Rule], **names: str) -> Owned:
    """The inventory row of a policy whose rules were applied, with the names that are known by id."""
    return Owned(POLICY, "id-1", POLICY.name, last_applied={"rules": list(rules)}, item_names={"rules": names})


def paths(drift: Drift | None) -> list[tuple[str, FieldOperation]]:
    """The places and operations of a drift."""
    return [] if drift is None else [(change.path, change.operation) for change in drift.fields]


def drift(row: Owned, seen: Observed) -> list[tuple[str, FieldOperation]]:
    """The drift of a policy."""
    return paths(drift_of(row, seen, KIND, Snapshot(paper.ACCOUNT, [seen])))


def named(*rules: Rule, like: Sequence[Rule] = ()) -> list[str]:
    """The names that live rules get."""
    return [one["name"] for one in name_unnamed(KIND, {"rules": list(rules)}, {"rules": list(like)})["rules"]]


def test_names_are_suggested_from_descriptions_and_each_is_given_once() -> None:
    """Clones, blank descriptions and a name that is written twice all get names of their own."""
    rules = [rule(None, "Telemetry to DC"), rule(None, "Telemetry to DC"), rule(None), rule("web"), rule("web", "x")]
    assert named(*rules) == ["telemetry-to-dc", "telemetry-to-dc-2", "rule-3", "web", "x"]


def test_a_rule_takes_the_name_of_the_declared_one_with_its_content() -> None:
    """Content decides, then the suggestion, then likeness; a suggestion never takes a declared name of another rule."""
    declared = [
        rule("one", "A", enabled=False),
        rule("b", "B", match={"protocol": "tcp"}),
        rule("three", "C", match={"protocol": "tcp", "destinationPorts": "1"}),
        rule("d", "other", direction="downlink", action="forward", target="t", enabled=False, reflexive=True),
    ]
    seen = [
        rule(None, "C", match={"protocol": "tcp", "destinationPorts": "2"}),
        rule(None, "B", match={"protocol": "sctp"}),
        rule(None, "A", enabled=False),
        rule(None, "new", action="reflect", match={"source": "192.0.2.1"}),
    ]
    assert named(*seen, like=declared) == ["three", "b", "one", "new"]


def test_a_known_id_decides_over_all_other_signs() -> None:
    """The inventory's name for an id wins over a description, and the other bearer of the name gets another one."""
    seen = live([rule("web", "clone"), rule(None, "changed")], ids=("new", "old"))
    found = known_by_id(KIND, seen, owned([], old="web"))
    assert [one["name"] for one in found.spec["rules"]] == [None, "web"]
    assert known_by_id(KIND, seen, None) is seen
    assert known_by_id(KIND, live([rule("web")], ids=()), owned([], old="web")).spec["rules"][0]["name"] == "web"


def test_the_inventory_remembers_the_name_of_each_id() -> None:
    """Only ids that the platform gives, and only where there is one for each rule."""
    spec = {"rules": [rule("a"), rule("b")]}
    assert known_names(KIND, spec, {"rules": ("1", None)}) == {"rules": {"1": "a"}}
    assert known_names(KIND, spec, {"rules": ("1",)}) == {}


def test_a_rule_that_is_added_or_cloned_in_the_portal_is_drift() -> None:
    """A clone has the description of its original, name included, and is shown as the rule that it is."""
    web = rule("web", "Web")
    assert drift(owned([web]), live([web, web])) == [("rules[web-2]", FieldOperation.INSERT)]
    assert drift(owned([web]), live([rule(None, "New"), web])) == [("rules[new]", FieldOperation.INSERT)]
    assert drift(owned([web]), live([])) == [("rules[web]", FieldOperation.REMOVE)]
    assert drift(owned([web, rule("b", "B")]), live([web, rule("b", "B")])) == []


def test_a_rule_that_is_edited_in_the_portal_is_the_same_rule() -> None:
    """By its id, whatever was changed in it; without one by what it is most like."""
    row = owned([rule("web", "Web"), rule("end")], r1="web", r2="end")
    edited = rule(None, "Something else", direction="downlink", enabled=False, match={"protocol": "udp"})
    by_id = drift(row, live([edited, rule(None)], ids=("r1", "r2")))
    assert {path.partition("].")[0] for path, _ in by_id} == {"rules[web"}
    by_likeness = drift(row, live([rule(None, "Web", enabled=False), rule(None)], ids=("n1", "r2")))
    assert by_likeness == [("rules[web].enabled", FieldOperation.EDIT)]


def test_a_rule_of_the_portal_is_never_deleted_unshown() -> None:
    """The plan that takes it away names it."""
    web = rule("web", "Web")
    found = compare(KIND, {"rules": [web]}, live([web, rule("web", "Web")]), digests={}, renames={})
    assert found is not None
    assert [(one.path, one.operation) for one in found.fields] == [("rules[web-2]", FieldOperation.REMOVE)]


def test_a_difference_that_no_field_explains_is_refused_with_the_name_of_the_object() -> None:
    """Law 7, held while the program runs: a plan never writes what it does not show."""
    with pytest.raises(Refused, match="RoutingPolicy/policy differs from its manifest"):
        explained(POLICY, Comparison({}, {}, ()))


def test_a_value_that_no_manifest_can_hold_is_kept_where_the_manifest_leaves_it_out() -> None:
    """In a rule by its name, in a set as a whole item, once more where the platform has the item twice."""
    seen = Observed(
        POLICY,
        "id-1",
        {
            "rules": [rule("web", match={"protocol": "sctp", "destinationPorts": "1"}), rule("end", action="mirror")],
            "edgeServices": [{"service": "ui", "enabled": True}, {"service": "ui", "enabled": False}],
            "status": "draining",
        },
        unsaid={
            ("rules", 0, "match", "protocol"): "why",
            ("rules", 1, "action"): "why",
            ("edgeServices", 1): "why",
            ("status",): "why",
        },
    )
    end = {name: value for name, value in rule("end").items() if name != "action"}
    declared = {
        "rules": [rule("web", match={"destinationPorts": "1"}), end, rule("new")],
        "edgeServices": [{"service": "ui"}],
    }
    assert managed_fields(KIND, declared, seen) == {
        "rules": [*seen.spec["rules"], rule("new")],
        "edgeServices": seen.spec["edgeServices"],
    }
    assert managed_fields(KIND, {"rules": [rule("web", match={"protocol": "tcp"})]}, seen) == {
        "rules": [rule("web", match={"protocol": "tcp"})]
    }
    assert managed_fields(KIND, {"edgeServices": []}, seen) == {"edgeServices": []}


def test_a_field_that_is_named_as_not_managed_is_kept_even_when_its_word_is_known_again() -> None:
    """A required field that the manifest leaves out is never cleared; a name that leads nowhere says nothing."""
    seen = live([rule("web", action="forward")])
    left_out = {name: value for name, value in rule("web").items() if name != "action"}
    texts = ("rules[web].action", "rules[gone].action", "rules[web]", "webhook", "nothing[x].y")
    assert managed_fields(KIND, {"rules": [left_out]}, seen, unmanaged=texts) == {"rules": list(seen.spec["rules"])}


def test_the_drift_of_one_rule_is_accepted_by_itself() -> None:
    """A rule that the manifest states as it lives is no drift, while another one that it does not state so stays."""
    seen = {"rules": [rule("a", enabled=False), rule("b", enabled=False)]}
    wanted = {"rules": [rule("a", enabled=False), rule("b")]}
    edits = tuple(FieldChange(f"rules[{name}].enabled", FieldOperation.EDIT, True, False) for name in "ab")
    assert paths(not_accepted(Drift(POLICY, edits), KIND, wanted, seen)) == [("rules[b].enabled", FieldOperation.EDIT)]
    assert not_accepted(Drift(POLICY, edits), KIND, seen, seen) is None


def test_a_block_that_is_set_stays_drift_while_a_part_of_it_differs() -> None:
    """The manifest states the block with another value in it."""
    kind, address = kind_named("EventHandler"), Address("EventHandler", "hook")
    found = Drift(address, (FieldChange("webhook.basicAuth", FieldOperation.SET, None, {"username": "u"}),))
    seen = {"webhook": {"basicAuth": {"username": "u", "password": "digest-1"}}}
    wanted = {"webhook": {"basicAuth": {"username": "u", "password": "digest-2"}}}
    assert not_accepted(found, kind, wanted, seen) == found
