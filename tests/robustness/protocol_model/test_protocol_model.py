"""The protocol of applying, in every order of events: with all rules nothing breaks, without one something does."""

from collections.abc import Callable
from dataclasses import fields

import pytest

from tests.robustness.protocol_model.cases import LOAD_BEARING, UNBOUNDED, VERBS
from tests.robustness.protocol_model.model import Explorer, Rules, without

CASES = [(verb, rule, broken) for verb, found in LOAD_BEARING.items() for rule, broken in found.items()]


@pytest.mark.parametrize("name", VERBS)
def test_nothing_breaks_with_all_rules(name: str, record_property: Callable[[str, object], None]) -> None:
    """Two appliers and two kills: no story of this verb ends badly."""
    explored = Explorer(VERBS[name], Rules(pause_is_bounded=name not in UNBOUNDED)).explore()
    assert explored.broken == {}
    assert explored.moments > 1_000
    record_property("moments of the protocol", explored.moments)


@pytest.mark.parametrize(("name", "rule", "broken"), CASES)
def test_each_rule_is_needed(name: str, rule: str, broken: str) -> None:
    """Without the rule there is a story that breaks this promise first."""
    rules = without(rule, pause_is_bounded=name not in UNBOUNDED)
    explored = Explorer(VERBS[name], rules).explore(enough=1)
    assert list(explored.broken) == [broken]
    assert explored.broken[broken].count(" > ") >= 3


def test_every_rule_is_needed_somewhere() -> None:
    """A rule that no verb needs would be a superstition."""
    assert {rule for _, rule, _ in CASES} == {field.name for field in fields(Rules)}


def test_a_single_applier_that_is_never_killed_is_safe_even_then() -> None:
    """Most rules are for others and for death: alone and alive, fences and recovery change nothing."""
    for name, verb in VERBS.items():
        rules = without("fences", "fences_recovery", "keeps_intents", pause_is_bounded=name not in UNBOUNDED)
        assert Explorer(verb, rules, appliers=1, kills=0).explore().broken == {}, name
