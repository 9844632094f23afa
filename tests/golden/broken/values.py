"""Values of the right type that cannot be: names, addresses, ports, countries, choices, secrets, annotations."""

from collections.abc import Iterator

from tests.golden.broken.case import BROKEN, Case, Cut, add, codes, put
from tests.golden.broken.sound import SOUND, SUPPORT_FILE

# kind, path, raw text, what the report must mention
Row = tuple[str, str, str, tuple[str, ...]]

# Metadata: names, labels, annotations.
METADATA: tuple[Row, ...] = (
    ("VSlice", "metadata.name", "a b c", ("5",)),
    ("VSlice", "metadata.name", "a" * 101, ("30",)),
    ("VSlice", "metadata.name", "Broken:Net", ("broken-net",)),
    ("VSlice", "metadata.name", "büro-netz", ()),
    ("VSlice", "metadata.name", '"broken net"', ()),
    ("VSlice", "metadata.name", '""', ()),
    ("VSlice", "metadata.name", '"     "', ()),
    ("VSlice", "metadata.name", "-broken-net", ()),
    ("VSlice", "metadata.name", ".broken-net", ()),
    ("VSlice", "metadata.name", "broken,net", ()),
    ("VSlice", "metadata.name", "broken/net", ()),
    ("VSlice", "metadata.name", '"broken-net\\n"', ()),
    ("VSlice", "metadata.name", '"bro\\u202eken-net"', ()),
    ("VSlice", "metadata.name", '"net\\nerror[R999]: forged"', ()),
    ("VSlice", "metadata.name", "existing:automatic", ()),
    ("VSlice", "metadata.name", "[broken-net]", ()),
    ("VSlice", "metadata.name", "x" * 5_000, ("30",)),
    ("VSlice", "metadata.name", "ｂｒｏｋｅｎ－ｎｅｔ", ()),
    ("VSlice", "metadata.name", "١٢٣٤٥", ()),
    ("EndpointGroup", "metadata.name", '"ab cd"', ("5",)),
    ("EndpointGroup", "metadata.name", "g" * 101, ("30",)),
    ("RoutingPolicy", "metadata.name", "UPPER*CASE", ()),
    ("VSlice", "metadata.labels", "{division: [a, b]}", ("division",)),
    ("VSlice", "metadata.labels", "{division: {a: b}}", ("division",)),
    ("VSlice", "metadata.labels", "{division: null}", ("division",)),
    ("VSlice", "metadata.annotations", '{reconciler.dev/protect: "maybe"}', ("protect",)),
    ("VSlice", "metadata.annotations", '{reconciler.dev/protect: "yes"}', ("true",)),
    ("VSlice", "metadata.annotations", "{reconciler.dev/protect: [true]}", ("protect",)),
    ("VSlice", "metadata.annotations", "{reconciler.dev/deletion-policy: keep}", ("retain",)),
    ("VSlice", "metadata.annotations", "{reconciler.dev/deletion-policy: Retain}", ("retain",)),
    ("VSlice", "metadata.annotations", "{reconciler.dev/renamed-from: a/bcd}", ("renamed-from",)),
    ("VSlice", "metadata.annotations", "{reconciler.dev/renamed-from: Old Net}", ("renamed-from",)),
    ("VSlice", "metadata.annotations", '{reconciler.dev/renamed-from: ""}', ("renamed-from",)),
    ("VSlice", "metadata.annotations", "{reconciler.dev/renamed-from: broken-net}", ("renamed-from",)),
    ("VSlice", "metadata.annotations", '{reconciler.dev/protected: "true"}', ("reconciler.dev/protect",)),
    ("VSlice", "metadata.annotations", "{reconciler.dev/deletionpolicy: retain}", ("deletion-policy",)),
)

HEADERS: tuple[tuple[str, str, frozenset[str], tuple[str, ...]], ...] = (
    ("kind", "VSlices", codes(201), ("VSlice",)),
    ("kind", "vslice", codes(201), ("VSlice",)),
    ("kind", "Vslice", codes(201), ("VSlice",)),
    ("kind", "Deployment", codes(201), ("Deployment",)),
    ("kind", '""', codes(201, 204, 205), ()),
    ("kind", "null", codes(201, 204, 205), ()),
    ("kind", "[VSlice]", codes(201, 204), ()),
    ("apiVersion", "reconciler.dev/v1", codes(212), ("reconciler.dev/v1alpha1",)),
    ("apiVersion", "reconciler.dev/v1alpha2", codes(212), ("reconciler.dev/v1alpha1",)),
    ("apiVersion", "v1", codes(212), ("reconciler.dev/v1alpha1",)),
    ("apiVersion", "apps/v1", codes(212), ("reconciler.dev/v1alpha1",)),
    ("apiVersion", "null", codes(204, 205, 212), ("reconciler.dev/v1alpha1",)),
    ("apiVersion", "{a: b}", codes(204, 212), ()),
)

ADDRESSES: tuple[Row, ...] = (
    ("VSlice", "spec.subnets", "[100.64.0.1/16]", ("100.64.0.0/16",)),
    ("VSlice", "spec.subnets", "[100.64.0.0/33]", ()),
    ("VSlice", "spec.subnets", "[100.64.0.0/-1]", ()),
    ("VSlice", "spec.subnets", '["2001:db8::/32"]', ("IPv4",)),
    ("VSlice", "spec.subnets", "[garbage]", ()),
    ("VSlice", "spec.subnets", "[100.64.0.0]", ("/",)),
    ("VSlice", "spec.subnets", "[100.64.0.0/255.255.0.0]", ()),
    ("VSlice", "spec.subnets", "[100.64/16]", ()),
    ("VSlice", "spec.subnets", "[100.064.0.0/16]", ()),
    ("VSlice", "spec.subnets", "[300.64.0.0/16]", ()),
    ("VSlice", "spec.subnets", '[" 100.64.0.0/16"]', ()),
    ("VSlice", "spec.subnets", '[""]', ()),
    ("VSlice", "spec.subnets", "[null]", ()),
    ("VSlice", "spec.subnets", "[[100.64.0.0/16]]", ()),
    ("VSlice", "spec.subnets", "[{cidr: 100.64.0.0/16}]", ()),
    ("VSlice", "spec.subnets", "[１００.64.0.0/16]", ()),
    ("VSlice", "spec.dns.servers", "[1.1.1.256]", ()),
    ("VSlice", "spec.dns.servers", "[1.1.1]", ()),
    ("VSlice", "spec.dns.servers", "[dns.example]", ()),
    ("VSlice", "spec.dns.servers", "[1.1.1.1/32]", ()),
    ("VSlice", "spec.dns.servers", '["2606:4700::1111"]', ()),
    ("VSlice", "spec.dns.servers", '[""]', ()),
    ("RoutingTarget-vpn", "spec.vpn.localSubnets", "[100.64.0.7/16]", ("100.64.0.0/16",)),
    ("RoutingTarget-vpn", "spec.vpn.remoteSubnets", "[10.20.0.0/99]", ()),
    ("RoutingTarget-wireguard", "spec.wireguard.remoteSubnets", "[everything]", ()),
    ("RoutingPolicy", "spec.rules.0.match.source", "10.0.0.1/8", ("10.0.0.0/8",)),
    ("RoutingPolicy", "spec.rules.0.match.destination", "example.com", ()),
    ("RoutingPolicy", "spec.rules.0.match.destination", "10.20.0.0/40", ()),
    ("RoutingPolicy", "spec.rules.0.match.destination", "any", ()),
    ("RoutingPolicy", "spec.rules.0.divert.ip", "10.20.0.0/16", ()),
    ("RoutingPolicy", "spec.rules.0.divert.ip", "10.20.0", ()),
    ("EdgeService", "spec.acl.addresses", "[203.0.113.300]", ()),
    ("EdgeService", "spec.acl.addresses", "[office]", ()),
    ("EndpointGroup", "spec.subnet", "100.65.0.1/16", ("100.65.0.0/16",)),
    ("EndpointGroup", "spec.subnet", "100.65.0.0/16/16", ()),
)

PORTS: tuple[Row, ...] = (
    ("RoutingPolicy", "spec.rules.0.match.destinationPorts", '"0"', ()),
    ("RoutingPolicy", "spec.rules.0.match.destinationPorts", '"65536"', ("65535",)),
    ("RoutingPolicy", "spec.rules.0.match.destinationPorts", '"-1"', ()),
    ("RoutingPolicy", "spec.rules.0.match.destinationPorts", '"9000-8000"', ()),
    ("RoutingPolicy", "spec.rules.0.match.destinationPorts", '"80,443"', ()),
    ("RoutingPolicy", "spec.rules.0.match.destinationPorts", '"80-"', ()),
    ("RoutingPolicy", "spec.rules.0.match.destinationPorts", '"-80"', ()),
    ("RoutingPolicy", "spec.rules.0.match.destinationPorts", '"80-90-100"', ()),
    ("RoutingPolicy", "spec.rules.0.match.destinationPorts", "https", ()),
    ("RoutingPolicy", "spec.rules.0.match.destinationPorts", '""', ()),
    ("RoutingPolicy", "spec.rules.0.match.destinationPorts", "99999999999999999999", ()),
    ("RoutingPolicy", "spec.rules.0.match.destinationPorts", '"٨٠"', ()),
    ("RoutingPolicy", "spec.rules.0.match.destinationPorts", '"8' + "0" * 5_000 + '"', ()),
    ("RoutingPolicy", "spec.rules.0.match.sourcePorts", '"1-70000"', ()),
    ("RoutingPolicy", "spec.rules.0.divert.port", "0", ()),
    ("RoutingPolicy", "spec.rules.0.divert.port", "70000", ("65535",)),
    ("EdgeService", "spec.port", "0", ()),
    ("EdgeService", "spec.port", "65536", ("65535",)),
    ("RoutingTarget-wireguard", "spec.wireguard.remotePort", "65536", ("65535",)),
    ("RoutingTarget-wireguard", "spec.wireguard.remotePort", "0", ()),
)

NUMBERS: tuple[Row, ...] = (
    ("RoutingPolicy", "spec.packetDiscard.uplinkPercent", "101", ("100",)),
    ("RoutingPolicy", "spec.packetDiscard.downlinkPercent", "-1", ()),
    ("RoutingPolicy", "spec.packetDiscard.downlinkPercent", "5%", ()),
    ("RoutingPolicy", "spec.packetDiscard.downlinkPercent", "0x10", ()),
    ("RoutingPolicy", "spec.packetDiscard.downlinkPercent", "1_0", ()),
    ("RoutingPolicy", "spec.packetDiscard.downlinkPercent", "1e1", ()),
    ("RoutingPolicy", "spec.packetDiscard.downlinkPercent", ".inf", ()),
    ("RoutingPolicy", "spec.packetDiscard.downlinkPercent", ".nan", ()),
    ("RoutingPolicy", "spec.packetDiscard.downlinkPercent", "true", ()),
    ("RoutingPolicy", "spec.packetDiscard.downlinkPercent", "٥", ()),
    ("EndpointGroup", "spec.sessionInactivity.seconds", "0", ()),
    ("EndpointGroup", "spec.sessionInactivity.seconds", "-1800", ()),
    ("EndpointGroup", "spec.sessionInactivity.seconds", "30m", ()),
    ("EndpointGroup", "spec.sessionInactivity.seconds", "20:22", ()),
    ("EndpointGroup", "spec.sessionInactivity.seconds", "010", ()),
    ("EventHandler", "spec.webhook.timeoutSeconds", "0", ()),
    ("EventHandler", "spec.webhook.timeoutSeconds", "5s", ()),
    ("RoutingTarget-vpn", "spec.vpn.phase1LifetimeSeconds", "0", ()),
)

CHOICES: tuple[Row, ...] = (
    ("VSlice", "spec.dns.mode", "automatic", ("auto", "custom")),
    ("VSlice", "spec.dns.mode", "CUSTOM", ("custom",)),
    ("VSlice", "spec.ipAddressFamily", "ipv6", ("ipv4",)),
    ("VSlice", "spec.ipAllocation", "dynamic", ("static", "pooled")),
    ("RoutingTarget-vpn", "spec.vpn.keyExchange", "ikev3", ("ikev2",)),
    ("RoutingPolicy", "spec.status", "enabled", ("active", "inactive")),
    ("RoutingPolicy", "spec.rules.0.direction", "up", ("uplink",)),
    ("RoutingPolicy", "spec.rules.0.direction", "both", ("uplink", "downlink")),
    ("RoutingPolicy", "spec.rules.0.action", "allow", ("forward", "drop", "reflect")),
    ("RoutingPolicy", "spec.rules.0.action", "foward", ("forward",)),
    ("RoutingPolicy", "spec.rules.0.match.protocol", "sctp", ("tcp", "udp", "icmp")),
    ("RoutingPolicy", "spec.rules.0.match.protocol", "6", ("tcp",)),
    ("OperatorPolicy", "spec.default", "deny", ("allow", "reject-hard")),
    ("OperatorPolicy", "spec.default", "reject-soft", ("allow", "reject-hard")),
    ("OperatorPolicy", "spec.default", "reject", ("reject-hard",)),
    ("OperatorPolicy", "spec.entries.1.action", "reject", ("reject-hard", "reject-soft")),
    ("OperatorPolicy", "spec.entries.1.action", "prefer", ("allow",)),
    ("EdgeService", "spec.type", "ssh", ("remoteaccessproxy",)),
    ("EdgeService", "spec.protocol", "ftp", ("http", "https")),
    ("EdgeService", "spec.acl.mode", "block", ("allow", "deny")),
    ("EventMap", "spec.scope", "global", ("account",)),
    ("EventMap", "spec.scope", "endpoint", ("endpointGroup",)),
    ("EventMap", "spec.scope", "VSlice", ("vslice",)),
    ("EndpointGroup", "spec.type", "tertiary", ("primary", "secondary")),
    ("EndpointGroup", "spec.sessionInactivity.action", "notify-terminate", ("notifyAndTerminate",)),
    ("EndpointGroup", "spec.sessionInactivity.action", "terminate", ("notifyAndTerminate",)),
    ("EndpointGroup", "spec.ipAllocation", "dhcp", ("static", "pooled")),
)

COUNTRIES: tuple[Row, ...] = (
    ("OperatorPolicy", "spec.entries.0.country", "GB", ("GBR",)),
    ("OperatorPolicy", "spec.entries.0.country", "gbr", ("GBR",)),
    ("OperatorPolicy", "spec.entries.0.country", "UK", ()),
    ("OperatorPolicy", "spec.entries.0.country", "NO", ("NOR",)),
    ("OperatorPolicy", "spec.entries.0.country", "XYZ", ()),
    ("OperatorPolicy", "spec.entries.0.country", "ENG", ()),
    ("OperatorPolicy", "spec.entries.0.country", "826", ()),
    ("OperatorPolicy", "spec.entries.0.country", "Germany", ()),
    ("RegionalPolicy", "spec.entries.0.country", "us", ()),
    ("RegionalPolicy", "spec.entries.0.country", '""', ()),
    ("RegionalPolicy", "spec.entries.0.country", "null", ()),
)

SECRETS: tuple[Row, ...] = (
    ("RoutingTarget-vpn", "spec.vpn.presharedKey", "hunter2-hunter2", ("secretRef",)),
    ("RoutingTarget-vpn", "spec.vpn.presharedKey", '""', ("secretRef",)),
    ("RoutingTarget-vpn", "spec.vpn.presharedKey", "{env: TEST_PSK}", ("secretRef",)),
    ("RoutingTarget-vpn", "spec.vpn.presharedKey", "{secretRef: TEST_PSK}", ("env",)),
    ("RoutingTarget-vpn", "spec.vpn.presharedKey", "{secretRef: {}}", ("env",)),
    ("RoutingTarget-vpn", "spec.vpn.presharedKey", "{secretRef: {env: A, file: b}}", ("env", "file")),
    ("RoutingTarget-vpn", "spec.vpn.presharedKey", '{secretRef: {env: ""}}', ("env",)),
    ("RoutingTarget-vpn", "spec.vpn.presharedKey", '{secretRef: {env: "NOT A NAME"}}', ("env",)),
    ("RoutingTarget-vpn", "spec.vpn.presharedKey", "{secretRef: {file: /etc/passwd}}", ("file",)),
    ("RoutingTarget-vpn", "spec.vpn.presharedKey", "{secretRef: {file: ../../outside}}", ("file",)),
    ("RoutingTarget-vpn", "spec.vpn.presharedKey", "{secretRef: {env: A}, value: b}", ("value",)),
    ("EdgeService", "spec.basicAuth.password", "letmein-letmein", ("secretRef",)),
    ("EventHandler", "spec.webhook.bearerToken", "0123456789abcdef0123456789abcdef", ("secretRef",)),
    ("EventHandler", "spec.webhook.bearerToken", "12345678901234567890", ("secretRef",)),
    ("EventHandler-basic", "spec.webhook.basicAuth.password", "tops3cret-tops3cret", ("secretRef",)),
    ("EventHandler-basic", "spec.webhook.basicAuth.password", "${TEST_PASSWORD}", ("secretRef",)),
    ("EventHandler-basic", "spec.webhook.basicAuth.password", "!vault abc", ()),
)

TEXTS: tuple[Row, ...] = (
    ("VSlice", "spec.displayName", "A", ("2",)),
    ("VSlice", "spec.displayName", '""', ()),
    ("VSlice", "spec.displayName", "N" * 101, ("100",)),
    ("VSlice", "spec.displayName", '"bell \\a rings"', ()),
    ("VSlice", "spec.displayName", '"turn \\u202E around"', ()),
    ("VSlice", "spec.displayName", '"zero \\0 byte"', ()),
    ("VSlice", "spec.displayName", '"a private sign \\uE000"', ()),
    ("VSlice", "spec.displayName", '"half \\ud800 a pair"', ()),
    ("RoutingPolicy", "spec.displayName", "N" * 151, ("150",)),
    ("EventHandler", "spec.webhook.url", "hooks.example/broken", ("https",)),
    ("EventHandler", "spec.webhook.url", "ftp://hooks.example/broken", ("https",)),
    ("EventHandler", "spec.webhook.url", '"https://"', ()),
    ("EventHandler", "spec.webhook.url", '"https://hooks.example/a b"', ()),
    ("EventHandler", "spec.webhook.url", '"javascript:alert(1)"', ()),
    ("EventHandler", "spec.webhook.url", '""', ()),
    ("EventMap", "spec.subscriptions.0.event", '""', ()),
    ("EventMap", "spec.subscriptions.0.event", '"Endpoint Active"', ()),
    ("RoutingTarget-vpn", "spec.redundancyZone", '""', ()),
    ("RegionalPolicy", "spec.defaultGateway", '""', ()),
    ("RoutingPolicy", "spec.rules.0.name", '""', ()),
)

NEVER_SHOWN = ("hunter2-hunter2", "letmein-letmein", "0123456789abcdef0123456789abcdef", "tops3cret-tops3cret")


def _rows(title: str, rows: tuple[Row, ...], expect: frozenset[str]) -> Iterator[Case]:
    for number, (kind, path, raw, mentions) in enumerate(rows, start=1):
        cut = put(SOUND[kind], path, raw)
        shown = raw if len(raw) < 40 else f"{raw[:20]}…({len(raw)})"
        name = f"{title} {number}: {kind}.{path.removeprefix('spec.')} = {shown!a}"
        yield Case(name, _files(cut), expect, cut.line, mentions)


def _files(cut: Cut) -> dict[str, bytes]:
    return {BROKEN: cut.text.encode(), **SUPPORT_FILE}


def _headers() -> Iterator[Case]:
    for path, raw, expect, mentions in HEADERS:
        cut = put(SOUND["VSlice"], path, raw)
        yield Case(f"header: {path} = {raw!a}", _files(cut), expect, cut.line, mentions)


def _unknown_annotation_target() -> Iterator[Case]:
    cut = add(SOUND["VSlice"], "metadata", "namespace: default")
    yield Case("metadata: a namespace", _files(cut), codes(202, 213), cut.line, ("namespace",))


# A control character, an invisible one, a tag, or a path that leaves the estate is found before any value is looked at.
BEFORE_VALUES = codes(103, 104, 111, 115, 123)

VALUE_CASES: tuple[Case, ...] = (
    *_headers(),
    *_rows("metadata", METADATA, codes(202, 204, 213) | BEFORE_VALUES),
    *_unknown_annotation_target(),
    *_rows("address", ADDRESSES, codes(204)),
    *_rows("port", PORTS, codes(204)),
    *_rows("number", NUMBERS, codes(204)),
    *_rows("choice", CHOICES, codes(204, 210)),
    *_rows("country", COUNTRIES, codes(204, 205)),
    *_rows("secret", SECRETS, codes(202, 204, 205, 207) | BEFORE_VALUES),
    *_rows("text", TEXTS, codes(204) | BEFORE_VALUES),
)
