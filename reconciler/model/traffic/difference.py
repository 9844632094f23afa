"""
The exact difference of two policies: every packet whose outcome is another one, in merged boxes.

A packet whose first match is, in both policies, a rule of a sequence that both share has the same outcome. So only the
packets of the other rules are looked at: those that such a rule is the first to match, in either policy. Their outcome
in the other policy is looked up and compared.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from reconciler.model.traffic.boxes import Box, Budget, merged
from reconciler.model.traffic.matching import Layer, PacketAnswer, answers, layers_of
from reconciler.model.traffic.outcomes import Category, PacketOutcome, categories
from reconciler.model.traffic.packets import Space
from reconciler.model.traffic.policies import TrafficPolicy, TrafficRule

WORK_BUDGET = 4_000_000
"""The comparisons of boxes that one difference may take: two or three seconds."""
# A plan is judged, shown and written: each pair of its policies is compared once.
_MOST_KEPT = 8192
OUT_OF_WORK = "the policies are too large to be compared completely"


@dataclass(frozen=True, slots=True)
class ChangedTraffic:
    """Packets whose outcome differs in the same way; the most important of the `categories` comes first."""

    categories: tuple[Category, ...]
    before: PacketOutcome
    after: PacketOutcome
    boxes: tuple[Box, ...]

    @property
    def category(self) -> Category:
        """The most important category."""
        return self.categories[0]


@dataclass(frozen=True, slots=True)
class UnknownTraffic:
    """Packets of which it is not known whether their outcome differs, and why."""

    reason: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class TrafficDifference:
    """
    The difference of two policies, in the space of packets that they tell apart.

    `undetermined` may hold packets that `changed` holds, but only where the work budget ended. `work` counts the
    comparisons of boxes that it took.
    """

    space: Space
    changed: tuple[ChangedTraffic, ...] = ()
    undetermined: tuple[UnknownTraffic, ...] = ()
    work: int = field(default=0, compare=False)

    @property
    def is_none(self) -> bool:
        """Whether it is certain that no packet has another outcome."""
        return not self.changed and not self.undetermined

    @property
    def boxes(self) -> Iterator[Box]:
        """Every box, changed or not determined."""
        yield from (box for one in self.changed for box in one.boxes)
        yield from (box for one in self.undetermined for box in one.boxes)

    def of(self, category: Category) -> Iterator[Box]:
        """The boxes of a category, also where it is not the most important one of theirs."""
        return (box for one in self.changed if category in one.categories for box in one.boxes)


@lru_cache(maxsize=_MOST_KEPT)
def difference(before: TrafficPolicy, after: TrafficPolicy, budget: int = WORK_BUDGET) -> TrafficDifference:
    """The difference of two policies; past the work budget, a number of comparisons, the rest is not determined."""
    space = Space.of(before.gateways | after.gateways)
    if before == after:
        return TrafficDifference(space)
    kept = _shared(before.rules, after.rules)
    lost, gained = frozenset(before.rules) - kept, frozenset(after.rules) - kept
    found = _Found()
    work = Budget(budget)
    for box, ours, theirs in _Sides(before, after, space, lost).compared(work, found.unfinished):
        found.compare(box, ours, theirs)
    for box, ours, theirs in _Sides(after, before, space, gained, skipped=lost).compared(work, found.unfinished):
        found.compare(box, theirs, ours)
    return TrafficDifference(space, found.changed(), found.undetermined(), budget - work.left)


def _shared(before: Sequence[TrafficRule], after: Sequence[TrafficRule]) -> frozenset[TrafficRule]:
    """The rules of a longest sequence that both have in the same order. No rule comes twice in one policy."""
    places = {rule: place for place, rule in enumerate(after)}
    ends: list[int] = []
    last: list[TrafficRule] = []
    previous: dict[TrafficRule, TrafficRule | None] = {}
    for rule in before:
        place = places.get(rule)
        if place is None:
            continue
        at = bisect_left(ends, place)
        previous[rule] = last[at - 1] if at else None
        ends[at : at + 1] = [place]
        last[at : at + 1] = [rule]
    found: set[TrafficRule] = set()
    rule_or_none = last[-1] if last else None
    while rule_or_none is not None:
        found.add(rule_or_none)
        rule_or_none = previous[rule_or_none]
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Sides:
    """One policy with its changed rules, and another one whose skipped rules have been looked at already."""

    ours: TrafficPolicy
    theirs: TrafficPolicy
    space: Space
    changed: frozenset[TrafficRule]
    skipped: frozenset[TrafficRule] = frozenset()

    def compared(self, work: Budget, unfinished: set[Box]) -> Iterator[tuple[Box, PacketAnswer, PacketAnswer]]:
        """The packets that a changed rule decides in our policy, but for those that a skipped one decides in theirs."""
        ours = layers_of(self.ours, self.space, alike=lambda rule: rule)
        theirs = layers_of(self.theirs, self.space, alike=lambda r: None if r in self.skipped else r.outcome)
        # Rules are known by their identity here: the hash of a rule is as dear as many comparisons.
        changed = {id(rule) for rule in self.ours.rules if rule in self.changed}
        skipped = {id(rule) for rule in self.theirs.rules if rule in self.skipped}
        for number, layer in enumerate(ours[:-1]):
            if id(layer.rule) not in changed:
                continue
            for first in _decided(layer, ours[: number + 1] if layer.rule.is_certain else ours, changed, work):
                for second in answers(first.box, theirs, work):
                    if second.is_finished and skipped.isdisjoint(map(id, (*second.passed, second.rule))):
                        yield second.box, first, second
            if work.is_spent:
                unfinished.add(layer.box)


def _decided(layer: Layer, layers: Sequence[Layer], changed: set[int], work: Budget) -> Iterator[PacketAnswer]:
    """The packets of a layer that its rule is the first of the changed ones to decide."""
    for answer in answers(layer.box, layers, work):
        if next((one for one in (*answer.passed, answer.rule) if id(one) in changed), None) is layer.rule:
            yield answer


class _Found:
    """The differing packets so far, by how they differ."""

    def __init__(self) -> None:
        self._changed: dict[tuple[int, int], tuple[PacketOutcome, PacketOutcome, list[Box]]] = {}
        self._unknown: dict[str, list[Box]] = {}
        self.unfinished: set[Box] = set()

    def compare(self, box: Box, before: PacketAnswer, after: PacketAnswer) -> None:
        """Take in packets with their answers in both policies."""
        (old_passed, old), (new_passed, new) = _symbol(before), _symbol(after)
        if old == new and old_passed == new_passed:
            return
        words = [word for rule in (*old_passed, *new_passed) for word in rule.unknown]
        words += [f"the action '{one.action}'" for one in (old, new) if not one.is_known]
        if words:
            self._unknown.setdefault(f"not known here: {', '.join(dict.fromkeys(words))}", []).append(box)
            return
        self._changed.setdefault((id(old), id(new)), (old, new, []))[2].append(box)

    def changed(self) -> tuple[ChangedTraffic, ...]:
        """Everything that differs for certain, by category."""
        alike: dict[tuple[PacketOutcome, PacketOutcome], list[Box]] = {}
        for old, new, boxes in self._changed.values():
            alike.setdefault((old, new), []).extend(boxes)
        order = list(Category)
        found = [ChangedTraffic(categories(*pair), *pair, merged(boxes)) for pair, boxes in alike.items()]
        return tuple(sorted(found, key=lambda one: ([order.index(c) for c in one.categories], one.before, one.after)))

    def undetermined(self) -> tuple[UnknownTraffic, ...]:
        """Everything that may differ, by reason."""
        found = [UnknownTraffic(reason, merged(self._unknown[reason])) for reason in sorted(self._unknown)]
        if self.unfinished:
            found.append(UnknownTraffic(OUT_OF_WORK, tuple(sorted(self.unfinished))))
        return tuple(found)


def _symbol(answer: PacketAnswer) -> tuple[tuple[TrafficRule, ...], PacketOutcome]:
    """The rules that may match, and the outcome if none of them does; without those that make no difference."""
    outcome, passed = answer.rule.outcome, answer.passed
    while passed and passed[-1].outcome == outcome:
        passed = passed[:-1]
    return passed, outcome
