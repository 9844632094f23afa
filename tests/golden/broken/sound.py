"""
The sound manifests that cases break: one of each kind with every field set, and a small estate that they refer to.

Every field has a line of its own, so that a mistake has a line of its own.
"""

from tests.golden.broken.case import SUPPORT

HEAD = "apiVersion: reconciler.dev/v1alpha1\n"


def document(kind: str, name: str, spec: str) -> str:
    """A manifest in short form, `spec` being a flow mapping."""
    return f"{HEAD}kind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"


_POLICY = "routingPolicy: policy-one, regionalPolicy: 'existing:automatic'"
_RULE = "name: out, direction: uplink, action: forward, reflexive: true"
_SUPPORT_DOCUMENTS = (
    document("VSlice", "net-one", "{subnets: [100.64.0.0/16, 100.65.0.0/16], apnPattern: '*.test.flex'}"),
    document("VSlice", "net-two", "{subnets: [100.64.0.0/16], apnPattern: '*.test.flex'}"),
    document("RoutingTarget", "way-one", "{vslice: net-one, redundancyZone: europe-primary, internet: {}}"),
    document("RoutingTarget", "way-two", "{vslice: net-two, redundancyZone: europe-primary, internet: {}}"),
    document("RoutingPolicy", "policy-one", f"{{vslice: net-one, rules: [{{{_RULE}, target: way-one}}]}}"),
    document("RoutingPolicy", "policy-two", f"{{vslice: net-two, rules: [{{{_RULE}, target: way-two}}]}}"),
    document("OperatorPolicy", "operators-one", "{default: allow, entries: []}"),
    document("RegionalPolicy", "regions-one", "{defaultGateway: europe, entries: []}"),
    document("EventHandler", "hook-one", "{webhook: {url: 'https://hooks.example/one'}}"),
    document("EventMap", "account-events", "{scope: account, subscriptions: []}"),
    document("EventMap", "vslice-events", "{scope: vslice, subscriptions: []}"),
    document("EventMap", "group-events", "{scope: endpointGroup, subscriptions: []}"),
    document("EdgeService", "pages-one", "{type: remoteaccessproxy, vslice: net-one, port: 80, protocol: http}"),
    document("EdgeService", "pages-two", "{type: remoteaccessproxy, vslice: net-two, port: 80, protocol: http}"),
    document("EndpointGroup", "group-one", f"{{type: primary, vslice: net-one, {_POLICY}}}"),
    document("EndpointGroup", "apn-one", f"{{type: secondary, vslice: net-one, apn: one.test.flex, {_POLICY}}}"),
    document("EndpointGroup", "apn-three", f"{{type: secondary, vslice: net-one, apn: one.test.flex, {_POLICY}}}"),
    document(
        "EndpointGroup",
        "apn-two",
        "{type: secondary, vslice: net-two, apn: two.test.flex, routingPolicy: policy-two,"
        " regionalPolicy: 'existing:automatic'}",
    ),
)

SUPPORT_TEXT = "---\n".join(_SUPPORT_DOCUMENTS)
SUPPORT_FILE = {SUPPORT: SUPPORT_TEXT.encode()}

SOUND: dict[str, str] = {
    "VSlice": HEAD
    + """\
kind: VSlice
metadata:
  name: broken-net
  labels:
    division: test
  annotations:
    reconciler.dev/protect: "true"
spec:
  displayName: Broken net
  subnets: [100.66.0.0/16, 100.67.0.0/16]
  dns:
    mode: custom
    servers: [1.1.1.1, 9.9.9.9]
  apnPattern: "*.test.flex"
  ipAddressFamily: ipv4
  ipAllocation: static
  eventMap: vslice-events
""",
    "RoutingTarget-vpn": HEAD
    + """\
kind: RoutingTarget
metadata:
  name: broken-way
spec:
  displayName: Broken way
  vslice: net-one
  redundancyZone: europe-primary
  typeInstance: ma5-prod-vpn-01a-ipsec
  vpn:
    localSubnets: [100.64.0.0/16]
    remoteSubnets: [10.20.0.0/16]
    remotePeer: 198.51.100.7
    localEncryptionDomain: local.example
    remoteEncryptionDomain: 198.51.100.7
    presharedKey: {secretRef: {env: TEST_PSK}}
    keyExchange: ikev2
    ike: aes256-sha256-modp2048
    esp: aes256-sha256-modp2048
    phase1LifetimeSeconds: 28800
    phase2LifetimeSeconds: 3600
""",
    "RoutingTarget-wireguard": HEAD
    + """\
kind: RoutingTarget
metadata:
  name: broken-wire
spec:
  displayName: Broken wire
  vslice: net-one
  redundancyZone: europe-primary
  typeInstance: ma5-prod-vpn-01a-wg
  wireguard:
    localSubnets: [100.64.0.0/16]
    remoteSubnets: [10.30.0.0/16]
    remotePeer: 203.0.113.200
    remotePort: 51820
    remotePublicKey: UNhY4JhezH9gQYqvDMWrWH9CwlcKiECVqejMrND2VFw=
""",
    "RoutingTarget-internet": HEAD
    + """\
kind: RoutingTarget
metadata:
  name: broken-exit
spec:
  vslice: net-one
  redundancyZone: europe-primary
  typeInstance: dc14-prod-nat-01a
  internet: {}
""",
    "RoutingPolicy": HEAD
    + """\
kind: RoutingPolicy
metadata:
  name: broken-policy
spec:
  displayName: Broken policy
  vslice: net-one
  status: active
  rateLimit:
    uplink: 1mbits
    downlink: 10mbits
  packetDiscard:
    uplinkPercent: 0
    downlinkPercent: 5
  edgeServices:
    - service: pages-one
      enabled: true
  rules:
    - name: telemetry
      description: The first
      direction: uplink
      action: forward
      target: way-one
      match:
        source: 100.64.0.0/16
        destination: 10.20.0.0/16
        protocol: tcp
        sourcePorts: "1024-65535"
        destinationPorts: "8883"
      divert:
        ip: 10.20.0.9
        port: 8883
      regionalGateway: europe
      reflexive: true
      enabled: true
    - name: no-ping
      direction: uplink
      action: drop
      match:
        protocol: icmp
""",
    "OperatorPolicy": HEAD
    + """\
kind: OperatorPolicy
metadata:
  name: broken-operators
spec:
  displayName: Broken operators
  default: reject-hard
  entries:
    - country: GBR
      action: allow
    - country: GBR
      operator: 2145
      action: reject-soft
  allow2g: true
  allow3g: false
  allow45g: true
""",
    "RegionalPolicy": HEAD
    + """\
kind: RegionalPolicy
metadata:
  name: broken-regions
spec:
  displayName: Broken regions
  defaultGateway: europe
  entries:
    - country: USA
      gateway: north-america
    - country: USA
      operator: 2145
      gateway: europe
""",
    "EdgeService": HEAD
    + """\
kind: EdgeService
metadata:
  name: broken-pages
spec:
  displayName: Broken pages
  type: remoteaccessproxy
  vslice: net-one
  port: 8443
  protocol: https
  acl:
    mode: allow
    addresses: [203.0.113.0/24, 198.51.100.20]
  basicAuth:
    username: support
    password: {secretRef: {env: TEST_PASSWORD}}
  trustInsecureCertificate: true
""",
    "EventHandler": HEAD
    + """\
kind: EventHandler
metadata:
  name: broken-hook
spec:
  displayName: Broken hook
  webhook:
    url: https://hooks.example/broken
    timeoutSeconds: 10
    bearerToken: {secretRef: {env: TEST_TOKEN}}
""",
    "EventHandler-basic": HEAD
    + """\
kind: EventHandler
metadata:
  name: broken-desk
spec:
  webhook:
    url: https://hooks.example/desk
    basicAuth:
      username: platform
      password: {secretRef: {env: TEST_PASSWORD}}
""",
    "EventMap": HEAD
    + """\
kind: EventMap
metadata:
  name: broken-events
spec:
  displayName: Broken events
  scope: endpointGroup
  subscriptions:
    - event: EndpointNetworkStatusSetActive_v1
      handler: hook-one
    - event: EndpointNetworkStatusSetIdle_v1
      handler: hook-one
""",
    "EndpointGroup": HEAD
    + """\
kind: EndpointGroup
metadata:
  name: broken-group
  labels:
    division: test
spec:
  displayName: Broken group
  type: primary
  vslice: net-one
  subscriptionType: standard
  subnet: 100.65.0.0/16
  routingPolicy: policy-one
  regionalPolicy: regions-one
  operatorPolicy: operators-one
  eventMap: group-events
  ipAllocation: static
  sessionInactivity:
    seconds: 1800
    action: notify
  secondaryGroups: [apn-one]
""",
    "EndpointGroup-secondary": HEAD
    + """\
kind: EndpointGroup
metadata:
  name: broken-apn
spec:
  type: secondary
  vslice: net-one
  apn: broken.test.flex
  routingPolicy: policy-one
  regionalPolicy: regions-one
""",
}
