"""References to nothing, across VSlices and in circles; duplicates; rules over several fields or objects."""

from collections.abc import Iterator

from tests.golden.broken.case import BROKEN, SUPPORT, Case, add, codes, drop, line_of, put
from tests.golden.broken.sound import SOUND, SUPPORT_FILE, SUPPORT_TEXT, document

# kind, path of the reference, raw value, words
UNKNOWN: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("VSlice", "spec.eventMap", "vslice-event", ("vslice-event", "vslice-events")),
    ("RoutingTarget-vpn", "spec.vslice", "net-ono", ("net-ono", "net-one")),
    ("RoutingTarget-vpn", "spec.vslice", "12345", ("12345",)),
    ("RoutingPolicy", "spec.vslice", "nowhere-net", ("nowhere-net",)),
    ("RoutingPolicy", "spec.rules.0.target", "way-on", ("way-on", "way-one")),
    ("RoutingPolicy", "spec.edgeServices.0.service", "pages-on", ("pages-on", "pages-one")),
    ("EdgeService", "spec.vslice", "net-on", ("net-on", "net-one")),
    ("EventMap", "spec.subscriptions.0.handler", "hook-on", ("hook-on", "hook-one")),
    ("EndpointGroup", "spec.vslice", "net-on", ("net-on", "net-one")),
    ("EndpointGroup", "spec.routingPolicy", "policy-on", ("policy-on", "policy-one")),
    ("EndpointGroup", "spec.regionalPolicy", "regions-on", ("regions-on", "regions-one")),
    ("EndpointGroup", "spec.regionalPolicy", "automatic", ("existing:automatic",)),
    ("EndpointGroup", "spec.operatorPolicy", "operators-on", ("operators-on", "operators-one")),
    ("EndpointGroup", "spec.eventMap", "group-event", ("group-event", "group-events")),
    ("EndpointGroup", "spec.secondaryGroups", "[apn-on]", ("apn-on", "apn-one")),
    # The name exists, but it is the name of something else.
    ("EndpointGroup", "spec.routingPolicy", "net-one", ("net-one",)),
    ("EndpointGroup", "spec.operatorPolicy", "regions-one", ("regions-one",)),
    ("EventMap", "spec.subscriptions.0.handler", "vslice-events", ("vslice-events",)),
    # References that no object could be named by.
    ("EndpointGroup", "spec.routingPolicy", "Policy-One", ("Policy-One",)),
    ("EndpointGroup", "spec.routingPolicy", '""', ("routingPolicy",)),
    ("EndpointGroup", "spec.regionalPolicy", '"existing:"', ("existing:",)),
    ("EndpointGroup", "spec.regionalPolicy", '"existing:Not A Name"', ("existing:",)),
    ("EndpointGroup", "spec.regionalPolicy", '"exising:automatic"', ("exising:automatic",)),
    ("EndpointGroup", "spec.routingPolicy", "RoutingPolicy/policy-one", ("policy-one",)),
    ("EndpointGroup", "spec.routingPolicy", "${policy.metadata.name}", ("routingPolicy",)),
)

# kind, path, raw value, rule, words
ACROSS: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("RoutingPolicy", "spec.rules.0.target", "way-two", "D-8", ("way-two", "net-one", "net-two")),
    ("RoutingPolicy", "spec.edgeServices.0.service", "pages-two", "D-8", ("pages-two", "net-one", "net-two")),
    ("EndpointGroup", "spec.routingPolicy", "policy-two", "D-8", ("policy-two", "net-one", "net-two")),
    ("EndpointGroup", "spec.secondaryGroups", "[apn-two]", "D-23", ("apn-two", "net-one", "net-two")),
    ("EndpointGroup", "spec.subnet", "100.99.0.0/16", "D-17", ("100.99.0.0/16", "100.65.0.0/16")),
    ("EndpointGroup", "spec.subnet", "100.65.0.0/24", "D-17", ("100.65.0.0/24", "100.65.0.0/16")),
    ("EndpointGroup", "spec.eventMap", "vslice-events", "D-28", ("vslice-events", "endpointGroup")),
    ("EndpointGroup", "spec.eventMap", "account-events", "D-28", ("account-events", "endpointGroup")),
    ("VSlice", "spec.eventMap", "group-events", "D-28", ("group-events", "vslice")),
    ("VSlice", "spec.eventMap", "account-events", "D-28", ("account-events", "vslice")),
    ("EndpointGroup-secondary", "spec.apn", "broken.other.flex", "D-19", ("broken.other.flex", "*.test.flex")),
    ("EndpointGroup-secondary", "spec.apn", "test.flex", "D-19", ("test.flex", "*.test.flex")),
    ("EndpointGroup-secondary", "spec.apn", "broken.test.flex.example", "D-19", ("*.test.flex",)),
    ("VSlice", "spec.subnets", "[100.66.0.0/16, 100.66.128.0/17]", "D-10", ("100.66.0.0/16", "100.66.128.0/17")),
    ("VSlice", "spec.subnets", "[100.66.0.0/16, 100.66.0.0/16]", "D-10", ("100.66.0.0/16",)),
    ("VSlice", "spec.subnets", "[100.66.128.0/17, 100.70.0.0/16, 100.64.0.0/10]", "D-10", ("100.64.0.0/10",)),
    ("VSlice", "spec.subnets", "[]", "D-11", ("subnets",)),
    ("VSlice", "spec.dns.mode", "auto", "D-12", ("servers",)),
    ("VSlice", "spec.dns.servers", "[]", "D-12", ("servers",)),
    ("RoutingPolicy", "spec.rules.1.action", "forward", "D-36", ("target",)),
    ("RoutingPolicy", "spec.rules.0.action", "drop", "D-36", ("target",)),
    ("RoutingPolicy", "spec.rules.0.action", "reflect", "D-36", ("target",)),
    ("RoutingPolicy", "spec.rules.0.match.protocol", "icmp", "D-37", ("tcp", "udp")),
    ("RoutingPolicy", "spec.rules.1.name", "telemetry", "", ("telemetry",)),
    ("OperatorPolicy", "spec.entries.0.action", "reject-soft", "D-33", ("operator",)),
    ("EventMap", "spec.subscriptions.1.event", "EndpointNetworkStatusSetActive_v1", "", ("hook-one",)),
    ("EventMap", "spec.subscriptions.1.event", "endpointnetworkstatussetactive_v1", "", ("hook-one",)),
    ("EndpointGroup", "spec.secondaryGroups", "[apn-one, apn-one]", "", ("apn-one",)),
    (
        "EndpointGroup",
        "spec.secondaryGroups",
        "[apn-one, apn-three]",
        "D-20",
        ("apn-one", "apn-three", "one.test.flex"),
    ),
    ("EndpointGroup", "spec.secondaryGroups", "[broken-group]", "", ("broken-group",)),
    ("EndpointGroup", "spec.secondaryGroups", "[group-one]", "", ("group-one", "secondary")),
    ("EndpointGroup", "spec.type", "secondary", "", ("secondary",)),
)

# Rules that are broken by one field, whose line is therefore known.
ONE_FIELD = frozenset({"D-8", "D-10", "D-11", "D-17", "D-19", "D-23", "D-28"})

# kind, mapping to which a line is added, the line, rule, words
ADDED: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("EndpointGroup", "spec", "apn: group.test.flex", "D-18", ("apn", "primary")),
    ("EndpointGroup-secondary", "spec", "secondaryGroups: [apn-one]", "", ("secondaryGroups", "primary")),
    ("RoutingTarget-vpn", "spec", "internet: {}", "D-39", ("internet", "vpn")),
    ("RoutingTarget-wireguard", "spec", "internet: {}", "D-39", ("internet", "wireguard")),
    ("RoutingTarget-internet", "spec", "wireguard: {remotePublicKey: abc}", "D-39", ("internet", "wireguard")),
    ("EventHandler", "spec", "smpp: {host: smpp.example}", "", ("smpp", "webhook")),
    ("RoutingPolicy", "spec.rules.1", "divert: {ip: 10.0.0.1, port: 53}", "D-37", ("divert",)),
    ("RoutingPolicy", "spec.rules.1", "target: way-one", "D-36", ("target",)),
    ("OperatorPolicy", "spec.entries.0", "operator: 2145", "", ("2145",)),
)


def _files(text: str, **others: str) -> dict[str, bytes]:
    return {BROKEN: text.encode(), **SUPPORT_FILE, **{f"{name}.yaml": other.encode() for name, other in others.items()}}


def _one_document() -> Iterator[Case]:
    for kind, path, raw, words in UNKNOWN:
        cut = put(SOUND[kind], path, raw)
        yield Case(f"reference: {kind}.{path} = {raw}", _files(cut.text), codes(203, 204), cut.line, words)
    expect = codes(203, 204, 205, 208, 209, 210)
    for kind, path, raw, rule, words in ACROSS:
        cut = put(SOUND[kind], path, raw)
        # Where several fields make the mistake together, whichever of them is named is right.
        line = cut.line if rule in ONE_FIELD or path.endswith(("secondaryGroups", "rules.1.name")) else None
        yield Case(f"rule: {kind}.{path} = {raw}", _files(cut.text), expect, line, words, rule=rule or None)
    for kind, path, raw, rule, words in ADDED:
        cut = add(SOUND[kind], path, raw)
        name = f"rule: {kind}.{path or 'document'} + {raw}"
        yield Case(name, _files(cut.text), expect, None, words, rule=rule or None)


def _by_omission() -> Iterator[Case]:
    rows = (
        ("RoutingTarget-internet", "spec.internet", ("internet", "vpn", "wireguard")),
        ("VSlice", "spec.dns.servers", ("servers",)),
        ("OperatorPolicy", "spec.entries.1.operator", ("GBR",)),
        ("RegionalPolicy", "spec.entries.1.operator", ("USA",)),
        ("RoutingPolicy", "spec.rules.0.match.protocol", ("tcp", "udp")),
    )
    for kind, path, words in rows:
        text = drop(SOUND[kind], path)
        yield Case(f"rule: {kind} without {path}", _files(text), codes(205, 209, 210), None, words)
    entry = SOUND["OperatorPolicy"].replace("    - country: GBR\n      operator", "    - operator")
    yield Case(
        "rule: an operator without a country",
        _files(entry),
        codes(205, 210),
        line_of(entry, "- operator"),
        ("country",),
    )


def _groups(**spec: str) -> str:
    return "---\n".join(document("EndpointGroup", name.replace("_", "-"), text) for name, text in spec.items())


_COMMON = "vslice: net-one, routingPolicy: policy-one, regionalPolicy: 'existing:automatic'"


def _groups_together() -> Iterator[Case]:
    shared = _groups(
        prime_one=f"{{type: primary, {_COMMON}, secondaryGroups: [apn-one]}}",
        prime_two=f"{{type: primary, {_COMMON}, secondaryGroups: [apn-one]}}",
    )
    words: tuple[str, ...] = ("apn-one", "prime-one", "prime-two")
    yield Case("rule: a secondary in two primaries", _files(shared), codes(209, 210), None, words, rule="D-21")
    circle = _groups(
        ring_one=f"{{type: primary, {_COMMON}, secondaryGroups: [ring-two]}}",
        ring_two=f"{{type: primary, {_COMMON}, secondaryGroups: [ring-one]}}",
    )
    yield Case("cycle: two groups", _files(circle), codes(208, 210), None, ("ring-one", "ring-two"))
    three = _groups(
        ring_one=f"{{type: secondary, apn: a.test.flex, {_COMMON}, secondaryGroups: [ring-two]}}",
        ring_two=f"{{type: secondary, apn: b.test.flex, {_COMMON}, secondaryGroups: [ring-three]}}",
        ring_three=f"{{type: secondary, apn: c.test.flex, {_COMMON}, secondaryGroups: [ring-one]}}",
    )
    yield Case("cycle: three groups", _files(three), codes(208, 210), None, ("ring-one", "ring-two", "ring-three"))
    many = [f"chain-{number:03}" for number in range(1_000)]
    chain = "---\n".join(
        document("EndpointGroup", name, f"{{type: primary, {_COMMON}, secondaryGroups: [{after}]}}")
        for name, after in zip(many, [*many[1:], many[0]], strict=True)
    )
    yield Case("cycle: a thousand groups", _files(chain), codes(208, 210), None, ("chain-000",))


def _duplicates() -> Iterator[Case]:
    net = document("VSlice", "twice-net", "{subnets: [100.90.0.0/16]}")
    other = document("VSlice", "twice-net", "{subnets: [100.91.0.0/16]}")
    words: tuple[str, ...] = ("twice-net", BROKEN, "other.yaml")
    yield Case("duplicate: over two files", _files(net, other=other), codes(206, 215), None, words, "other.yaml")
    twice = net + "---\n" + other
    yield Case("duplicate: in one file", _files(twice), codes(206, 215), None, ("twice-net",))
    same = net + "---\n" + net
    yield Case("duplicate: the very same document twice", _files(same), codes(206, 215), None, ("twice-net",))
    renamed = add(document("VSlice", "other-net", "{subnets: [100.92.0.0/16]}"), "", "kind: VSlice").text
    yield Case("duplicate: a key at the top", _files(renamed), None, 3, ("kind",))
    taken = put(SOUND["VSlice"], "metadata.annotations", "{reconciler.dev/renamed-from: net-one}")
    name = "metadata: renamed from a name in use"
    yield Case(name, _files(taken.text), codes(210, 213, 215), taken.line, ("net-one",))
    left = put(SOUND["VSlice"], "metadata.annotations", "{reconciler.dev/renamed-from: old-net}")
    right = left.text.replace("name: broken-net", "name: second-net")
    name = "metadata: two objects renamed from one"
    yield Case(name, _files(left.text, other=right), codes(209, 210, 213, 215), None, ("old-net",), "other.yaml")


def _broken_support() -> Iterator[Case]:
    """Half of an estate is gone, and something still refers to it."""
    kept = [part for part in SUPPORT_TEXT.split("---\n") if "name: net-two}" not in part]
    text = "---\n".join(kept)
    files = {SUPPORT: text.encode()}
    yield Case("reference: the VSlice is gone", files, codes(203), None, ("net-two", "way-two"), SUPPORT)
    kept = [part for part in SUPPORT_TEXT.split("---\n") if "name: way-one}" not in part]
    text = "---\n".join(kept)
    files = {SUPPORT: text.encode()}
    yield Case(
        "reference: the target is gone", files, codes(203), line_of(text, "target: way-one"), ("way-one",), SUPPORT
    )


RELATION_CASES: tuple[Case, ...] = (
    *_one_document(),
    *_by_omission(),
    *_groups_together(),
    *_duplicates(),
    *_broken_support(),
)
