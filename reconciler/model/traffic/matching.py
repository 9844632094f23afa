"""
The first rule that matches, for all packets of a box at once.

A box is cut by the first rule that meets it; the pieces outside go on with the later rules that meet them. A box whose
later rules all say the same is answered without a cut. A rule with unknown words may match or not: the box goes on
below it and remembers it as *passed*.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import NamedTuple

from reconciler.model.traffic.boxes import Box, Budget, common, meeting, without
from reconciler.model.traffic.outcomes import DROP, PacketOutcome
from reconciler.model.traffic.packets import EVERYTHING, Space
from reconciler.model.traffic.policies import TrafficPolicy, TrafficRule, boxes_of

IMPLICIT = TrafficRule("", (EVERYTHING,), DROP)
"""The end of every policy: everything is dropped."""
UNFINISHED = TrafficRule("", (), PacketOutcome("unknown"))
"""In place of a rule that was not found within the work budget."""


class Layer(NamedTuple):
    """
    One box of one rule of a policy; the last layer is the implicit drop.

    Rules of the same `mark` need not be told apart. A rule that may match or not has none.
    """

    box: Box
    rule: TrafficRule
    mark: int | None


class PacketAnswer(NamedTuple):
    """
    Packets with one answer: the rule that is certain to match them, unless one of those passed does.

    The rule is `UNFINISHED` where the work budget ended: nothing is known of these packets.
    """

    box: Box
    passed: tuple[TrafficRule, ...]
    rule: TrafficRule

    @property
    def is_finished(self) -> bool:
        """Whether the work budget was enough for these packets."""
        return self.rule is not UNFINISHED


def _by_outcome(rule: TrafficRule) -> Hashable:
    return rule.outcome


def layers_of(
    policy: TrafficPolicy, space: Space, alike: Callable[[TrafficRule], Hashable] = _by_outcome
) -> tuple[Layer, ...]:
    """The rules of a policy as layers; rules that are `alike` get the same mark."""
    marks: dict[Hashable, int] = {}
    found = []
    for rule in policy.rules:
        mark = marks.setdefault(alike(rule), len(marks)) if rule.is_certain else None
        found += [Layer(box, rule, mark) for box in boxes_of(rule, space)]
    return (*found, Layer(space.everything, IMPLICIT, marks.get(alike(IMPLICIT), len(marks))))


def answers(box: Box, layers: Sequence[Layer], budget: Budget) -> Iterator[PacketAnswer]:
    """
    Every packet of a box with its answer, in boxes that do not meet. The last layer takes the whole box.

    Where all layers that meet a piece have the same mark, the first of them answers for all.
    """
    todo: list[tuple[Box, Sequence[Layer], tuple[TrafficRule, ...]]] = [(box, layers, ())]
    while todo:
        piece, candidates, passed = todo.pop()
        if not budget.spend(len(candidates)):
            yield PacketAnswer(piece, passed, UNFINISHED)
            continue
        left = meeting(piece, candidates)
        (first, rule, mark), later = left[0], left[1:]
        if mark is not None and all(layer[2] == mark for layer in later):
            yield PacketAnswer(piece, passed, rule)
            continue
        todo.extend((rest, later, passed) for rest in reversed(without(piece, first)))
        if mark is not None:
            yield PacketAnswer(common(piece, first), passed, rule)
        else:
            todo.append((common(piece, first), later, passed if rule in passed else (*passed, rule)))
