"""The difference of two policies against an evaluator of packets that shares no code with it."""

import os
import random
from typing import Any

import pytest

from reconciler.model.traffic.difference import difference
from reconciler.model.traffic.policies import policy_of
from tests.unit.model.traffic import packets_on_paper as paper

PAIRS = int(os.environ.get("RECONCILER_POLICY_PAIRS", "300"))
SEED = int(os.environ.get("RECONCILER_SEED", "12"))


def _objection(number: int, *, rules: int, packets: int) -> str | None:
    """The first packet of a random pair of policies on which the module and the evaluator do not agree."""
    chance = random.Random(number)
    before, after = paper.random_pair(chance, rules)
    found = difference(policy_of(before), policy_of(after))
    if found.undetermined:
        return f"pair {number}: not determined: {found.undetermined}"
    for packet in paper.packets([*before, *after], chance, packets):
        old, new = paper.outcome(before, packet), paper.outcome(after, packet)
        category = paper.category(old, new)
        expected = [] if category is None else [(category, *map(_words, (old, new)))]
        hits = [
            (one.category.value, *map(str, (one.before, one.after)))
            for one in found.changed
            for box in one.boxes
            if paper.is_inside(packet, box, found.space.gateways)
        ]
        if hits != expected:
            return f"pair {number}: {packet}: {expected} expected, {hits} found"
    return None


def _words(outcome: tuple[str, str, tuple[str, str], bool]) -> str:
    action, target, (address, port), reflexive = outcome
    diverted = f"{address}:{port}" if port else address
    words = [f"{action} to {target}" if target else action, f"diverted to {diverted}" if diverted else ""]
    return ", ".join([*filter(None, words), *(["with answers"] if reflexive else [])])


def test_outcome_category_and_membership_equal_those_of_an_evaluator() -> None:
    """Each packet is in the difference exactly when its outcome differs, once, and with both of its outcomes."""
    found = [_objection(SEED + number, rules=8, packets=60) for number in range(40)]
    assert [one for one in found if one] == []


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_many_pairs_of_policies_agree_with_the_evaluator(record_property: Any) -> None:
    """The same for as many pairs as are asked for, with the packets at all of their cut points."""
    found = [
        _objection(SEED + 1000 + number, rules=8, packets=400 if PAIRS <= 300 else 2000) for number in range(PAIRS)
    ]
    found += [_objection(SEED + number, rules=40, packets=100) for number in range(PAIRS // 30)]
    record_property("pairs_of_policies", PAIRS + PAIRS // 30)
    assert [one for one in found if one] == []
