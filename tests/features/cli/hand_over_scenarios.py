"""Transcripts of objects that change hands, of consents in writing, and of divisions."""

from tests.features.cli.desk import Desk
from tests.features.cli.scenarios import applied, declared, scenario
from tests.features.cli.store_scenarios import SCENARIOS

__all__ = ["SCENARIOS"]

_DIVISION = """\
apiVersion: reconciler.dev/v1alpha1
kind: Template
metadata: {name: depot}
spec:
  version: 1.0.0
  parameters:
    type: object
    required: [city]
    properties:
      city: {type: string, pattern: "^[a-z]+$", maxLength: 10}
      minutes: {type: integer, default: 30, minimum: 1}
  resources:
    - id: group
      template:
        kind: EndpointGroup
        metadata: {name: "depot-${params.city}"}
        spec:
          vslice: fleet-net
          routingPolicy: fleet-route
          regionalPolicy: existing:automatic
          sessionInactivity: {seconds: "${params.minutes * 60}", action: notify}
---
apiVersion: reconciler.dev/v1alpha1
kind: Division
metadata: {name: york}
spec:
  template: {name: depot, version: 1.0.0}
  parameters: {city: york, minutes: 15}
---
apiVersion: reconciler.dev/v1alpha1
kind: Scenario
metadata: {name: york-web}
spec:
  flow:
    group: depot-york
    packet: {direction: uplink, protocol: tcp, address: 192.0.2.7, port: 443}
    expect: {target: fleet-out, rule: web}
"""


@scenario(0, 8)
def objects_that_change_hands(desk: Desk) -> None:
    """Forgotten, given to another estate, and taken from another tool."""
    applied(desk)
    desk.run("transfer", "RoutingPolicy/fleet-route", "--to", "traffic", "--auto-approve")
    desk.run("transfer", "RoutingPolicy/fleet-route", "--to", "traffic", "--new", "--auto-approve")
    desk.run("forget", "RoutingTarget/fleet-out", "--auto-approve")
    desk.run("inventory", "list")
    desk.write("state.json", "{}\n")
    desk.run("migrate", "terraform", "state.json", "taken")


@scenario(0, 3)
def a_consent_in_writing(desk: Desk) -> None:
    """A refused plan, the waiver for it, and the plan under the policy that holds the waiver."""
    applied(desk)
    desk.write("estate/fleet.yaml", "")
    desk.run("plan", "--out", "empty.plan")
    words = ("--reason", "the fleet is sold", "--approver", "network-team", "--expires", "2999-12-31")
    desk.run("guard", "waive", "emptied", "--plan", "empty.plan", *words)


@scenario(0, 8)
def a_division_from_a_template(desk: Desk) -> None:
    """Listed, rendered, tested, and wrong."""
    declared(desk)
    desk.write("estate/depots.yaml", _DIVISION)
    desk.run("template", "list")
    desk.run("render")
    desk.run("test")
    desk.edit("estate/depots.yaml", "port: 443", "port: 444")
    desk.run("test")
    desk.edit("estate/depots.yaml", "minutes: 15", "minutes: 0")
    desk.run("validate")
