"""
The traffic that a routing policy lets through, and the exact difference of two policies. Pure, and without any kind.

A packet is (direction, gateway, protocol, source, destination, source port, destination port). Its outcome is that of
the first enabled rule that matches it; without one it is dropped (D-35). The state of flows is not modelled.

The public interface:

* `policies.policy_of(rules, status)`: the rules of a spec as a `TrafficPolicy`; unknown words are kept as such.
* `packets.Packet`, `packets.Traffic` (a group of packets, as rules state it), `packets.Space` (gateways told apart).
* `outcomes.PacketOutcome` (action, target, divert, reflexive), and `outcomes.categories(before, after)`.
* `flow.trace(policy, packet)`: the rule and the outcome of one packet. `flow.outcomes_of(policy, traffic)`: of each
  packet of a group. `flow.allowed(policy, traffic)`: those that may pass, with an example of each box that does.
* `difference.difference(before, after)`: every packet whose outcome differs, by category, in merged boxes.
* `boxes`: the boxes themselves, with subtraction, intersection and merging.

Every answer is exact, or says which part is *not determined*: because of an unknown word or form, or because the work
budget is used up. A part that is not determined is never taken for "no change".
"""
