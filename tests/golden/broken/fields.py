"""Values of the wrong type, in every field of every kind; unknown fields; missing fields."""

from collections.abc import Iterator

from tests.golden.broken.case import BROKEN, Case, add, codes, drop, line_of, put
from tests.golden.broken.field_types import FIELDS
from tests.golden.broken.sound import SOUND, SUPPORT_FILE

MANY_DIGITS = "9" * 5_000

# A value that a field of a type must refuse: a name for the case, the raw text, and the words that help.
Wrong = tuple[str, str, tuple[str, ...]]
WRONG: dict[str, tuple[Wrong, ...]] = {
    "text": (
        ("a-list", "[one, two]", ()),
        ("a-mapping", "{one: two}", ()),
    ),
    "word": (("a-list", "[one, two]", ()), ("a-mapping", "{one: two}", ())),
    "number": (
        ("words", "twelve", ()),
        ("a-fraction", "1.5", ()),
        ("a-list", "[1]", ()),
        ("negative", "-1", ()),
        ("quoted", '"12"', ()),
        ("5000-digits", MANY_DIGITS, ()),
    ),
    "flag": (
        ("yes", "yes", ("true",)),
        ("on", "on", ("true",)),
        ("no", "no", ("false",)),
        ("quoted", '"true"', ()),
        ("a-number", "1", ()),
        ("a-list", "[true]", ()),
    ),
    "list": (
        ("a-scalar", "single", ()),
        ("a-number", "5000", ()),
        ("a-mapping", "{one: two}", ()),
    ),
    "mapping": (("a-scalar", "single", ()), ("a-list", "[one, two]", ())),
    "reference": (("a-list", "[one-name, another-name]", ()), ("a-mapping", "{name: one-name}", ())),
    "secret": (("a-list", "[one]", ()), ("unknown-source", "{secretRef: {vault: kv/psk}}", ("env",))),
}

# A mapping where text is wanted looks like a secret's reference, and a list of one source like a mistake in it.
SHAPE = codes(202, 204, 205, 207, 213)

# Fields that must be there, by kind.
REQUIRED: dict[str, tuple[str, ...]] = {
    "VSlice": ("apiVersion", "kind", "metadata", "metadata.name", "spec", "spec.subnets"),
    "RoutingTarget-vpn": ("spec.vslice", "spec.redundancyZone", "spec.vpn", "spec.vpn.presharedKey"),
    "RoutingTarget-wireguard": ("spec.wireguard.remotePublicKey",),
    "RoutingPolicy": (
        "spec.vslice",
        "spec.rules.0.direction",
        "spec.rules.0.action",
        "spec.rules.0.target",
    ),
    "OperatorPolicy": ("spec.entries.1.action",),
    "RegionalPolicy": ("spec.defaultGateway", "spec.entries.1.gateway"),
    "EdgeService": ("spec.type",),
    "EventHandler": ("spec.webhook",),
    "EventMap": ("spec.scope", "spec.subscriptions.0.handler"),
    "EndpointGroup": (
        "metadata.name",
        "spec.vslice",
        "spec.routingPolicy",
        "spec.regionalPolicy",
        "spec.sessionInactivity.seconds",
    ),
    "EndpointGroup-secondary": ("spec.apn",),
}

# A misspelt field: where it is, what was written, what was meant.
MISSPELT: tuple[tuple[str, str, str, str], ...] = (
    ("VSlice", "spec", "subnet: [100.64.0.0/16]", "subnets"),
    ("VSlice", "spec.dns", "server: [1.1.1.1]", "servers"),
    ("VSlice", "metadata", "label: {division: test}", "labels"),
    ("VSlice", "metadata", "annotation: {a: b}", "annotations"),
    ("VSlice", "", "specs: {}", "spec"),
    ("RoutingTarget-vpn", "spec", "vSlice: net-one", "vslice"),
    ("RoutingTarget-vpn", "spec.vpn", "preSharedKey: {secretRef: {env: A}}", "presharedKey"),
    ("RoutingTarget-vpn", "spec.vpn", "remotepeer: 198.51.100.7", "remotePeer"),
    ("RoutingTarget-wireguard", "spec.wireguard", "publicKey: abc", "remotePublicKey"),
    ("RoutingPolicy", "spec", "rule: []", "rules"),
    ("RoutingPolicy", "spec.rateLimit", "up: unlimited", "uplink"),
    ("RoutingPolicy", "spec.packetDiscard", "uplink: 3", "uplinkPercent"),
    ("RoutingPolicy", "spec.rules.0", "enable: true", "enabled"),
    ("RoutingPolicy", "spec.rules.0", "routingTarget: way-one", "target"),
    ("RoutingPolicy", "spec.rules.0.match", "dest: 10.0.0.0/8", "destination"),
    ("RoutingPolicy", "spec.rules.0.divert", "ipv4: 10.0.0.1", "ip"),
    ("OperatorPolicy", "spec", "allow45G: true", "allow45g"),
    ("OperatorPolicy", "spec", "defaultAction: allow", "default"),
    ("OperatorPolicy", "spec.entries.1", "iso3: GBR", "country"),
    ("RegionalPolicy", "spec", "gateway: europe", "defaultGateway"),
    ("RegionalPolicy", "spec.entries.1", "gatway: europe", "gateway"),
    ("EdgeService", "spec", "protocols: https", "protocol"),
    ("EdgeService", "spec.acl", "address: []", "addresses"),
    ("EventHandler", "spec.webhook", "timeout: 5", "timeoutSeconds"),
    ("EventHandler", "spec.webhook", "token: {secretRef: {env: A}}", "bearerToken"),
    ("EventMap", "spec", "subscription: []", "subscriptions"),
    ("EventMap", "spec.subscriptions.0", "handlers: [hook-one]", "handler"),
    ("EndpointGroup", "spec", "idleTimeout: 1800", ""),
    ("EndpointGroup", "spec", "regionPolicy: regions-one", "regionalPolicy"),
    ("EndpointGroup", "spec", "name: Group", ""),
    ("EndpointGroup", "spec", "status: {}", ""),
    ("EndpointGroup", "spec.sessionInactivity", "second: 5", "seconds"),
    ("EndpointGroup", "", "status: {}", ""),
)

# null says "clear it", which makes no sense for what must be there or has no empty state.
NULL_REFUSED: tuple[tuple[str, str], ...] = (
    ("VSlice", "metadata.name"),
    ("VSlice", "spec.subnets"),
    ("VSlice", "spec"),
    ("RoutingTarget-vpn", "spec.vslice"),
    ("RoutingTarget-vpn", "spec.vpn.presharedKey"),
    ("RoutingPolicy", "spec.rules.0.direction"),
    ("RoutingPolicy", "spec.rules.0.name"),
    ("EdgeService", "spec.type"),
    ("EventHandler", "spec.webhook.url"),
    ("EventMap", "spec.scope"),
    ("EventMap", "spec.subscriptions.0.event"),
    ("EndpointGroup", "spec.vslice"),
    ("EndpointGroup", "spec.regionalPolicy"),
    ("EndpointGroup", "spec.sessionInactivity.seconds"),
)


def _label(kind: str, path: str) -> str:
    return f"{kind}.{path.removeprefix('spec.') or 'document'}"


def _broken(text: str) -> dict[str, bytes]:
    return {BROKEN: text.encode(), **SUPPORT_FILE}


def _wrong_types() -> Iterator[Case]:
    for kind, fields in FIELDS.items():
        for path, type_name in fields.items():
            for label, raw, mentions in WRONG[type_name]:
                cut = put(SOUND[kind], path, raw)
                last = path.rsplit(".", 1)[-1]
                name = f"type: {_label(kind, path)} is {label}"
                yield Case(name, _broken(cut.text), SHAPE, cut.line, (last, *mentions))


def _missing() -> Iterator[Case]:
    for kind, paths in REQUIRED.items():
        for path in paths:
            last = path.rsplit(".", 1)[-1]
            expect = codes(201, 202, 205, 210, 212, 213) if "." not in path else codes(205, 210, 213)
            yield Case(f"missing: {_label(kind, path)}", _broken(drop(SOUND[kind], path)), expect, None, (last,))
    rules = SOUND["RoutingPolicy"]
    nameless = rules.replace("    - name: telemetry\n      description", "    - description")
    yield Case("missing: a rule's name", _broken(nameless), codes(205), line_of(nameless, "- description"), ("name",))
    services = rules.replace("    - service: pages-one\n      enabled", "    - enabled")
    line = line_of(services, "- enabled")
    yield Case("missing: a use's service", _broken(services), codes(205), line, ("service",))
    entries = SOUND["OperatorPolicy"].replace("    - country: GBR\n      action: allow", "    - action: allow")
    yield Case(
        "missing: an entry's country", _broken(entries), codes(205), line_of(entries, "- action: allow"), ("country",)
    )
    events = SOUND["EventMap"].replace(
        "    - event: EndpointNetworkStatusSetIdle_v1\n      handler: hook-one", "    - handler: hook-one"
    )
    yield Case(
        "missing: a subscription's event",
        _broken(events),
        codes(205),
        line_of(events, "- handler: hook-one"),
        ("event",),
    )


def _misspelt() -> Iterator[Case]:
    for kind, path, raw, meant in MISSPELT:
        cut = add(SOUND[kind], path, raw)
        written = raw.split(":")[0]
        mentions = (written, meant) if meant else (written,)
        yield Case(f"unknown: {_label(kind, path)}.{written}", _broken(cut.text), codes(202), cut.line, mentions)


def _nulls() -> Iterator[Case]:
    for kind, path in NULL_REFUSED:
        cut = put(SOUND[kind], path, "null")
        last = path.rsplit(".", 1)[-1]
        yield Case(f"null: {_label(kind, path)}", _broken(cut.text), codes(204, 205, 207, 213), cut.line, (last,))


FIELD_CASES: tuple[Case, ...] = (*_wrong_types(), *_missing(), *_misspelt(), *_nulls())
