"""A commented estate as people write it: block and flow style, quotes of both sorts, lists in one and in many lines."""

from tests.features.sims.estate import iccid

ESTATE = """\
# The network of the plant. Ask the network team before you change anything here.
apiVersion: reconciler.dev/v1alpha1
kind: VSlice
metadata: {name: plant-net}            # never renamed
spec:
  displayName: 'Plant''s network'      # as the portal shows it
  # The first one is fixed.
  subnets:
    - 100.64.0.0/16                    # the halls
    # Reserved for the new hall.
    - 100.65.0.0/16
  dns:
    mode: custom                       # our own servers
    servers: [10.0.0.53, 10.0.1.53]    # both halls
---
# Where the packets go.
apiVersion: reconciler.dev/v1alpha1
kind: RoutingTarget
metadata: {name: plant-out}
spec: {vslice: plant-net, displayName: "Way out", redundancyZone: europe-primary, internet: {}}   # all of it
---
apiVersion: reconciler.dev/v1alpha1
kind: RoutingTarget
metadata:
  name: plant-in
spec:
  vslice: plant-net
  displayName: Way in
  redundancyZone: europe-primary
  internet: {}
---
apiVersion: reconciler.dev/v1alpha1
kind: RoutingPolicy
metadata: {name: plant-route}
spec:
  displayName: Machines
  vslice: plant-net
  status: active                       # suspend it in an emergency
  rateLimit: {uplink: 1mbits, downlink: 10mbits}
  packetDiscard:
    uplinkPercent: 0                   # raise it against floods
    downlinkPercent: 0
  # First match wins.
  rules:
    # The machines report by MQTT.
    - name: telemetry
      description: "Reports, by MQTT"
      direction: uplink
      action: forward                  # never drop these
      target: plant-out
      match: {destination: 10.20.8.0/24, protocol: tcp, destinationPorts: "8883"}
      reflexive: true
    - {name: names, direction: uplink, action: drop, match: {protocol: udp, destinationPorts: "53"}}

    # Time is kept by the plant.
    - name: clock
      direction: uplink
      action: forward
      target: plant-in
      match:
        protocol: udp
        # The port of NTP.
        destinationPorts: "123"
    - name: rest
      direction: uplink
      action: drop
# The end of the route.
---
apiVersion: reconciler.dev/v1alpha1
kind: OperatorPolicy
metadata: {name: plant-operators}
spec:
  displayName: Networks of the plant
  default: reject-hard                 # nothing else
  entries:
  - {country: DEU, action: allow}      # home
  # Neighbours, for the lorries.
  - {country: AUT, action: allow}
  - country: FRA
    action: allow
  - country: NLD
    action: reject-hard                # too expensive
---
apiVersion: reconciler.dev/v1alpha1
kind: RegionalPolicy
metadata: {name: plant-regions}
spec:
  displayName: Gateways of the plant
  defaultGateway: europe
  entries: [
    {country: USA, gateway: north-america},   # the sister plant
    {country: CAN, gateway: north-america},
    {country: MEX, gateway: north-america},   # until there is a nearer one
  ]
---
apiVersion: reconciler.dev/v1alpha1
kind: EventHandler
metadata: {name: plant-hook}
spec:
  displayName: Hook
  webhook:
    url: https://hooks.plant.example/in       # counts as a secret
    timeoutSeconds: 10                        # their limit
    bearerToken: {secretRef: {env: HOOK_TOKEN}}
---
apiVersion: reconciler.dev/v1alpha1
kind: EventMap
metadata: {name: plant-map}
spec:
  displayName: >-
    Events that the
    plant wants to hear
  scope: endpointGroup
  subscriptions:
    - {event: EndpointSteered_v1, handler: plant-hook}
    # Somebody changed the modem.
    - {event: EndpointIMEIChanged_v1, handler: plant-hook}
    - event: EndpointAuthenticated_v1         # noisy
      handler: plant-hook
---
apiVersion: reconciler.dev/v1alpha1
kind: EdgeService
metadata: {name: plant-ui}
spec:
  displayName: Web pages of the machines
  type: remoteaccessproxy
  port: 443
  protocol: https
  acl:
    mode: allow
    addresses:
      - 203.0.113.16/28                       # the office
      - 203.0.113.40
"""
GROUPS = """\
# The groups. Their SIMs are in sims/.
apiVersion: reconciler.dev/v1alpha1
kind: EndpointGroup
metadata: {name: plant-machines}
spec:
  displayName: Machines
  type: primary
  vslice: plant-net
  subnet: 100.64.0.0/16
  routingPolicy: plant-route
  regionalPolicy: plant-regions
  operatorPolicy: plant-operators
  eventMap: plant-map
  sessionInactivity: {seconds: 1800, action: notify}  # half an hour
---
apiVersion: reconciler.dev/v1alpha1
kind: EndpointGroup
metadata: {name: plant-lorries}
spec:
  displayName: Lorries
  type: primary
  vslice: plant-net
  subnet: 100.65.0.0/16
  routingPolicy: plant-route
  regionalPolicy: existing:automatic
  operatorPolicy: null                          # any network
  eventMap: null
---
apiVersion: reconciler.dev/v1alpha1
kind: EndpointSet
metadata: {name: machines}
spec:
  group: plant-machines
  members:
    - file:
        path: sims/machines.csv                 # from the ERP
        columns: {iccid: SIM, displayName: Name, tags: Labels, state: State}
---
apiVersion: reconciler.dev/v1alpha1
kind: EndpointSet
metadata: {name: lorries}
spec:
  group: plant-lorries
  members:
    - list:
        # The first lorry.
        - {iccid: "@20", displayName: Lorry 1, tags: [blue]}
        - iccid: "@21"                          # in repair
          displayName: "Lorry 2"
        - iccid: "@22"
          displayName: 'Lorry 3'
          tags:
            - red                               # the fast one
            - old
"""
SETTINGS = """\
apiVersion: reconciler.dev/v1alpha1
kind: Estate
metadata: {name: plant}
spec:
  manifests: [estate/]
  guardrails: {simMoves: off, simsTouched: off, suspensions: off, emptied: off}
"""
MACHINES = tuple(iccid(number) for number in range(12))
LORRIES = tuple(iccid(number) for number in range(20, 23))


def files() -> dict[str, str]:
    """The files of the estate by name."""
    rows = [f'{number},Machine {place},"hall;m{place}",active,ERP-{place}' for place, number in enumerate(MACHINES)]
    rows[3] = f'"{MACHINES[3]}","Machine, the third",,active,"ERP ""3"""'
    groups = GROUPS
    for number in (20, 21, 22):
        groups = groups.replace(f'"@{number}"', f'"{iccid(number)}"')
    return {
        "reconciler.yaml": SETTINGS,
        "estate/network.yaml": ESTATE,
        "estate/groups.yaml": groups,
        "sims/machines.csv": "\n".join(["SIM,Name,Labels,State,ERP", *rows, ""]),
    }
