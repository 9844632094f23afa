"""The way of packets through one policy: of one packet, and of every packet of a group."""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.model.traffic.boxes import Box, Budget, merged
from reconciler.model.traffic.difference import OUT_OF_WORK, WORK_BUDGET
from reconciler.model.traffic.matching import PacketAnswer, answers, layers_of
from reconciler.model.traffic.outcomes import PacketOutcome
from reconciler.model.traffic.packets import EVERYTHING, Packet, Space, Traffic
from reconciler.model.traffic.policies import TrafficPolicy


@dataclass(frozen=True, slots=True)
class Trace:
    """
    The rule that decides a packet, and its outcome; `rule` is None where no rule matches and the packet is dropped.

    `unknown` says why the outcome is not determined; with it, rule and outcome are those that hold if no rule with
    unknown words matches.
    """

    rule: str | None
    outcome: PacketOutcome
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class FlowPart:
    """Packets of a group that have the same outcome; `unknown` says why it is not determined."""

    outcome: PacketOutcome
    boxes: tuple[Box, ...]
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class AllowedTraffic:
    """
    The packets of a group that may pass.

    `examples` has one packet of each box that is certain to pass, `undetermined` one of each box that may pass, with
    the reason. No packet of the group passes exactly when both are empty.
    """

    boxes: tuple[Box, ...]
    examples: tuple[Packet, ...]
    undetermined: tuple[tuple[Packet, str], ...]

    @property
    def is_none(self) -> bool:
        """Whether it is certain that no packet of the group passes."""
        return not self.examples and not self.undetermined


def trace(policy: TrafficPolicy, packet: Packet) -> Trace:
    """The rule and the outcome of one packet; `ValueError` for a packet that cannot be."""
    space = Space.of(policy.gateways)
    layers = layers_of(policy, space)
    (answer,) = answers(space.box_of_packet(packet), layers, Budget(len(layers) ** 2))
    named = answer.rule.name if answer.rule in policy.rules else None
    return Trace(named, answer.rule.outcome, _unknown(answer))


def outcomes_of(
    policy: TrafficPolicy, traffic: Traffic = EVERYTHING, budget: int = WORK_BUDGET
) -> tuple[Space, tuple[FlowPart, ...]]:
    """Every packet of a group with its outcome; past the work budget, the rest is not determined."""
    space = _space(policy, traffic)
    box = space.box(traffic)
    found: dict[tuple[PacketOutcome, str], list[Box]] = {}
    for answer in () if box is None else answers(box, layers_of(policy, space), Budget(budget)):
        why = _unknown(answer) if answer.is_finished else OUT_OF_WORK
        found.setdefault((answer.rule.outcome, why), []).append(answer.box)
    return space, tuple(FlowPart(outcome, merged(found[outcome, why]), why) for outcome, why in sorted(found))


def allowed(
    policy: TrafficPolicy,
    traffic: Traffic,
    *,
    is_meant: Callable[[PacketOutcome], bool] = lambda outcome: not outcome.is_dropped,
    budget: int = WORK_BUDGET,
) -> AllowedTraffic:
    """
    The packets of a group that may pass, or whose outcome `is_meant`.

    A packet that may match a rule with unknown words may pass, whatever the rules below say.
    """
    space, parts = outcomes_of(policy, traffic, budget)
    certain = [box for part in parts if not part.unknown and is_meant(part.outcome) for box in part.boxes]
    return AllowedTraffic(
        merged(certain),
        tuple(space.example(box) for box in merged(certain)),
        tuple((space.example(box), part.unknown) for part in parts if part.unknown for box in part.boxes),
    )


def _space(policy: TrafficPolicy, traffic: Traffic) -> Space:
    return Space.of(policy.gateways | ({traffic.gateway} if traffic.gateway is not None else frozenset()))


def _unknown(answer: PacketAnswer) -> str:
    """The reason for which the outcome of an answer is not determined; empty where it is."""
    outcome = answer.rule.outcome
    words = [word for rule in answer.passed if rule.outcome != outcome for word in rule.unknown]
    if not outcome.is_known:
        words.append(f"the action '{outcome.action}'")
    return f"not known here: {', '.join(dict.fromkeys(words))}" if words else ""
